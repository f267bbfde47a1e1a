"""A walk through a list: the options for its part and order, and how to resume it."""

from __future__ import annotations

import functools
import shlex
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing, contextmanager
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import attrs
import click

from openai_steps._arguments import MAX_PAGE_SIZE
from openai_steps._errors import StepsError
from openai_steps.cli._command import option
from openai_steps.cli._connection import Connection
from openai_steps.cli._output import Kind, Output
from openai_steps.cli._terminal import Failure, Interrupted

if TYPE_CHECKING:
    from openai_steps import AsyncStepsClient, Order


class _Item(Protocol):
    @property
    def id(self) -> str: ...


R = TypeVar("R")
T = TypeVar("T", bound=_Item)


@attrs.frozen
class Walk:
    """Which part of a list to show, and in which order.

    Attributes:
        order: ``asc`` or ``desc``.
        after: Only items after this one.
        before: Only items before this one.
        most: The most items, or None.
        page_size: The most items in a request.
        verify_paging: Whether to trust nothing about the server's pages.
    """

    order: Order
    after: str | None
    before: str | None
    most: int | None
    page_size: int
    verify_paging: bool

    def show(
        self,
        items: Callable[..., AsyncGenerator[T, None]],
        connection: Connection,
        output: Output,
        kind: Kind[T],
        *,
        takes: Callable[[T], bool] | None = None,
    ) -> None:
        """Read the list and show the wanted items.

        Args:
            items: Reads it. Called with the client, the most items, and the other options by their names.
            connection: The server.
            output: Where to print.
            kind: The kind of the items.
            takes: Returns whether an item is wanted. Default: all are.
        """
        place = Place(self.after, self.before)
        options = {name: getattr(self, name) for name in ("order", "after", "before", "page_size", "verify_paging")}
        with place.hinting(), output.opened(kind) as show:

            async def read(client: AsyncStepsClient) -> None:
                shown = 0
                async with aclosing(items(client, None if takes else self.most, **options)) as found:
                    async for item in found:
                        if takes is None or takes(item):
                            show(item)
                            shown += 1
                        place.passed(item)
                        if shown == self.most:
                            break

            connection.run(read)


@attrs.define
class Place:
    """The position of a walk, for the message that says how to resume it."""

    _after: str | None
    _before: str | None
    _moved: bool = attrs.field(default=False, init=False)

    def passed(self, item: _Item) -> None:
        """Note that an item has been shown, or left out."""
        self._moved = True
        if self._before is not None and self._after is None:
            self._before = item.id
        else:
            self._after = item.id

    @property
    def hint(self) -> str:
        """The options that resume the same command; empty if it would start anew."""
        cursors = {"--after": self._after, "--before": self._before}
        shown = [f"{option} {shlex.quote(cursor)}" for option, cursor in cursors.items() if cursor is not None]
        return f"Go on with {' '.join(shown)}." if self._moved else ""

    @contextmanager
    def hinting(self) -> Iterator[None]:
        """Add the hint to an error that ends the walk early."""
        try:
            yield
        except StepsError as error:
            raise Failure(error.message, hint=self.hint) from error
        except KeyboardInterrupt:
            raise Interrupted(self.hint) from None


def walk_options(noun: str) -> Callable[[Callable[..., R]], Callable[..., R]]:
    """Return the decorator that adds the options for a walk to a command, which gets a `Walk` as ``walk``.

    Args:
        noun: The kind of items, in the plural.
    """
    cursor = noun.removesuffix("s").upper()

    def add(command: Callable[..., R]) -> Callable[..., R]:
        @functools.wraps(command)
        def with_walk(
            *,
            order: Order,
            after: str | None,
            before: str | None,
            most: int | None,
            page_size: int,
            verify_paging: bool,
            **options: Any,
        ) -> R:
            return command(walk=Walk(order, after, before, most, page_size, verify_paging), **options)

        for add_option in reversed(_options(noun, cursor)):
            with_walk = add_option(with_walk)
        return with_walk

    return add


def _options(noun: str, cursor: str) -> list[Callable[[Any], Any]]:
    return [
        option(
            "--order",
            type=click.Choice(["asc", "desc"]),
            default="desc",
            show_default=True,
            help="Oldest or newest first.",
        ),
        option("--after", metavar=cursor, help=f"Only {noun} after this one, in list order."),
        option(
            "--before",
            metavar=cursor,
            help=f"Only {noun} before this one; without --after, the nearest come first.",
        ),
        option("--max", "most", metavar="N", type=click.IntRange(min=1), help=f"The most {noun} to show."),
        option(
            "--page-size",
            metavar="N",
            type=click.IntRange(1, MAX_PAGE_SIZE),
            default=MAX_PAGE_SIZE,
            show_default=True,
            help=f"The most {noun} in a request.",
        ),
        option("--verify-paging", is_flag=True, help="Trust nothing about the server's pages; see doctor."),
    ]
