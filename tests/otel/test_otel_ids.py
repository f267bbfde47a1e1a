"""The ids of traces: the same run is the same trace."""

from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("opentelemetry.sdk", reason="needs opentelemetry-sdk")
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor
from opentelemetry.sdk.trace.sampling import TraceIdRatioBased
from otel_samples import RUN, Tracing

from openai_steps.otel import run_context
from openai_steps.otel.sdk import RunIdGenerator


@pytest.fixture
def tracing() -> Tracing:
    return Tracing(id_generator=RunIdGenerator())


def ids(span: ReadableSpan) -> tuple[int, int]:
    return span.context.trace_id, span.context.span_id


def test_written_twice_it_is_the_same_trace(tracing: Tracing) -> None:
    tracing.write()
    first = [ids(span) for span in tracing.spans]
    tracing.exporter.clear()
    again = Tracing(id_generator=RunIdGenerator())
    again.write()
    assert [ids(span) for span in again.spans] == first
    assert len(set(first)) == len(first)
    assert {trace_id for trace_id, _ in first} == {run_context("thread_1", "run_1").trace_id}
    assert ids(again.named("invoke_agent"))[1] == run_context("thread_1", "run_1").span_id


def test_with_any_other_generator_only_the_trace_is_the_same() -> None:
    first, second = Tracing(), Tracing()
    first.write()
    second.write()
    assert {span.context.trace_id for span in (*first.spans, *second.spans)} == {
        run_context("thread_1", "run_1").trace_id
    }
    assert len({span.context.span_id for span in (*first.spans, *second.spans)}) == 2 * len(first.spans)
    root = first.named("invoke_agent")
    assert root.parent is not None
    assert root.parent.span_id == run_context("thread_1", "run_1").span_id


@given(st.lists(st.tuples(st.text(), st.text()), min_size=2, max_size=2, unique=True))
def test_different_runs_are_different_traces(runs: list[tuple[str, str]]) -> None:
    first, second = (run_context(*run) for run in runs)
    assert first.is_valid
    assert first.trace_id != second.trace_id


def test_other_spans_keep_random_ids_even_those_that_begin_meanwhile() -> None:
    class Meddler(SpanProcessor):
        def on_start(self, span: Any, parent_context: Any = None) -> None:
            if span.name == "invoke_agent":
                with provider.get_tracer("meddler").start_as_current_span("meddling"):
                    pass

    tracing = Tracing(id_generator=RunIdGenerator())
    provider = tracing.provider
    provider.add_span_processor(Meddler())
    tracer = provider.get_tracer("test")
    for _ in range(2):
        with tracer.start_as_current_span("mine"):
            tracing.write()
    mine, meddling = ([ids(span) for span in tracing.spans if span.name == name] for name in ("mine", "meddling"))
    assert len({*mine, *meddling}) == 4
    assert run_context("thread_1", "run_1").trace_id not in {trace_id for trace_id, _ in mine}


def test_the_same_runs_are_sampled_every_time() -> None:
    def sampled() -> list[str]:
        tracing = Tracing(id_generator=RunIdGenerator(), sampler=TraceIdRatioBased(0.5))
        for number in range(64):
            tracing.write(attrs.evolve(RUN, id=f"run_{number}"), [])
        return [str((span.attributes or {})["openai_steps.run.id"]) for span in tracing.spans]

    assert sampled() == sampled()
    assert 0 < len(sampled()) < 64
