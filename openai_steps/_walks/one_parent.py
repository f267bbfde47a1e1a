"""A list has the items of one run, or one thread: pages that mix them are a server's mistake."""

from __future__ import annotations

from operator import attrgetter
from typing import Any

from openai_steps._errors import PaginationError
from openai_steps._walks.pages import Page


class OneParent:
    """Checks that the items of all pages have the same parents. An id other than the one asked for may be an alias.

    Args:
        names: The fields with the parents' ids.
    """

    def __init__(self, *names: str) -> None:
        self._fields = [(name, attrgetter(name)) for name in names]
        self._parents: dict[str, Any] = {}

    def __call__(self, page: Page) -> None:
        """Check one more page.

        Raises:
            PaginationError: If it has items of another parent; the message names both.
        """
        for name, of in self._fields:
            parents = set(map(of, page.data))
            parents.discard(None)  # some servers leave it out
            known = self._parents.get(name)
            if known is not None:
                parents.add(known)
            if len(parents) > 1:
                shown = " and ".join(sorted(repr(parent) for parent in parents)[:2])
                raise PaginationError(f"The list mixes items of several parents: {name} is {shown}.")
            if parents:
                self._parents[name] = parents.pop()
