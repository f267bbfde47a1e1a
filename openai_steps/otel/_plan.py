"""A run as a tree of spans, in plain values: names, times, attributes, errors. Nothing here knows a tracer.

The GenAI conventions are still in development: https://github.com/open-telemetry/semantic-conventions-genai. What they
have no name for is under ``openai_steps.``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, TypeAlias
from urllib.parse import urlsplit

from attrs import frozen
from opentelemetry.trace import SpanContext, SpanKind

from openai_steps._endpoint.endpoint import Endpoint
from openai_steps._models.runs import Run
from openai_steps._models.steps import LastError, MessageCreationDetails, RunStep, Usage
from openai_steps._models.tokens import Tokens
from openai_steps._models.tool_calls import ToolCall
from openai_steps.otel._ids import span_context

Attributes: TypeAlias = dict[str, str | int]

_PROVIDERS: Final[Mapping[str, str]] = {
    "azure_openai": "azure.ai.openai",
    "azure_foundry": "azure.ai.foundry",
    "dashscope": "dashscope",
}
_FORMAT: Final = "openai"  # the name for whoever speaks OpenAI's protocol

# Run by the caller, looking things up, or (all others) run by the agent: the three kinds of gen_ai.tool.type.
_TOOL_TYPES: Final[Mapping[str | None, str]] = {
    "function": "function",
    "file_search": "datastore",
    "retrieval": "datastore",
    "azure_ai_search": "datastore",
}

# Cancelled is not among them: somebody asked for it.
_ERROR_STATUSES: Final = frozenset({"failed", "expired", "incomplete"})

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_DEFAULT_PORTS: Final[Mapping[str, int]] = {"https": 443, "http": 80}


@frozen(kw_only=True)
class PlannedSpan:
    """A span to be written. Times are nanoseconds since 1970."""

    context: SpanContext
    name: str
    kind: SpanKind
    start: int
    end: int
    attributes: Attributes
    error: LastError | None
    children: tuple[PlannedSpan, ...] = ()


def plan_run(
    run: Run, steps: Sequence[RunStep], *, endpoint: Endpoint | None, agent_name: str | None, content: bool
) -> PlannedSpan:
    """Plan the span of a run, with its steps as children and their tool calls as grandchildren."""
    thread_id = run.thread_id or next((step.thread_id for step in steps if step.thread_id), "")
    assistant_id = run.assistant_id or next((step.assistant_id for step in steps if step.assistant_id), None)
    start = run.created_at
    end = max(_end_of_run(run, steps) or start, start)
    return PlannedSpan(
        context=span_context(thread_id, run.id),
        name=_named("invoke_agent", agent_name),
        kind=SpanKind.CLIENT,
        start=_nanoseconds(start),
        end=_nanoseconds(end),
        attributes=_known(
            {
                "gen_ai.operation.name": "invoke_agent",
                "gen_ai.agent.name": agent_name,
                "gen_ai.agent.id": assistant_id,
                "gen_ai.conversation.id": thread_id or None,
                "gen_ai.request.model": run.model,
                "openai_steps.run.id": run.id,
                "openai_steps.run.status": run.status,
                **_provider(endpoint),
                **(_usage(_tokens(run)) or _usage(sum(map(_tokens, steps), Tokens()))),
            }
        ),
        error=_error(run),
        children=tuple(_plan_step(step, run, end, content) for step in steps),
    )


def _plan_step(step: RunStep, run: Run, end_of_run: datetime, content: bool) -> PlannedSpan:
    start, end = _nanoseconds(step.created_at), _nanoseconds(step.finished_at or end_of_run)
    wrote_message = isinstance(step.step_details, MessageCreationDetails)
    error = _error(step)
    return PlannedSpan(
        context=_context(step, run),
        name=_named("chat", run.model) if wrote_message else step.type or "step",
        kind=SpanKind.INTERNAL,
        start=start,
        end=max(start, end),
        attributes=_known(
            {
                "gen_ai.operation.name": "chat" if wrote_message else None,
                "gen_ai.request.model": run.model if wrote_message else None,
                "gen_ai.agent.id": step.assistant_id,
                "gen_ai.conversation.id": step.thread_id or run.thread_id,
                "openai_steps.run.id": run.id,
                "openai_steps.step.id": step.id,
                "openai_steps.step.type": step.type,
                "openai_steps.step.status": step.status,
                "openai_steps.message.id": step.message_id,
                **_usage(_tokens(step)),
            }
        ),
        error=error,
        children=tuple(
            _plan_call(call, _context(step, run, str(place)), step, start, max(start, end), error, content)
            for place, call in enumerate(step.tool_calls)
        ),
    )


def _context(step: RunStep, run: Run, *inside: str) -> SpanContext:
    """Return the context of a span; a step that does not say where it belongs (Foundry Local's) is the run's."""
    return span_context(step.thread_id or run.thread_id or "", run.id, step.id, *inside)


def _plan_call(
    call: ToolCall, context: SpanContext, step: RunStep, start: int, end: int, error: LastError | None, content: bool
) -> PlannedSpan:
    """Plan the span of a tool call. Calls have no times of their own: the step's are the nearest there are."""
    return PlannedSpan(
        context=context,
        name=_named("execute_tool", call.name),
        kind=SpanKind.INTERNAL,
        start=start,
        end=end,
        attributes=_known(
            {
                "gen_ai.operation.name": "execute_tool",
                "gen_ai.tool.name": call.name,
                "gen_ai.tool.type": _TOOL_TYPES.get(call.type, "extension"),
                "gen_ai.tool.call.id": call.id or None,
                "gen_ai.tool.call.arguments": call.arguments if content else None,
                "gen_ai.tool.call.result": call.output if content else None,
                "openai_steps.step.id": step.id,
                "openai_steps.tool.type": call.type,
            }
        ),
        error=error if call.output is None else None,  # what has an output did not fail
    )


def _named(operation: str, subject: str | None) -> str:
    return f"{operation} {subject}" if subject else operation


def _known(attributes: Mapping[str, str | int | None]) -> Attributes:
    return {name: value for name, value in attributes.items() if value is not None}


def _error(failed: Run | RunStep) -> LastError | None:
    status = failed.status or "_OTHER"
    if failed.last_error is not None:
        return LastError(failed.last_error.code or status, failed.last_error.message)
    return LastError(status, "") if status in _ERROR_STATUSES else None


def _end_of_run(run: Run, steps: Iterable[RunStep]) -> datetime | None:
    ends = [step.finished_at for step in steps if step.finished_at]
    return run.finished_at or max(ends, default=None)


def _nanoseconds(time: datetime) -> int:
    return (time - _EPOCH) // timedelta(microseconds=1) * 1000


def _provider(endpoint: Endpoint | None) -> Attributes:
    if endpoint is None:
        return {"gen_ai.provider.name": _FORMAT}
    url = urlsplit(endpoint.base_url)
    return {
        "gen_ai.provider.name": _PROVIDERS.get(endpoint.provider, _FORMAT),
        "server.address": endpoint.host,
        "server.port": url.port or _DEFAULT_PORTS[url.scheme],
    }


def _usage(tokens: Tokens) -> Attributes:
    return _known(
        {
            "gen_ai.usage.input_tokens": tokens.prompt,
            "gen_ai.usage.output_tokens": tokens.completion,
            "gen_ai.usage.cache_read.input_tokens": tokens.cached,
            "gen_ai.usage.reasoning.output_tokens": tokens.reasoning,
        }
    )


def _tokens(spent: Run | RunStep) -> Tokens:
    return (spent.usage or Usage()).tokens
