"""Checks how a server reads cursors, by single questions with small pages."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from attrs import evolve

from openai_steps._errors import APIStatusError
from openai_steps._models.pages import StepPage
from openai_steps.doctor._evidence import (
    FEWEST_STEPS,
    NO_SUCH_STEP,
    ORDERS,
    SMALL,
    Answer,
    Evidence,
    after_places,
    before_places,
    between,
    ids_of,
)
from openai_steps.doctor._report import Finding, Grade

_NO_WAY_ON: Final = "A list of more than a page or two is a PaginationError."
_DETOUR: Final = "A walk before a cursor reads after it in the other order, or the head of the list up to it."

# From the best to the worst.
_AFTER: Final[dict[str, tuple[Grade, str, str]]] = {
    "exclusive": ("sound", "the steps after the cursor", "Walks go on where they stopped."),
    "inclusive": ("harmless", "the cursor's own step comes, too", "It is dropped: each step comes once."),
    "off by one": ("harmless", "the step next to the cursor is missing", "A walk asks from an earlier step."),
    "refused": ("refused", "refused", _NO_WAY_ON),
    "empty": ("refused", "nothing comes", _NO_WAY_ON),
    "head": ("refused", "ignored: the first page comes again", _NO_WAY_ON),
    "other side": ("refused", "steps from before the cursor", _NO_WAY_ON),
    "other": ("refused", "steps from elsewhere", _NO_WAY_ON),
}

_BEFORE: Final[dict[str, tuple[Grade, str, str]]] = {
    "adjacent": ("sound", "adjacent: the steps next to the cursor", "Lists are read backwards, page by page."),
    "window": ("harmless", "window: the head of the list, cut off at the cursor", _DETOUR),
    "ignored": ("harmless", "ignored: the head of the list", _DETOUR),
    "inclusive": ("harmless", "the cursor's own step comes, too", _DETOUR),
    "empty": ("harmless", "nothing comes", _DETOUR),
    "off by one": ("harmless", "off by one: the step next to the cursor is missing", _DETOUR),
    "other": ("harmless", "steps from elsewhere", _DETOUR),
    "other side": ("harmless", "wrong side: steps from after the cursor", _DETOUR),
    "refused": ("harmless", "refused", _DETOUR),
}


def check_after(evidence: Evidence) -> Finding:
    """Check which steps ``after`` keeps."""
    check = "after"
    if evidence.is_short:
        return too_short(check)
    kinds = [
        _worst(
            (kind_of_after(evidence.answer(order, SMALL, after=ids[at]), ids, at) for at in after_places(ids)), _AFTER
        )
        for order, ids in zip(ORDERS, evidence.references, strict=True)
    ]
    finding = _by_kinds(check, kinds, _AFTER)
    compared = _compares_ids(evidence)
    if compared is not None and (finding.grade == "sound" or compared.grade == "refused"):
        return compared
    if evidence.is_on_one_page and finding.grade != "sound":
        return evolve(finding, grade="harmless", means="No cursor is needed: all steps come at once.")
    return finding


def check_before(evidence: Evidence) -> Finding:
    """Check which steps ``before`` keeps, and from which end of them a page is taken."""
    check = "before"
    if evidence.is_short:
        return too_short(check)
    # A page like the head of the list is a window's, or the head itself. If fewer steps precede the cursor than a page
    # holds, only a server that ignores it sends more.
    ascending = evidence.references[0]
    ignored = ids_of(evidence.answer("asc", SMALL + 1, before=ascending[1])) == ascending[: SMALL + 1]
    head = "ignored" if ignored or evidence.is_on_one_page else "window"
    kinds = []
    for order, ids in zip(ORDERS, evidence.references, strict=True):
        answers = [kind_of_before(evidence.answer(order, SMALL, before=ids[at]), ids, at) for at in before_places(ids)]
        kinds.append(_worst([head if kind == "head" else kind for kind in answers], _BEFORE))
    return _by_kinds(check, kinds, _BEFORE)


def check_unknown(evidence: Evidence) -> Finding:
    """Check the answer to a cursor that does not exist."""
    check = "unknown cursor"
    if evidence.is_short:
        return too_short(check)
    answer = evidence.answer("asc", SMALL, after=NO_SUCH_STEP)
    if isinstance(answer, APIStatusError):
        found = f"refused with {answer.status}"
        return Finding(check=check, grade="sound", found=found, means="A mistyped cursor is reported.")
    means = "The server does not report a mistyped cursor."
    if not ids_of(answer):
        return Finding(check=check, grade="harmless", found="an empty page", means=means)
    came = ids_of(answer)
    found = "ignored: the head of the list" if came == evidence.references[0][: len(came)] else "steps from somewhere"
    return Finding(check=check, grade="harmless", found=found, means=means)


def kind_of_after(answer: Answer | None, ids: Sequence[str], at: int) -> str:
    """Return the kind of an answer to ``after`` at a place of a list, by its name in the table."""
    kinds = {
        "exclusive": ids[at + 1 : at + 1 + SMALL],
        "inclusive": ids[at : at + SMALL],
        "off by one": ids[at + 2 : at + 2 + SMALL],
        "head": ids[:SMALL],
    }
    return _kind(answer, kinds, other_side=ids[:at])


def kind_of_before(answer: Answer | None, ids: Sequence[str], at: int) -> str:
    """Return the kind of an answer to ``before`` at a place of a list, by its name in the table."""
    kinds = {
        "adjacent": ids[at - SMALL : at],
        "inclusive": ids[at - SMALL + 1 : at + 1],
        "off by one": ids[at - SMALL - 1 : at - 1],
        "head": ids[:SMALL],
    }
    return _kind(answer, kinds, other_side=ids[at + 1 :])


def _kind(answer: Answer | None, kinds: dict[str, Sequence[str]], *, other_side: Sequence[str]) -> str:
    if not isinstance(answer, StepPage):
        return "refused"
    came = ids_of(answer)
    if not came:
        return "empty"
    for kind, ids in kinds.items():
        # A server without any limit sends the rest as well.
        if ids and came[: len(ids)] == tuple(ids):
            return kind
    return "other side" if set(came) & set(other_side) else "other"


def _compares_ids(evidence: Evidence) -> Finding | None:
    """Check whether a cursor that does not exist is answered with the steps whose ids are next to it."""
    for order, ids in zip(ORDERS, evidence.references, strict=True):
        came = ids_of(evidence.answer(order, SMALL, after=between(ids)))
        if came and came != ids[: len(came)]:
            break
    else:
        return None
    in_order = all(
        list(ids) == sorted(ids, reverse=order == "desc")
        for order, ids in zip(ORDERS, evidence.references, strict=True)
    )
    if in_order:
        found, means = "ids are compared, not looked up; in this run they go with time", "The same, as long as they do."
        return Finding(check="after", grade="harmless", found=found, means=means)
    found = "ids are compared, not looked up, and do not go with time"
    return Finding(check="after", grade="refused", found=found, means=_NO_WAY_ON)


def _worst(kinds: Iterable[str], table: dict[str, tuple[Grade, str, str]]) -> str:
    return max(kinds, key=list(table).index)


def _by_kinds(check: str, kinds: Sequence[str], table: dict[str, tuple[Grade, str, str]]) -> Finding:
    """Report the worse of the kinds in the two orders, and both if they differ."""
    worst = _worst(kinds, table)
    grade, found, means = table[worst]
    if len(set(kinds)) > 1:
        found = "\n".join(f"{order}: {table[kind][1]}" for order, kind in zip(ORDERS, kinds, strict=True))
    return Finding(check=check, grade=grade, found=found, means=means)


def too_short(check: str) -> Finding:
    """Report that the run has too few steps for a check."""
    found = f"needs a page of {FEWEST_STEPS} steps or more"
    return Finding(check=check, grade="unknown", found=found, means="Try a longer run.")
