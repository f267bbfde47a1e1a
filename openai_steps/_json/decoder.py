"""JSON text to models, in two ways that agree.

The fast way: msgspec checks the text in C against the `shapes` of the classes, and generated code (`codegen`) makes
the models. It accepts what servers should send.

The slow way: what a shape refuses is read as plain Python, item by item, and structured by cattrs' hooks (`hooks`),
which keep or refuse what is odd. An item that fits its shape takes the fast way even beside one that does not.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Annotated, Any, Final, TypeVar, cast

import msgspec

from openai_steps._json.codegen import Builders
from openai_steps._json.collector import CollectorPaused
from openai_steps._json.converter import converter, read_with, structure
from openai_steps._json.hooks import Hook, is_page, item_of, page_reader
from openai_steps._json.scalars import ABSENT, LAST_SECOND, from_seconds, json_object, text, time
from openai_steps._json.shapes import shape_of
from openai_steps._json.text import loads, to_text
from openai_steps._models.raw import RawStep, RawStepPage

T = TypeVar("T")

_REFUSALS: Final = (ValueError, RecursionError)  # msgspec.DecodeError, UnicodeDecodeError and Refused are ValueErrors

_LARGE: Final = 128 * 1024  # bytes; a smaller page hardly makes the 700 objects that start the collector

_list_of_texts: Final = msgspec.json.Decoder(list[msgspec.Raw]).decode
_object_of_texts: Final = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


def decode(body: bytes, cls: type[T]) -> T:
    """Turn JSON text into a model, as `structure` does of plain Python.

    Raises:
        ValueError: If the body is not JSON.
        ResponseDecodeError: If it is JSON of another shape.
    """
    if len(body) > _LARGE:
        with CollectorPaused():
            return _decode(body, cls)
    return _decode(body, cls)


def _decode(body: bytes, cls: type[T]) -> T:
    try:
        return cast(T, _short_way(cast(Any, cls))(body))
    except _REFUSALS:
        pass
    return cast(T, decode_by_items(body, cls) if is_page(cls) else structure(loads(body), cls))


def decode_by_items(body: bytes, cls: Any, *, raw: bool = False) -> Any:
    """Turn the JSON text of a page into a model, item by item.

    Args:
        body: The text.
        cls: The class of the page.
        raw: Whether to keep the text of each item as well, as a copy that does not keep the page alive.

    Raises:
        ValueError: If the body is not JSON.
        ResponseDecodeError: If it is, but no page.
    """
    return read_with(_page_reader(cls, raw), _apart(body))


def decode_raw(body: bytes) -> RawStepPage:
    """Turn the JSON text of a page of steps into their own texts, each a copy with what a walk has to know.

    Nothing else of a step is looked at, so this takes a third of the time of models.

    Raises:
        ValueError: If the body is not JSON.
        ResponseDecodeError: If it is, but no page.
    """
    try:
        page, texts = _raw_page_of(body), _texts_of(body).data
    except _REFUSALS:
        return cast(RawStepPage, read_with(_raw_page_reader(), _apart(body)))
    data = tuple(
        [
            RawStep(
                id=head.id,
                created_at=from_seconds(head.created_at),
                thread_id=head.thread_id,
                run_id=head.run_id,
                raw=bytes(text),
            )
            for head, text in zip(page.data, texts, strict=True)
        ]
    )
    return RawStepPage(
        data=data, has_more=page.has_more, first_id=page.first_id, last_id=page.last_id, object=page.object
    )


class _Head(msgspec.Struct, gc=False):
    """What a walk needs; other keys are skipped."""

    id: str
    created_at: Annotated[int, msgspec.Meta(ge=0, lt=LAST_SECOND)]
    thread_id: str | None = None
    run_id: str | None = None


class _RawPage(msgspec.Struct, forbid_unknown_fields=True):
    data: list[_Head]
    has_more: bool | None = None
    first_id: str | None = None
    last_id: str | None = None
    object: str | None = None


class _Texts(msgspec.Struct):
    data: list[msgspec.Raw]


_head_of: Final = msgspec.json.Decoder(_Head).decode
_raw_page_of: Final = msgspec.json.Decoder(_RawPage).decode
_texts_of: Final = msgspec.json.Decoder(_Texts).decode


@cache
def _raw_page_reader() -> Hook:
    return page_reader(RawStepPage, converter(), _raw_step, to_json=_plain, to_raw=_own_text)


def _raw_step(one: Any, way: Any) -> RawStep:
    raw = _own_text(one)
    try:
        head = _head_of(raw)
        created_at = from_seconds(head.created_at)
        return RawStep(id=head.id, created_at=created_at, thread_id=head.thread_id, run_id=head.run_id, raw=raw)
    except _REFUSALS:
        data = json_object(_plain(one), way)
        return RawStep(
            id=text(data.get("id", ABSENT), (way, "id")),
            created_at=time(data.get("created_at", ABSENT), (way, "created_at")),
            thread_id=_text_or_none(data.get("thread_id")),
            run_id=_text_or_none(data.get("run_id")),
            raw=raw,
        )


def _text_or_none(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _apart(body: bytes) -> Any:
    """Return a page as plain Python except for its items, which stay text where possible."""
    try:
        return _texts_in(body)
    except _REFUSALS:
        return loads(body)  # because of half a surrogate pair, for example


def _texts_in(body: bytes) -> Any:
    if body.lstrip().startswith(b"["):
        return _list_of_texts(body)
    page: dict[str, Any] = _object_of_texts(body)
    for key, value in page.items():
        is_list = key == "data" and bytes(value).startswith(b"[")
        page[key] = _list_of_texts(value) if is_list else loads(value)
    return page


@cache
def _builders() -> Builders:
    return Builders(converter())


@cache
def _short_way(cls: Any) -> Callable[[bytes], Any]:
    check = msgspec.json.Decoder(shape_of(cls)).decode
    build = _builders().builder_of(cls)
    return lambda body: build(check(body))


@cache
def _page_reader(cls: Any, raw: bool) -> Hook:
    item = item_of(cls)
    read, hook = _short_way(item), converter().get_structure_hook(item)

    def read_item(one: Any, way: Any) -> Any:
        if one.__class__ is not msgspec.Raw:
            return hook(one, way)
        try:
            return read(one)
        except _REFUSALS:
            return hook(loads(one), way)

    return page_reader(cls, converter(), read_item, to_json=_plain, to_raw=_own_text if raw else None)


def _plain(one: Any) -> Any:
    return loads(one) if isinstance(one, msgspec.Raw) else one


def _own_text(one: Any) -> bytes:
    return bytes(one) if isinstance(one, msgspec.Raw) else to_text(one)
