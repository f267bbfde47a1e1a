"""Pages: what a server sends of a list at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Generic, TypeVar

from attrs import field, frozen

from openai_steps import _words
from openai_steps._models.extra import Misfit, UnreadableItem, extra_field, problems_field
from openai_steps._models.messages import Message
from openai_steps._models.notebook import one_line
from openai_steps._models.runs import Run
from openai_steps._models.steps import RunStep, UnreadableStep, steps_table
from openai_steps._models.threads import Thread

Item = TypeVar("Item")


@frozen(kw_only=True)
class Page(Generic[Item]):
    """One page of a list, its items in list order, just as the server sent it.

    ``first_id`` and ``last_id`` are what the server said; on some servers they are missing or wrong. ``has_more`` is
    None where the server does not say. ``unreadable`` has the items that could not be read, which only a caller who
    asks for them with ``odd="keep"`` ever sees; without these, a page is refused. ``raw`` has the server's own text of
    each item of ``data``, where that was asked for.
    """

    data: tuple[Item, ...]
    has_more: bool | None = None
    first_id: str | None = None
    last_id: str | None = None
    object: str | None = None
    unreadable: tuple[UnreadableItem, ...] = ()
    raw: tuple[bytes, ...] | None = field(default=None, eq=False)
    extra: Mapping[str, Any] = extra_field()
    problems: tuple[Misfit, ...] = problems_field()


# Each says anew what its data are: annotations are read at run time, where the type variable means nothing.


@frozen(kw_only=True)
class StepPage(Page[RunStep]):
    """One page of a run's steps."""

    data: tuple[RunStep, ...]
    unreadable: tuple[UnreadableStep, ...] = ()

    def __repr__(self) -> str:
        ends = {"first": self.data[0].id, "last": self.data[-1].id} if self.data else {}
        counted = _words.count(len(self.data), "step")
        return one_line("StepPage", counted, **ends, has_more=self.has_more, unreadable=len(self.unreadable) or None)

    def _repr_html_(self) -> str:
        """Return what a notebook shows: a row for each step."""
        more = ", and there are more" if self.has_more else ""
        return steps_table(f"{_words.count(len(self.data), 'step')}{more}", self.data)


@frozen(kw_only=True)
class RunPage(Page[Run]):
    """One page of a thread's runs."""

    data: tuple[Run, ...]


@frozen(kw_only=True)
class MessagePage(Page[Message]):
    """One page of a thread's messages."""

    data: tuple[Message, ...]


@frozen(kw_only=True)
class ThreadPage(Page[Thread]):
    """One page of a server's threads."""

    data: tuple[Thread, ...]
