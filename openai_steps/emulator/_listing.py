"""One page of a list, as a server of a given dialect answers it. No I/O."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from hashlib import blake2b
from typing import Any

import attrs

from openai_steps.emulator import _refusal
from openai_steps.emulator._dialect import After, Before, Dialect, HasMore, Kind, Query
from openai_steps.emulator._wire import JSONObject, instant, render_item

Step = Mapping[str, Any]
Body = Any
"""A JSON body: an object, or an array of objects for the `bare_array` envelope."""

CONTRACT = Dialect()


def list_steps(steps: Iterable[Step], query: Query, dialect: Dialect = CONTRACT, *, now: float = 0.0) -> Body:
    """Answer one list request over the steps of one run.

    Args:
        steps: Wire-shape steps, oldest first where their ``created_at`` is equal. Only ``id`` is
            needed; a missing ``created_at`` counts as 0.
        query: What is asked for.
        dialect: The habits of the server.
        now: The moment of the request, in seconds since 1970, for a server that stamps anew.

    Returns:
        The JSON body, a dict, or a list for the ``bare_array`` envelope. Its steps are new
        dicts that share their nested values with the given ones.

    Raises:
        Refusal: If the server answers with an error instead.
    """
    return list_items(steps, query, dialect, kind="run step", now=now)


def list_items(items: Iterable[Step], query: Query, dialect: Dialect, *, kind: Kind, now: float = 0.0) -> Body:
    """Answer one list request over runs, messages, threads or steps.

    Args:
        items: See `list_steps`.
        query: See `list_steps`.
        dialect: See `list_steps`.
        kind: What the items are.
        now: See `list_steps`.

    Returns:
        See `list_steps`.

    Raises:
        Refusal: If the server answers with an error instead.
    """
    limit = _effective_limit(query.limit, dialect)
    if query.after is not None and query.before is not None and dialect.both_cursors == "refused":
        raise _refusal.both_cursors()
    ordered = _in_order(items, query, dialect)
    cut = _cut(ordered, query, dialect, kind)
    page = _page(ordered, cut, limit, query, dialect)
    data = [render_item(kind, item, query.include, dialect, now) for item in page.rows]
    return _envelope(data, page, dialect)


@attrs.frozen(kw_only=True)
class _Page:
    """A page, and how many items of the cut and of the whole list lie before and behind it."""

    rows: Sequence[Step]
    limit: int
    asked_limit: int
    default_limit: int
    cut: int
    cut_follows: int
    list_follows: int
    total: int
    before_given: bool


def _effective_limit(limit: int | None, dialect: Dialect) -> int:
    if limit is None:
        return dialect.default_limit
    if limit > dialect.max_limit:
        if dialect.limit_over == "refused":
            raise _refusal.limit_over(limit, dialect.max_limit)
        return dialect.max_limit if dialect.limit_over == "capped" else limit
    if limit < 1:
        if dialect.limit_under == "refused":
            raise _refusal.limit_under(limit)
        return 1 if dialect.limit_under == "capped" else 0
    return limit


def _in_order(steps: Iterable[Step], query: Query, dialect: Dialect) -> list[Step]:
    stored = list(steps)
    ascending = sorted(stored, key=_instant_of)
    if lag := dialect.lag_asc if query.order == "asc" else dialect.lag_desc:
        missing = {step["id"] for step in ascending[-lag:]}
        stored, ascending = ([step for step in some if step["id"] not in missing] for some in (stored, ascending))
    if dialect.order == "stored":
        return stored
    if dialect.order == "unsteady":
        return sorted(ascending, key=_shuffle(query))
    if dialect.ties == "unstable":
        ascending.sort(key=_shuffle(query))
        ascending.sort(key=_instant_of)
    if _ascends(query, dialect):
        return ascending
    if dialect.ties == "reversed":
        return ascending[::-1]
    # A reverse sort in Python keeps equal items in their first order, as OpenAI does here.
    return sorted(ascending, key=_instant_of, reverse=True)


def _ascends(query: Query, dialect: Dialect) -> bool:
    match dialect.order:
        case "ignored":
            return True
        case "newest_first":
            return False
        case "first_page_only" if query.after is not None or query.before is not None:
            return True
        case _:
            return query.order == "asc"


def _instant_of(step: Step) -> float:
    return instant(step.get("created_at"))


def _shuffle(query: Query) -> Callable[[Step], bytes]:
    """Return the sort key of an order that differs between requests and is fixed for each."""
    asked = f"{query.order} {query.limit} {query.after} {query.before}"
    return lambda step: blake2b(f"{asked} {step['id']}".encode(), digest_size=8).digest()


_Keep = Callable[[int, Step], bool]
"""Whether the step at this place of the list is kept by a cursor."""


def _everything(_place: int, _step: Step) -> bool:
    return True


def _nothing(_place: int, _step: Step) -> bool:
    return False


# Where the kept part starts or ends, counted from the place of the cursor.
_AFTER_STARTS: dict[After, int] = {"exclusive": 1, "inclusive": 0, "off_by_one": 2}
_BEFORE_ENDS: dict[Before, int] = {"adjacent": 0, "window": 0, "off_by_one": -1}

# The pages of these are the items next to the cursor; of all others, the first of the cut.
_FROM_THE_TAIL: frozenset[Before] = frozenset({"adjacent", "off_by_one"})


def _cut(ordered: Sequence[Step], query: Query, dialect: Dialect, kind: Kind) -> list[int]:
    after = _after(ordered, query, dialect, kind)
    before = _before(ordered, query, dialect, kind)
    return [place for place, step in enumerate(ordered) if after(place, step) and before(place, step)]


def _after(ordered: Sequence[Step], query: Query, dialect: Dialect, kind: Kind) -> _Keep:
    cursor = query.after
    if cursor is None or dialect.after == "ignored":
        return _everything
    if dialect.after == "wrong_side" or (dialect.after == "by_id" and query.order == "asc"):
        return lambda _, step: step["id"] > cursor
    if dialect.after == "by_id":
        return lambda _, step: step["id"] < cursor
    found = _look_up(ordered, cursor, "after", dialect, kind)
    if not isinstance(found, int):
        return found
    if dialect.after in ("from_time", "later_only"):
        return _by_time(ordered[found], query, dialect)
    start = found + _AFTER_STARTS[dialect.after] - dialect.overlap
    return lambda place, _: place >= start


def _by_time(cursor: Step, query: Query, dialect: Dialect) -> _Keep:
    moment, sign = _instant_of(cursor), 1 if _ascends(query, dialect) else -1
    if dialect.after == "from_time":
        return lambda _, step: sign * _instant_of(step) >= sign * moment
    return lambda _, step: sign * _instant_of(step) > sign * moment


def _before(ordered: Sequence[Step], query: Query, dialect: Dialect, kind: Kind) -> _Keep:
    cursor = query.before
    if cursor is None or dialect.before == "ignored":
        return _everything
    if dialect.before == "wrong_side" or (dialect.before == "by_id" and query.order == "asc"):
        return lambda _, step: step["id"] < cursor
    if dialect.before == "by_id":
        return lambda _, step: step["id"] > cursor
    found = _look_up(ordered, cursor, "before", dialect, kind)
    if not isinstance(found, int):
        return found
    if dialect.before == "earlier_only":
        moment = _instant_of(ordered[found])
        return lambda _, step: _instant_of(step) < moment
    # With both cursors, pages follow `after`: only that one repeats items.
    overlap = dialect.overlap if query.after is None else 0
    end = found + _BEFORE_ENDS[dialect.before] + overlap
    return lambda place, _: place < end


def _look_up(ordered: Sequence[Step], cursor: str, param: str, dialect: Dialect, kind: Kind) -> int | _Keep:
    for place, step in enumerate(ordered):
        if step["id"] == cursor:
            return place
    match dialect.unknown_cursor:
        case "not_found":
            raise _refusal.not_found(kind, cursor, param=param)
        case "bad_request":
            raise _refusal.not_found(kind, cursor, status=400, param=param)
        case "ignored":
            return _everything
        case "empty":
            return _nothing


def _page(ordered: Sequence[Step], cut: Sequence[int], limit: int, query: Query, dialect: Dialect) -> _Page:
    backward = query.before is not None and (query.after is None or dialect.after == "ignored")
    from_tail = backward and dialect.before in _FROM_THE_TAIL
    size = len(cut) if dialect.limit == "ignored" else limit
    start = max(0, len(cut) - size) if from_tail else 0
    places = cut[start : start + size]
    last = places[-1] if places else None
    return _Page(
        rows=[ordered[place] for place in places],
        limit=limit,
        asked_limit=limit if query.limit is None else query.limit,
        default_limit=dialect.default_limit,
        cut=len(cut),
        cut_follows=len(cut) - start - len(places),
        list_follows=len(ordered) - 1 - last if last is not None else 0,
        total=len(ordered),
        before_given=query.before is not None,
    )


def _left_out(page: _Page) -> bool:
    return len(page.rows) < page.cut


_HAS_MORE: dict[HasMore, Callable[[_Page], bool | None]] = {
    "directional": _left_out,
    "forward": lambda page: page.list_follows > 0,
    "window": lambda page: page.cut_follows > 0,
    "full_page": lambda page: len(page.rows) == page.limit,
    "full_page_as_asked": lambda page: len(page.rows) == page.asked_limit,
    # openai-responses counts its own first page where it means to count the list.
    "unlike_default": lambda page: len(page.rows) != min(page.total, page.default_limit),
    "false_at_default_limit": lambda page: _left_out(page) and page.limit != page.default_limit,
    "inverted": lambda page: not _left_out(page),
    "always_with_before": lambda page: page.before_given or _left_out(page),
    "always": lambda _: True,
    "never": lambda _: False,
    "null": lambda _: None,
}

_EMPTY_IDS: dict[str, JSONObject] = {
    "null": {"first_id": None, "last_id": None},
    "absent": {},
    "empty_text": {"first_id": "", "last_id": ""},
    "none_text": {"first_id": "none", "last_id": "none"},
}


def _ids(rows: Sequence[Step], dialect: Dialect) -> JSONObject:
    if dialect.ids == "unrelated":
        return {"first_id": "step_unrelated_first", "last_id": "step_unrelated_last"}
    if dialect.ids in _EMPTY_IDS:
        return _EMPTY_IDS[dialect.ids]
    ids = {"first_id": rows[0]["id"], "last_id": rows[-1]["id"]} if rows else dict(_EMPTY_IDS[dialect.empty_ids])
    if dialect.ids == "last_only":
        ids.pop("first_id", None)
    return ids


def _envelope(data: list[JSONObject], page: _Page, dialect: Dialect) -> Body:
    if dialect.envelope == "bare_array":
        return data
    body: JSONObject = {} if dialect.envelope == "no_object" else {"object": "list"}
    body["data"] = None if dialect.envelope == "data_null_when_empty" and not data else data
    body.update(_ids(page.rows, dialect))
    if dialect.has_more != "absent":
        body["has_more"] = _HAS_MORE[dialect.has_more](page)
    if dialect.total != "absent":
        body[dialect.total] = page.total
    return body
