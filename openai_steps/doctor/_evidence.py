"""The questions by which a server is judged, and its answers. No I/O: `gather` is a generator that is sent them."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from typing import Final, TypeAlias, TypeVar

from attrs import define, field, frozen

from openai_steps._arguments import MAX_PAGE_SIZE
from openai_steps._errors import APIStatusError, PaginationError
from openai_steps._models.pages import StepPage
from openai_steps._models.runs import Order
from openai_steps._models.steps import RunStep
from openai_steps._walks.start import start_walk
from openai_steps._walks.trust import Trust

FEWEST_STEPS: Final = 6
"""How many steps a run must have so that kinds of cursors can be distinguished."""

SMALL: Final = 2
"""The page size of single questions: small, so that a run of a few steps has several pages."""

PAGE_SIZES: Final = (MAX_PAGE_SIZE, 20, 5)
"""The page sizes of the walks: what people use, and one that makes many pages of a short run."""

READ_AT_MOST: Final = 300
"""How many steps of a long run are read in each order; smaller pages read fewer."""

MOST_REQUESTS: Final = 200
"""How many questions an examination asks at most; the rest is not judged."""

PAGES_AT_MOST: Final = 6
"""How many pages of a small size are read, if that is not the whole list."""

NO_SUCH_STEP: Final = "step_openai_steps_doctor"

ORDERS: Final[tuple[Order, Order]] = ("asc", "desc")


@frozen(kw_only=True)
class Question:
    """A page to ask for."""

    limit: int
    order: Order
    after: str | None = None
    before: str | None = None


Answer: TypeAlias = StepPage | APIStatusError
R = TypeVar("R")
Script: TypeAlias = Generator[Question, Answer, R]


@frozen(kw_only=True)
class Case:
    """A walk to make."""

    order: Order
    page_size: int
    verified: bool
    after: str | None = None
    before: str | None = None
    most: int | None = None

    def __str__(self) -> str:
        """Return the walk's arguments in words."""
        cursors = [
            f"{name}=STEP" for name, cursor in (("after", self.after), ("before", self.before)) if cursor is not None
        ]
        return ", ".join([f"order={self.order}", *cursors, *(["verify_paging"] if self.verified else [])])


@frozen(kw_only=True)
class Walked:
    """The result of a walk."""

    case: Case
    steps: tuple[RunStep, ...]
    error: PaginationError | APIStatusError | None
    given_up: bool = False


@define
class Evidence:
    """All answers; each question is asked once."""

    answers: dict[tuple[int, Order, str | None, str | None], Answer] = field(factory=dict)
    largest: int = MAX_PAGE_SIZE
    lists: dict[Order, Walked] = field(factory=dict)
    walks: list[Walked] = field(factory=list)

    def ask(self, order: Order, limit: int, *, after: str | None = None, before: str | None = None) -> Script[Answer]:
        """Ask, unless it has been asked."""
        key = (limit, order, after, before)
        if key not in self.answers:
            self.answers[key] = yield Question(limit=limit, order=order, after=after, before=before)
        return self.answers[key]

    def answer(self, order: Order, limit: int, *, after: str | None = None, before: str | None = None) -> Answer | None:
        """Return an answer; None for a question that was not asked."""
        return self.answers.get((limit, order, after, before))

    def pages(self) -> Iterator[tuple[tuple[int, Order, str | None, str | None], StepPage]]:
        """Yield all pages with their questions."""
        return ((key, answer) for key, answer in self.answers.items() if isinstance(answer, StepPage))

    def first_page(self, order: Order) -> StepPage:
        """Return the largest first page in an order."""
        page = self.answer(order, self.largest)
        assert isinstance(page, StepPage)
        return page

    @property
    def references(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The server's ids in ascending and in descending order, as far as one page goes."""
        return ids_of(self.first_page("asc")), ids_of(self.first_page("desc"))

    @property
    def is_short(self) -> bool:
        """Whether there are too few steps to distinguish kinds of cursors."""
        return min(map(len, self.references)) < FEWEST_STEPS

    @property
    def is_on_one_page(self) -> bool:
        """Whether the server sends the whole list, however few steps are asked for."""
        small = [len(ids_of(self.answer(order, SMALL))) for order in ORDERS]
        return min(small) > SMALL and small == [*map(len, self.references)]

    @property
    def is_complete(self) -> bool:
        """Whether one page holds the whole list, as far as the walks show."""
        return all(
            walked.error is None and not walked.given_up and len(walked.steps) <= len(reference)
            for walked, reference in zip(map(self.lists.__getitem__, ORDERS), self.references, strict=True)
        )

    def walk(self, case: Case) -> Script[Walked]:
        """Make a walk, as the client does it."""
        walk = start_walk(
            order=case.order,
            after=case.after,
            before=case.before,
            page_size=case.page_size,
            max_steps=case.most,
            trust=None if case.verified else Trust(),
        )
        steps: list[RunStep] = []
        error: PaginationError | APIStatusError | None = None
        try:
            while (query := walk.query) is not None:
                if len(self.answers) >= MOST_REQUESTS:
                    return Walked(case=case, steps=tuple(steps), error=None, given_up=True)
                answer = yield from self.ask(query.order, query.limit, after=query.after, before=query.before)
                for page in walk.refuse(answer) if isinstance(answer, APIStatusError) else walk.feed(answer):
                    steps += page.data[::-1] if walk.backward else page.data
            walk.finish()
        except (PaginationError, APIStatusError) as caught:
            error = caught
        return Walked(case=case, steps=tuple(steps), error=error)


def gather() -> Script[Evidence]:
    """Ask all the questions.

    Raises:
        APIStatusError: If the server refuses even the smallest page.
    """
    evidence = Evidence()
    for evidence.largest in (*PAGE_SIZES, SMALL):
        ascending = yield from evidence.ask("asc", evidence.largest)
        if isinstance(ascending, StepPage):
            break
    descending = yield from evidence.ask("desc", evidence.largest)
    for answer in (ascending, descending):  # pyright: ignore[reportPossiblyUnboundVariable]
        if isinstance(answer, APIStatusError):
            raise answer
    for order in ORDERS:
        case = Case(order=order, page_size=evidence.largest, verified=True, most=READ_AT_MOST)
        evidence.lists[order] = yield from evidence.walk(case)
    if not evidence.is_short:
        yield from _single_questions(evidence)
    for case in _cases(evidence):
        evidence.walks.append((yield from evidence.walk(case)))
    return evidence


def _single_questions(evidence: Evidence) -> Script[None]:
    for order, ids in zip(ORDERS, evidence.references, strict=True):
        yield from evidence.ask(order, SMALL)
        for place in after_places(ids):
            yield from evidence.ask(order, SMALL, after=ids[place])
        for place in before_places(ids):
            yield from evidence.ask(order, SMALL, before=ids[place])
        yield from evidence.ask(order, SMALL, after=NO_SUCH_STEP)
        yield from evidence.ask(order, SMALL, after=between(ids))
    ascending = evidence.references[0]
    yield from evidence.ask("asc", SMALL, after=ascending[-1])
    yield from evidence.ask("asc", SMALL + 1, before=ascending[1])
    if evidence.is_complete:
        yield from evidence.ask("asc", SMALL, after=ascending[-SMALL - 1])


def _cases(evidence: Evidence) -> Iterator[Case]:
    for size in PAGE_SIZES:
        for order in ORDERS:
            ids = [step.id for step in evidence.lists[order].steps]
            most = READ_AT_MOST if size == MAX_PAGE_SIZE or len(ids) <= PAGES_AT_MOST * size else PAGES_AT_MOST * size
            cursors: list[dict[str, str]] = [{}]
            if len(ids) >= FEWEST_STEPS:
                near_end = max(1, len(ids) - PAGES_AT_MOST // 2 * size)
                cursors += [{"after": ids[place]} for place in {near_end, len(ids) // 2}]
                cursors += [{"before": ids[place]} for place in {len(ids) // 2, len(ids) - 1}]
            for given in cursors:
                for verified in (False, True):
                    yield Case(order=order, page_size=size, verified=verified, most=most, **given)


def after_places(ids: Sequence[str]) -> tuple[int, int]:
    """The places for ``after``: near the head and near the end."""
    return 1, len(ids) - SMALL - 2


def before_places(ids: Sequence[str]) -> tuple[int, int]:
    """The places for ``before``: each has two pages before it, and something after it."""
    return len(ids) // 2 + 1, len(ids) - 2


def between(ids: Sequence[str]) -> str:
    """Return an id that does not exist, and that compares like one in the middle of the list."""
    return f"{sorted(ids)[len(ids) // 2]}~"


def ids_of(answer: Answer | None) -> tuple[str, ...]:
    """Return the ids of a page; an empty tuple for an error."""
    return tuple(step.id for step in answer.data) if isinstance(answer, StepPage) else ()
