"""JSON text to models: two ways that agree, and the server's own text."""

from __future__ import annotations

import json
from typing import Any

import attrs
import pytest
from builders import (
    Body,
    json_like_ours,
    json_values,
    page_body,
    pages,
    places,
    replaced,
    step_body,
    steps,
    tool_step_body,
)
from hypothesis import given
from hypothesis import strategies as st
from model_samples import EVERYTHING, TOOL_CALLS
from thread_bodies import EVERY_FILE, EVERY_MESSAGE, EVERY_RUN, EVERY_THREAD
from walk_servers import full_trust

from openai_steps import (
    File,
    Message,
    MessagePage,
    Misfit,
    OtherToolCall,
    ResponseDecodeError,
    Run,
    RunPage,
    RunStep,
    StepPage,
    Thread,
    ThreadPage,
    structure_step,
)
from openai_steps._json import decoder
from openai_steps._json.converter import structure
from openai_steps._json.decoder import decode, decode_by_items, decode_raw
from openai_steps._json.text import loads
from openai_steps._walks.start import start_walk


def text(body: Any) -> bytes:
    return json.dumps(body, ensure_ascii=False).encode("utf-8", "surrogatepass")


def found(read: Any) -> Any:
    """Return what a reader gives, or its error, in a form that can be compared; all that waits is touched."""
    try:
        value = read()
    except ResponseDecodeError as error:
        return (error.path, error.expected, error.message)
    return value, problems(value)


def problems(value: Any) -> list[Misfit]:
    """Return every misfit in a model, in order."""
    if isinstance(value, Misfit):
        return [value]
    if isinstance(value, tuple):
        return [misfit for item in value for misfit in problems(item)]
    if not attrs.has(type(value)):
        return []
    return [misfit for field in attrs.fields(type(value)) for misfit in problems(getattr(value, field.name))]


def agree(body: Any, kind: Any) -> None:
    data = text(body)
    long_way = found(lambda: structure(loads(data), kind))
    assert found(lambda: decode(data, kind)) == long_way
    if issubclass(kind, StepPage):
        assert found(lambda: decode_by_items(data, kind)) == long_way


# --- The two ways -------------------------------------------------------------------------------------------------


@given(pages)
def test_pages(body: Any) -> None:
    agree(body, StepPage)


@given(steps)
def test_steps(body: Body) -> None:
    agree(body, RunStep)


@given(st.data())
def test_bodies_with_something_odd_anywhere(data: st.DataObject) -> None:
    whole = data.draw(
        st.sampled_from([EVERYTHING, page_body(step_body(), tool_step_body(*[c[0] for c in TOOL_CALLS]))])
    )
    place = data.draw(st.sampled_from(list(places(whole))))
    odd = data.draw(json_values | st.sampled_from([[], {}, 12.0, 1e15, -1, 2**63, 2**70, True, "", 1e300, 10**11]))
    agree(replaced(whole, place, odd), StepPage)


@pytest.mark.parametrize("kind", [StepPage, RunStep, Run, Message, Thread, File])
@given(body=json_like_ours)
def test_any_json(kind: Any, body: Any) -> None:
    agree(body, kind)


OTHERS: list[tuple[Any, Any]] = [
    *((RunPage, page_body(*EVERY_RUN)),),
    *((MessagePage, page_body(*EVERY_MESSAGE)),),
    *((ThreadPage, page_body(*EVERY_THREAD)),),
    *((File, body) for body in EVERY_FILE),
]


@pytest.mark.parametrize(("kind", "body"), OTHERS, ids=str)
@given(data=st.data())
def test_other_kinds_with_something_odd_anywhere(kind: Any, body: Any, data: st.DataObject) -> None:
    place = data.draw(st.sampled_from(list(places(body))))
    agree(replaced(body, place, data.draw(json_values)), kind)


@given(st.binary(max_size=60) | json_values.map(text).flatmap(lambda body: st.integers(0, 60).map(lambda n: body[:n])))
def test_what_is_no_json_is_a_value_error_and_nothing_else(body: bytes) -> None:
    try:
        loads(body)
    except ValueError:
        with pytest.raises(ValueError, match=r"."):
            decode(body, StepPage)


@pytest.mark.parametrize(
    "body",
    [
        b'{"data": [{"id": "step_1", "id": 7, "created_at": 1}]}',
        b'{"data": [{"id": 7, "id": "step_1", "created_at": 1}]}',
        b'{"data": [{"id": "s", "created_at": 1, "step_details": {"type": "x", "type": "thought"}}]}',
        b'{"data": [], "data": [{"id": "s", "created_at": 1}]}',
        b' \n[ {"id": "s", "created_at": 1} , null ] ',
    ],
)
def test_a_key_that_comes_twice_counts_as_it_does_in_python(body: bytes) -> None:
    assert found(lambda: decode(body, StepPage)) == found(lambda: structure(json.loads(body), StepPage))


def test_half_a_character_is_read_and_costs_nothing_else() -> None:
    body = b'{"data": [%s, {"id": "step_2", "created_at": 1, "note": "\\ud800"}]}' % text(step_body())
    page = decode(body, StepPage)
    assert page.data[1].extra == {"note": "\ud800"}
    assert page.data[0] == structure_step(step_body())


@pytest.mark.parametrize("place", ["id", "note"])
def test_bytes_that_are_not_utf_8_are_refused_wherever_they_are(place: str) -> None:
    call = b'{"id": "c", "type": "function", "function": {"name": "f", "arguments": "\xff"}}'
    for step in (
        b'{"id": "s", "created_at": 1, "%s": "\xff"}' % place.encode(),
        b'{"id": "s", "created_at": 1, "step_details": {"type": "tool_calls", "tool_calls": [%s]}}' % call,
    ):
        with pytest.raises(ValueError, match="utf-8"):
            decode(b'{"data": [%s]}' % step, StepPage)


def test_what_servers_should_send_takes_the_short_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoder, "structure", None)
    monkeypatch.setattr(decoder, "decode_by_items", None)
    odd_tool = {"id": "c", "type": "bing_grounding", "bing_grounding": {"requesturl": "u"}}
    page = decode(text(page_body(step_body(), tool_step_body(odd_tool, TOOL_CALLS[0][0]))), StepPage)
    assert page.data[1].tool_calls[0] == OtherToolCall(odd_tool)  # an odd tool does not spoil it


def test_an_odd_step_is_read_beside_others_that_take_the_short_way(monkeypatch: pytest.MonkeyPatch) -> None:
    page_of_text = decode_by_items(text(page_body(step_body(), step_body(usage=7), {})), StepPage, raw=True)
    assert [step.problems for step in page_of_text.data] == [(), (Misfit("$.usage", "an object"),)]
    assert len(page_of_text.unreadable) == 1


# --- The server's own text ----------------------------------------------------------------------------------------


def test_each_item_has_its_own_text() -> None:
    items = [b'{"id": "a" , "created_at":1.0,"x": [1 ,2]}', b'{"created_at":2,"id":"b"}', b'{ "id":7}']
    for body in (b"[%s]" % b" , ".join(items), b'{"more": 1, "data": [%s]}' % b",\n".join(items)):
        page = decode_by_items(body, StepPage, raw=True)
        assert page.raw == tuple(items[:2])
        assert [step.id for step in page.data] == ["a", "b"]
        assert [item.raw for item in page.unreadable] == items[2:]
        assert all(type(one) is bytes for one in page.raw)
    assert decode_by_items(b"[]", StepPage).raw is None


def test_the_text_of_a_page_with_half_a_character_is_as_good_as_the_servers() -> None:
    page = decode_by_items(b'[{"id": "a", "created_at": 1, "x": "\\ud800"}]', StepPage, raw=True)
    assert [json.loads(one) for one in page.raw] == [{"id": "a", "created_at": 1, "x": "\ud800"}]


RAW_ITEMS = [b'{"id":"a","created_at":1,"x":[{}]}', b'{ "created_at" : "2024-01-01T00:00:00Z", "id":"b" }']


def test_a_walk_can_go_by_the_items_texts_alone() -> None:
    body = b'{"object": "list", "has_more": true, "data": [%s, {"id": 7}, %s]}' % tuple(RAW_ITEMS)
    page = decode_raw(body)
    assert [item.raw for item in page.data] == RAW_ITEMS
    assert [(item.id, item.created_at.year) for item in page.data] == [("a", 1970), ("b", 2024)]
    assert [(item.data, item.index, item.raw) for item in page.unreadable] == [({"id": 7}, 1, b'{"id": 7}')]
    walk: Any = start_walk(order="asc", page_size=3, trust=full_trust())
    assert walk.feed(page) == [page]
    assert walk.query.after == "a"  # so that the last one comes again


@pytest.mark.parametrize("more", ["", ', "count": 3'])  # a key that is not known: the long way
def test_the_texts_come_with_their_parents_in_both_ways(more: str) -> None:
    items = [
        b'{"id": "a", "created_at": 1, "thread_id": "t", "run_id": "r"}',
        b'{"id": "b", "created_at": 2, "thread_id": 7, "run_id": null}',
    ]
    for body in (b"[%s]" % items[0], b'{"data": [%s, %s]%s}' % (*items, more.encode())):
        page = decode_raw(body)
        assert [(item.thread_id, item.run_id) for item in page.data] == [("t", "r"), (None, None)][: len(page.data)]
        assert [item.raw for item in page.data] == items[: len(page.data)]


@given(pages)
def test_the_texts_are_of_the_items_that_can_be_read(body: Any) -> None:
    data = text(body)
    page, raw = decode(data, StepPage), decode_raw(data)
    assert [(item.id, item.created_at) for item in raw.data] == [(step.id, step.created_at) for step in page.data]
    assert tuple(decode(item.raw, RunStep) for item in raw.data) == page.data
