"""Ids that depend on the run alone, so that a run written twice is the same trace."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from hashlib import blake2b
from typing import Final

from opentelemetry.trace import SpanContext, TraceFlags

_planned: ContextVar[SpanContext | None] = ContextVar("_planned", default=None)

_TRACE_ID_BYTES: Final = 16
_SPAN_ID_BYTES: Final = 8
_RANDOM_TRACE_ID: Final = (
    0x02  # a hash is as good as random: https://www.w3.org/TR/trace-context-2/#random-trace-id-flag
)


def run_context(thread_id: str, run_id: str) -> SpanContext:
    """Return the context under which a run is or will be written.

    Args:
        thread_id: The run's thread.
        run_id: The run.

    Returns:
        The context for a link to the run's trace. Its span id is right with `openai_steps.otel.sdk.RunIdGenerator`.
    """
    return span_context(thread_id, run_id)


def span_context(thread_id: str, run_id: str, *inside: str) -> SpanContext:
    """Return the context of a run's span, or of the span inside it that the further names identify."""
    return SpanContext(
        trace_id=_hash(_TRACE_ID_BYTES, thread_id, run_id),
        span_id=_hash(_SPAN_ID_BYTES, thread_id, run_id, *inside),
        is_remote=True,
        trace_flags=TraceFlags(TraceFlags.SAMPLED | _RANDOM_TRACE_ID),
    )


def _hash(size: int, *names: str) -> int:
    text = "".join(f"{len(name)}:{name}" for name in names)  # the lengths keep different lists of names different
    return int.from_bytes(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=size).digest(), "big") or 1


@contextmanager
def plan(context: SpanContext) -> Iterator[None]:
    """Give the next span the ids of this context, if a `PlannedIds` makes them."""
    token = _planned.set(context)
    try:
        yield
    finally:
        _planned.reset(token)


class PlannedIds:
    """Makes the ids that were planned, and random ones for every other span."""

    def generate_trace_id(self) -> int:
        """Return the id of a new trace."""
        planned = _planned.get()
        return planned.trace_id if planned else _random_id(_TRACE_ID_BYTES)

    def generate_span_id(self) -> int:
        """Return the id of a new span."""
        planned = _planned.get()
        _planned.set(None)  # for this span only, not for one that a span processor starts in between
        return planned.span_id if planned else _random_id(_SPAN_ID_BYTES)

    def is_trace_id_random(self) -> bool:
        """Return True: samplers may rely on the bits of hashes, too."""
        return True


def _random_id(size: int) -> int:
    return random.getrandbits(8 * size) or 1
