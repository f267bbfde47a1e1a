"""What was said and done is on the spans as the conventions write it, and each token is counted once."""

import json
from typing import Any

import pytest
from thread_samples import HISTORIES, OUTPUTS

from openai_steps import Endpoint

pytest.importorskip("opentelemetry.sdk", reason="needs opentelemetry-sdk")
from opentelemetry.sdk.trace import ReadableSpan
from otel_samples import Tracing

from openai_steps.otel.sdk import RunIdGenerator

FOUNDRY = Endpoint.azure_foundry("https://res.services.ai.azure.com/api/projects/p", api_key="k")
AS_JSON = ("gen_ai.system_instructions", "gen_ai.input.messages", "gen_ai.output.messages")


def written(thread_id: str, **options: Any) -> list[ReadableSpan]:
    """Return the spans of a thread's runs, each before those inside it."""
    tracing, history = Tracing(id_generator=RunIdGenerator()), HISTORIES[thread_id]
    found = []
    for run in history.runs:
        tracing.exporter.clear()
        options = {"content": True, "history": history, **options}
        tracing.write(run, list(history.steps[run.id]), endpoint=FOUNDRY, **options)
        order = {span.context.span_id: span for span in tracing.spans}
        inside: dict[int | None, list[ReadableSpan]] = {}
        for span in order.values():
            inside.setdefault(span.parent.span_id if span.parent else None, []).append(span)
        waiting = inside[None]
        while waiting:
            span = waiting.pop(0)
            found.append(span)
            waiting = inside.get(span.context.span_id, []) + waiting
    return found


def plain(span: ReadableSpan) -> dict[str, Any]:
    attributes = {name: list(v) if isinstance(v, tuple) else v for name, v in (span.attributes or {}).items()}
    return {name: json.loads(str(v)) if name in AS_JSON else v for name, v in attributes.items()}


@pytest.mark.parametrize("thread_id", HISTORIES)
def test_spans_are_those_that_were_worked_out(thread_id: str) -> None:
    wanted = json.loads((OUTPUTS / f"otel/{thread_id}.json").read_text("utf-8"))
    spans = written(thread_id)
    assert [(span.name, span.kind.name) for span in spans] == [(one["name"], one["kind"]) for one in wanted]
    for span, one in zip(spans, wanted, strict=True):
        attributes = plain(span)
        told = {**one["attributes"], **{name: value for name, value in one["content"].items() if value is not None}}
        assert {name: attributes.get(name) for name in told} == told
        # What is not in the files is ours, or says where the server is.
        ours = [name for name in attributes if name not in told]
        assert all(name.startswith(("openai_steps.", "server.", "gen_ai.agent.id")) for name in ours)


@pytest.mark.parametrize("thread_id", HISTORIES)
@pytest.mark.parametrize("openinference", [False, True])
def test_each_token_is_counted_once(thread_id: str, openinference: bool) -> None:
    spans = written(thread_id, openinference=openinference)
    truth = sum(run.usage.tokens.total or 0 for run in HISTORIES[thread_id].runs if run.usage)
    for names in (
        ("gen_ai.usage.input_tokens", "gen_ai.usage.output_tokens"),
        *([("llm.token_count.total",)] * openinference),
    ):
        assert sum(plain(span).get(name, 0) for span in spans for name in names) == truth


def test_without_messages_calls_are_told_all_the_same() -> None:
    spans = written("thread_weather", history=None)
    assert "gen_ai.input.messages" not in plain(spans[0])
    assert plain(spans[1])["gen_ai.output.messages"][0]["parts"][0]["name"] == "get_weather"


@pytest.mark.parametrize("openinference", [False, True])
def test_nothing_is_told_unless_asked_for(openinference: bool) -> None:
    shown = "".join(span.to_json() for span in written("thread_report", content=False, openinference=openinference))
    for text in ("Plot our revenue", "You write reports", "df.sum()", "Ada", "revenue 112"):
        assert text not in shown
