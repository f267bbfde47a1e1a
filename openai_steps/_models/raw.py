"""Pages whose items are left as text, for callers that pass on just what the server sent."""

from __future__ import annotations

from datetime import datetime

from attrs import frozen

from openai_steps._models.pages import Page


@frozen(kw_only=True)
class RawItem:
    """The server's own text of an item, with the id and time that a walk needs."""

    id: str
    created_at: datetime
    raw: bytes


@frozen(kw_only=True)
class RawPage(Page[RawItem]):
    """One page of a list of any kind, its items left as text."""

    data: tuple[RawItem, ...]
