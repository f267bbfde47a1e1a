"""A thread's messages and its runs' steps as one list, in the order in which they happened.

    thread = order_turns(messages, runs, steps)
    for turn in thread.turns:
        match turn:
            case MessageTurn():
                print(turn.message.role, turn.message.text)
            case StepTurn():
                print([(call.name, call.output) for call in turn.step.tool_calls])

Times do not give that order: they are whole seconds, and a run may call a tool, get its output and write a message in
one. The structure does. A step that wrote a message names it, so the steps before it in its run belong before that
message. Nothing here sends a request.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeAlias

from attrs import define, frozen

from openai_steps import CodeInterpreterToolCall, Message, OtherToolCall, Run, RunStep, ToolCall
from openai_steps._json.text import loads
from openai_steps._models.tool_calls import ASKED

__all__ = ["BrokenArguments", "MessageTurn", "OrderedThread", "StepTurn", "Turn", "order_turns", "parse_arguments"]


@frozen(kw_only=True)
class MessageTurn:
    """A message in a thread.

    Attributes:
        message: The message.
        run: The run that wrote it; None for a user's message, and if the run is unknown.
        step: The step that wrote it; None if no step names it.
    """

    message: Message
    run: Run | None = None
    step: RunStep | None = None


@frozen(kw_only=True)
class StepTurn:
    """A step that did not write a message: most often it called tools.

    Attributes:
        step: The step; ``step.tool_calls`` has the calls.
        run: Its run; None if the run is unknown.
    """

    step: RunStep
    run: Run | None = None


Turn: TypeAlias = MessageTurn | StepTurn
"""One entry of a thread."""


@frozen(kw_only=True)
class OrderedThread:
    """A thread in the order in which it happened, and the steps that have no place in it.

    Attributes:
        turns: Each message once, and each step that did not write a message once.
        orphans: Steps whose message is missing, most often because it was deleted, or was placed by another step.
        unknown_runs: The ids of runs that messages or steps name and that were not given, in order of appearance.
    """

    turns: tuple[Turn, ...]
    orphans: tuple[RunStep, ...] = ()
    unknown_runs: tuple[str, ...] = ()


@frozen
class BrokenArguments:
    """Arguments that are not a JSON object, most often because the run ended while the model wrote them.

    Attributes:
        text: The text as sent.
        reason: Why it is not a JSON object.
    """

    text: str
    reason: str


def parse_arguments(call: ToolCall) -> dict[str, Any] | BrokenArguments:
    """Return a call's arguments as an object, or the text that is there instead.

    Args:
        call: The call. The code of a code interpreter and the query of a search are not JSON and become an object with
            one key, named as on the wire.

    Returns:
        The object, which is empty if the call has no arguments.
    """
    match call:
        case CodeInterpreterToolCall():
            return {"input": call.code_interpreter.input}
        case OtherToolCall() if call.payload.get("arguments") is None:
            return {key: call.payload[key] for key in ASKED if call.payload.get(key) is not None}
        case _:
            return _parse(call.arguments or "")


def _parse(text: str) -> dict[str, Any] | BrokenArguments:
    if not text.strip():
        return {}
    try:
        value = loads(text)
    except ValueError as error:
        return BrokenArguments(text, str(error))
    return value if isinstance(value, dict) else BrokenArguments(text, "JSON, but not an object")


def order_turns(
    messages: Iterable[Message], runs: Iterable[Run], steps: Mapping[str, Sequence[RunStep]]
) -> OrderedThread:
    """Put a thread's messages and the steps of its runs into one list, in the order in which they happened.

    Args:
        messages: All messages of the thread, oldest first, as ``order="asc"`` gives them.
        runs: All runs of the thread, oldest first.
        steps: The steps of each run by its id, oldest first.

    Returns:
        The thread. A message that no step names keeps its place among the messages, and the steps of a run without
        messages are placed where the run began.

    Raises:
        ValueError: If a list is newest first.
    """
    return _Ordering(
        _oldest_first("messages", messages),
        _oldest_first("runs", runs),
        {run_id: _oldest_first(f"steps of {run_id!r}", own) for run_id, own in steps.items()},
    ).ordered()


def _oldest_first(name: str, items: Iterable[Any]) -> list[Any]:
    listed = list(items)
    if listed and listed[0].created_at > listed[-1].created_at:
        raise ValueError(f"The {name} are newest first: read them with order='asc'.")
    return listed


@define
class _PendingRun:
    """A run: those of its steps that are not placed yet, and how many of its messages are still to come."""

    number: int
    began: datetime
    run: Run | None
    steps: deque[RunStep]
    messages_left: int = 0


@frozen
class _Writer:
    """The step that wrote a message."""

    run_id: str
    step: RunStep


class _Ordering:
    """Merges the steps of runs into the list of messages."""

    def __init__(self, messages: list[Message], runs: list[Run], steps: Mapping[str, list[RunStep]]) -> None:
        self._runs = {run.id: run for run in runs}
        self._pending = _pending_runs(self._runs, steps)
        self._writers = _writers({message.id for message in messages}, steps)
        self._messages = self._as_their_steps_say(messages)
        for message in self._messages:
            if pending := self._run_of(message):
                pending.messages_left += 1
        self._waiting = deque(pending for pending in self._pending.values() if not pending.messages_left)
        self._turns: list[Turn] = []
        self._orphans: list[RunStep] = []

    def ordered(self) -> OrderedThread:
        for message in self._messages:
            self._place_message(message)
        while self._waiting:
            self._place_steps(self._waiting.popleft())
        named = [*self._pending, *(message.run_id for message in self._messages if message.run_id)]
        return OrderedThread(
            turns=tuple(self._turns),
            orphans=tuple(self._orphans),
            unknown_runs=tuple(run_id for run_id in dict.fromkeys(named) if run_id not in self._runs),
        )

    def _place_message(self, message: Message) -> None:
        pending = self._run_of(message)
        self._place_earlier_runs(message, pending)
        if pending is None:
            self._turns.append(MessageTurn(message=message))
            return
        writer = self._writers[message.id].step if message.id in self._writers else None
        if writer is not None:
            self._place_steps_before(pending, writer)
        elif message.role != "user":  # in open-assistant-api a user's additional messages name the run, too
            self._place_older_steps(pending, message)
        self._turns.append(MessageTurn(message=message, run=pending.run, step=writer))
        pending.messages_left -= 1
        if not pending.messages_left:
            self._place_steps(pending)

    def _run_of(self, message: Message) -> _PendingRun | None:
        # bee-api's messages do not name their run: the step that wrote them does.
        writer = self._writers.get(message.id)
        return self._pending.get(writer.run_id if writer else message.run_id or "")

    def _as_their_steps_say(self, messages: list[Message]) -> list[Message]:
        """Put messages of one run into the order of the steps that wrote them: servers mix up those of one second."""
        ranks = {message_id: rank for rank, message_id in enumerate(self._writers)}
        places: dict[str, list[int]] = {}
        for place, message in enumerate(messages):
            if message.id in self._writers:
                places.setdefault(self._writers[message.id].run_id, []).append(place)
        ordered = list(messages)
        for own in places.values():
            for place, message in zip(own, sorted((messages[p] for p in own), key=lambda m: ranks[m.id]), strict=True):
                ordered[place] = message
        return ordered

    def _place_earlier_runs(self, message: Message, pending: _PendingRun | None) -> None:
        """Place the runs without messages that began before this message was written, or before its run began.

        A user's message of the second in which a run began came before it: a thread is locked while it runs.
        """
        while self._waiting:
            first = self._waiting[0]
            if not (first.began < message.created_at if pending is None else first.number < pending.number):
                break
            self._place_steps(self._waiting.popleft())

    def _place_steps_before(self, pending: _PendingRun, writer: RunStep) -> None:
        while pending.steps:
            step = pending.steps.popleft()
            if step is writer:
                break
            self._place_step(pending, step)

    def _place_older_steps(self, pending: _PendingRun, message: Message) -> None:
        """Place the run's steps that are not newer than a message that no step names."""
        steps = pending.steps
        while steps and steps[0].created_at <= message.created_at and not self._writes(steps[0]):
            self._place_step(pending, steps.popleft())

    def _place_steps(self, pending: _PendingRun) -> None:
        while pending.steps:
            self._place_step(pending, pending.steps.popleft())

    def _place_step(self, pending: _PendingRun, step: RunStep) -> None:
        if step.message_id is None:
            self._turns.append(StepTurn(step=step, run=pending.run))
        elif not self._writes(step):
            self._orphans.append(step)

    def _writes(self, step: RunStep) -> bool:
        """Return whether this step is placed by a message of the thread."""
        writer = self._writers.get(step.message_id or "")
        return writer is not None and writer.step is step


def _writers(message_ids: set[str], steps: Mapping[str, Sequence[RunStep]]) -> dict[str, _Writer]:
    """Return, by the message's id, the first step that wrote each message, and its run."""
    found: dict[str, _Writer] = {}
    for run_id, own in steps.items():
        for step in own:
            if step.message_id is not None and step.message_id in message_ids:
                found.setdefault(step.message_id, _Writer(run_id, step))
    return found


def _pending_runs(runs: Mapping[str, Run], steps: Mapping[str, Sequence[RunStep]]) -> dict[str, _PendingRun]:
    """Return the runs by their ids, oldest first; a run that was not given began with its first step."""
    began = {run_id: own[0].created_at for run_id, own in steps.items() if own}
    began |= {run_id: run.created_at for run_id, run in runs.items()}
    in_given_order = sorted({**runs, **began}, key=began.__getitem__)  # a stable sort
    return {
        run_id: _PendingRun(number, began[run_id], runs.get(run_id), deque(steps.get(run_id, ())))
        for number, run_id in enumerate(in_given_order)
    }
