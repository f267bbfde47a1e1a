"""A thread as one conversation: each run with what came before it, each tool call with its arguments and result.

    for run in runs_of(history):
        print(run.question, "->", [call.call.name for call in run.calls], "->", run.answer)

`openai_steps.history.read_thread` reads a `ThreadHistory`; nothing here sends a request.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from functools import cached_property
from typing import Any, Final

from attrs import frozen

from openai_steps import (
    CodeInterpreterToolCall,
    FileSearchToolCall,
    FunctionToolCall,
    ImageFileContent,
    ImageUrlContent,
    McpToolCall,
    Message,
    MessageContent,
    RefusalContent,
    Run,
    RunStep,
    TextContent,
    Thread,
    ToolCall,
    unstructure,
)
from openai_steps._json.text import loads
from openai_steps._models.tool_calls import image_mark
from openai_steps._words import as_json
from openai_steps.turns import (
    BrokenArguments,
    MessageTurn,
    OrderedThread,
    StepTurn,
    Turn,
    order_turns,
    parse_arguments,
)

__all__ = ["RAW", "Call", "RunInThread", "ThreadHistory", "calls_of", "run_of", "runs_of", "shown"]

RAW: Final = "_raw"
"""The key for arguments that are not a JSON object."""


@frozen(kw_only=True, slots=False)
class ThreadHistory:
    """All that happened in a thread.

    Attributes:
        thread_id: The thread.
        messages: Its messages, oldest first.
        runs: Its runs, oldest first.
        steps: The steps of each run by the run's id, oldest first.
        thread: The thread's own object; None if it was not read.
    """

    thread_id: str
    messages: Sequence[Message]
    runs: Sequence[Run]
    steps: Mapping[str, Sequence[RunStep]]
    thread: Thread | None = None

    @cached_property
    def turns(self) -> OrderedThread:
        """The messages and steps as one list, in the order in which they happened."""
        return order_turns(self.messages, self.runs, self.steps)


@frozen(kw_only=True)
class RunInThread:
    """A run, and the thread as it was when the run began.

    Attributes:
        thread_id: The thread.
        run: The run.
        before: The messages before the run, and what earlier runs did. Nothing that came later.
        own: What the run did.
    """

    thread_id: str
    run: Run
    before: tuple[Turn, ...]
    own: tuple[Turn, ...]

    @property
    def questions(self) -> list[Message]:
        """What users wrote since the last assistant's turn before the run, oldest first."""
        asked: list[Message] = []
        for turn in reversed(self.before):
            if not (isinstance(turn, MessageTurn) and turn.message.role == "user"):
                break
            asked.append(turn.message)
        return asked[::-1]

    @property
    def question(self) -> str:
        """The same as one text."""
        return "\n".join(map(shown, self.questions))

    @property
    def answer(self) -> str | None:
        """The last message that the run wrote; None if it wrote none."""
        written = [shown(turn.message) for turn in self.own if isinstance(turn, MessageTurn)]
        return written[-1] if written else None

    @property
    def calls(self) -> Iterator[Call]:
        """The run's tool calls, in order."""
        for turn in self.own:
            if isinstance(turn, StepTurn):
                yield from calls_of(turn.step)

    @property
    def duration(self) -> timedelta | None:
        """From the run's creation to its end; None while it goes on."""
        return self.run.duration

    @property
    def metadata(self) -> dict[str, Any]:
        """The ids of thread and run, the run's status and its model."""
        return {
            "thread_id": self.thread_id,
            "run_id": self.run.id,
            "status": self.run.status,
            "model": self.run.model,
        }


def runs_of(history: ThreadHistory) -> Iterator[RunInThread]:
    """Yield each run of a thread with what came before it.

    Args:
        history: The thread.

    Yields:
        The runs, oldest first.
    """
    for number in range(len(history.runs)):
        yield _in_thread(history, number)


def run_of(history: ThreadHistory, run_id: str) -> RunInThread | None:
    """Return one run of a thread with what came before it; None if there is no such run.

    Args:
        history: The thread.
        run_id: The run.
    """
    found = next((number for number, run in enumerate(history.runs) if run.id == run_id), None)
    return None if found is None else _in_thread(history, found)


def _in_thread(history: ThreadHistory, number: int) -> RunInThread:
    turns, run = history.turns.turns, history.runs[number]
    own = [place for place, turn in enumerate(turns) if turn.run is not None and turn.run.id == run.id]
    start = own[0] if own else _place_of(run, turns, {earlier.id for earlier in history.runs[:number]})
    before = tuple(turn for turn in turns[:start] if turn.run is None or turn.run.id != run.id)
    return RunInThread(thread_id=history.thread_id, run=run, before=before, own=tuple(turns[place] for place in own))


def _place_of(run: Run, turns: tuple[Turn, ...], earlier: set[str]) -> int:
    """Return the position of a run without messages or steps: after earlier runs, and what users wrote before it."""
    place = 0
    for number, turn in enumerate(turns, start=1):
        was_before = turn.run.id in earlier if turn.run is not None else _created_before(turn, run)
        if was_before:
            place = number
    return place


def _created_before(turn: Turn, run: Run) -> bool:
    return isinstance(turn, MessageTurn) and turn.message.created_at <= run.created_at


@frozen(kw_only=True)
class Call:
    """A tool call.

    Attributes:
        call: The call.
        step: Its step.
        arguments: Its arguments as an object; text that is not a JSON object is under `RAW`.
        broken: Its arguments, if they are not a JSON object.
        is_answered: Whether it has a result. An empty text counts as one, null does not.
        result_text: The result as text; empty if it has none.
    """

    call: ToolCall
    step: RunStep
    arguments: Mapping[str, Any]
    broken: BrokenArguments | None
    is_answered: bool
    result_text: str

    @property
    def result(self) -> Any:
        """The result, decoded if it is JSON, otherwise as text; None if there is none."""
        if not self.is_answered:
            return None
        is_text = isinstance(self.call, CodeInterpreterToolCall)
        return self.result_text if is_text else _json_or_text(self.result_text)

    @property
    def arguments_text(self) -> str:
        """The arguments as sent, or as JSON text if the call has an object."""
        if isinstance(self.call, FunctionToolCall | McpToolCall):
            return self.call.arguments or "{}"
        if isinstance(self.call, FileSearchToolCall):
            return "{}"  # its query is not on the wire
        return as_json(self.arguments)

    @property
    def went_unanswered(self) -> bool:
        """Whether a result was due and did not come; some tools, such as Bing's, never show theirs."""
        due = isinstance(self.call, FunctionToolCall | McpToolCall) or self.step.status != "completed"
        return due and not self.is_answered


def calls_of(step: RunStep) -> list[Call]:
    """Return the calls of a step, with their arguments and results.

    Args:
        step: The step.
    """
    return [_call(call, step) for call in step.tool_calls]


def _call(call: ToolCall, step: RunStep) -> Call:
    parsed = parse_arguments(call)
    broken = parsed if isinstance(parsed, BrokenArguments) else None
    arguments = {RAW: parsed.text} if isinstance(parsed, BrokenArguments) else parsed
    text = _result(call, step)
    return Call(
        call=call,
        step=step,
        arguments=arguments,
        broken=broken,
        is_answered=text is not None,
        result_text=text or "",
    )


def _result(call: ToolCall, step: RunStep) -> str | None:
    match call:
        case FileSearchToolCall():
            results = call.file_search.results
            return None if results is None else as_json(unstructure(results))
        case CodeInterpreterToolCall():
            outputs = call.code_interpreter.outputs
            if outputs is None or (not outputs and step.status != "completed"):
                return None
            return call.output or ""
        case _:
            return call.output


def _json_or_text(text: str) -> Any:
    try:
        return loads(text)
    except ValueError:
        return text


def shown(message: Message) -> str:
    """Return a message as text, with a line ``[image FILE_ID]`` for each image, in the order of its parts.

    Args:
        message: The message.
    """
    parts = (_shown_part(part) for part in message.content or ())
    return "\n".join(part for part in parts if part is not None)


def _shown_part(part: MessageContent) -> str | None:
    match part:
        case TextContent():
            return part.text.value
        case ImageFileContent():
            return image_mark(part.image_file.file_id)
        case ImageUrlContent():
            return image_mark(part.image_url.url)
        case RefusalContent():
            return part.refusal
        case _:
            return None
