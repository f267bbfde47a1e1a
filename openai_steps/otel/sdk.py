"""An id generator for OpenTelemetry's SDK, which the rest of this package does not need.

A tracer provider takes it::

    provider = TracerProvider(id_generator=RunIdGenerator())
"""

from __future__ import annotations

from openai_steps._extras import needing
from openai_steps.otel._ids import PlannedIds

with needing("opentelemetry", "opentelemetry-sdk", what=__name__):
    from opentelemetry.sdk.trace.id_generator import IdGenerator


__all__ = ["RunIdGenerator"]


class RunIdGenerator(PlannedIds, IdGenerator):
    """An id generator for a ``TracerProvider`` that gives the spans of a run ids made from the run's.

    With it a run that is written twice has the same trace id and the same span ids. All other spans get random ids, as
    they do without it.
    """
