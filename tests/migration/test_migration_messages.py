"""Messages of every kind become items."""

from typing import Any

import pytest

from openai_steps import structure_message
from openai_steps.migration._messages import message_item


def message(role: str | None, *content: dict[str, Any], **more: Any) -> Any:
    return structure_message({"id": "m", "created_at": 1, "role": role, "content": list(content), **more})


TEXT = {"type": "text", "text": {"value": "hi", "annotations": []}}
IMAGE = {"type": "image_url", "image_url": {"url": "https://i.example/a.png", "detail": "low"}}


@pytest.mark.parametrize(
    ("role", "told"), [("user", "user"), ("developer", "developer"), (None, "user"), ("tool", "user")]
)
def test_roles(role: str | None, told: str) -> None:
    item = message_item(message(role, TEXT), {})
    assert item == {"type": "message", "role": told, "content": [{"type": "input_text", "text": "hi"}]}


def test_images_by_url_are_kept() -> None:
    item = message_item(message("user", TEXT, IMAGE), {})
    assert item is not None
    assert item["content"][1] == {"type": "input_image", "image_url": "https://i.example/a.png", "detail": "low"}


def test_an_assistant_s_message_is_text() -> None:
    item = message_item(message("assistant", TEXT, IMAGE, {"type": "refusal", "refusal": "no"}), {})
    assert item == {"type": "message", "role": "assistant", "content": "hi\n[image https://i.example/a.png]\nno"}


def test_a_file_attached_twice_crosses_once() -> None:
    attached = [{"file_id": "f", "tools": [{"type": kind}]} for kind in ("file_search", "code_interpreter")]
    item = message_item(message("user", TEXT, attachments=attached, file_ids=["f", "g"]), {"f": "new", "g": "other"})
    assert item is not None
    assert [part["file_id"] for part in item["content"][1:]] == ["new", "other"]


@pytest.mark.parametrize("role", ["user", "assistant"])
def test_nothing_that_can_cross_is_no_item(role: str) -> None:
    assert message_item(message(role), {}) is None
    assert message_item(message(role, {"type": "new", "new": {}}), {}) is None
