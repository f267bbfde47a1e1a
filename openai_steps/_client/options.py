"""Options of verbs, for overloads that differ in one argument."""

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
    """Options of `collect_runs` and `collect_threads`, and of all verbs that read a whole list."""

    order: Order
    after: str | None
    before: str | None
    page_size: int
    verify_paging: bool
    timeout: Timeouts | float | None


class CollectStepOptions(CollectOptions, total=False):
    """Options of `collect_steps`."""

    include: Iterable[str]


class CollectMessageOptions(CollectOptions, total=False):
    """Options of `collect_messages`."""

    run_id: str | None


class IterStepOptions(CollectStepOptions, total=False):
    """Options of `iter_steps`."""

    max_steps: int | None
    prefetch: bool


class IterRunOptions(CollectOptions, total=False):
    """Options of `iter_runs`."""

    max_runs: int | None
    prefetch: bool


class IterMessageOptions(CollectMessageOptions, total=False):
    """Options of `iter_messages`."""

    max_messages: int | None
    prefetch: bool


class IterThreadOptions(CollectOptions, total=False):
    """Options of `iter_threads`."""

    max_threads: int | None
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
