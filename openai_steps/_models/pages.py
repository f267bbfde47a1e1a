"""Pages: the parts of a list that a server sends at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Generic, TypeVar

from attrs import field, frozen

from openai_steps import _words
from openai_steps._models.extra import Misfit, UnreadableItem, extra_field, problems_field
from openai_steps._models.messages import Message, messages_table
from openai_steps._models.notebook import one_line
from openai_steps._models.runs import Run, runs_table
from openai_steps._models.steps import RunStep, UnreadableStep, steps_table
from openai_steps._models.threads import Thread, threads_table

Item = TypeVar("Item")


@frozen(kw_only=True)
class Page(Generic[Item]):
    """One page of a list, its items in list order, just as the server sent it.

    ``first_id`` and ``last_id`` are the server's; on some servers they are missing or wrong. ``has_more`` is None if
    the server does not say. ``unreadable`` has the items that could not be read, if they were asked for with
    ``odd="keep"``; otherwise they raise an error. ``raw`` has the server's own text of each item of ``data``, if that
    was asked for.
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

    _noun: ClassVar[str] = "item"

    def __repr__(self) -> str:
        ends = {"first": _id(self.data[0]), "last": _id(self.data[-1])} if self.data else {}
        counted = _words.count(len(self.data), self._noun)
        shown = {"has_more": self.has_more, "unreadable": len(self.unreadable) or None}
        return one_line(type(self).__name__, counted, **ends, **shown)

    def _caption(self) -> str:
        return f"{_words.count(len(self.data), self._noun)}{', and there are more' if self.has_more else ''}"


# Each declares its data again: annotations are read at run time, where the type variable means nothing.


@frozen(kw_only=True, repr=False)
class StepPage(Page[RunStep]):
    """One page of a run's steps."""

    _noun: ClassVar[str] = "step"
    data: tuple[RunStep, ...]
    unreadable: tuple[UnreadableStep, ...] = ()

    def _repr_html_(self) -> str:
        """Return a row for each step, for notebooks."""
        return steps_table(self._caption(), self.data)


@frozen(kw_only=True, repr=False)
class RunPage(Page[Run]):
    """One page of a thread's runs."""

    _noun: ClassVar[str] = "run"
    data: tuple[Run, ...]

    def _repr_html_(self) -> str:
        """Return a row for each run, for notebooks."""
        return runs_table(self._caption(), self.data)


@frozen(kw_only=True, repr=False)
class MessagePage(Page[Message]):
    """One page of a thread's messages."""

    _noun: ClassVar[str] = "message"
    data: tuple[Message, ...]

    def _repr_html_(self) -> str:
        """Return a row for each message, for notebooks."""
        return messages_table(self._caption(), self.data)


@frozen(kw_only=True, repr=False)
class ThreadPage(Page[Thread]):
    """One page of a server's threads."""

    _noun: ClassVar[str] = "thread"
    data: tuple[Thread, ...]

    def _repr_html_(self) -> str:
        """Return a row for each thread, for notebooks."""
        return threads_table(self._caption(), self.data)


def _id(item: Any) -> Any:  # all items have one, which the type variable does not say
    return item.id
