"""Pages of items that are left as text, for what passes on just what the server sent."""

from __future__ import annotations

from datetime import datetime

from attrs import frozen

from openai_steps._models.pages import Page


@frozen(kw_only=True)
class RawItem:
    """The server's own text of an item, and the little that a walk has to know of it."""

    id: str
    created_at: datetime
    raw: bytes


@frozen(kw_only=True)
class RawPage(Page[RawItem]):
    """One page of a list of anything, its items left as text."""

    data: tuple[RawItem, ...]
