"""A run as a tree of spans, in plain values: names, times, attributes, errors. Nothing here knows a tracer.

The GenAI conventions are still in development: https://github.com/open-telemetry/semantic-conventions-genai. Attributes
for which they have no name begin with ``openai_steps.``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

from attrs import frozen
from opentelemetry.trace import SpanContext, SpanKind

from openai_steps._endpoint.endpoint import Endpoint
from openai_steps._models.messages import Message
from openai_steps._models.runs import Run
from openai_steps._models.steps import LastError, RunStep, known_times, tokens_of
from openai_steps._models.tokens import Tokens
from openai_steps.conversation import Call, ThreadHistory, calls_of, run_of
from openai_steps.otel._attributes import Attributes, known
from openai_steps.otel._content import run_content, step_content
from openai_steps.otel._ids import span_context
from openai_steps.otel._openinference import openinference

_PROVIDERS: Final[Mapping[str, str]] = {
    "azure_openai": "azure.ai.openai",
    "azure_foundry": "azure.ai.foundry",
    "dashscope": "dashscope",
}
_FORMAT: Final = "openai"  # the name for any server with OpenAI's protocol

# The three kinds of gen_ai.tool.type: run by the caller, looking things up, or (all others) run by the agent.
_TOOL_TYPES: Final[Mapping[str | None, str]] = {
    "function": "function",
    "file_search": "datastore",
    "retrieval": "datastore",
    "azure_ai_search": "datastore",
}

# Cancelled is not among them: it was asked for.
_ERROR_STATUSES: Final = frozenset({"failed", "expired", "incomplete"})

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_DEFAULT_PORTS: Final[Mapping[str, int]] = {"https": 443, "http": 80}


@frozen(kw_only=True)
class PlannedSpan:
    """A span to write. Times are nanoseconds since 1970."""

    context: SpanContext
    name: str
    kind: SpanKind
    start: int
    end: int
    attributes: Attributes
    error: LastError | None
    children: tuple[PlannedSpan, ...] = ()


@frozen(kw_only=True)
class Settings:
    """What to write on the spans of a run.

    Attributes:
        endpoint: The server, for the names of provider and server.
        agent_name: The assistant's name.
        content: Whether they have messages, arguments and results.
        openinference: Whether they have OpenInference's names as well.
    """

    endpoint: Endpoint | None = None
    agent_name: str | None = None
    content: bool = False
    openinference: bool = False

    def attributes(self, found: Mapping[str, str | int | tuple[str, ...] | None]) -> Attributes:
        """Return the attributes that have a value, in OpenInference's names as well if so set."""
        attributes = known(found)
        return {**attributes, **openinference(attributes)} if self.openinference else attributes


def plan_run(
    run: Run, steps: Sequence[RunStep], *, history: ThreadHistory | None = None, settings: Settings
) -> PlannedSpan:
    """Plan the span of a run, with its steps as children and their tool calls as grandchildren.

    Tokens are on the spans of steps. Readers add up those of all spans, or those of requests: on the run's span they
    would be counted twice. It has them only if no step has any.
    """
    thread_id = run.thread_id or next((step.thread_id for step in steps if step.thread_id), "")
    assistant_id = run.assistant_id or next((step.assistant_id for step in steps if step.assistant_id), None)
    start = run.created_at
    end = max(_end_of_run(run, steps) or start, start)
    of_steps = sum((tokens_of(step.usage) for step in steps), Tokens())
    of_run = tokens_of(run.usage)
    usage = _usage(of_run if of_steps == Tokens() else Tokens())
    sums = _usage(of_run if of_run != Tokens() else of_steps)
    shared = {"gen_ai.conversation.id": thread_id or None, **_provider(settings.endpoint)}
    content = run_content(run, run_of(history, run.id) if history is not None else None) if settings.content else {}
    by_id = {message.id: message for message in history.messages} if settings.content and history else {}
    return PlannedSpan(
        context=span_context(thread_id, run.id),
        name=_named("invoke_agent", settings.agent_name),
        kind=SpanKind.CLIENT,
        start=_nanoseconds(start),
        end=_nanoseconds(end),
        attributes=settings.attributes(
            {
                "gen_ai.operation.name": "invoke_agent",
                "gen_ai.agent.name": settings.agent_name,
                "gen_ai.agent.id": assistant_id,
                "gen_ai.request.model": run.model,
                "openai_steps.run.id": run.id,
                "openai_steps.run.status": run.status,
                **shared,
                **usage,
                **{name.replace("gen_ai.", "openai_steps.run."): count for name, count in sums.items()},
                **content,
            }
        ),
        error=_error(run),
        children=tuple(_plan_step(step, run, end, shared, by_id, settings) for step in steps),
    )


def _plan_step(
    step: RunStep,
    run: Run,
    end_of_run: datetime,
    shared: Mapping[str, str | int | tuple[str, ...] | None],
    messages: Mapping[str, Message],
    settings: Settings,
) -> PlannedSpan:
    """Plan the span of a step: a request to the model, answered with a message or with tool calls."""
    start, end = _nanoseconds(step.created_at), _nanoseconds(step.finished_at or end_of_run)
    error, calls = _error(step), calls_of(step)
    return PlannedSpan(
        context=_context(step, run),
        name=_named("chat", run.model),
        kind=SpanKind.CLIENT,
        start=start,
        end=max(start, end),
        attributes=settings.attributes(
            {
                "gen_ai.operation.name": "chat",
                "gen_ai.request.model": run.model,
                "gen_ai.agent.id": step.assistant_id,
                "gen_ai.response.finish_reasons": _FINISH_REASONS.get(step.type),
                "openai_steps.run.id": run.id,
                "openai_steps.step.id": step.id,
                "openai_steps.step.type": step.type,
                "openai_steps.step.status": step.status,
                "openai_steps.message.id": step.message_id,
                **shared,
                **_usage(tokens_of(step.usage)),
                **(step_content(step, calls, messages) if settings.content else {}),
            }
        ),
        error=error,
        children=tuple(
            _plan_call(call, _context(step, run, str(place)), start, max(start, end), error, settings)
            for place, call in enumerate(calls)
        ),
    )


def _context(step: RunStep, run: Run, *inside: str) -> SpanContext:
    """Return the context of a span; a step without thread and run ids (Foundry Local's) is the run's."""
    return span_context(step.thread_id or run.thread_id or "", run.id, step.id, *inside)


# By the conventions a request whose answer is a tool call is a chat, too.
_FINISH_REASONS: Final[Mapping[str | None, tuple[str, ...]]] = {
    "message_creation": ("stop",),
    "tool_calls": ("tool_calls",),
}


def _plan_call(
    call: Call, context: SpanContext, start: int, end: int, error: LastError | None, settings: Settings
) -> PlannedSpan:
    """Plan the span of a tool call. Calls have no times of their own: they get the step's."""
    step = call.step
    return PlannedSpan(
        context=context,
        name=_named("execute_tool", call.call.name),
        kind=SpanKind.INTERNAL,
        start=start,
        end=end,
        attributes=settings.attributes(
            {
                "gen_ai.operation.name": "execute_tool",
                "gen_ai.tool.name": call.call.name,
                "gen_ai.tool.type": _TOOL_TYPES.get(call.call.type, "extension"),
                "gen_ai.tool.call.id": call.call.id or None,
                "gen_ai.tool.call.arguments": call.arguments_text if settings.content else None,
                "gen_ai.tool.call.result": call.result_text if settings.content and call.is_answered else None,
                "openai_steps.step.id": step.id,
                "openai_steps.tool.type": call.call.type,
            }
        ),
        error=error if call.call.output is None else None,  # a call with an output did not fail
    )


def _named(operation: str, subject: str | None) -> str:
    return f"{operation} {subject}" if subject else operation


def _error(failed: Run | RunStep) -> LastError | None:
    status = failed.status or "_OTHER"
    if failed.last_error is not None:
        return LastError(failed.last_error.code or status, failed.last_error.message)
    return LastError(status, "") if status in _ERROR_STATUSES else None


def _end_of_run(run: Run, steps: Iterable[RunStep]) -> datetime | None:
    return run.finished_at or max(known_times(steps), default=None)


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
    return known(
        {
            "gen_ai.usage.input_tokens": tokens.prompt,
            "gen_ai.usage.output_tokens": tokens.completion,
            "gen_ai.usage.cache_read.input_tokens": tokens.cached,
            "gen_ai.usage.reasoning.output_tokens": tokens.reasoning,
        }
    )
