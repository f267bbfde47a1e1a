"""A run, its steps, and spans kept in memory."""

from datetime import UTC, datetime
from typing import Any

from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from openai_steps import Run, RunStep
from openai_steps.otel import write_run
from openai_steps.testing import (
    build_steps,
    code_step,
    file_search_call,
    function_call,
    function_step,
    message_step,
    tool_step,
)

RUN = Run(
    id="run_1",
    thread_id="thread_1",
    assistant_id="asst_1",
    status="completed",
    created_at=datetime.fromtimestamp(1_800_000_000, UTC),
    model="gpt-4o",
)


STEPS = build_steps(
    [
        message_step(1),
        function_step(2, "get_weather", {"city": "Paris"}, "sunny"),
        tool_step(3, [function_call("a", id="call_a"), file_search_call({"handbook.md": "secret text"})]),
        code_step(4, "print('hi')", "hi\n"),
        message_step(5),
    ]
)


class Tracing:
    def __init__(self, **options: Any) -> None:
        self.exporter = InMemorySpanExporter()
        self.provider = TracerProvider(shutdown_on_exit=False, **options)
        self.provider.add_span_processor(SimpleSpanProcessor(self.exporter))

    def write(self, run: Run = RUN, steps: list[RunStep] = STEPS, **options: Any) -> trace.SpanContext:
        return write_run(run, steps, tracer_provider=self.provider, **options)

    @property
    def spans(self) -> tuple[ReadableSpan, ...]:
        return self.exporter.get_finished_spans()

    def named(self, name: str) -> ReadableSpan:
        (span,) = [span for span in self.spans if span.name == name]
        return span

    def of_step(self, step_id: str) -> ReadableSpan:
        own = [span for span in self.spans if is_step(span)]
        (found,) = [span for span in own if (span.attributes or {})["openai_steps.step.id"] == step_id]
        return found


def is_step(span: ReadableSpan) -> bool:
    """Tell whether a span is that of a step: its tool calls have the step's id, too."""
    return "openai_steps.step.status" in (span.attributes or {})
