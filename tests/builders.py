"""Wire-shape bodies: recorded ones, whole small ones, and strategies that make any of them.

`normal` says in its own words what may change on the way through the models and back. It shares no code with them.
"""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

WIRE = Path(__file__).parent / "wire"

Body = dict[str, Any]
Place = tuple[str | int, ...]


def recorded(*kinds: str) -> Iterator[tuple[str, Any]]:
    """Yield the name and content of each recorded body of these kinds, as file names tell them; of all if none."""
    for path in sorted(WIRE.glob("*.json")):
        if not kinds or not set(kinds).isdisjoint(path.stem.split(".")):
            yield path.stem, json.loads(path.read_text("utf-8"))


# --- Small bodies -----------------------------------------------------------------------------------------------


def step_body(**changes: Any) -> Body:
    return {
        "id": "step_1",
        "object": "thread.run.step",
        "created_at": 1700000000,
        "run_id": "run_1",
        "assistant_id": "asst_1",
        "thread_id": "thread_1",
        "type": "message_creation",
        "status": "completed",
        "completed_at": 1700000005,
        "step_details": {"type": "message_creation", "message_creation": {"message_id": "msg_1"}},
        **changes,
    }


def tool_step_body(*tool_calls: Body, **changes: Any) -> Body:
    details = {"type": "tool_calls", "tool_calls": list(tool_calls)}
    return step_body(type="tool_calls", step_details=details, **changes)


def page_body(*steps: Body, **changes: Any) -> Body:
    return {"object": "list", "data": list(steps), "has_more": False, **changes}


# --- The oracle -------------------------------------------------------------------------------------------------

TIMES = ("completed_at", "failed_at", "cancelled_at", "expired_at", "expires_at", "started_at", "updated_at")


def normal(body: Any) -> Any:
    """Return a step's or page's JSON as it may come back: nothing said in one way, times in seconds.

    Null, ``{}``, ``[]`` and absent are one; so are 12 and 12.0, which Python compares as equal.
    """
    if isinstance(body, list):
        return normal({"data": body})
    if isinstance(body, dict) and "data" in body:
        data = body["data"]
        return full({**body, "data": [_normal_step(step) for step in data] if isinstance(data, list) else data})
    return full(_normal_step(body))


def _normal_step(step: Any) -> Any:
    if not isinstance(step, dict):
        return step
    step = {**step, "created_at": _in_seconds(step.get("created_at"))}
    for name in TIMES:
        step[name] = None if step.get(name) == -1 else _in_seconds(step.get(name))
    if step.get("last_error") == {"code": "", "message": ""}:
        step["last_error"] = None
    details = step.get("step_details")
    if isinstance(details, dict) and details.get("type") == step.get("type"):  # it need not be said twice
        step["step_details"] = {key: value for key, value in details.items() if key != "type"}
    return step


def _in_seconds(value: Any) -> Any:
    """Return the number of seconds, or what is no time as it is."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return value
    try:
        if isinstance(value, str):
            moment = datetime.fromisoformat("" if value.isdigit() else value)
            return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
        seconds = value if abs(value) < 100_000_000_000 else value / 1000
        datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError):
        return value
    return round(seconds, 6)


def full(value: Any) -> Any:
    """Return JSON without what says nothing: null, and objects and arrays that are, or become by that, empty.

    In an array, which keeps its length, PHP's ``[]`` is ``{}``.
    """
    if isinstance(value, Mapping):
        items = ((key, full(item)) for key, item in value.items())
        return {key: item for key, item in items if item is not None and item not in ({}, [])}
    return [{} if item == [] else full(item) for item in value] if isinstance(value, list) else value


# --- Strategies -------------------------------------------------------------------------------------------------

KINDS = frozenset(
    {"message_creation", "tool_calls", "logs", "image"}
    | {"code_interpreter", "file_search", "function", "retrieval", "mcp"}
)
KNOWN_KEYS = (
    KINDS
    | set(TIMES)
    | {"id", "object", "created_at", "run_id", "assistant_id", "thread_id", "type", "status", "step_details"}
    | {"last_error", "usage", "metadata", "data", "has_more", "first_id", "last_id", "message_id", "index", "input"}
    | {"outputs", "file_id", "results", "ranking_options", "ranker", "score_threshold", "file_name", "score", "content"}
    | {"attributes", "text", "name", "arguments", "output", "server_label", "code", "message", "model"}
    | {"prompt_tokens", "completion_tokens", "total_tokens", "prompt_token_details", "completion_tokens_details"}
    | {"input_tokens", "output_tokens", "cached_tokens", "reasoning_tokens"}
)

texts = st.text(max_size=8)
counts = st.integers(0, 10**6)
numbers = st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
any_keys = st.one_of(texts, st.sampled_from(sorted(KNOWN_KEYS)))
json_like_ours: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | numbers | texts | st.sampled_from(sorted(KINDS)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(any_keys, inner, max_size=5),
    max_leaves=25,
)
"""JSON of no sense, with keys and kinds that make sense."""

unknown_keys = texts.filter(lambda key: key not in KNOWN_KEYS)
unknown_tags = texts.filter(lambda tag: tag not in KINDS)


def objects(
    required: Mapping[str, st.SearchStrategy[Any]], optional: Mapping[str, st.SearchStrategy[Any]] | None = None
) -> st.SearchStrategy[Body]:
    """Return objects with these keys, any of the optional ones, each possibly null, and some that nobody knows."""
    known = st.fixed_dictionaries(
        dict(required), optional={key: st.none() | value for key, value in (optional or {}).items()}
    )
    return st.builds(lambda a, b: {**a, **b}, known, st.dictionaries(unknown_keys, json_values, max_size=1))


whole_seconds = st.integers(0, 4 * 10**9)
broken_seconds = st.integers(0, 4 * 10**15).map(lambda microseconds: microseconds / 10**6)
milliseconds = st.integers(100_000_000_000, 4 * 10**12)
zones: st.SearchStrategy[Any] = st.none() | st.integers(-14 * 60, 14 * 60).map(
    lambda minutes: timezone(timedelta(minutes=minutes))
)
iso_times = st.datetimes(datetime(1971, 1, 1), datetime(2100, 1, 1), timezones=zones).map(datetime.isoformat)
times = whole_seconds | broken_seconds | milliseconds | iso_times
unset_or_time = st.just(-1) | times

code_outputs = st.one_of(
    objects({"type": st.just("logs"), "logs": texts}),
    objects({"type": st.just("image"), "image": objects({"file_id": texts})}),
    objects({"type": unknown_tags}, {"resource": json_values}),
    objects({}, {"resource": json_values}),
)
code_interpreters = objects({"input": texts}, {"outputs": st.lists(code_outputs, max_size=3)})
scores = st.floats(0, 1) | st.integers(0, 1)
found_files = objects(
    {"file_id": texts, "file_name": texts, "score": scores},
    {
        "content": st.lists(objects({}, {"type": texts, "text": texts}), max_size=2),
        "attributes": st.dictionaries(texts, json_values, max_size=2),
    },
)
file_searches = objects(
    {},
    {
        "results": st.lists(found_files, max_size=2),
        "ranking_options": objects({"ranker": texts, "score_threshold": scores}),
    },
)
functions = objects({"name": texts, "arguments": texts}, {"output": texts})
any_object = st.dictionaries(texts, json_values, max_size=3)


def tool_calls_of(kind: str, payload: st.SearchStrategy[Any]) -> st.SearchStrategy[Body]:
    return objects({"id": texts, "type": st.just(kind), kind: payload}, {"index": counts})


tool_calls = st.one_of(
    tool_calls_of("code_interpreter", code_interpreters),
    tool_calls_of("file_search", file_searches),
    tool_calls_of("function", functions),
    tool_calls_of("retrieval", any_object),
    objects(
        {"id": texts, "type": st.just("mcp"), "name": texts, "arguments": texts},
        {"output": texts, "server_label": texts, "index": counts},
    ),
    tool_calls_of("bing_grounding", any_object),
    objects({"type": unknown_tags}, {"id": json_values}),
    objects({}, {"id": json_values}),
)
step_details = st.one_of(
    objects(
        {"type": st.just("message_creation"), "message_creation": objects({"message_id": texts})},
    ),
    objects({"type": st.just("tool_calls"), "tool_calls": st.lists(tool_calls, max_size=3)}),
    objects({"type": unknown_tags}, {"activities": json_values}),
    objects({}, {"thought": json_values}),
)
errors = objects({"code": texts, "message": texts})
usages: st.SearchStrategy[Body] = st.just({}) | objects(
    {},
    {
        **dict.fromkeys(
            ["prompt_tokens", "completion_tokens", "total_tokens", "input_tokens", "output_tokens"], counts
        ),
        "prompt_token_details": objects({}, {"cached_tokens": counts}),
        "completion_tokens_details": objects({}, {"reasoning_tokens": counts}),
    },
)
steps = objects(
    {
        **dict.fromkeys(["id", "thread_id", "run_id", "assistant_id"], texts),
        "created_at": times,
        "step_details": step_details,
    },
    {
        **dict.fromkeys(TIMES, unset_or_time),
        **dict.fromkeys(["type", "status", "object"], texts),
        "last_error": errors | st.just({"code": "", "message": ""}),
        "usage": usages,
        "metadata": st.dictionaries(texts, json_values, max_size=2),
    },
)
pages = st.lists(steps, max_size=3) | objects(
    {"data": st.none() | st.lists(steps, max_size=3)},
    {"has_more": st.booleans(), "first_id": texts, "last_id": texts, "object": texts},
)


# --- Places in a body -------------------------------------------------------------------------------------------


def places(body: Any, here: Place = ()) -> Iterator[Place]:
    """Yield the way to every value in a body."""
    if here:
        yield here
    items = body.items() if isinstance(body, dict) else enumerate(body) if isinstance(body, list) else ()
    for key, value in items:
        yield from places(value, (*here, key))


def value_at(body: Any, place: Place) -> Any:
    for key in place:
        body = body[key]
    return body


def replaced(body: Any, place: Place, value: Any) -> Any:
    """Return a copy of the body with another value at the place."""
    key, *rest = place
    copy = dict(body) if isinstance(body, dict) else list(body)
    copy[key] = replaced(copy[key], tuple(rest), value) if rest else value  # type: ignore[index]
    return copy


def json_path(place: Place) -> str:
    return "$" + "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in place)
