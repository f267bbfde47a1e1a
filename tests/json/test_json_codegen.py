"""The generated functions that make instances of our classes."""

import copy
import json
import pickle
from collections import defaultdict
from types import MappingProxyType
from typing import Any, ClassVar

import attrs
import orjson
import pytest
from cattrs import Converter
from hypothesis import given
from hypothesis import strategies as st

from openai_steps._json.codegen import as_orjson_makes_them, structure_hook, without_none
from openai_steps._json.scalars import Mismatch, text, whole_number


@attrs.frozen(kw_only=True)
class Point:
    label: str
    size: int | None = None
    extra: dict[str, Any] = attrs.field(factory=dict, hash=False)


@attrs.frozen(kw_only=True)
class Tagged:
    type: ClassVar[str] = "tagged"
    label: str
    a: int | None = None
    b: int | None = None
    extra: dict[str, Any] = attrs.field(factory=dict, hash=False)


@attrs.frozen(kw_only=True)
class Wide:
    a: int | None = None
    b: int | None = None
    c: int | None = None
    extra: dict[str, Any] = attrs.field(factory=dict, hash=False)


@pytest.fixture(scope="module")
def converter() -> Converter:
    made = Converter()
    made.register_structure_hook(str, text)
    made.register_structure_hook(int, whole_number)
    made.register_structure_hook_func(lambda kind: kind == int | None, whole_number)
    return made


@pytest.mark.parametrize("body", [{"label": "a"}, {"label": "a", "size": None}])
def test_absent_and_null_are_one(converter: Converter, body: dict[str, Any]) -> None:
    assert structure_hook(Point, converter)(body, None) == Point(label="a")


def test_keys_without_a_field_are_kept_and_extra_is_one_of_them(converter: Converter) -> None:
    made = structure_hook(Point, converter)({"label": "a", "colour": None, "extra": 1}, None)
    assert made == Point(label="a", extra={"colour": None, "extra": 1})


_KEYS = st.dictionaries(st.sampled_from(["a", "b", "c", "d", "size", "extra"]), st.none() | st.integers())


@pytest.mark.parametrize(
    ("cls", "always"), [(Point, {"label": "x"}), (Tagged, {"label": "x", "type": "tagged"}), (Wide, {})]
)
@given(more=_KEYS)
def test_whichever_keys_come_none_is_lost_and_none_is_doubled(
    converter: Converter, cls: Any, always: dict[str, Any], more: dict[str, Any]
) -> None:
    made = structure_hook(cls, converter)({**always, **more}, None)
    known = {field.name for field in attrs.fields(cls)} - {"extra"}
    assert made.extra == {key: value for key, value in more.items() if key not in known}
    assert attrs.asdict(made, filter=attrs.filters.exclude("extra")) == {
        name: {**always, **more}.get(name) for name in known
    }


def test_keys_are_the_objects_that_orjson_makes() -> None:
    (read,) = orjson.loads(b'{"thread_id": 1}')
    (made,) = as_orjson_makes_them(["thread_id"])
    assert made is read


def test_the_instance_is_of_the_class_itself_and_frozen(converter: Converter) -> None:
    made = structure_hook(Point, converter)({"label": "a"}, None)
    assert type(made) is Point
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        setattr(made, "label", "b")  # noqa: B010 - type checkers know better
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        delattr(made, "label")


def test_the_extra_that_all_share_can_not_be_filled(converter: Converter) -> None:
    extra = structure_hook(Point, converter)({"label": "a"}, None).extra
    assert extra == {}
    for change in ("__setitem__", "__delitem__", "__ior__", "clear", "pop", "popitem", "setdefault", "update"):
        with pytest.raises(TypeError, match="frozen"):
            getattr(extra, change)("key", 1)
    assert pickle.loads(pickle.dumps(extra)) is copy.deepcopy(extra) is copy.copy(extra) is extra
    assert json.dumps(extra) == "{}"


def test_any_mapping_will_do(converter: Converter) -> None:
    assert structure_hook(Point, converter)(MappingProxyType({"label": "a"}), None) == Point(label="a")


def test_a_dict_that_makes_up_what_is_missing_is_not_asked_to(converter: Converter) -> None:
    body: dict[str, Any] = defaultdict(str, size=1)
    with pytest.raises(Mismatch) as caught:
        structure_hook(Point, converter)(body, None)
    assert caught.value.path == "$.label"
    assert body == {"size": 1}


def test_subclasses_of_the_leaf_types_go_through_the_hook(converter: Converter) -> None:
    class Text(str):
        __slots__ = ()

    assert structure_hook(Point, converter)({"label": Text("a")}, None) == Point(label="a")
    with pytest.raises(Mismatch):
        structure_hook(Point, converter)({"label": "a", "size": True}, None)


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ([], "$"),
        ({}, "$.label"),
        ({"label": None}, "$.label"),
        ({"size": "7"}, "$.label"),
        ({"label": 7}, "$.label"),
        ({"label": "a", "size": "7"}, "$.size"),
    ],
)
def test_a_mismatch_names_its_field(converter: Converter, body: Any, path: str) -> None:
    with pytest.raises(Mismatch) as caught:
        structure_hook(Point, converter)(body, None)
    assert caught.value.path == path


@pytest.mark.parametrize(
    ("kind", "inner"), [(int, int), (int | None, int), (int | str | None, int | str), (int | str, int | str)]
)
def test_without_none(kind: Any, inner: Any) -> None:
    assert without_none(kind) == inner
