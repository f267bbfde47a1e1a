"""Steps that are left as text, for what passes on just what the server sent."""

from __future__ import annotations

from datetime import datetime

from attrs import define, frozen

from openai_steps._models.pages import Page
from openai_steps._models.steps import UnreadableStep


@define(kw_only=True)  # frozen would take three times as long to make
class RawStep:
    """The server's own text of a step, and the little that a walk has to know of it."""

    id: str
    created_at: datetime
    thread_id: str | None = None
    run_id: str | None = None
    raw: bytes


@frozen(kw_only=True)
class RawStepPage(Page[RawStep]):
    """One page of a run's steps, left as text."""

    data: tuple[RawStep, ...]
    unreadable: tuple[UnreadableStep, ...] = ()


@define(kw_only=True)
class RunTexts:
    """The result of reading one run as text: the server's own text of each step, or the error.

    ``steps_read`` is how many there were before an error, if there was one.
    """

    thread_id: str
    run_id: str
    texts: tuple[bytes, ...] = ()
    unreadable: tuple[UnreadableStep, ...] = ()
    error: Exception | None = None
    steps_read: int = 0
