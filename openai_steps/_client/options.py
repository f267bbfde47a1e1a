"""Options of verbs, for signatures that differ in one of them alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypedDict

from openai_steps._models.runs import Order, Run
from openai_steps._models.steps import RunStep
from openai_steps._settings import PollInterval, Timeouts


class GetOptions(TypedDict, total=False):
    """Options of `get_step`."""

    include: Iterable[str]
    timeout: Timeouts | float | None


class CollectOptions(TypedDict, total=False):
    """Options of `collect_steps`."""

    order: Order
    after: str | None
    before: str | None
    include: Iterable[str]
    page_size: int
    verify_paging: bool
    timeout: Timeouts | float | None


class IterOptions(CollectOptions, total=False):
    """Options of `iter_steps`."""

    max_steps: int | None
    prefetch: bool


class FollowOptions(TypedDict, total=False):
    """Options of `follow_steps`."""

    after: str | None
    poll_interval: PollInterval | float | None
    include: Iterable[str]
    on_run: Callable[[Run], object] | None
    stop_when: Callable[[RunStep], bool] | None
    max_duration: float | None
    verify_paging: bool
    timeout: Timeouts | float | None
