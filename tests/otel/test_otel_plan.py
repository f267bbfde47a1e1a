"""Runs as traces: through the SDK's exporter in memory, and as the bytes that a collector receives."""

from datetime import UTC, datetime, timedelta
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openai_steps import Endpoint, LastError, Run, Usage
from openai_steps.testing import (
    build_steps,
    code_step,
    failed_step,
    function_call,
    function_step,
    message_step,
    other_step,
)

pytest.importorskip("opentelemetry.sdk", reason="needs opentelemetry-sdk")
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.trace import SpanKind, StatusCode
from otel_samples import RUN, STEPS, Tracing

from openai_steps.otel.sdk import RunIdGenerator


@pytest.fixture
def tracing() -> Tracing:
    return Tracing(id_generator=RunIdGenerator())


def times(span: ReadableSpan) -> tuple[datetime, datetime]:
    assert span.start_time is not None
    assert span.end_time is not None
    return _moment(span.start_time), _moment(span.end_time)


def _moment(nanoseconds: int) -> datetime:
    return datetime.fromtimestamp(0, UTC) + timedelta(microseconds=nanoseconds // 1000)


# --- The tree ---------------------------------------------------------------------------------------------------


def test_a_run_is_one_tree(tracing: Tracing) -> None:
    returned = tracing.write()
    by_id = {span.context.span_id: span for span in tracing.spans}
    parents = [(span.name, by_id[span.parent.span_id].name if span.parent else None) for span in tracing.spans]
    assert parents == [
        ("chat gpt-4o", "invoke_agent"),
        ("execute_tool get_weather", "chat gpt-4o"),
        ("chat gpt-4o", "invoke_agent"),
        ("execute_tool a", "chat gpt-4o"),
        ("execute_tool file_search", "chat gpt-4o"),
        ("chat gpt-4o", "invoke_agent"),
        ("execute_tool code_interpreter", "chat gpt-4o"),
        ("chat gpt-4o", "invoke_agent"),
        ("chat gpt-4o", "invoke_agent"),
        ("invoke_agent", None),
    ]
    root = tracing.named("invoke_agent")
    assert returned == root.context
    kinds = {span.name.split()[0]: span.kind for span in tracing.spans}
    assert kinds == {"invoke_agent": SpanKind.CLIENT, "chat": SpanKind.CLIENT, "execute_tool": SpanKind.INTERNAL}
    assert {span.status.status_code for span in tracing.spans} == {StatusCode.UNSET}


def test_spans_have_the_times_of_the_steps(tracing: Tracing) -> None:
    created_at = datetime.fromtimestamp(1_799_999_999.25, UTC)
    tracing.write(attrs.evolve(RUN, created_at=created_at))
    steps = [span for span in tracing.spans if "openai_steps.step.type" in (span.attributes or {})]
    assert [times(span) for span in steps] == [(step.created_at, step.finished_at) for step in STEPS]
    assert times(tracing.named("execute_tool get_weather")) == times(steps[1])
    assert times(tracing.named("invoke_agent")) == (created_at, STEPS[-1].finished_at)


@pytest.mark.parametrize("field", ["completed_at", "failed_at", "cancelled_at"])
def test_the_run_ends_when_it_says_so(tracing: Tracing, field: str) -> None:
    end = datetime.fromtimestamp(1_900_000_000, UTC)
    changes: dict[str, Any] = {field: end}
    tracing.write(attrs.evolve(RUN, **changes))
    assert times(tracing.named("invoke_agent"))[1] == end


def test_a_step_that_never_ended_ends_with_its_run(tracing: Tracing) -> None:
    expires_at = datetime.fromtimestamp(1_900_000_000, UTC)
    run = attrs.evolve(RUN, status="expired", expires_at=expires_at)
    tracing.write(run, build_steps([function_step(1, status="in_progress")]))
    assert {times(span)[1] for span in tracing.spans} == {expires_at}


def test_a_run_without_an_end_of_its_own_ends_with_the_latest_time_of_its_steps(tracing: Tracing) -> None:
    """As in a timeline, so that no step begins after its run has ended."""
    steps = build_steps([code_step(1), function_step(2, status="in_progress", created_at=1_900_000_000)])
    tracing.write(attrs.evolve(RUN, completed_at=None), steps)
    assert times(tracing.named("invoke_agent"))[1] == datetime.fromtimestamp(1_900_000_000, UTC)


def test_a_run_without_steps_and_other_times(tracing: Tracing) -> None:
    tracing.write(Run(id="run_1", status="completed", created_at=RUN.created_at), [])
    (root,) = tracing.spans
    assert times(root) == (RUN.created_at, RUN.created_at)
    assert root.attributes is not None
    assert "gen_ai.conversation.id" not in root.attributes


@given(offsets=st.lists(st.integers(-5, 5), min_size=5, max_size=5))
def test_no_span_ends_before_it_starts(offsets: list[int]) -> None:
    first = 1_800_000_000
    moments = [first + offset for offset in offsets]
    steps = build_steps(
        [code_step(1, created_at=moments[0], completed_at=moments[1]), message_step(2, created_at=moments[2])]
    )
    run = attrs.evolve(
        RUN,
        created_at=datetime.fromtimestamp(moments[3], UTC),
        completed_at=datetime.fromtimestamp(moments[4], UTC),
    )
    tracing = Tracing(id_generator=RunIdGenerator())
    tracing.write(run, steps)
    assert all(start <= end for start, end in map(times, tracing.spans))


# --- Attributes -------------------------------------------------------------------------------------------------


def test_the_attributes_of_a_run(tracing: Tracing) -> None:
    endpoint = Endpoint.azure_foundry("https://res.services.ai.azure.com/api/projects/p", api_key="k")
    tracing.write(endpoint=endpoint, agent_name="Baker")
    assert dict(tracing.named("invoke_agent Baker").attributes or {}) == {
        "gen_ai.operation.name": "invoke_agent",
        "gen_ai.agent.name": "Baker",
        "gen_ai.agent.id": "asst_1",
        "gen_ai.conversation.id": "thread_1",
        "gen_ai.request.model": "gpt-4o",
        "gen_ai.provider.name": "azure.ai.foundry",
        "openai_steps.run.id": "run_1",
        "openai_steps.run.status": "completed",
        "openai_steps.run.usage.input_tokens": 500,
        "openai_steps.run.usage.output_tokens": 100,
        "server.address": "res.services.ai.azure.com",
        "server.port": 443,
    }


@pytest.mark.parametrize(
    ("endpoint", "provider", "port"),
    [
        (None, "openai", None),
        (Endpoint.compatible("http://127.0.0.1:8080/v1"), "openai", 8080),
        (Endpoint.compatible("http://localhost/v1"), "openai", 80),
        (Endpoint.azure_openai("https://res.openai.azure.com", api_key="k"), "azure.ai.openai", 443),
        (Endpoint.dashscope(api_key="k"), "dashscope", 443),
    ],
)
def test_the_names_of_provider_and_server(
    tracing: Tracing, endpoint: Endpoint | None, provider: str, port: int | None
) -> None:
    tracing.write(endpoint=endpoint)
    attributes = tracing.named("invoke_agent").attributes or {}
    assert (attributes["gen_ai.provider.name"], attributes.get("server.port")) == (provider, port)


def test_the_attributes_of_a_step(tracing: Tracing) -> None:
    tracing.write(steps=STEPS[:1])
    assert dict(tracing.named("chat gpt-4o").attributes or {}) == {
        "gen_ai.operation.name": "chat",
        "gen_ai.request.model": "gpt-4o",
        "gen_ai.agent.id": "asst_1",
        "gen_ai.provider.name": "openai",
        "gen_ai.response.finish_reasons": ("stop",),
        "gen_ai.conversation.id": "thread_1",
        "gen_ai.usage.input_tokens": 100,
        "gen_ai.usage.output_tokens": 20,
        "openai_steps.run.id": "run_1",
        "openai_steps.step.id": "step_1",
        "openai_steps.step.type": "message_creation",
        "openai_steps.step.status": "completed",
        "openai_steps.message.id": "msg_1",
    }


def test_a_step_of_an_unknown_kind_is_a_request_like_others(tracing: Tracing) -> None:
    """Phoenix counts the tokens of chats alone."""
    tracing.write(steps=build_steps([other_step(1, "activities"), other_step(2, "")]))
    for number, kind in enumerate(["activities", ""], start=1):
        span = tracing.of_step(f"step_{number}")
        assert (span.name, (span.attributes or {})["openai_steps.step.type"]) == ("chat gpt-4o", kind)
        assert "gen_ai.response.finish_reasons" not in (span.attributes or {})


@pytest.mark.parametrize(
    ("usage", "shown"),
    [
        ({"prompt_tokens": 0, "completion_tokens": 2}, {"input_tokens": 0, "output_tokens": 2}),
        ({"input_tokens": 3, "output_tokens": 4, "total_tokens": 7}, {"input_tokens": 3, "output_tokens": 4}),
        ({"prompt_token_details": {"cached_tokens": 5}}, {"cache_read.input_tokens": 5}),
        ({"completion_tokens_details": {"reasoning_tokens": 6}}, {"reasoning.output_tokens": 6}),
        ({}, {}),
    ],
)
def test_tokens(tracing: Tracing, usage: dict[str, Any], shown: dict[str, int]) -> None:
    tracing.write(steps=build_steps([message_step(1, usage=usage), message_step(2, usage=None)]))
    step, _, root = tracing.spans
    for span, prefix in ((step, "gen_ai"), (root, "openai_steps.run")):
        found = {name: value for name, value in (span.attributes or {}).items() if ".usage." in name}
        assert found == {f"{prefix}.usage.{name}": value for name, value in shown.items()}


@pytest.mark.parametrize("of_steps", [None, {"prompt_tokens": 3}])
def test_the_run_s_span_has_tokens_where_no_step_tells_any(tracing: Tracing, of_steps: dict[str, int] | None) -> None:
    steps = build_steps([message_step(1, usage=of_steps)])
    tracing.write(attrs.evolve(RUN, usage=Usage(prompt_tokens=7)), steps)
    attributes = tracing.named("invoke_agent").attributes or {}
    assert attributes.get("gen_ai.usage.input_tokens") == (7 if of_steps is None else None)
    assert attributes["openai_steps.run.usage.input_tokens"] == 7


@pytest.mark.parametrize("content", [False, True])
def test_content_only_when_asked_for(tracing: Tracing, content: bool) -> None:
    tracing.write(content=content)
    shown = "".join(span.to_json() for span in tracing.spans)
    for text in ("Paris", "sunny", "print('hi')", "handbook.md"):
        assert (text in shown) is content
    attributes = tracing.named("execute_tool get_weather").attributes or {}
    assert attributes["gen_ai.tool.call.id"] == "call_2"
    assert attributes.get("gen_ai.tool.call.arguments") == ('{"city": "Paris"}' if content else None)
    assert attributes.get("gen_ai.tool.call.result") == ("sunny" if content else None)
    types = {
        name: (tracing.named(f"execute_tool {name}").attributes or {})["gen_ai.tool.type"]
        for name in ("get_weather", "file_search", "code_interpreter")
    }
    assert types == {"get_weather": "function", "file_search": "datastore", "code_interpreter": "extension"}


def test_the_names_are_those_of_the_conventions(tracing: Tracing) -> None:
    conventions = pytest.importorskip("opentelemetry.semconv._incubating.attributes.gen_ai_attributes")
    known = {value for name, value in vars(conventions).items() if name.startswith("GEN_AI_")}
    tracing.write(content=True, agent_name="Baker")
    used = {name for span in tracing.spans for name in span.attributes or {}}
    assert {name for name in used if name.startswith("gen_ai.")} <= known
    assert {name.partition(".")[0] for name in used} == {"gen_ai", "openai_steps"}


def test_a_failed_run(tracing: Tracing) -> None:
    error = LastError("rate_limit_exceeded", "Slow down.")
    calls = [function_call("done", output="1", id="call_a"), function_call("left", id="call_b")]
    steps = build_steps([message_step(1), failed_step(2, error.code, error.message, calls=calls)])
    tracing.write(attrs.evolve(RUN, status="failed", last_error=error), steps)
    failed = [span for span in tracing.spans if span.status.status_code is StatusCode.ERROR]
    assert {span.name for span in failed} == {"invoke_agent", "chat gpt-4o", "execute_tool left"}
    assert len(failed) == 3
    for span in failed:
        assert (span.attributes or {})["error.type"] == "rate_limit_exceeded"
        assert span.status.description == "Slow down."


@pytest.mark.parametrize(
    ("status", "error"),
    [("failed", "failed"), ("expired", "expired"), ("incomplete", "incomplete"), ("cancelled", None)],
)
def test_an_end_without_a_reason(tracing: Tracing, status: str, error: str | None) -> None:
    tracing.write(attrs.evolve(RUN, status=status))
    root = tracing.named("invoke_agent")
    assert (root.attributes or {}).get("error.type") == error
    assert root.status.is_ok is (error is None)
