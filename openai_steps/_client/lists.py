"""How lists are read: one page, page by page, item by item, or as a whole. The verbs say which list."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import aclosing
from typing import Any, Final, Generic, TypeAlias, TypeVar

from attrs import evolve, field, frozen

from openai_steps._arguments import MAX_PAGE_SIZE
from openai_steps._client.requests import Requests
from openai_steps._errors import BadRequestError, UnprocessableEntityError
from openai_steps._http.requests import Request
from openai_steps._models.extra import UnreadableItem
from openai_steps._models.pages import MessagePage, Page, RunPage, StepPage, ThreadPage
from openai_steps._models.raw import RawStepPage
from openai_steps._models.runs import Order
from openai_steps._settings import Timeouts
from openai_steps._tasks.collect import read_all, read_both_ends
from openai_steps._tasks.prefetch import Fetch, PageReader
from openai_steps._walks.one_parent import OneParent
from openai_steps._walks.pages import PageQuery
from openai_steps._walks.start import check_walk, start_walk
from openai_steps._walks.trust import ListKind
from openai_steps._walks.two_ends import TwoEnds
from openai_steps._walks.unreadable import Odd, OddItems, check_odd, error_for
from openai_steps._walks.walk import Walk

AnyPage = TypeVar("AnyPage", bound=Page[Any])
Build: TypeAlias = Callable[..., Request]
"""Builds the request for a page, from ``limit``, ``order``, ``after`` and ``before``."""

_KINDS: Final[dict[type[Page[Any]], ListKind]] = {
    StepPage: "steps",
    RawStepPage: "steps",
    RunPage: "runs",
    MessagePage: "messages",
    ThreadPage: "threads",
}


@frozen(kw_only=True)
class Listing(Generic[AnyPage]):
    """A list.

    Attributes:
        kind: The class of its pages.
        build: Builds the request for a page.
        check: Raises a PaginationError for a page with items of another list.
        filter: The fields and values of the wanted items. ``build`` asks the server for these alone; but some servers
            ignore it, and some refuse it.
        build_plain: Builds the request without the filter, if there is one.
    """

    kind: type[AnyPage]
    build: Build
    check: Callable[[AnyPage], None] = OneParent()
    filter: Mapping[str, str] = field(factory=dict)
    build_plain: Build | None = None

    def wants(self, item: Any) -> bool:
        """Return whether an item passes the filter; an unreadable one may lack the field, and passes."""
        if isinstance(item, UnreadableItem):
            sent = item.data if isinstance(item.data, dict) else {}
            return all(sent.get(name) in (None, value) for name, value in self.filter.items())
        return all(getattr(item, name) == value for name, value in self.filter.items())


@frozen(kw_only=True)
class Reading:
    """How to read a list: the arguments that all verbs for lists have."""

    order: Order = "desc"
    after: str | None = None
    before: str | None = None
    page_size: int = MAX_PAGE_SIZE
    max_items: int | None = None
    prefetch: bool = True
    verify_paging: bool = False
    timeout: Timeouts | float | None = None
    odd: Odd = "raise"


class ListVerbs(Requests):
    """Reads lists."""

    async def _read_page(
        self, listing: Listing[AnyPage], timeout: Timeouts | float | None, odd: Odd, *, raw: bool, **paging: Any
    ) -> AnyPage:
        """Read one page as it is."""
        check_odd(odd)
        page = await self._read(listing.build(**paging), listing.kind, timeout, raw=raw)
        if odd == "raise" and page.unreadable:
            raise error_for(page.unreadable[0])
        return page

    async def _iter_pages(self, listing: Listing[Any], how: Reading) -> AsyncGenerator[Any, None]:
        walk, odd_items = self._start(listing, how)
        reader = PageReader(walk, self._fetcher(listing, how.timeout, odd_items), prefetch=how.prefetch)
        try:
            while pages := await reader.read():
                for page in pages:
                    reader.start()
                    for one in odd_items.within(page):
                        if wanted := _only_wanted(listing, one):
                            yield wanted
            for page in odd_items.last_page():
                if wanted := _only_wanted(listing, page):
                    yield wanted
        finally:
            await reader.aclose()

    def _iter_items(self, listing: Listing[Any], how: Reading) -> AsyncGenerator[Any, None]:
        return self._iter_wanted(listing, how) if listing.filter else self._iter_all(listing, how)

    async def _iter_all(self, listing: Listing[Any], how: Reading) -> AsyncGenerator[Any, None]:
        walk, odd_items = self._start(listing, how)
        reader = PageReader(walk, self._fetcher(listing, how.timeout, odd_items), prefetch=how.prefetch)
        try:
            while pages := await reader.read():
                for page in pages:
                    items = iter(odd_items.among(page.data[::-1] if walk.backward else page.data))
                    yield next(items)
                    reader.start()  # not earlier: a caller who takes only the first item needs no second page
                    for item in items:
                        yield item
            for item in odd_items.rest():
                yield item
        finally:
            await reader.aclose()

    async def _iter_wanted(self, listing: Listing[Any], how: Reading) -> AsyncGenerator[Any, None]:
        left = how.max_items
        async with aclosing(self._iter_all(listing, how)) as items:
            async for item in items:
                if not listing.wants(item):
                    continue
                yield item
                if left is not None and not isinstance(item, UnreadableItem):
                    left -= 1
                    if left == 0:
                        return

    async def _collect(self, listing: Listing[Any], how: Reading) -> list[Any]:
        walk, _ = self._start(listing, how)
        if how.odd == "keep":
            return [item async for item in self._iter_items(listing, how)]
        fetch = self._fetcher(listing, how.timeout)
        if how.after is None and how.before is None and not how.verify_paging:
            self._transport.check_usable()  # raises its error before tasks are made
            trust = self._trust[_KINDS[listing.kind]]
            ends = TwoEnds[Any](order=how.order, page_size=how.page_size, trust=trust, walk=walk)
            items: list[Any] = await read_both_ends(ends, fetch)
        else:
            items = await read_all(walk, fetch)
        return list(filter(listing.wants, items)) if listing.filter else items

    def _start(self, listing: Listing[Any], how: Reading) -> tuple[Walk[Any], OddItems[Any, Any]]:
        """Check the arguments, and return the walk for them."""
        # Items that the filter leaves out do not count.
        max_items = None if listing.filter else how.max_items
        of_walk: Any = {
            "order": how.order,
            "after": how.after,
            "before": how.before,
            "page_size": how.page_size,
            "max_steps": max_items,
        }
        check_walk(**of_walk)
        walk = start_walk(**of_walk, trust=self._trusted(_KINDS[listing.kind], verify_paging=how.verify_paging))
        odd_items: OddItems[Any, Any] = OddItems(  # with its types in the call, it would take twice as long
            how.odd, order=how.order, after=how.after, before=how.before, max_items=max_items
        )
        return walk, odd_items

    def _fetcher(
        self, listing: Listing[Any], timeout: Timeouts | float | None, odd_items: OddItems[Any, Any] | None = None
    ) -> Fetch:
        """Return the function that gets a page; without ``odd_items`` it refuses unreadable items."""
        build = listing.build

        def read(query: PageQuery) -> Awaitable[Any]:
            request = build(limit=query.limit, order=query.order, after=query.after, before=query.before)
            return self._read(request, listing.kind, timeout)

        async def fetch(query: PageQuery) -> Any:
            nonlocal build
            try:
                page = await read(query)
            except (BadRequestError, UnprocessableEntityError):
                if listing.build_plain in (None, build):
                    raise
                # The server may refuse the filter, as bee-api does; an error without it has another cause.
                build = listing.build_plain
                page = await read(query)
            listing.check(page)
            if odd_items is not None:
                odd_items.note(page, query)
            elif page.unreadable:
                raise error_for(page.unreadable[0])
            return page

        return fetch


def _only_wanted(listing: Listing[Any], page: Any) -> Any:
    """Return a page with the items that pass the filter, or None if none do."""
    if not listing.filter:
        return page
    data, unreadable = tuple(_passing(listing, page.data)), tuple(_passing(listing, page.unreadable))
    return evolve(page, data=data, unreadable=unreadable) if data or unreadable else None


def _passing(listing: Listing[Any], items: Iterable[Any]) -> Iterator[Any]:
    return filter(listing.wants, items)
