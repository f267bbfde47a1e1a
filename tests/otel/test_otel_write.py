"""Runs written to whatever exports spans."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import attrs
import pytest
from aiohttp import ClientSession

from openai_steps import AsyncStepsClient, RetryPolicy
from openai_steps.emulator import DEMO_RUN, DEMO_THREAD, Answer, Emulator
from openai_steps.testing import (
    StepsServer,
    message_step,
)

pytest.importorskip("opentelemetry.sdk", reason="needs opentelemetry-sdk")
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.trace import Link
from otel_samples import RUN, STEPS, Tracing

from openai_steps.otel import run_context, write_run
from openai_steps.otel.sdk import RunIdGenerator


@pytest.fixture
def tracing() -> Tracing:
    return Tracing(id_generator=RunIdGenerator())


def test_a_run_that_goes_on_is_refused(tracing: Tracing) -> None:
    with pytest.raises(ValueError, match="requires_action"):
        tracing.write(attrs.evolve(RUN, status="requires_action"))
    assert tracing.spans == ()


def test_the_steps_of_another_run_are_refused(tracing: Tracing) -> None:
    with pytest.raises(ValueError, match="run_2"):
        tracing.write(attrs.evolve(RUN, id="run_2"))
    assert tracing.spans == ()


def test_the_trace_is_its_own_and_can_be_linked_both_ways(tracing: Tracing) -> None:
    with tracing.provider.get_tracer("test").start_as_current_span("request") as request:
        request.add_link(run_context("thread_1", "run_1"))
        tracing.write(links=[Link(request.get_span_context())])
    root, outer = tracing.named("invoke_agent"), tracing.named("request")
    assert root.parent is None
    assert [link.context.span_id for link in root.links] == [outer.context.span_id]
    assert [link.context.span_id for link in outer.links] == [root.context.span_id]


def test_without_an_sdk_nothing_happens_and_nothing_fails() -> None:
    provider = trace.NoOpTracerProvider()
    assert isinstance(write_run(RUN, STEPS, tracer_provider=provider), trace.SpanContext)


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
    assert statuses[:2] == [503, 200]
    assert set(statuses[2:]) <= {200}  # what a new client asks to learn its server
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
        traced = len(server.requests)
        async with server.client() as client:
            await read_with_retry(client)
        assert len(tracing.spans) == traced < len(server.requests)
    assert not any("sk-secret" in span.to_json() for span in tracing.spans)
