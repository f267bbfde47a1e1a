"""Reports requests to the logger and to the observer."""

from __future__ import annotations

import logging
import sys
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Final

from openai_steps._errors import StepsError
from openai_steps._http.replies import Reply
from openai_steps._sending.events import Observer, RequestEvent
from openai_steps._sending.pending import PendingRequest
from openai_steps._words import duration

if TYPE_CHECKING:
    from stamina.instrumentation import RetryDetails, RetryHook

logger: Final = logging.getLogger("openai_steps")
logger.addHandler(logging.NullHandler())  # prints nothing if logging is not set up

_STRUCTLOG: Final = "stamina.instrumentation._structlog"


def keep_stamina_quiet() -> None:
    """Keep stamina's default hooks from printing, too.

    It logs each retry as a warning: by `logging`, which prints warnings without a handler, or by structlog if that is
    installed, which prints to stdout until it is configured.
    """
    from stamina import instrumentation

    stamina = logging.getLogger("stamina")
    if not stamina.handlers:
        stamina.addHandler(logging.NullHandler())
    hooks = instrumentation.get_on_retry_hooks()
    if any(hook.__module__ == _STRUCTLOG for hook in hooks):
        instrumentation.set_on_retry_hooks(
            _once_configured(hook) if hook.__module__ == _STRUCTLOG else hook for hook in hooks
        )


def _once_configured(hook: RetryHook) -> RetryHook:
    def log(details: RetryDetails) -> AbstractContextManager[None] | None:
        return hook(details) if sys.modules["structlog"].is_configured() else None

    return log


class Watch:
    """Reports attempts and retries.

    DEBUG: each attempt. INFO: each retry. ERROR: the observer has failed, and the request goes on.
    """

    def __init__(self, observer: Observer | None) -> None:
        self._observer = observer

    @property
    def is_wanted(self) -> bool:
        """Whether attempts are reported to anything."""
        return self._observer is not None or logger.isEnabledFor(logging.DEBUG)

    def attempted(
        self, pending: PendingRequest, reply: Reply | None, error: StepsError | None, *, sent_at: float, now: float
    ) -> None:
        """Report a finished attempt."""
        event = RequestEvent(
            method="GET",
            route=pending.request.route,
            path=pending.request.path,
            status=None if reply is None else reply.status,
            error=error,
            seconds=now - sent_at,
            attempt=pending.attempt,
            seconds_held_back=max(0.0, sent_at - pending.attempt_begun_at),
            bytes=0 if reply is None else len(reply.body),
        )
        outcome = event.status if event.status is not None else type(error).__name__
        if logger.isEnabledFor(logging.DEBUG):
            took = duration(event.seconds)
            logger.debug("%s: %s in %s (attempt %d)", pending.shown, outcome, took, event.attempt)
        if self._observer is not None:
            try:
                self._observer(event)
            except Exception:
                logger.exception("The observer of requests failed")

    def retrying(self, pending: PendingRequest, error: Exception, *, attempt: int, seconds: float) -> None:
        """Report a coming retry."""
        logger.info("%s: again in %s, after attempt %d: %s", pending.shown, duration(seconds), attempt, error)
