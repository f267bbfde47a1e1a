"""Threads, and the files that lie beside them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from attrs import frozen

from openai_steps._models.extra import Misfit, extra_field, optional_json_object, problems_field


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


@frozen(kw_only=True)
class File:
    """What a server says of a file. Times are aware datetimes in UTC."""

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
