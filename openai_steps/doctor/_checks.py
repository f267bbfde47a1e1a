"""Is a server's paging sound? What to ask it, and what its answers mean. No I/O.

`examine` is a generator: it yields questions, is sent the answers, and returns its findings. The habits it knows are
those of servers that have been looked at; ``docs/cursors.md`` tells of them.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Sequence
from itertools import groupby, pairwise
from typing import Final, Literal, TypeAlias

import attrs

from openai_steps._arguments import MAX_PAGE_SIZE
from openai_steps._models.pages import StepPage
from openai_steps._models.runs import Order
from openai_steps.doctor._evidence import (
    FEWEST_STEPS,
    SMALL,
    Answer,
    Evidence,
    Question,
    Refusal,
    gather,
    ids_of,
    middle,
)

Grade: TypeAlias = Literal["sound", "harmless", "verify", "broken", "unknown"]
"""As documented; different, and the client copes; safe with ``verify_paging`` only; not even then; not judged."""


@attrs.frozen(kw_only=True)
class Finding:
    """What one check found.

    Attributes:
        check: What was looked at.
        grade: How good it is.
        found: What the server does.
        means: What that means for a person who reads steps from it.
    """

    check: str
    grade: Grade
    found: str
    means: str


def examine() -> Generator[Question, Answer, list[Finding]]:
    """Ask what is needed, then judge.

    Yields:
        A `Question`; send its `Answer`. The first two must not be refused.

    Returns:
        The findings, in a fixed order.
    """
    evidence = yield from gather()
    return [check(evidence) for check in _CHECKS]


def advice(findings: Iterable[Finding]) -> str:
    """Sum up findings in one sentence."""
    grades = {finding.grade for finding in findings}
    if "broken" in grades:
        return (
            "This server's paging is broken: the lines marked so say what to avoid. Use --verify-paging for the rest."
        )
    if "verify" in grades:
        return "Use --verify-paging with this server."
    if "unknown" in grades:
        return "Nothing speaks against this server, but not all could be judged."
    return "This server's paging is sound: --verify-paging is not needed."


def _too_short(check: str) -> Finding:
    found = f"needs a run of {FEWEST_STEPS} steps or more"
    return Finding(check=check, grade="unknown", found=found, means="Not judged: try a longer run.")


def _judge_limit(evidence: Evidence) -> Finding:
    check = "limit"
    if evidence.small is None:
        return _too_short(check)
    count, most = len(ids_of(evidence.small)), len(evidence.oldest.data)
    if count != SMALL:
        found = f"asked for {SMALL} steps, sent {count}"
        return Finding(check=check, grade="harmless", found=found, means="Pages are taken as they come.")
    if most < MAX_PAGE_SIZE and not evidence.complete:
        found = f"pages have {most} steps at most"
        return Finding(check=check, grade="harmless", found=found, means="A walk takes more requests.")
    return Finding(check=check, grade="sound", found="honoured", means="--page-size is what a page has.")


def _judge_order(evidence: Evidence) -> Finding:
    check = "order"
    if evidence.end is None:
        return _too_short(check)
    if not _is_sorted(evidence.oldest) or not _is_sorted(evidence.newest, falling=True):
        found = "one order for both" if evidence.references[0] == evidence.references[1] else "not by time"
        means = "--order has no effect: sort the steps yourself."
        return Finding(check=check, grade="broken", found=found, means=means)
    if not evidence.complete:
        found = "by time, both ways"
        means = "Whether equal times have a fixed order shows in a shorter run only."
        return Finding(check=check, grade="unknown", found=found, means=means)
    return _judge_ties(check, evidence)


def _judge_ties(check: str, evidence: Evidence) -> Finding:
    ascending, descending = evidence.references
    tied = any(one.created_at == other.created_at for one, other in pairwise(evidence.oldest.data))
    if ascending == descending[::-1]:
        found = "asc is desc reversed" + ("" if tied else "; no equal times in this run")
        return Finding(check=check, grade="sound", found=found, means="The same steps come in both orders.")
    if _with_ties_reversed(evidence.newest) == ascending[::-1]:
        found = "steps of equal time stand in the same order both ways"
        means = "Nothing is lost; a list read in desc is not the reverse of one read in asc."
        return Finding(check=check, grade="harmless", found=found, means=means)
    found = "steps of equal time, or whole steps, differ between the two orders"
    means = "Equal times may be sorted anew for each page: steps can be lost."
    return Finding(check=check, grade="broken", found=found, means=means)


def _is_sorted(page: StepPage, *, falling: bool = False) -> bool:
    times = [step.created_at for step in page.data]
    return times == sorted(times, reverse=falling)


def _with_ties_reversed(page: StepPage) -> tuple[str, ...]:
    groups = groupby(page.data, key=lambda step: step.created_at)
    return tuple(step.id for _, group in groups for step in reversed(list(group)))


# --- Judgements: the cursors --------------------------------------------------------------------------------------

_ORDERS: Final[tuple[Order, Order]] = ("asc", "desc")

# From the best to the worst.
_AFTER: Final[dict[str, tuple[Grade, str, str]]] = {
    "exclusive": ("sound", "the steps behind the cursor", "Walks go on where they stopped."),
    "inclusive": ("harmless", "the cursor's own step comes, too", "It is dropped: each step comes once."),
    "endless": (
        "broken",
        "the cursor's own step comes, too, and for ever at the end of the list",
        "A walk to the end is a PaginationError, after the last step.",
    ),
    "refused": ("broken", "refused", "Only the first page can be read."),
    "empty": ("broken", "nothing comes", "Only the first page can be read, and the rest is missing without a word."),
    "head": ("broken", "ignored: the first page comes again", "A walk past the first page is a PaginationError."),
    "other side": ("broken", "steps from ahead of the cursor", "A walk past the first page is a PaginationError."),
    "other": ("broken", "steps from elsewhere", "Steps can be missing without a word."),
}

_DETOUR: Final = "--before is exact: it reads from the head of the list up to the cursor."

_BEFORE: Final[dict[str, tuple[Grade, str, str]]] = {
    "adjacent": ("sound", "adjacent: the steps next to the cursor", "--before reads backwards, page by page."),
    "window": (
        "harmless",
        "window: the head of the list, cut off at the cursor",
        _DETOUR,
    ),
    "ignored": (
        "harmless",
        "ignored: the head of the list",
        _DETOUR,
    ),
    "inclusive": (
        "harmless",
        "the cursor's own step comes, too",
        _DETOUR,
    ),
    "empty": ("verify", "nothing comes", "--before finds nothing without --verify-paging."),
    "off by one": ("verify", "off by one: the step next to the cursor is missing", "--before needs --verify-paging."),
    "other": ("verify", "steps from elsewhere", "--before needs --verify-paging."),
    "other side": ("verify", "wrong side: steps from behind the cursor", "--before needs --verify-paging."),
    "refused": ("broken", "refused", "Do without --before."),
}


def _judge_after(evidence: Evidence) -> Finding:
    if evidence.after is None:
        return _too_short("after")
    kinds = [_after_kind(answer, ids) for answer, ids in zip(evidence.after, evidence.references, strict=True)]
    # An echo that promises more does not end a list.
    endless = isinstance(evidence.end, StepPage) and evidence.end.has_more is True and evidence.complete
    resolved = ["endless" if endless and kind == "inclusive" else kind for kind in kinds]
    return _by_kinds("after", resolved, _AFTER)


def _after_kind(answer: Answer, ids: Sequence[str]) -> str:
    """Tell what came after the second step of a list."""
    return _kind(
        answer,
        {"exclusive": ids[2 : 2 + SMALL], "inclusive": ids[1 : 1 + SMALL], "head": ids[:SMALL]},
        other_side=ids[:1],
    )


def _judge_before(evidence: Evidence) -> Finding:
    if evidence.before is None:
        return _too_short("before")
    # A page like the head of the list is a window's, or the head itself. Where less lies ahead of the cursor than a
    # page holds, only a server that ignores it sends more.
    ignored = ids_of(evidence.cut) == evidence.references[0][: SMALL + 1]
    kinds = [_before_kind(answer, ids) for answer, ids in zip(evidence.before, evidence.references, strict=True)]
    resolved = [("ignored" if ignored else "window") if kind == "head" else kind for kind in kinds]
    return _by_kinds("before", resolved, _BEFORE)


def _before_kind(answer: Answer, ids: Sequence[str]) -> str:
    """Tell what came before a step in the middle of a list."""
    at = middle(ids)
    return _kind(
        answer,
        {
            "adjacent": ids[at - SMALL : at],
            "inclusive": ids[at - SMALL + 1 : at + 1],
            "off by one": ids[at - SMALL - 1 : at - 1],
            "head": ids[:SMALL],
        },
        other_side=ids[at + 1 :],
    )


def _kind(answer: Answer, kinds: dict[str, Sequence[str]], *, other_side: Sequence[str]) -> str:
    """Return the kind whose steps came."""
    if isinstance(answer, Refusal):
        return "refused"
    came = ids_of(answer)
    if not came:
        return "empty"
    for kind, ids in kinds.items():
        if came == tuple(ids):
            return kind
    return "other side" if set(came) & set(other_side) else "other"


def _by_kinds(check: str, kinds: Sequence[str], table: dict[str, tuple[Grade, str, str]]) -> Finding:
    """Report the worse of the kinds in the two orders, and both where they differ."""
    ranks = list(table)
    worst = max(kinds, key=ranks.index)
    grade, found, means = table[worst]
    if len(set(kinds)) > 1:
        found = "\n".join(f"{order}: {table[kind][1]}" for order, kind in zip(_ORDERS, kinds, strict=True))
        good = _ORDERS[kinds.index(min(kinds, key=ranks.index))]
        means += f" It is better with --order {good}."
    return Finding(check=check, grade=grade, found=found, means=means)


def _judge_unknown(evidence: Evidence) -> Finding:
    check = "unknown cursor"
    match evidence.unknown:
        case None:
            return _too_short(check)
        case Refusal(status=status):
            means = "A mistyped --after is told."
            return Finding(check=check, grade="sound", found=f"refused with {status}", means=means)
        case page if not page.data:
            means = "A mistyped --after lists nothing, without a word."
            return Finding(check=check, grade="harmless", found="an empty page", means=means)
        case page:
            found = "ignored: the head of the list"
            if ids_of(page) != evidence.references[0][:SMALL]:
                found = "compared, not looked up: steps from somewhere"
            means = "A mistyped --after lists other steps, without a word."
            return Finding(check=check, grade="harmless", found=found, means=means)


# --- Judgements: the envelope -------------------------------------------------------------------------------------


def _judge_has_more(evidence: Evidence) -> Finding:
    check = "has_more"
    if evidence.end is None:
        return _too_short(check)
    told = list(_has_more_told(evidence))
    if any(expected and said is False for expected, said in told):
        found = "says that nothing follows where steps follow"
        means = "Without --verify-paging, a walk can end too early."
        return Finding(check=check, grade="verify", found=found, means=means)
    if any(said is None for _, said in told):
        means = "A walk goes on until a page is empty: one request more."
        return Finding(check=check, grade="harmless", found="not said", means=means)
    if any(said and not expected for expected, said in told):
        found = "says that steps follow where none do"
        return Finding(check=check, grade="harmless", found=found, means="A walk may take one request more.")
    return Finding(check=check, grade="sound", found="honest", means="A walk sends no request too many.")


def _has_more_told(evidence: Evidence) -> Generator[tuple[bool, bool | None], None, None]:
    """Yield, for each page whose place is clear, whether more follows in its direction and what it said of that."""
    yield not evidence.complete, evidence.oldest.has_more
    ascending = evidence.references[0]
    clear: list[tuple[bool, Answer | None, Sequence[str]]] = [
        (True, evidence.small, ascending[:SMALL]),
        (False, evidence.full_end, ascending[-SMALL:]),
        (False, evidence.cut, ascending[:1]),
    ]
    for expected, answer, ids in clear:
        if isinstance(answer, StepPage) and ids_of(answer) == tuple(ids):
            yield expected, answer.has_more
    for answer, ids in zip(evidence.before or (), evidence.references, strict=False):
        if isinstance(answer, StepPage) and _before_kind(answer, ids) in ("adjacent", "head"):
            yield True, answer.has_more


def _judge_ids(evidence: Evidence) -> Finding:
    check = "first_id, last_id"
    pages = [page for page in (evidence.oldest, evidence.newest, evidence.small) if isinstance(page, StepPage)]
    pages = [page for page in pages if page.data]
    told = [
        (said, page.data[end].id)
        for page in pages
        for end, said in ((0, page.first_id), (-1, page.last_id))
        if said is not None
    ]
    if not pages:
        return Finding(
            check=check, grade="unknown", found="no steps in this run", means="Not judged: try a longer run."
        )
    means = "They are never used."
    if any(said != true for said, true in told):
        return Finding(check=check, grade="harmless", found="wrong", means=means)
    if len(told) < 2 * len(pages):
        found = "one of them missing" if told else "missing"
        return Finding(check=check, grade="harmless", found=found, means=means)
    return Finding(check=check, grade="sound", found="right", means=means)


_CHECKS: Final[tuple[Callable[[Evidence], Finding], ...]] = (
    _judge_limit,
    _judge_order,
    _judge_after,
    _judge_before,
    _judge_has_more,
    _judge_unknown,
    _judge_ids,
)
