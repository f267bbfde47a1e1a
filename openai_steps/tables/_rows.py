"""Rows: the values that columns read, each with the JSON that it was made from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

import msgspec
from attrs import define

from openai_steps import Message, Run, RunStep, dumps
from openai_steps._models.tokens import Tokens
from openai_steps.conversation import Call, calls_of

_NO_TOKENS: Final = Tokens()


@define  # frozen would take three times as long to make, and one is made for each row; so it is with the others
class StepRow:
    """A step; ``raw`` is its JSON."""

    step: RunStep
    tokens: Tokens
    raw: bytes


@define
class CallRow:
    """A tool call of a step; ``order`` counts the calls of the run, and ``raw`` is the call's JSON."""

    call: Call
    step: StepRow
    step_index: int
    call_index: int
    calls_in_step: int
    order: int
    model: str | None
    raw: bytes


@define
class RunRow:
    """A run; ``raw`` is its JSON."""

    run: Run
    tokens: Tokens
    raw: bytes


@define
class MessageRow:
    """A message; ``raw`` is its JSON."""

    message: Message
    raw: bytes


def step_row(step: RunStep, raw: bytes | None = None) -> StepRow:
    """Return the row of a step; without ``raw`` its JSON is written anew."""
    tokens = _NO_TOKENS if step.usage is None else step.usage.tokens
    return StepRow(step, tokens, dumps(step) if raw is None else raw)


def run_row(run: Run, raw: bytes | None = None) -> RunRow:
    """Return the row of a run, as `step_row` does."""
    tokens = _NO_TOKENS if run.usage is None else run.usage.tokens
    return RunRow(run, tokens, dumps(run) if raw is None else raw)


def message_row(message: Message, raw: bytes | None = None) -> MessageRow:
    """Return the row of a message, as `step_row` does."""
    return MessageRow(message, dumps(message) if raw is None else raw)


def call_rows(steps: Iterable[StepRow], models: Mapping[str, str | None]) -> Iterator[CallRow]:
    """Yield the rows of the calls of steps.

    Args:
        steps: The steps of each run together, oldest first.
        models: The model of each run, by the run's id, as far as known.
    """
    run: tuple[str | None, str | None] | None = None
    step_index = order = 0
    model: str | None = None
    for row in steps:
        if run != (of := (row.step.thread_id, row.step.run_id)):
            run, step_index, order, model = of, 0, 0, models.get(row.step.run_id or "")
        calls = calls_of(row.step)
        texts = _texts(row, calls) if calls else ()
        for call_index, (call, raw) in enumerate(zip(calls, texts, strict=True)):
            yield CallRow(call, row, step_index, call_index, len(calls), order, model, raw)
            order += 1
        step_index += 1


class _Calls(msgspec.Struct, gc=False):
    tool_calls: list[msgspec.Raw]


class _Step(msgspec.Struct, gc=False):
    step_details: _Calls


_step_of: Final = msgspec.json.Decoder(_Step).decode


def _texts(row: StepRow, calls: list[Call]) -> list[bytes]:
    """Return the JSON of each call: cut from that of the step, or written anew if it is in another place."""
    try:
        texts = [bytes(text) for text in _step_of(row.raw).step_details.tool_calls]
    except ValueError:
        texts = []
    return texts if len(texts) == len(calls) else [dumps(call.call) for call in calls]
