"""Writes planned spans with a tracer."""

from __future__ import annotations

from collections.abc import Iterable

from opentelemetry.context import Context
from opentelemetry.trace import (
    Link,
    NonRecordingSpan,
    SpanContext,
    Status,
    StatusCode,
    Tracer,
    TracerProvider,
    get_tracer,
    set_span_in_context,
)

from openai_steps._endpoint.endpoint import Endpoint
from openai_steps._models.runs import Run
from openai_steps._models.steps import RunStep
from openai_steps._version import VERSION
from openai_steps.conversation import ThreadHistory
from openai_steps.otel._attributes import sendable
from openai_steps.otel._ids import PlannedIds, plan
from openai_steps.otel._plan import PlannedSpan, Settings, plan_run


def write_run(
    run: Run,
    steps: Iterable[RunStep],
    *,
    endpoint: Endpoint | None = None,
    agent_name: str | None = None,
    content: bool = False,
    history: ThreadHistory | None = None,
    openinference: bool = False,
    links: Iterable[Link] = (),
    tracer_provider: TracerProvider | None = None,
) -> SpanContext:
    """Write a finished run as a trace of its own: the run, its steps inside it, their tool calls inside them.

    The spans have the times that the server gave. The trace id is made from the ids of thread and run; with
    `openai_steps.otel.sdk.RunIdGenerator` in the tracer provider all span ids are, too.

    Args:
        run: The run.
        steps: All its steps, in any order.
        endpoint: The client's, for the names of provider and server.
        agent_name: The assistant's name, which neither run nor steps have.
        content: Whether to write instructions, messages, arguments and outputs of tool calls. They may be large, and
            private.
        history: The run's thread, as `openai_steps.history.read_thread` reads it: with ``content``, the messages that
            the run answered and wrote are on its spans.
        openinference: Whether to give the spans OpenInference's attributes as well.
        links: Links to other spans, such as the one in which your program started the run.
        tracer_provider: Default: the global one.

    Returns:
        The context of the run's span.

    Raises:
        ValueError: If the run has not ended, or a step is of another run.
    """
    steps = list(steps)
    if not run.is_finished:
        raise ValueError(f"The run {run.id!r} is {run.status}: a trace can be written once, when it has ended.")
    stranger = next((step for step in steps if step.run_id not in (None, run.id)), None)
    if stranger is not None:
        raise ValueError(f"The step {stranger.id!r} is of the run {stranger.run_id!r}, not {run.id!r}.")
    tracer = get_tracer("openai_steps.otel", VERSION, tracer_provider)
    settings = Settings(endpoint=endpoint, agent_name=agent_name, content=content, openinference=openinference)
    root = plan_run(run, steps, history=history, settings=settings)
    return _write(tracer, root, _above(root, tracer), links)


def _above(root: PlannedSpan, tracer: Tracer) -> Context:
    """Return an empty context, or for a tracer that makes its own ids a parent that gives it the trace id."""
    if isinstance(getattr(tracer, "id_generator", None), PlannedIds):
        return Context()
    return set_span_in_context(NonRecordingSpan(root.context), Context())


def _write(tracer: Tracer, planned: PlannedSpan, parent: Context, links: Iterable[Link] = ()) -> SpanContext:
    with plan(planned.context):
        span = tracer.start_span(
            sendable(planned.name),
            context=parent,
            kind=planned.kind,
            attributes=planned.attributes,
            links=list(links),
            start_time=planned.start,
        )
    if planned.error is not None:
        span.set_attribute("error.type", sendable(planned.error.code))
        span.set_status(Status(StatusCode.ERROR, sendable(planned.error.message)))
    inside = set_span_in_context(span, Context())
    for child in planned.children:
        _write(tracer, child, inside)
    span.end(planned.end)
    return span.get_span_context()
