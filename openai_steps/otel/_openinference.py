"""Span attributes in OpenInference's names, which Phoenix prefers.

https://github.com/Arize-ai/openinference/blob/main/spec/semantic_conventions.md
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from openai_steps.otel._attributes import Attributes

_KINDS: Final[Mapping[str, str]] = {"invoke_agent": "AGENT", "chat": "LLM", "execute_tool": "TOOL"}

# OpenInference's name, and OpenTelemetry's.
_NAMES: Final[Mapping[str, str]] = {
    "session.id": "gen_ai.conversation.id",
    "agent.name": "gen_ai.agent.name",
    "llm.model_name": "gen_ai.request.model",
    "llm.provider": "gen_ai.provider.name",
    "llm.token_count.prompt": "gen_ai.usage.input_tokens",
    "llm.token_count.completion": "gen_ai.usage.output_tokens",
    "llm.token_count.prompt_details.cache_read": "gen_ai.usage.cache_read.input_tokens",
    "llm.token_count.completion_details.reasoning": "gen_ai.usage.reasoning.output_tokens",
    "tool.name": "gen_ai.tool.name",
    "tool.id": "gen_ai.tool.call.id",
    "tool.parameters": "gen_ai.tool.call.arguments",
    "input.value": "gen_ai.input.messages",
    "output.value": "gen_ai.output.messages",
}


def openinference(attributes: Mapping[str, str | int | tuple[str, ...]]) -> Attributes:
    """Return the attributes of a span in OpenInference's names."""
    operation = attributes.get("gen_ai.operation.name")
    found: Attributes = {"openinference.span.kind": _KINDS[str(operation)]}
    found |= {name: attributes[other] for name, other in _NAMES.items() if other in attributes}
    if operation == "execute_tool":
        found |= {
            name: attributes[other]
            for name, other in (
                ("input.value", "gen_ai.tool.call.arguments"),
                ("output.value", "gen_ai.tool.call.result"),
            )
            if other in attributes
        }
    counts = [found.get(f"llm.token_count.{kind}") for kind in ("prompt", "completion")]
    if any(count is not None for count in counts):
        found["llm.token_count.total"] = sum(count for count in counts if isinstance(count, int))
    return found
