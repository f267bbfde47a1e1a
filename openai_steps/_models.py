"""The values that a user holds: steps, what is in them, pages and runs.

All of them are frozen, slotted attrs classes with the names of the wire. Keys that have no field of their own are
kept in ``extra``, kinds that have no class of their own in an ``Other…`` class, so nothing that a server sends is
lost. How JSON becomes these classes, and JSON again, is the business of ``_converter.py``.

The facts about fields come from OpenAI's OpenAPI document, the SDKs of Azure and DashScope and recorded replies.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final, Literal, NoReturn, TypeAlias, cast

from attrs import field, frozen

Order: TypeAlias = Literal["asc", "desc"]
"""The order of a list by time of creation: oldest first (``asc``) or newest first (``desc``)."""

INCLUDE_FILE_SEARCH_CONTENT: Final = "step_details.tool_calls[*].file_search.results[*].content"
"""The one name that ``include`` knows: send the text that a file search found, too."""

FINISHED_STEP_STATUSES: Final = frozenset({"completed", "cancelled", "failed", "expired"})
FINISHED_RUN_STATUSES: Final = FINISHED_STEP_STATUSES | {"incomplete"}


class _NoExtra(dict[str, Any]):
    """An empty dict that stays empty, so that all models without unknown keys can share one.

    A step is a dozen objects. A dict for each would double what the cyclic collector counts, and how often it runs.
    """

    __slots__ = ()

    def _refuse(self, *_: Any, **__: Any) -> NoReturn:
        raise TypeError("A model is frozen, and so is its extra: attrs.evolve makes a changed copy.")

    __setitem__ = __delitem__ = __ior__ = clear = pop = popitem = setdefault = update = cast(Any, _refuse)

    def __reduce__(self) -> str:
        return "NO_EXTRA"

    def __copy__(self) -> _NoExtra:
        return self

    def __deepcopy__(self, _: Any) -> _NoExtra:
        return self


NO_EXTRA: Final = _NoExtra()


def _extra() -> Any:
    """Declare the field that keeps the keys for which a keyword-only class has no field.

    Elsewhere the declaration is written out: of a wrapped one, type checkers do not see that it is keyword-only.
    """
    return field(default=NO_EXTRA, kw_only=True, hash=False)


def _optional_json_object() -> Any:
    """Declare a field that may hold a JSON object as it came (a dict has no hash)."""
    return field(default=None, hash=False)


def _as_text(value: Any) -> str | None:
    """Show a JSON value as text: text as it is, anything else as JSON."""
    if value is None or isinstance(value, str):
        return value
    try:
        return json.dumps(value, ensure_ascii=False)
    except RecursionError:  # orjson reads a thousand levels, json does not write as many
        return "…"


# --- Tool calls -------------------------------------------------------------------------------------------------


@frozen
class LogsOutput:
    """Text that a code interpreter call printed."""

    type: ClassVar[Literal["logs"]] = "logs"
    logs: str
    extra: Mapping[str, Any] = field(default=NO_EXTRA, kw_only=True, hash=False)


@frozen
class ImageFile:
    """The file in which an image is stored."""

    file_id: str
    extra: Mapping[str, Any] = field(default=NO_EXTRA, kw_only=True, hash=False)


@frozen
class ImageOutput:
    """An image that a code interpreter call drew."""

    type: ClassVar[Literal["image"]] = "image"
    image: ImageFile
    extra: Mapping[str, Any] = field(default=NO_EXTRA, kw_only=True, hash=False)


@frozen
class OtherOutput:
    """An output of a kind that has no class of its own; ``data`` is the whole JSON object."""

    data: dict[str, Any] = field(hash=False)

    @property
    def type(self) -> str | None:
        """The wire's ``type``, or None where it is missing or not text."""
        return _type_of(self.data)


CodeOutput: TypeAlias = LogsOutput | ImageOutput | OtherOutput
"""What a code interpreter call put out."""


@frozen(kw_only=True)
class CodeInterpreter:
    """The code that ran and what it put out (``outputs`` is often empty, even on completed steps)."""

    input: str
    outputs: tuple[CodeOutput, ...] | None = None
    extra: Mapping[str, Any] = _extra()


@frozen(kw_only=True)
class CodeInterpreterToolCall:
    """A call of the code interpreter."""

    type: ClassVar[Literal["code_interpreter"]] = "code_interpreter"
    id: str
    code_interpreter: CodeInterpreter
    index: int | None = None
    extra: Mapping[str, Any] = _extra()

    @property
    def name(self) -> str:
        """``code_interpreter``."""
        return self.type

    @property
    def arguments(self) -> str | None:
        """The code that ran."""
        return self.code_interpreter.input

    @property
    def output(self) -> str | None:
        """The logs, and a line ``[image FILE_ID]`` for each image; None without any output."""
        shown = [_show_output(output) for output in self.code_interpreter.outputs or ()]
        return "\n".join(shown) if shown else None


def _show_output(output: CodeOutput) -> str:
    match output:
        case LogsOutput():
            return output.logs
        case ImageOutput():
            return f"[image {output.image.file_id}]"
        case OtherOutput():
            return _as_text(output.data) or ""


@frozen(kw_only=True)
class RankingOptions:
    """How a file search ranked what it found; ``score_threshold`` is between 0 and 1."""

    ranker: str
    score_threshold: float
    extra: Mapping[str, Any] = _extra()


@frozen(kw_only=True)
class FileSearchContent:
    """A piece of a file that a search found."""

    type: str | None = None
    text: str | None = None
    extra: Mapping[str, Any] = _extra()


@frozen(kw_only=True)
class FileSearchResult:
    """A file that a search found; ``score`` is between 0 and 1.

    ``content`` is None unless it was asked for with ``include=[INCLUDE_FILE_SEARCH_CONTENT]``.
    """

    file_id: str
    file_name: str
    score: float
    content: tuple[FileSearchContent, ...] | None = None
    attributes: dict[str, Any] | None = _optional_json_object()
    extra: Mapping[str, Any] = _extra()


@frozen(kw_only=True)
class FileSearch:
    """What a file search did and found."""

    results: tuple[FileSearchResult, ...] | None = None
    ranking_options: RankingOptions | None = None
    extra: Mapping[str, Any] = _extra()


@frozen(kw_only=True)
class FileSearchToolCall:
    """A call of file search."""

    type: ClassVar[Literal["file_search"]] = "file_search"
    id: str
    file_search: FileSearch
    index: int | None = None
    extra: Mapping[str, Any] = _extra()

    @property
    def name(self) -> str:
        """``file_search``."""
        return self.type

    @property
    def arguments(self) -> str | None:
        """The query where a server tells it (bee-api does), otherwise None."""
        return _as_text(self.file_search.extra.get("input"))

    @property
    def output(self) -> str | None:
        """The name of each file found, a line each; None where nothing is known."""
        if self.file_search.results is None:
            return _as_text(self.file_search.extra.get("output"))
        return "\n".join(result.file_name for result in self.file_search.results)


@frozen(kw_only=True)
class FunctionCall:
    """A function of the caller's: ``arguments`` is JSON text, ``output`` is None until it was submitted."""

    name: str
    arguments: str
    output: str | None = None
    extra: Mapping[str, Any] = _extra()


@frozen(kw_only=True)
class FunctionToolCall:
    """A call of a function that the caller runs."""

    type: ClassVar[Literal["function"]] = "function"
    id: str
    function: FunctionCall
    index: int | None = None
    extra: Mapping[str, Any] = _extra()

    @property
    def name(self) -> str:
        """The function's name."""
        return self.function.name

    @property
    def arguments(self) -> str | None:
        """The arguments as JSON text."""
        return self.function.arguments

    @property
    def output(self) -> str | None:
        """What the caller submitted, or None until then."""
        return self.function.output


@frozen(kw_only=True)
class RetrievalToolCall:
    """A call of retrieval, the forerunner of file search (until April 2024)."""

    type: ClassVar[Literal["retrieval"]] = "retrieval"
    id: str
    retrieval: dict[str, Any] = field(hash=False)
    index: int | None = None
    extra: Mapping[str, Any] = _extra()

    @property
    def name(self) -> str:
        """``retrieval``."""
        return self.type

    @property
    def arguments(self) -> str | None:
        """None: the API never told the query."""
        return None

    @property
    def output(self) -> str | None:
        """What the server filled in as JSON text, or None."""
        return _as_text(self.retrieval) if self.retrieval else None


@frozen(kw_only=True)
class McpToolCall:
    """A call of a tool on an MCP server (Azure AI Foundry): flat, with no nested payload."""

    type: ClassVar[Literal["mcp"]] = "mcp"
    id: str
    name: str
    arguments: str
    output: str | None = None
    server_label: str | None = None
    index: int | None = None
    extra: Mapping[str, Any] = _extra()


@frozen
class OtherToolCall:
    """A tool call of a kind that has no class of its own; ``data`` is the whole JSON object.

    Azure's Bing, AI Search, OpenAPI and other tools and DashScope's quark_search arrive as this.
    """

    data: dict[str, Any] = field(hash=False)

    @property
    def id(self) -> str:
        """The call's id, or ``""`` where it has none."""
        value = self.data.get("id")
        return value if isinstance(value, str) else ""

    @property
    def type(self) -> str | None:
        """The wire's ``type``, or None where it is missing or not text."""
        return _type_of(self.data)

    @property
    def payload(self) -> dict[str, Any]:
        """The object under the key that the type names, or the whole call where there is none."""
        payload = self.data.get(self.type or "")
        return payload if isinstance(payload, dict) else self.data

    @property
    def name(self) -> str:
        """The payload's ``name`` where it has one, otherwise the type."""
        name = self.payload.get("name")
        return name if isinstance(name, str) else self.type or "unknown"

    @property
    def arguments(self) -> str | None:
        """What the tool was asked, under whichever key; anything but text is given as JSON text."""
        return self._first_of("arguments", "input", "query", "requesturl", "action")

    @property
    def output(self) -> str | None:
        """What the tool answered; anything but text is given as JSON text."""
        return self._first_of("output")

    def _first_of(self, *keys: str) -> str | None:
        payload = self.payload
        return next((_as_text(payload[key]) for key in keys if payload.get(key) is not None), None)


ToolCall: TypeAlias = (
    CodeInterpreterToolCall | FileSearchToolCall | FunctionToolCall | McpToolCall | RetrievalToolCall | OtherToolCall
)
"""A tool call of any kind: each has ``id``, ``type``, ``name``, ``arguments`` and ``output``."""


def _type_of(data: dict[str, Any]) -> str | None:
    value = data.get("type")
    return value if isinstance(value, str) else None


# --- Steps ------------------------------------------------------------------------------------------------------


@frozen
class MessageCreation:
    """The message that a step wrote."""

    message_id: str
    extra: Mapping[str, Any] = field(default=NO_EXTRA, kw_only=True, hash=False)


@frozen
class MessageCreationDetails:
    """The step wrote a message."""

    type: ClassVar[Literal["message_creation"]] = "message_creation"
    message_creation: MessageCreation
    extra: Mapping[str, Any] = field(default=NO_EXTRA, kw_only=True, hash=False)


@frozen
class ToolCallsDetails:
    """The step called tools; ``tool_calls`` is empty while the model still writes the first call."""

    type: ClassVar[Literal["tool_calls"]] = "tool_calls"
    tool_calls: tuple[ToolCall, ...]
    extra: Mapping[str, Any] = field(default=NO_EXTRA, kw_only=True, hash=False)


@frozen
class OtherStepDetails:
    """Details of a kind that has no class of its own; ``data`` is the whole JSON object."""

    data: dict[str, Any] = field(hash=False)

    @property
    def type(self) -> str | None:
        """The wire's ``type``, or None where it is missing or not text."""
        return _type_of(self.data)


StepDetails: TypeAlias = MessageCreationDetails | ToolCallsDetails | OtherStepDetails
"""What a step did."""


@frozen
class LastError:
    """Why a step or a run failed: ``code`` is ``server_error``, ``rate_limit_exceeded`` or a provider's own."""

    code: str
    message: str
    extra: Mapping[str, Any] = field(default=NO_EXTRA, kw_only=True, hash=False)


@frozen(kw_only=True)
class PromptTokenDetails:
    """What the prompt's tokens were."""

    cached_tokens: int | None = None
    extra: Mapping[str, Any] = _extra()


@frozen(kw_only=True)
class CompletionTokensDetails:
    """What the completion's tokens were."""

    reasoning_tokens: int | None = None
    extra: Mapping[str, Any] = _extra()


@frozen(kw_only=True)
class Usage:
    """Tokens spent. ``input_tokens`` and ``output_tokens`` are DashScope's names."""

    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    total_tokens: int | None = None
    prompt_token_details: PromptTokenDetails | None = None
    completion_tokens_details: CompletionTokensDetails | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    extra: Mapping[str, Any] = _extra()


@frozen(kw_only=True)
class RunStep:
    """One step of a run. Times are aware datetimes in UTC."""

    id: str
    thread_id: str
    run_id: str
    assistant_id: str
    type: str | None = None
    status: str | None = None
    created_at: datetime
    completed_at: datetime | None = None
    failed_at: datetime | None = None
    cancelled_at: datetime | None = None
    expired_at: datetime | None = None
    expires_at: datetime | None = None
    started_at: datetime | None = None
    updated_at: datetime | None = None
    step_details: StepDetails
    last_error: LastError | None = None
    usage: Usage | None = None
    metadata: dict[str, Any] | None = _optional_json_object()
    object: str | None = None
    extra: Mapping[str, Any] = _extra()

    @property
    def tool_calls(self) -> tuple[ToolCall, ...]:
        """The step's tool calls; empty for a step of another kind."""
        details = self.step_details
        return details.tool_calls if isinstance(details, ToolCallsDetails) else ()

    @property
    def message_id(self) -> str | None:
        """The message that the step wrote; None for a step of another kind."""
        details = self.step_details
        if isinstance(details, MessageCreationDetails):
            return details.message_creation.message_id
        flat = self.extra.get("message_id")  # open-assistant-api
        return flat if isinstance(flat, str) else None

    @property
    def is_finished(self) -> bool:
        """Whether the step has reached a status that it never leaves."""
        return self.status in FINISHED_STEP_STATUSES

    @property
    def finished_at(self) -> datetime | None:
        """When the step ended, however it ended; None while it goes on."""
        return self.completed_at or self.failed_at or self.cancelled_at or self.expired_at

    @property
    def duration(self) -> timedelta | None:
        """From creation to the end; None while the step goes on."""
        end = self.finished_at
        return None if end is None else end - self.created_at


# --- Pages and runs ---------------------------------------------------------------------------------------------


@frozen(kw_only=True)
class StepPage:
    """One page of a run's steps, in list order, just as the server sent it.

    ``first_id`` and ``last_id`` are what the server said; on some servers they are missing or wrong. ``has_more`` is
    None where the server does not say.
    """

    data: tuple[RunStep, ...]
    has_more: bool | None = None
    first_id: str | None = None
    last_id: str | None = None
    object: str | None = None
    extra: Mapping[str, Any] = _extra()


@frozen(kw_only=True)
class Run:
    """A run: the part that tells how far it is. Keys without a field here are in ``extra``."""

    id: str
    thread_id: str | None = None
    assistant_id: str | None = None
    status: str
    created_at: datetime | None = None
    started_at: datetime | None = None
    completed_at: datetime | None = None
    failed_at: datetime | None = None
    cancelled_at: datetime | None = None
    expires_at: datetime | None = None
    last_error: LastError | None = None
    usage: Usage | None = None
    model: str | None = None
    metadata: dict[str, Any] | None = _optional_json_object()
    object: str | None = None
    extra: Mapping[str, Any] = _extra()

    @property
    def is_finished(self) -> bool:
        """Whether the run has ended. ``requires_action`` is not an end: the run waits for tool outputs."""
        return self.status in FINISHED_RUN_STATUSES


@frozen
class RunRef:
    """Which run: a thread's id and a run's id."""

    thread_id: str
    run_id: str


@frozen(kw_only=True)
class RunSteps:
    """What became of reading one run: its steps, or the error that stopped the reading (then the steps read so far)."""

    thread_id: str
    run_id: str
    steps: tuple[RunStep, ...]
    error: Exception | None = None


Model: TypeAlias = (
    RunStep
    | StepPage
    | Run
    | RunRef
    | StepDetails
    | MessageCreation
    | ToolCall
    | CodeInterpreter
    | CodeOutput
    | ImageFile
    | FileSearch
    | FileSearchResult
    | FileSearchContent
    | RankingOptions
    | FunctionCall
    | LastError
    | Usage
    | PromptTokenDetails
    | CompletionTokensDetails
)
"""Anything that has a shape on the wire."""
