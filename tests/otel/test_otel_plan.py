"""Runs as traces: through the SDK's exporter in memory, and as the bytes that a collector receives."""

import re
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib import import_module
from typing import Any

import attrs
import pytest
from aiohttp import ClientSession
from hypothesis import given
from hypothesis import strategies as st

from openai_steps import AsyncStepsClient, Endpoint, LastError, RetryPolicy, Run, RunStep, Usage
from openai_steps.emulator import DEMO_RUN, DEMO_THREAD, Answer, Emulator
from openai_steps.testing import (
    StepsServer,
    build_steps,
    code_step,
    failed_step,
    file_search_call,
    function_call,
    function_step,
    message_step,
    other_step,
    tool_step,
)

pytest.importorskip("opentelemetry.sdk", reason="needs opentelemetry-sdk")

from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import TraceIdRatioBased
from opentelemetry.trace import Link, SpanKind, StatusCode

from openai_steps.otel import run_context, write_run
from openai_steps.otel.sdk import RunIdGenerator

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


@pytest.fixture
def tracing() -> Tracing:
    return Tracing(id_generator=RunIdGenerator())


def ids(span: ReadableSpan) -> tuple[int, int]:
    return span.context.trace_id, span.context.span_id


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
        ("execute_tool get_weather", "tool_calls"),
        ("tool_calls", "invoke_agent"),
        ("execute_tool a", "tool_calls"),
        ("execute_tool file_search", "tool_calls"),
        ("tool_calls", "invoke_agent"),
        ("execute_tool code_interpreter", "tool_calls"),
        ("tool_calls", "invoke_agent"),
        ("chat gpt-4o", "invoke_agent"),
        ("invoke_agent", None),
    ]
    root = tracing.named("invoke_agent")
    assert returned == root.context
    assert root.kind is SpanKind.CLIENT
    assert {span.kind for span in tracing.spans if span is not root} == {SpanKind.INTERNAL}
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
        "gen_ai.usage.input_tokens": 500,
        "gen_ai.usage.output_tokens": 100,
        "openai_steps.run.id": "run_1",
        "openai_steps.run.status": "completed",
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
        "gen_ai.conversation.id": "thread_1",
        "gen_ai.usage.input_tokens": 100,
        "gen_ai.usage.output_tokens": 20,
        "openai_steps.run.id": "run_1",
        "openai_steps.step.id": "step_1",
        "openai_steps.step.type": "message_creation",
        "openai_steps.step.status": "completed",
        "openai_steps.message.id": "msg_1",
    }


def test_a_step_of_an_unknown_kind_is_named_by_its_type(tracing: Tracing) -> None:
    tracing.write(steps=build_steps([other_step(1, "activities"), other_step(2, "")]))
    assert [span.name for span in tracing.spans][:2] == ["activities", "step"]


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
    for span in (step, root):
        found = {name: value for name, value in (span.attributes or {}).items() if ".usage." in name}
        assert found == {f"gen_ai.usage.{name}": value for name, value in shown.items()}


def test_the_tokens_that_a_run_tells_count_instead_of_the_sum(tracing: Tracing) -> None:
    tracing.write(attrs.evolve(RUN, usage=Usage(prompt_tokens=7)))
    attributes = tracing.named("invoke_agent").attributes or {}
    assert (attributes["gen_ai.usage.input_tokens"], "gen_ai.usage.output_tokens" in attributes) == (7, False)


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


# --- Errors -----------------------------------------------------------------------------------------------------


def test_a_failed_run(tracing: Tracing) -> None:
    error = LastError("rate_limit_exceeded", "Slow down.")
    calls = [function_call("done", output="1", id="call_a"), function_call("left", id="call_b")]
    steps = build_steps([message_step(1), failed_step(2, error.code, error.message, calls=calls)])
    tracing.write(attrs.evolve(RUN, status="failed", last_error=error), steps)
    failed = {span.name for span in tracing.spans if span.status.status_code is StatusCode.ERROR}
    assert failed == {"invoke_agent", "tool_calls", "execute_tool left"}
    for name in failed:
        span = tracing.named(name)
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


def test_a_run_that_goes_on_is_refused(tracing: Tracing) -> None:
    with pytest.raises(ValueError, match="requires_action"):
        tracing.write(attrs.evolve(RUN, status="requires_action"))
    assert tracing.spans == ()


def test_the_steps_of_another_run_are_refused(tracing: Tracing) -> None:
    with pytest.raises(ValueError, match="run_2"):
        tracing.write(attrs.evolve(RUN, id="run_2"))
    assert tracing.spans == ()


# --- Ids --------------------------------------------------------------------------------------------------------


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


def test_the_trace_is_its_own_and_can_be_linked_both_ways(tracing: Tracing) -> None:
    with tracing.provider.get_tracer("test").start_as_current_span("request") as request:
        request.add_link(run_context("thread_1", "run_1"))
        tracing.write(links=[Link(request.get_span_context())])
    root, outer = tracing.named("invoke_agent"), tracing.named("request")
    assert root.parent is None
    assert [link.context.span_id for link in root.links] == [outer.context.span_id]
    assert [link.context.span_id for link in outer.links] == [root.context.span_id]


def test_the_same_runs_are_sampled_every_time() -> None:
    def sampled() -> list[str]:
        tracing = Tracing(id_generator=RunIdGenerator(), sampler=TraceIdRatioBased(0.5))
        for number in range(64):
            tracing.write(attrs.evolve(RUN, id=f"run_{number}"), [])
        return [str((span.attributes or {})["openai_steps.run.id"]) for span in tracing.spans]

    assert sampled() == sampled()
    assert 0 < len(sampled()) < 64


def test_without_an_sdk_nothing_happens_and_nothing_fails() -> None:
    provider = trace.NoOpTracerProvider()
    assert isinstance(write_run(RUN, STEPS, tracer_provider=provider), trace.SpanContext)


@pytest.mark.parametrize(
    ("missing", "module", "advice"),
    [
        ("opentelemetry.trace", "openai_steps.otel", "openai-steps[otel]"),
        ("opentelemetry.sdk.trace.id_generator", "openai_steps.otel.sdk", "opentelemetry-sdk"),
    ],
)
def test_what_is_missing_is_named(monkeypatch: pytest.MonkeyPatch, missing: str, module: str, advice: str) -> None:
    monkeypatch.setitem(sys.modules, missing, None)
    monkeypatch.delitem(sys.modules, module)
    with pytest.raises(ImportError, match=re.escape(advice)):
        import_module(module)


# --- The bytes of OTLP --------------------------------------------------------------------------------------------


class Collector(HTTPServer):
    """The smallest collector: keeps the bodies that it is sent."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _CollectorHandler)
        self.bodies: list[bytes] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1/traces"


class _CollectorHandler(BaseHTTPRequestHandler):
    server: Collector

    def do_POST(self) -> None:
        self.server.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def collector() -> Iterator[Collector]:
    with Collector() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


async def test_a_collector_receives_the_run(collector: Collector) -> None:
    otlp = pytest.importorskip("opentelemetry.exporter.otlp.proto.http.trace_exporter")
    messages = pytest.importorskip("opentelemetry.proto.collector.trace.v1.trace_service_pb2")
    emulator = Emulator.demo()
    emulator.store.set_run_status(DEMO_THREAD, DEMO_RUN, "completed", model="gpt-4o")
    async with emulator.serve() as base_url, AsyncStepsClient(base_url=base_url, api_key="sk-secret") as client:
        run = await client.get_run(DEMO_THREAD, DEMO_RUN)
        steps = await client.collect_steps(DEMO_THREAD, DEMO_RUN)
    provider = TracerProvider(id_generator=RunIdGenerator(), shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(otlp.OTLPSpanExporter(endpoint=collector.url)))
    context = write_run(run, steps, endpoint=client.endpoint, tracer_provider=provider)
    provider.shutdown()

    requests = [messages.ExportTraceServiceRequest.FromString(body) for body in collector.bodies]
    spans = [
        span
        for request in requests
        for resource in request.resource_spans
        for scope in resource.scope_spans
        if scope.scope.name == "openai_steps.otel"
        for span in scope.spans
    ]
    assert len(spans) == 1 + len(steps) + sum(len(step.tool_calls) for step in steps)
    assert {span.trace_id for span in spans} == {context.trace_id.to_bytes(16, "big")}
    (root,) = [span for span in spans if not span.parent_span_id]
    assert root.span_id == context.span_id.to_bytes(8, "big")
    by_step = {
        attribute.value.string_value: span
        for span in spans
        for attribute in span.attributes
        if attribute.key == "openai_steps.step.id" and span.parent_span_id == root.span_id
    }
    for step in steps:
        assert by_step[step.id].start_time_unix_nano == int(step.created_at.timestamp()) * 10**9
    assert b"sk-secret" not in b"".join(collector.bodies)


# --- The instrumentation of aiohttp's client ------------------------------------------------------------------------


async def read_with_retry(client: AsyncStepsClient) -> None:
    assert [step.id async for step in client.iter_steps("thread_1", "run_1")] == ["step_1"]


@pytest.mark.parametrize("capture", [False, True])
@pytest.mark.parametrize("profile", ["openai", "azure_openai", "dashscope"])
async def test_requests_are_traced_and_keys_are_not(
    profile: str, capture: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    instrumentation = pytest.importorskip("opentelemetry.instrumentation.aiohttp_client")
    if capture:  # as somebody might who debugs; the page on traces says how to keep keys out then
        monkeypatch.setenv("OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_CLIENT_REQUEST", ".*")
        monkeypatch.setenv("OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_SANITIZE_FIELDS", "authorization,api-key")
    monkeypatch.setenv("OTEL_SEMCONV_STABILITY_OPT_IN", "http")
    tracing = Tracing()
    instrumentor = instrumentation.AioHttpClientInstrumentor()
    instrumentor.instrument(tracer_provider=tracing.provider)
    try:
        with StepsServer(profile=profile, api_key="sk-secret") as server:
            server.add_run(steps=[message_step(1)])
            server.inject(Answer(503))
            async with server.client(retry=RetryPolicy(wait_initial=0)) as client:
                await read_with_retry(client)
            assert all("traceparent" in request.headers for request in server.requests)
    finally:
        instrumentor.uninstrument()
    statuses = [(span.attributes or {}).get("http.response.status_code") for span in tracing.spans]
    assert statuses == [503, 200]
    shown = "".join(span.to_json() for span in tracing.spans)
    assert "/threads/thread_1/runs/run_1/steps" in shown
    assert ("http.request.header." in shown) is capture
    assert "sk-secret" not in shown


async def test_a_session_of_your_own_can_be_the_only_one_traced() -> None:
    instrumentation = pytest.importorskip("opentelemetry.instrumentation.aiohttp_client")
    tracing = Tracing()
    configs = [instrumentation.create_trace_config(tracer_provider=tracing.provider)]
    with StepsServer(api_key="sk-secret") as server:
        server.add_run(steps=[message_step(1)])
        async with ClientSession(trace_configs=configs) as session, server.client(session=session) as client:
            await read_with_retry(client)
        async with server.client() as client:
            await read_with_retry(client)
    (span,) = tracing.spans
    assert "sk-secret" not in span.to_json()
