"""The events of a gateway: one for each request, and one log line for each event."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Final, Literal, TypeAlias

import attrs

from openai_steps._json.text import to_text
from openai_steps._sending.clock import utc_now
from openai_steps._words import duration, iso, size

logger: Final = logging.getLogger("openai_steps.gateway")

LogForm: TypeAlias = Literal["json", "text"]


@attrs.frozen(kw_only=True)
class GatewayEvent:
    """An answered request, without the caller's ids, query, headers and key.

    Attributes:
        method: The method, or ``other`` for an unusual one.
        route: The path's template, such as ``/threads/{thread_id}/runs/{run_id}``; None if there is no such route.
        status: The status of the answer; 499 if the caller disconnected before it.
        code: The error's code, or None.
        seconds: From the end of the request's head to the last byte of the answer.
        sent_bytes: The size of the answer's body.
        request_id: The server's id for its part of the work.
        source: Where the answer came from: ``server``, ``cache``, or None.
    """

    method: str
    route: str | None
    status: int
    code: str | None
    seconds: float
    sent_bytes: int
    request_id: str | None = None
    source: str | None = None


def log_line(event: GatewayEvent, form: LogForm, *, now: datetime) -> str:
    """Return the log line of an event.

    Args:
        event: The event.
        form: ``json``: an object; ``text``: for people.
        now: When it happened, aware.
    """
    time = iso(now, "milliseconds")
    if form == "json":
        values = {"time": time, **{key: value for key, value in attrs.asdict(event).items() if value is not None}}
        return to_text({**values, "seconds": round(event.seconds, 6)}).decode()
    more = " ".join(part for part in (event.code, event.source, event.request_id) if part)
    what = f"{event.method} {event.route or '-'} {event.status} {duration(event.seconds)} {size(event.sent_bytes)}"
    return f"{time} {what} {more}".rstrip()


def log_event(event: GatewayEvent, form: LogForm = "json") -> None:
    """Write an event to the logger ``openai_steps.gateway``.

    Args:
        event: The event.
        form: See `log_line`.
    """
    if logger.isEnabledFor(logging.INFO):
        logger.info("%s", log_line(event, form, now=utc_now()))
