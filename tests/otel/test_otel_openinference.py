"""The names of OpenInference say the same as those of OpenTelemetry."""

import pytest

pytest.importorskip("opentelemetry", reason="needs the extra otel")

from openai_steps.otel._openinference import openinference


def test_a_chat() -> None:
    told: dict[str, str | int] = {
        "gen_ai.operation.name": "chat",
        "gen_ai.conversation.id": "t",
        "gen_ai.request.model": "m",
        "gen_ai.usage.input_tokens": 3,
        "gen_ai.usage.reasoning.output_tokens": 0,
        "server.port": 443,
    }
    assert openinference(told) == {
        "openinference.span.kind": "LLM",
        "session.id": "t",
        "llm.model_name": "m",
        "llm.token_count.prompt": 3,
        "llm.token_count.completion_details.reasoning": 0,
        "llm.token_count.total": 3,
    }


def test_a_tool_call() -> None:
    told: dict[str, str | int] = {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": "f",
        "gen_ai.tool.call.arguments": "{}",
        "gen_ai.tool.call.result": "",
    }
    assert openinference(told) == {
        "openinference.span.kind": "TOOL",
        "tool.name": "f",
        "tool.parameters": "{}",
        "input.value": "{}",
        "output.value": "",
    }


def test_a_run() -> None:
    told: dict[str, str | int] = {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "Baker"}
    assert openinference(told) == {"openinference.span.kind": "AGENT", "agent.name": "Baker"}
