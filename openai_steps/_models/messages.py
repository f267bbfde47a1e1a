"""Messages: what users and assistants wrote, with their files and sources."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, ClassVar, Literal, TypeAlias

from attrs import field, frozen

from openai_steps import _words
from openai_steps._models.extra import (
    NO_EXTRA,
    Misfit,
    extra_field,
    optional_json_object,
    problem_field,
    problems_field,
)
from openai_steps._models.notebook import one_line, table
from openai_steps._models.runs import IncompleteDetails
from openai_steps._models.tool_calls import ImageFile, type_of

# --- Annotations ------------------------------------------------------------------------------------------------


@frozen(kw_only=True)
class FileCitation:
    """The file that a text cites; OpenAI's second version has no ``quote``."""

    file_id: str
    quote: str | None = None
    extra: Mapping[str, Any] = extra_field()


@frozen(kw_only=True)
class FileCitationAnnotation:
    """A place in a text that cites a file."""

    type: ClassVar[Literal["file_citation"]] = "file_citation"
    text: str | None = None
    start_index: int | None = None
    end_index: int | None = None
    file_citation: FileCitation
    extra: Mapping[str, Any] = extra_field()


@frozen
class FilePath:
    """The file that a code interpreter wrote."""

    file_id: str
    extra: Mapping[str, Any] = field(default=NO_EXTRA, kw_only=True, hash=False)


@frozen(kw_only=True)
class FilePathAnnotation:
    """A place in a text that links to a file which a code interpreter wrote; ``text`` is its ``sandbox:`` link."""

    type: ClassVar[Literal["file_path"]] = "file_path"
    text: str | None = None
    start_index: int | None = None
    end_index: int | None = None
    file_path: FilePath
    extra: Mapping[str, Any] = extra_field()


@frozen(kw_only=True)
class UrlCitation:
    """The page that a text cites; the title may be cut short."""

    url: str
    title: str | None = None
    extra: Mapping[str, Any] = extra_field()


@frozen(kw_only=True)
class UrlCitationAnnotation:
    """A place in a text that cites a page on the web (Azure AI Foundry)."""

    type: ClassVar[Literal["url_citation"]] = "url_citation"
    text: str | None = None
    start_index: int | None = None
    end_index: int | None = None
    url_citation: UrlCitation
    extra: Mapping[str, Any] = extra_field()


@frozen
class OtherAnnotation:
    """An annotation of a kind that has no class of its own, or does not fit it; ``data`` is the whole JSON object."""

    data: dict[str, Any] = field(hash=False)
    problem: Misfit | None = problem_field()

    @property
    def type(self) -> str | None:
        """The wire's ``type``, or None where it is missing or not text."""
        return type_of(self.data)


Annotation: TypeAlias = FileCitationAnnotation | FilePathAnnotation | UrlCitationAnnotation | OtherAnnotation
"""A place in a text that cites or links to something: ``start_index`` and ``end_index`` count characters, not bytes."""


# --- Content ----------------------------------------------------------------------------------------------------


@frozen
class MessageText:
    """A text and its annotations."""

    value: str
    annotations: tuple[Annotation, ...] | None = None
    extra: Mapping[str, Any] = field(default=NO_EXTRA, kw_only=True, hash=False)


@frozen
class TextContent:
    """Text."""

    type: ClassVar[Literal["text"]] = "text"
    text: MessageText
    extra: Mapping[str, Any] = field(default=NO_EXTRA, kw_only=True, hash=False)


@frozen
class ImageFileContent:
    """An image in a file."""

    type: ClassVar[Literal["image_file"]] = "image_file"
    image_file: ImageFile
    extra: Mapping[str, Any] = field(default=NO_EXTRA, kw_only=True, hash=False)


@frozen(kw_only=True)
class ImageUrl:
    """The URL of an image; ``detail`` is ``auto``, ``low`` or ``high``."""

    url: str
    detail: str | None = None
    extra: Mapping[str, Any] = extra_field()


@frozen
class ImageUrlContent:
    """An image on the web."""

    type: ClassVar[Literal["image_url"]] = "image_url"
    image_url: ImageUrl
    extra: Mapping[str, Any] = field(default=NO_EXTRA, kw_only=True, hash=False)


@frozen
class RefusalContent:
    """The text with which a model refused to answer."""

    type: ClassVar[Literal["refusal"]] = "refusal"
    refusal: str
    extra: Mapping[str, Any] = field(default=NO_EXTRA, kw_only=True, hash=False)


@frozen
class OtherContent:
    """Content of a kind that has no class of its own, or does not fit it; ``data`` is the whole JSON object."""

    data: dict[str, Any] = field(hash=False)
    problem: Misfit | None = problem_field()

    @property
    def type(self) -> str | None:
        """The wire's ``type``, or None where it is missing or not text."""
        return type_of(self.data)


MessageContent: TypeAlias = TextContent | ImageFileContent | ImageUrlContent | RefusalContent | OtherContent
"""A part of a message."""


def _text_of(part: MessageContent) -> str | None:
    match part:
        case TextContent():
            return part.text.value
        case RefusalContent():
            return part.refusal
        case OtherContent():
            plain = part.data.get("text")  # LLAMPHouse
            return plain if isinstance(plain, str) else None
        case _:
            return None


def _files_of(part: MessageContent) -> Iterator[str]:
    match part:
        case ImageFileContent():
            yield part.image_file.file_id
        case TextContent():
            for annotation in part.text.annotations or ():
                match annotation:
                    case FileCitationAnnotation():
                        yield annotation.file_citation.file_id
                    case FilePathAnnotation():
                        yield annotation.file_path.file_id
                    case _:
                        pass
        case _:
            pass


# --- Messages ---------------------------------------------------------------------------------------------------


@frozen(kw_only=True)
class Attachment:
    """A file attached to a message, and the tools that may read it; a file can be attached once for each tool."""

    file_id: str | None = None
    data_source: dict[str, Any] | None = optional_json_object()
    tools: tuple[dict[str, Any], ...] | None = field(default=None, hash=False)
    extra: Mapping[str, Any] = extra_field()


@frozen(kw_only=True)
class Message:
    """One message of a thread. Times are aware datetimes in UTC.

    ``run_id`` and ``assistant_id`` are None on messages that no run wrote, whatever their role. Servers send ``status``
    and the two times that go with it in streams only.
    """

    id: str
    thread_id: str | None = None
    run_id: str | None = None
    assistant_id: str | None = None
    agent_id: str | None = None
    """Foundry Local's name for ``assistant_id``."""
    role: str | None = None
    status: str | None = None
    created_at: datetime
    completed_at: datetime | None = None
    incomplete_at: datetime | None = None
    incomplete_details: IncompleteDetails | None = None
    content: tuple[MessageContent, ...] | None = None
    attachments: tuple[Attachment, ...] | None = None
    file_ids: tuple[str, ...] | None = None
    """The first version's attachments."""
    metadata: dict[str, Any] | None = optional_json_object()
    object: str | None = None
    extra: Mapping[str, Any] = extra_field()
    problems: tuple[Misfit, ...] = problems_field()
    """What did not fit; the field is None then, and the value is in ``extra``."""

    @property
    def text(self) -> str:
        """The text of all parts that have some, one line each; empty for a message of images only."""
        texts = (_text_of(part) for part in self.content or ())
        return "\n".join(text for text in texts if text is not None)

    @property
    def files(self) -> tuple[str, ...]:
        """The ids of the files that the message shows, cites, links to or has attached, each once, in their order."""
        named = [file_id for part in self.content or () for file_id in _files_of(part)]
        named += [attachment.file_id for attachment in self.attachments or () if attachment.file_id is not None]
        return tuple(dict.fromkeys((*named, *(self.file_ids or ()))))

    def __repr__(self) -> str:
        return one_line("Message", id=self.id, role=self.role, created_at=self.created_at, text=self.text or None)

    def _repr_html_(self) -> str:
        """Return the message's row, for notebooks."""
        return messages_table("1 message", [self])


def messages_table(caption: str, messages: Iterable[Message]) -> str:
    """Return messages as an HTML table, for notebooks: the beginning of the text, and the number of files."""
    return table(caption, ("message", "written (UTC)", "role", "text", "files"), map(_cells, messages))


def _cells(message: Message) -> tuple[str, ...]:
    files = _words.number(len(message.files) or None)
    return (message.id, _words.moment(message.created_at), message.role or "", message.text, files)
