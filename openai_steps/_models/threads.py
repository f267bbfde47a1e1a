"""Threads and files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from attrs import frozen

from openai_steps._models.extra import Misfit, extra_field, optional_json_object, problems_field
from openai_steps._models.notebook import one_line, table
from openai_steps._words import moment


@frozen(kw_only=True)
class Thread:
    """A conversation: it has messages, and the runs that answered them. Times are aware datetimes in UTC."""

    id: str
    created_at: datetime
    title: str | None = None
    """Foundry Local's."""
    tool_resources: dict[str, Any] | None = optional_json_object()
    metadata: dict[str, Any] | None = optional_json_object()
    object: str | None = None
    extra: Mapping[str, Any] = extra_field()
    problems: tuple[Misfit, ...] = problems_field()
    """What did not fit: the field is None then, and the value in ``extra``."""

    def __repr__(self) -> str:
        return one_line("Thread", id=self.id, created_at=self.created_at, title=self.title)

    def _repr_html_(self) -> str:
        """Return the thread's row, for notebooks."""
        return threads_table("1 thread", [self])


@frozen(kw_only=True)
class File:
    """A file's name, size and purpose, not its content. Times are aware datetimes in UTC."""

    id: str
    created_at: datetime
    bytes: int | None = None
    """Its size."""
    filename: str | None = None
    purpose: str | None = None
    expires_at: datetime | None = None
    status: str | None = None
    status_details: str | None = None
    object: str | None = None
    extra: Mapping[str, Any] = extra_field()
    problems: tuple[Misfit, ...] = problems_field()
    """What did not fit: the field is None then, and the value in ``extra``."""

    def __repr__(self) -> str:
        shown = {"bytes": self.bytes, "purpose": self.purpose, "status": self.status}
        return one_line("File", id=self.id, filename=self.filename, created_at=self.created_at, **shown)


def threads_table(caption: str, threads: Iterable[Thread]) -> str:
    """Return threads as an HTML table, for notebooks."""
    rows = ((thread.id, moment(thread.created_at), thread.title or "") for thread in threads)
    return table(caption, ("thread", "began (UTC)", "title"), rows)
