"""Checks that a list has the items of one run, or one thread."""

from __future__ import annotations

from operator import attrgetter

from openai_steps._errors import PaginationError
from openai_steps._walks.pages import Page


class OneParent:
    """Checks that the items of all pages of a list have the same parents.

    Args:
        aliases: Whether a server may use another id for the parent than the one asked for, as long as it is always the
            same.
        asked: The parents' ids by the names of the fields that hold them, such as ``thread_id``.
    """

    def __init__(self, *, aliases: bool = False, **asked: str) -> None:
        self._aliases = aliases
        self._fields = [(name, attrgetter(name)) for name in asked]
        self._known: dict[str, str | None] = {name: None if aliases else parent for name, parent in asked.items()}

    def __call__(self, page: Page) -> None:
        """Check a page.

        Raises:
            PaginationError: If it has items of another parent; the message names both.
        """
        for name, parent_of in self._fields:
            parents = {parent for parent in set(map(parent_of, page.data)) if parent}  # some servers leave it out
            known = self._known[name] or min(parents, default=None)
            self._known[name] = known
            if parents - {known}:
                other = min(parents - {known})
                item = next(item for item in page.data if parent_of(item) == other)
                raise PaginationError(
                    f"The list mixes items of several parents: {name} is {known!r} and {other!r}."
                    if self._aliases
                    else f"The server ignores {name}: asked for a list of {known!r}, it sent {item.id!r} of {other!r}."
                )
