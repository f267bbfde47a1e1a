"""What walks ask for, and what they keep of the pages behind them."""

from __future__ import annotations

from typing import Final

from attrs import define, evolve

from openai_steps._models.pages import StepPage
from openai_steps._models.steps import RunStep


@define(kw_only=True)  # frozen would take twice as long to make, and one is made for each request
class PageQuery:
    """What to ask a server for: at most ``limit`` steps, after or before a step's id."""

    limit: int
    after: str | None = None
    before: str | None = None


NOTHING_NEW: Final = (
    "The server repeats itself: asked for the steps {where}, it sent only steps that it had sent before. "
    "It may ignore the cursor or sort equal times differently on each page, so some steps may be out of reach."
)


class Seen:
    """The ids that a walk has met: all that it keeps of the steps behind it.

    As bytes they take a sixth less memory than as text, which counts in a walk of a hundred thousand steps. The first
    page is the only one of most walks, so its ids are turned into bytes when the second comes.
    """

    def __init__(self, cursor: str | None) -> None:
        self._ids = set() if cursor is None else {_compact(cursor)}
        self._of_first_page: list[str] = []

    def filter(self, steps: tuple[RunStep, ...]) -> tuple[RunStep, ...]:
        """Return the steps that are new, each once, and remember them."""
        ids = [step.id for step in steps]
        if not self._ids and not self._of_first_page and len(set(ids)) == len(ids):
            self._of_first_page = ids
            return steps
        return self._filter(steps, ids)

    def _filter(self, steps: tuple[RunStep, ...], ids: list[str]) -> tuple[RunStep, ...]:
        seen, compact = self._ids, [_compact(step_id) for step_id in ids]
        seen.update(map(_compact, self._of_first_page))
        self._of_first_page = []
        if seen.isdisjoint(compact) and len(set(compact)) == len(compact):
            seen.update(compact)
            return steps
        fresh: list[RunStep] = []
        for step, step_id in zip(steps, compact, strict=True):
            if step_id not in seen:
                seen.add(step_id)
                fresh.append(step)
        return tuple(fresh)


def _compact(step_id: str) -> bytes:
    return step_id.encode("utf-8", "surrogatepass")


def behind(steps: tuple[RunStep, ...], cursor: str | None) -> tuple[tuple[RunStep, ...], bool]:
    """Return the steps behind the one called ``cursor``, and whether it is among them."""
    if cursor is not None:
        for index, step in enumerate(steps):
            if step.id == cursor:
                return steps[index + 1 :], True
    return steps, False


def ahead_of(steps: tuple[RunStep, ...], stop_at: str | None) -> tuple[tuple[RunStep, ...], bool]:
    """Return the steps ahead of the one called ``stop_at``, and whether it is among them."""
    if stop_at is not None:
        for index, step in enumerate(steps):
            if step.id == stop_at:
                return steps[:index], True
    return steps, False


def with_data(page: StepPage, data: tuple[RunStep, ...]) -> StepPage:
    return page if len(data) == len(page.data) else evolve(page, data=data)


def and_follows(cursor: str | None) -> str:
    return "" if cursor is None else f" and follows {cursor!r} in this order"
