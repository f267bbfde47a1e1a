"""Messages as items."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from openai_steps import ImageFileContent, ImageUrlContent, Message, MessageContent, RefusalContent, TextContent
from openai_steps.conversation import shown

_ROLES: Final = frozenset({"user", "assistant", "system", "developer"})


def message_item(message: Message, files: Mapping[str, str]) -> dict[str, Any] | None:
    """Return a message as an item; None if it has no content that a conversation can hold.

    An assistant's content is one text: as a list of ``output_text`` it would need the id and status of a response.

    Args:
        message: The message.
        files: From the ids of files in the thread to those at the new place.
    """
    role = role_of(message)
    if role == "assistant":
        content: Any = shown(message)
    else:
        content = [*_parts(message, files), *_attachments(message, files)]
    return {"type": "message", "role": role, "content": content} if content else None


def role_of(message: Message) -> str:
    """Return the role of the message's item: a user's for a role that conversations do not have."""
    return message.role if message.role in _ROLES else "user"


def crossing_files(message: Message, files: Mapping[str, str]) -> Mapping[str, str]:
    """Return the files that a message can keep; an assistant's message is text only."""
    return {} if role_of(message) == "assistant" else files


def attached_ids(message: Message) -> list[str]:
    """Return the ids of attached files, each once: a file may be attached for one tool and for another."""
    named = (*(attachment.file_id for attachment in message.attachments or ()), *(message.file_ids or ()))
    return list(dict.fromkeys(file_id for file_id in named if file_id))


def _parts(message: Message, files: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    for part in message.content or ():
        item = _part(part, files)
        if item is not None:
            yield item


def _part(part: MessageContent, files: Mapping[str, str]) -> dict[str, Any] | None:
    match part:
        case TextContent():
            return {"type": "input_text", "text": part.text.value}
        case ImageUrlContent():
            detail = part.image_url.detail or "auto"
            return {"type": "input_image", "image_url": part.image_url.url, "detail": detail}
        case ImageFileContent():
            known = files.get(part.image_file.file_id)
            if known is None:
                return {"type": "input_text", "text": f"[image {part.image_file.file_id}]"}
            return {"type": "input_image", "file_id": known, "detail": part.image_file.detail or "auto"}
        case RefusalContent():
            return {"type": "input_text", "text": part.refusal}
        case _:
            return None


def _attachments(message: Message, files: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    for file_id in attached_ids(message):
        if (known := files.get(file_id)) is not None:
            yield {"type": "input_file", "file_id": known}
