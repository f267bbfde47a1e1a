"""The questions by which a server is judged, and its answers. No I/O: `gather` is a generator that is sent them."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Final, TypeAlias

import attrs

from openai_steps._arguments import MAX_PAGE_SIZE
from openai_steps._models.pages import StepPage
from openai_steps._models.runs import Order

MOST_REQUESTS: Final = 11
"""How many questions an examination asks at most."""

FEWEST_STEPS: Final = 6
"""How many steps a run must have for its cursors to be told apart."""


@attrs.frozen(kw_only=True)
class Question:
    """A page to ask for."""

    order: Order
    limit: int
    after: str | None = None
    before: str | None = None


@attrs.frozen
class Refusal:
    """The server's error instead of a page."""

    status: int


Answer: TypeAlias = StepPage | Refusal


# Small, so that a run of a few steps has several pages.
SMALL: Final = 2
NO_SUCH_STEP: Final = "step_openai_steps_doctor"


@attrs.frozen(kw_only=True)
class Evidence:
    """The answers. What follows ``end`` is None where a run is too short to ask for it."""

    oldest: StepPage
    newest: StepPage
    end: Answer | None = None
    small: Answer | None = None
    full_end: Answer | None = None
    after: tuple[Answer, Answer] | None = None
    before: tuple[Answer, Answer] | None = None
    cut: Answer | None = None
    unknown: Answer | None = None

    @property
    def references(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The ids in ascending and in descending order, as far as one page goes."""
        return ids_of(self.oldest), ids_of(self.newest)

    @property
    def complete(self) -> bool:
        """Whether the first page holds the whole list."""
        return self.end is not None and set(ids_of(self.end)) <= set(ids_of(self.oldest))


def gather() -> Generator[Question, Answer, Evidence]:
    oldest = yield Question(order="asc", limit=MAX_PAGE_SIZE)
    newest = yield Question(order="desc", limit=MAX_PAGE_SIZE)
    assert isinstance(oldest, StepPage)
    assert isinstance(newest, StepPage)
    evidence = Evidence(oldest=oldest, newest=newest)
    ascending, descending = evidence.references
    if min(len(ascending), len(descending)) < FEWEST_STEPS:
        return evidence
    evidence = attrs.evolve(
        evidence,
        end=(yield Question(order="asc", limit=SMALL, after=ascending[-1])),
        small=(yield Question(order="asc", limit=SMALL)),
        after=(
            (yield Question(order="asc", limit=SMALL, after=ascending[1])),
            (yield Question(order="desc", limit=SMALL, after=descending[1])),
        ),
        before=(
            (yield Question(order="asc", limit=SMALL, before=ascending[middle(ascending)])),
            (yield Question(order="desc", limit=SMALL, before=descending[middle(descending)])),
        ),
        cut=(yield Question(order="asc", limit=SMALL + 1, before=ascending[1])),
        unknown=(yield Question(order="asc", limit=SMALL, after=NO_SUCH_STEP)),
    )
    if not evidence.complete:
        return evidence
    full_end = yield Question(order="asc", limit=SMALL, after=ascending[-SMALL - 1])
    return attrs.evolve(evidence, full_end=full_end)


def middle(ids: Sequence[str]) -> int:
    """A place with two pages ahead of it, and something behind it."""
    return len(ids) // 2 + 1


def ids_of(answer: Answer | None) -> tuple[str, ...]:
    return tuple(step.id for step in answer.data) if isinstance(answer, StepPage) else ()


# --- Judgements: the limit and the order --------------------------------------------------------------------------
