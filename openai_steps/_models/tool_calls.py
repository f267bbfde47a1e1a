"""Tool calls: which tool a step called, with which arguments, and the result."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Final, Literal, TypeAlias

from attrs import field, frozen

from openai_steps import _words
from openai_steps._models.extra import NO_EXTRA, Misfit, extra_field, optional_json_object, problem_field


def _as_text(value: Any) -> str | None:
    """Show a JSON value as text: text as it is, anything else as JSON."""
    return value if value is None or isinstance(value, str) else _words.as_json(value)


def image_mark(file_id: str) -> str:
    """Return what stands for an image in a text."""
    return f"[image {file_id}]"


# --- Tool calls -------------------------------------------------------------------------------------------------


@frozen
class LogsOutput:
    """Text that a code interpreter call printed."""

    type: ClassVar[Literal["logs"]] = "logs"
    logs: str
    extra: Mapping[str, Any] = field(default=NO_EXTRA, kw_only=True, hash=False)


@frozen
class ImageFile:
    """The file in which an image is stored; messages have its ``detail`` (``auto``, ``low``, ``high``)."""

    file_id: str
    detail: str | None = field(default=None, kw_only=True)
    extra: Mapping[str, Any] = field(default=NO_EXTRA, kw_only=True, hash=False)


@frozen
class ImageOutput:
    """An image that a code interpreter call drew."""

    type: ClassVar[Literal["image"]] = "image"
    image: ImageFile
    extra: Mapping[str, Any] = field(default=NO_EXTRA, kw_only=True, hash=False)


@frozen
class OtherOutput:
    """An output of a kind that has no class of its own, or does not fit it; ``data`` is the whole JSON object."""

    data: dict[str, Any] = field(hash=False)
    problem: Misfit | None = problem_field()

    @property
    def type(self) -> str | None:
        """The wire's ``type``, or None where it is missing or not text."""
        return type_of(self.data)


CodeOutput: TypeAlias = LogsOutput | ImageOutput | OtherOutput
"""An output of a code interpreter call."""


@frozen(kw_only=True)
class CodeInterpreter:
    """The code that ran and its outputs (``outputs`` is often empty, even on completed steps)."""

    input: str
    outputs: tuple[CodeOutput, ...] | None = None
    extra: Mapping[str, Any] = extra_field()


@frozen(kw_only=True)
class CodeInterpreterToolCall:
    """A call of the code interpreter."""

    type: ClassVar[Literal["code_interpreter"]] = "code_interpreter"
    id: str
    code_interpreter: CodeInterpreter
    index: int | None = None
    extra: Mapping[str, Any] = extra_field()

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
            return image_mark(output.image.file_id)
        case OtherOutput():
            return _as_text(output.data) or ""


@frozen(kw_only=True)
class RankingOptions:
    """How a file search ranked what it found; ``score_threshold`` is between 0 and 1."""

    ranker: str
    score_threshold: float
    extra: Mapping[str, Any] = extra_field()


@frozen(kw_only=True)
class FileSearchContent:
    """A piece of a file that a search found."""

    type: str | None = None
    text: str | None = None
    extra: Mapping[str, Any] = extra_field()


@frozen(kw_only=True)
class FileSearchResult:
    """A file that a search found; ``score`` is between 0 and 1.

    ``content`` is None unless it was asked for with ``include=[INCLUDE_FILE_SEARCH_CONTENT]``.
    """

    file_id: str
    file_name: str
    score: float
    content: tuple[FileSearchContent, ...] | None = None
    attributes: dict[str, Any] | None = optional_json_object()
    extra: Mapping[str, Any] = extra_field()


@frozen(kw_only=True)
class FileSearch:
    """What a file search did and found."""

    results: tuple[FileSearchResult, ...] | None = None
    ranking_options: RankingOptions | None = None
    extra: Mapping[str, Any] = extra_field()


@frozen(kw_only=True)
class FileSearchToolCall:
    """A call of file search."""

    type: ClassVar[Literal["file_search"]] = "file_search"
    id: str
    file_search: FileSearch
    index: int | None = None
    extra: Mapping[str, Any] = extra_field()

    @property
    def name(self) -> str:
        """``file_search``."""
        return self.type

    @property
    def arguments(self) -> str | None:
        """The query if the server sends it (bee-api does), otherwise None."""
        return _as_text(self.file_search.extra.get("input"))

    @property
    def output(self) -> str | None:
        """The names of the files found, one per line; None if the results are unknown."""
        if self.file_search.results is None:
            return _as_text(self.file_search.extra.get("output"))
        return "\n".join(result.file_name for result in self.file_search.results)


@frozen(kw_only=True)
class FunctionCall:
    """The call of a caller's function: ``arguments`` is JSON text, ``output`` is None until it was submitted."""

    name: str
    arguments: str
    output: str | None = None
    extra: Mapping[str, Any] = extra_field()


@frozen(kw_only=True)
class FunctionToolCall:
    """A call of a function that the caller runs."""

    type: ClassVar[Literal["function"]] = "function"
    id: str
    function: FunctionCall
    index: int | None = None
    extra: Mapping[str, Any] = extra_field()

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
    extra: Mapping[str, Any] = extra_field()

    @property
    def name(self) -> str:
        """``retrieval``."""
        return self.type

    @property
    def arguments(self) -> str | None:
        """Always None, since the API never sent the query."""
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
    extra: Mapping[str, Any] = extra_field()


# The keys of a call's payload that hold its arguments and its result. request_payload, response_payload and result are
# Foundry Local's, requesturl is Bing's, action is that of computer use.
ASKED: Final = ("arguments", "input", "query", "requesturl", "action", "request_payload")
_ANSWERED: Final = ("output", "result", "response_payload")


@frozen
class OtherToolCall:
    """A tool call of a kind that has no class of its own, or does not fit it; ``data`` is the whole JSON object.

    Azure's Bing, AI Search, OpenAPI and other tools and DashScope's quark_search arrive as this.
    """

    data: dict[str, Any] = field(hash=False)
    problem: Misfit | None = problem_field()

    @property
    def id(self) -> str:
        """The call's id, or ``""`` if it has none."""
        value = self.data.get("id")
        return value if isinstance(value, str) else ""

    @property
    def type(self) -> str | None:
        """The wire's ``type``, or None where it is missing or not text."""
        return type_of(self.data)

    @property
    def payload(self) -> dict[str, Any]:
        """The object under the type's name, or under ``function``, or else the whole call.

        Azure AI Foundry lists OpenAPI calls with their payload under ``function``
        (https://github.com/Azure/azure-sdk-for-python/issues/42645).
        """
        payloads = (self.data.get(self.type or ""), self.data.get("function"))
        return next((payload for payload in payloads if isinstance(payload, dict)), self.data)

    @property
    def name(self) -> str:
        """The payload's ``name`` if it has one, otherwise the type."""
        name = self.payload.get("name")
        return name if isinstance(name, str) else self.type or "unknown"

    @property
    def arguments(self) -> str | None:
        """The tool's arguments, under any known key; anything but text is given as JSON text."""
        return self._first_of(ASKED)

    @property
    def output(self) -> str | None:
        """The tool's result; anything but text is given as JSON text."""
        found = self._first_of(_ANSWERED)
        return _show_results(self.payload) if found is None else found

    def _first_of(self, keys: tuple[str, ...]) -> str | None:
        payload = self.payload
        return next((_as_text(payload[key]) for key in keys if payload.get(key) is not None), None)


def _show_results(payload: dict[str, Any]) -> str | None:
    """Show the results of a code interpreter or file search call that does not fit its class, as the class would."""
    for key in ("outputs", "results"):
        found = payload.get(key)
        if isinstance(found, list):
            return "\n".join(_show_result(result) for result in found) if found or key == "results" else None
    return None


def _show_result(result: Any) -> str:
    if isinstance(result, dict):
        image = result.get("image")
        if isinstance(image, dict) and isinstance(image.get("file_id"), str):
            return image_mark(image["file_id"])
        for key in ("logs", "file_name"):
            if isinstance(result.get(key), str):
                return str(result[key])
    return _as_text(result) or ""


ToolCall: TypeAlias = (
    CodeInterpreterToolCall | FileSearchToolCall | FunctionToolCall | McpToolCall | RetrievalToolCall | OtherToolCall
)
"""A tool call of any kind: each has ``id``, ``type``, ``name``, ``arguments`` and ``output``."""


def type_of(data: dict[str, Any]) -> str | None:
    value = data.get("type")
    return value if isinstance(value, str) else None


def calls_in(data: dict[str, Any], kind: str | None = None) -> tuple[OtherToolCall, ...]:
    """Return the calls in an object that lists some, or holds the payload of one.

    Args:
        data: The object.
        kind: Its type, if it has none of its own.
    """
    calls = data.get("tool_calls")
    if isinstance(calls, list):
        return tuple(OtherToolCall(call) for call in calls if isinstance(call, dict))
    kind = type_of(data) or kind
    payload = data.get(kind or "")
    if isinstance(payload, dict) and not payload.keys().isdisjoint(ASKED + _ANSWERED):
        return (OtherToolCall({**data, "type": kind}),)
    return ()
