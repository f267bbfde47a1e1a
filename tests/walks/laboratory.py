"""A laboratory for walks: servers of every habit as pure functions, and an oracle that says what can be read of them.

A cell of the matrix is a server, a list and a walk. `run` leads the walk through the server and says whether it was
exact, wrong, or refused; `Cell.readable` says whether a refusal was called for.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any, Literal
from zlib import crc32

from attrs import evolve, frozen

from openai_steps import APIStatusError, PaginationError
from openai_steps._walks.pages import PageQuery
from openai_steps._walks.start import start_walk
from openai_steps._walks.trust import Trust
from openai_steps.emulator import DIALECTS, HABITS, Dialect, Query, list_steps
from openai_steps.emulator._refusal import Refusal

Order = Literal["asc", "desc"]


@frozen
class Item:
    """What is listed; a walk knows no more of it."""

    id: str
    created_at: Any


@frozen
class ItemPage:
    """A page of it."""

    data: tuple[Item, ...]
    has_more: bool | None = None


# --- Servers ----------------------------------------------------------------------------------------------------


class Server:
    """The emulator's pure server over one list, with a memory of what it was asked.

    Args:
        items: As they are stored: oldest first.
        dialect: The server's habits.
        garbles: Whether it takes any cursor for another.
    """

    def __init__(self, items: list[Item], dialect: Dialect, *, garbles: bool = False) -> None:
        self.items = items
        self.dialect = dialect
        self.queries: list[PageQuery] = []
        self._garbles = garbles

    def listed(self, order: Order) -> list[Item]:
        """The list in an order, as the server has it."""
        whole = evolve(self.dialect, limit_over="accepted", stamps="kept")
        if whole.order == "unsteady":
            whole = evolve(whole, order="honoured")
        return self._items(list_steps(self._steps(), Query(limit=len(self.items) + 1, order=order), whole))

    def answer(self, query: PageQuery) -> ItemPage:
        """Answer a query; raises a `Refusal` where the server would answer with an error."""
        self.queries.append(query)
        asked = Query(
            limit=query.limit, order=query.order, after=self._cursor(query.after), before=self._cursor(query.before)
        )
        body = list_steps(self._steps(), asked, self.dialect, now=1_800_000_000 + len(self.queries))
        return ItemPage(
            data=tuple(self._items(body)), has_more=body.get("has_more") if isinstance(body, dict) else None
        )

    def _steps(self) -> list[dict[str, Any]]:
        return [{"id": item.id, "created_at": item.created_at} for item in self.items]

    def _items(self, body: Any) -> list[Item]:
        data = body["data"] if isinstance(body, dict) else body
        return [Item(step["id"], step["created_at"]) for step in data or ()]

    def _cursor(self, cursor: str | None) -> str | None:
        if cursor is None or not self._garbles or not self.items:
            return cursor
        return self.items[crc32(cursor.encode()) % len(self.items)].id


def _but(name: str, **knobs: Any) -> Dialect:
    return evolve(HABITS[name], **knobs)


SERVERS: dict[str, Dialect] = {
    **{f"{name} (server)": dialect for name, dialect in DIALECTS.items()},
    **HABITS,
    "ids compared, same ties": _but("after_by_id", before="by_id", has_more="window", ties="same_order"),
    "ids compared, no has_more": _but("after_by_id", before="by_id", has_more="absent"),
    "ids compared one way, same ties": _but("after_by_id_one_way", ties="same_order", has_more="absent"),
    "before compared, same ties": _but("before_by_id_one_way", has_more="full_page", ties="same_order"),
    "order ignored, same ties, no has_more": _but("order_ignored", ties="same_order", has_more="absent"),
    "order newest first, never more": _but("order_newest_first", has_more="never"),
    "order and limit ignored": _but("order_ignored", after="ignored", limit="ignored", has_more="never"),
    "never more, same ties": _but("has_more_never", ties="same_order"),
    "false at 20, window": _but("has_more_false_at_20", before="window"),
    "false at 7": _but("has_more_false_at_20", default_limit=7),
    "false at 100": _but("has_more_false_at_20", default_limit=100),
    "capped at 50 with a lie, same ties": _but("limit_capped_with_a_lie", max_limit=50, ties="same_order"),
    "capped at 5 with a lie": _but("limit_capped_with_a_lie", max_limit=5),
    "capped at 3, same ties": _but("limit_capped", max_limit=3, ties="same_order"),
    "capped at 1": _but("limit_capped", max_limit=1),
    "capped at 1 with a lie": _but("limit_capped_with_a_lie", max_limit=1),
    "at most 30": Dialect(max_limit=30),
    "inclusive, never more, same ties": _but("after_inclusive", has_more="never", ties="same_order"),
    "overlap of two": Dialect(overlap=2),
    "off by one both ways, never more": _but("after_off_by_one", before="off_by_one", has_more="never"),
    "after ignored, always more": _but("after_ignored", has_more="always", before="ignored"),
    "after ignored, never more, same ties": _but("after_ignored", has_more="never", ties="same_order"),
    "unknown cursor ignored, window": _but("unknown_cursor_ignored", before="window"),
    "unknown cursor empty, never more": _but("unknown_cursor_empty", has_more="never"),
    "garbled": Dialect(),
    "garbled, always more, same ties": Dialect(has_more="always", ties="same_order"),
    "window, same ties": _but("before_window", ties="same_order"),
    "stored anyhow": DIALECTS["hal_9100"],
    "order ignored, ids compared, capped at 20": _but(
        "order_ignored", after="by_id", has_more="never", ties="same_order", max_limit=20, limit_over="capped"
    ),
    "newest first, ids compared one way, capped at 20": _but(
        "order_newest_first",
        after="wrong_side",
        before="wrong_side",
        has_more="never",
        max_limit=20,
        limit_over="capped",
    ),
    "order ignored, later only, capped at 7": _but(
        "order_ignored", after="later_only", max_limit=7, limit_over="capped", overlap=2
    ),
    "after ignored, capped at 20 with a lie": _but(
        "limit_capped_with_a_lie", max_limit=20, after="ignored", ties="same_order"
    ),
    "later only, capped at 20, same ties": _but(
        "after_later_only", ties="same_order", max_limit=20, limit_over="capped"
    ),
    "ids compared, capped at 7": _but(
        "after_by_id", before="by_id", ties="same_order", max_limit=7, limit_over="capped"
    ),
    "unsteady, capped at 7": _but("order_unsteady", max_limit=7, limit_over="capped"),
    "ties unstable, at most 20, no has_more": _but("ties_unstable", has_more="null", max_limit=20),
    "ties unstable, at most 50": _but("ties_unstable", max_limit=50),
    "after ignored, window, same ties, no has_more": _but(
        "after_ignored", before="window", ties="same_order", has_more="absent"
    ),
}
"""By name: the servers known, the habits one at a time, and some together."""


# --- Lists ------------------------------------------------------------------------------------------------------


def make_items(count: int, *, ids: str, ties: int) -> list[Item]:
    """A list: ids rise, fall, are random, or of two kinds in turn; so many items a second (0: all in one)."""
    dice = random.Random(count * 31 + ties)
    names = [f"step_{number:06d}" for number in range(count)]
    if ids == "random":
        names = [f"step_{dice.getrandbits(64):016x}" for _ in range(count)]
    elif ids == "two kinds":
        names = [f"sub_{number:06d}" if number % 2 else name for number, name in enumerate(names)]
    elif ids == "falling":
        names.reverse()
    return [Item(name, 1_700_000_000 + (number // ties if ties else 0)) for number, name in enumerate(names)]


# --- Cells ------------------------------------------------------------------------------------------------------


@frozen(kw_only=True)
class Cell:
    """One walk through one list on one server."""

    server: str
    count: int
    ids: str
    ties: int
    page_size: int
    order: Order
    cursors: str
    verified: bool = False
    max_steps: int | None = None
    places: tuple[int, int] = (20, 80)
    """Where the cursors ``after`` and ``before`` are, in percent of the list."""

    @property
    def dialect(self) -> Dialect:
        """The server's habits."""
        return SERVERS[self.server]

    @property
    def one_time(self) -> bool:
        """Whether all items have the same time."""
        return self.count <= (self.ties or self.count)

    def serve(self) -> Server:
        """The server with its list."""
        items = make_items(self.count, ids=self.ids, ties=self.ties)
        if self.server == "stored anyhow":
            random.Random(self.count).shuffle(items)
        return Server(items, self.dialect, garbles=self.server.startswith("garbled"))

    def given(self, truth: list[Item]) -> tuple[str | None, str | None]:
        """The cursors ``after`` and ``before``."""
        count = len(truth)
        if not truth:
            return None, None
        first, last = (truth[count * place // 100].id for place in self.places)
        match self.cursors:
            case "after":
                return first, None
            case "before":
                return None, last
            case "both":
                return first, last
            case "after near end":
                return truth[max(0, count - 2)].id, None
            case "before near head":
                return None, truth[min(1, count - 1)].id
            case "after last":
                return truth[-1].id, None
            case "after unknown":
                return "step_unknown", None
            case "before unknown":
                return None, "step_unknown"
        return None, None

    def readable(self) -> bool:
        """Whether a client can know that it has read all, from what it can ask."""
        dialect, count, garbled = self.dialect, self.count, self.server.startswith("garbled")
        if "unknown" in self.cursors or dialect.lag_asc or dialect.lag_desc:
            return False
        if dialect.limit_over == "refused" and self.page_size > dialect.max_limit:
            return False
        if self.cursors != "none" and self.ties != 1 and (dialect.order != "honoured" or dialect.ties == "unstable"):
            return False  # what of the cursor's own second follows it?
        if dialect.limit == "ignored" and (dialect.stamps == "kept" or self.cursors == "none"):
            return True
        if dialect.stamps == "anew" or dialect.order in ("first_page_only", "unsteady"):
            return False
        largest = min(100, dialect.max_limit)
        if count == 1 and dialect.after == "ignored" and dialect.has_more == "always":
            return False  # the server says that more follows, and nothing else tells
        if self.one_time and count > 1 and (garbled or dialect.after == "ignored"):
            # It is short, or capped in silence; and no page tells more than the first.
            return dialect.after == "ignored" and dialect.has_more == "directional" and count < largest
        moves = self.one_time and dialect.ties == "unstable" and dialect.has_more in ("absent", "null")
        if moves and (1 < count <= 3 or count == largest - 1):
            return False  # only looks with other limits tell, and few of them are possible, or differ
        places = dialect.after in ("exclusive", "inclusive", "off_by_one") and not garbled
        if count < largest and (places or dialect.limit_over != "capped" or dialect.has_more == "directional"):
            return True  # the first page holds everything
        if places and dialect.ties != "unstable" and largest > dialect.overlap:
            return True
        if places or dialect.after == "from_time":
            return self.ties == 1 or 0 < self.ties < largest // 2
        if dialect.after == "later_only" and dialect.order == "honoured":
            return 0 < self.ties < largest // 2
        if dialect.order != "honoured":
            return False
        in_order = dialect.ties == "reversed" or largest == 100
        if in_order and self.ids == "rising" and dialect.after in ("by_id", "wrong_side") and self.ties:
            return True  # to compare ids is then the same
        server = self.serve()
        old, new = server.listed("asc")[:largest], server.listed("desc")[:largest]
        return bool(old[-1].created_at > new[-1].created_at)  # the two ends meet


def truth_of(cell: Cell, server: Server) -> list[Item]:
    """The list in the order asked for; turned round, or sorted, where the server does not."""
    dialect = cell.dialect
    if dialect.order in ("honoured", "first_page_only", "unsteady"):
        return server.listed(cell.order)
    listed = server.listed(cell.order)
    falls = dialect.order == "newest_first"
    if dialect.order == "stored":
        return sorted(listed, key=lambda item: item.created_at, reverse=cell.order == "desc")
    return listed if falls == (cell.order == "desc") else listed[::-1]


Outcome = Literal["exact", "wrong", "refused"]


def run(cell: Cell, trust: Trust | None = None, *, report: list[Any] | None = None) -> tuple[Outcome, int]:
    """Lead the walk through the server; return what came of it, and how many requests it took."""
    server = cell.serve()
    truth = truth_of(cell, server)
    after, before = cell.given(truth)
    wanted = _wanted(truth, after, before)[: cell.max_steps]
    if trust is None and not cell.verified:
        trust = Trust()
    walk = start_walk(
        order=cell.order,
        after=after,
        before=before,
        page_size=cell.page_size,
        max_steps=cell.max_steps,
        trust=None if cell.verified else trust,
    )
    met: list[Item] = []
    error: Exception | None = None
    try:
        for page in drive(walk, server, bound=8 * cell.count + 60):
            met += page.data[::-1] if walk.backward else page.data
    except (PaginationError, APIStatusError) as caught:
        error = caught
    if report is not None:
        report.append((error, met, wanted, server))
    if not _is_right(cell, met, wanted, truth, whole=error is None):
        return "wrong", len(server.queries)
    return ("exact" if error is None else "refused"), len(server.queries)


def _is_right(cell: Cell, met: list[Item], wanted: list[Item], truth: list[Item], *, whole: bool) -> bool:
    """Tell whether these are the items wanted, equal times in any order; the first of them, if they are not whole."""
    ids = {item.id for item in met}
    dialect = cell.dialect
    if len(ids) != len(met) or not ids <= {item.id for item in truth} | {item.id for item in cell.serve().items}:
        return False
    if dialect.stamps == "anew":
        if cell.max_steps is not None or cell.cursors != "none":
            return True
        return not whole or ids == {item.id for item in wanted}
    times = [item.created_at for item in met]
    falls = (cell.order == "desc") != cell.cursors.startswith("before")
    if (dialect.lag_asc or dialect.lag_desc) and len(met) > len(wanted):
        whole_list = Server(cell.serve().items, Dialect(ties=dialect.ties)).listed(cell.order)
        wanted = _wanted(whole_list, *cell.given(truth))
    if dialect.order != "honoured" or dialect.ties == "unstable":
        # Where a cursor stands within its own second is not said.
        given = {item.created_at for item in truth if item.id in cell.given(truth)}
        loose = {item.id for item in truth if item.created_at in given}
        sure = {item.id for item in wanted} - loose
        if cell.max_steps is not None:
            return times == sorted(times, reverse=falls) and len(met) <= cell.max_steps
        return times == sorted(times, reverse=falls) and (ids - loose == sure if whole else ids - loose <= sure)
    if times != [item.created_at for item in wanted[: len(met)]] or (whole and len(met) != len(wanted)):
        return False
    return not whole or cell.max_steps is not None or ids == {item.id for item in wanted}


def _wanted(truth: list[Item], after: str | None, before: str | None) -> list[Item]:
    ids = [item.id for item in truth]
    if "step_unknown" in (after, before):
        return []
    start = 0 if after is None else ids.index(after) + 1
    end = len(ids) if before is None else ids.index(before)
    part = truth[start:end]
    return part[::-1] if before is not None and after is None else part


def drive(walk: Any, server: Server, *, bound: int) -> Iterator[ItemPage]:
    """Send the walk's queries to a server, and yield the pages that it passes on."""
    while walk.query is not None:
        assert len(server.queries) < bound, "the walk does not end"
        try:
            answer = server.answer(walk.query)
        except Refusal as refusal:
            yield from walk.refuse(APIStatusError("refused", status=refusal.status))
        else:
            yield from walk.feed(answer)
    walk.finish()


def lengths_of(size: int) -> list[int]:
    """Lengths of lists that are of interest for a page size."""
    return sorted({0, 1, 2, 5, size - 1, size, size + 1, 2 * size, 130, 250})


def cells(*, servers: Any = None, page_sizes: Any = (1, 2, 7, 20, 100)) -> Iterator[Cell]:
    """All cells of the matrix."""
    for name in servers or SERVERS:
        for size in page_sizes:
            for count in lengths_of(size):
                for ids in ("rising", "random", "falling"):
                    for ties in (1, 2, 5, 0):
                        for order in ("asc", "desc"):
                            for cursors in CURSORS if count else ("none",):
                                if cursors == "both" and count < 3:
                                    continue
                                for verified in (False, True):
                                    yield Cell(
                                        server=name,
                                        count=count,
                                        ids=ids,
                                        ties=ties,
                                        page_size=size,
                                        order=order,
                                        cursors=cursors,
                                        verified=verified,
                                    )


CURSORS = (
    "none",
    "after",
    "before",
    "both",
    "after near end",
    "before near head",
    "after last",
    "after unknown",
    "before unknown",
)
