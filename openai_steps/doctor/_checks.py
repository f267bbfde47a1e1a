"""Judges the answers: the checks of lists and walks, and the report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from itertools import groupby, pairwise
from typing import Any, Final

from openai_steps._arguments import MAX_PAGE_SIZE
from openai_steps._models.extra import Misfit, UnreadableItem
from openai_steps._models.pages import StepPage
from openai_steps._models.runs import Order
from openai_steps._models.steps import OtherStepDetails, RunStep
from openai_steps._models.tool_calls import OtherToolCall
from openai_steps._words import count
from openai_steps.doctor._cursor_checks import check_after, check_before, check_unknown, kind_of_before, too_short
from openai_steps.doctor._evidence import (
    MOST_REQUESTS,
    ORDERS,
    PAGE_SIZES,
    SMALL,
    Evidence,
    Script,
    Walked,
    before_places,
    gather,
    ids_of,
)
from openai_steps.doctor._report import Finding, Report


def examination(thread_id: str, run_id: str) -> Script[Report]:
    """Ask the questions, then judge.

    Args:
        thread_id: The run's thread.
        run_id: The run.

    Yields:
        A question; send its answer.

    Returns:
        The report.

    Raises:
        APIStatusError: If the server refuses even the smallest first page.
    """
    evidence = yield from gather()
    lists = [check_limit, check_order, check_ties, check_copies]
    cursors = [check_after, check_before, check_unknown]
    steps = {step.id: step for _, page in evidence.pages() for step in page.data}
    unreadable = {repr(item.data): item for _, page in evidence.pages() for item in page.unreadable}
    return Report(
        thread_id=thread_id,
        run_id=run_id,
        steps=len(steps),
        requests=len(evidence.answers),
        findings=(
            *(check_walks(evidence, size) for size in PAGE_SIZES),
            *(check(evidence) for check in (*lists, *cursors, check_has_more, check_ids)),
            check_parents(steps.values(), thread_id, run_id),
            check_shapes(steps.values(), unreadable.values()),
        ),
    )


# --- Pages and their order ----------------------------------------------------------------------------------------


def check_limit(evidence: Evidence) -> Finding:
    """Check the number of steps in a page."""
    check = "limit"
    if evidence.is_on_one_page:
        means = "A list is one page, of any length."
        return Finding(check=check, grade="harmless", found="ignored: all steps come at once", means=means)
    for (limit, *_), page in evidence.pages():
        if len(page.data) > limit:
            found = f"asked for {count(limit, 'step')}, sent {len(page.data):,}"
            return Finding(check=check, grade="harmless", found=found, means="Pages are taken as they come.")
    total = max(len(walked.steps) for walked in evidence.lists.values())
    most = max(map(len, evidence.references))
    if most < min(total, MAX_PAGE_SIZE):
        found = f"pages have {count(most, 'step')} at most"
        return Finding(check=check, grade="harmless", found=found, means="A walk takes more requests.")
    return Finding(check=check, grade="sound", found="honoured", means="page_size is what a page has.")


def check_order(evidence: Evidence) -> Finding:
    """Check whether pages are sorted by time, as asked for."""
    check = "order"
    pages = [(key[1], page) for key, page in evidence.pages()]
    if not any(_has_several_times(page) for _, page in pages):
        return Finding(check=check, grade="unknown", found="all steps have one time", means="Try another run.")
    if all(_is_sorted(page, order) for order, page in pages):  # pyright: ignore[reportArgumentType]
        means = "The oldest or the newest come first, as asked for."
        return Finding(check=check, grade="sound", found="honoured", means=means)
    fixed_orders: dict[Order, str] = {"asc": "oldest first", "desc": "newest first"}
    for fixed, words in fixed_orders.items():
        if all(_is_sorted(page, fixed) for _, page in pages):
            found, means = f"ignored: {words}, always", "In the other order a list is read whole, and reversed."
            if any(_tied_groups(page.data) for _, page in pages):
                means += " What follows a cursor among steps of its own time is not certain."
                return Finding(check=check, grade="refused", found=found, means=means)
            return Finding(check=check, grade="harmless", found=found, means=means)
    means = "A list of one page is sorted by the client; a longer one is a PaginationError."
    return Finding(check=check, grade="refused", found="not by time", means=means)


def _has_several_times(page: StepPage) -> bool:
    return len({step.created_at for step in page.data}) > 1


def _is_sorted(page: StepPage, order: Order) -> bool:
    times = [step.created_at for step in page.data]
    return times == sorted(times, reverse=order == "desc")


def check_ties(evidence: Evidence) -> Finding:
    """Check whether steps of equal time are in the same order on every page."""
    check = "ties"
    if not any(_tied_groups(page.data) for _, page in evidence.pages()):
        means = "How such steps are sorted is not known; try a run that has some."
        return Finding(check=check, grade="unknown", found="no two steps of this run have one time", means=means)
    for order in ORDERS:
        known: dict[frozenset[str], tuple[str, ...]] = {}
        for (_, asked, *_), page in evidence.pages():
            if asked == order and not all(
                known.setdefault(pair, shown) == shown for pair, shown in _tied_pairs(page.data)
            ):
                found = f"steps of equal time are sorted anew for each page (order={order})"
                means = "What follows a cursor of such a time is not certain."
                return Finding(check=check, grade="refused", found=found, means=means)
    ascending, descending = (_tied_groups(evidence.first_page(order).data) for order in ORDERS)
    both = ascending.keys() & descending.keys()
    if all(ascending[time] == descending[time][::-1] for time in both):
        return Finding(check=check, grade="sound", found="desc is asc reversed", means="Both orders have one sequence.")
    found = "steps of equal time are in the same order in asc and in desc"
    means = "Nothing is lost; a list read in desc is not the reverse of one read in asc."
    return Finding(check=check, grade="harmless", found=found, means=means)


def _tied_groups(steps: Sequence[RunStep]) -> dict[Any, tuple[str, ...]]:
    groups = {
        time: tuple(step.id for step in group) for time, group in groupby(steps, key=lambda step: step.created_at)
    }
    return {time: ids for time, ids in groups.items() if len(ids) > 1}


def _tied_pairs(steps: Sequence[RunStep]) -> Iterator[tuple[frozenset[str], tuple[str, ...]]]:
    for ids in _tied_groups(steps).values():
        for pair in pairwise(ids):
            yield frozenset(pair), pair


def check_copies(evidence: Evidence) -> Finding:
    """Compare the steps that the two orders list."""
    check = "both orders"
    lists = [evidence.lists[order] for order in ORDERS]
    if any(walked.error is not None or walked.given_up for walked in lists):
        means = "See the walks above."
        return Finding(check=check, grade="unknown", found="not both could be read", means=means)
    old, new = ([step.id for step in walked.steps] for walked in lists)
    if set(old) == set(new):
        means = "Both orders list the same steps."
        return Finding(check=check, grade="sound", found=f"the same {count(len(old), 'step')}", means=means)
    if not evidence.is_complete and len(old) == len(new) == lists[0].case.most:
        means = "A shorter run can be compared."
        return Finding(check=check, grade="unknown", found=f"the run has over {count(len(old), 'step')}", means=means)
    found = f"asc lists {count(len(old), 'step')}, desc {len(new)}; {len(set(old) ^ set(new))} are in one of them only"
    means = "The orders may be answered by copies, one of which lags behind: ask again later. If not, steps are lost."
    return Finding(check=check, grade="broken", found=found, means=means)


# --- What the envelope says ---------------------------------------------------------------------------------------


def check_has_more(evidence: Evidence) -> Finding:
    """Check whether ``has_more`` is right."""
    check = "has_more"
    answers = list(_has_more_answers(evidence))
    if not answers:
        return too_short(check)
    sizes = {kind: _sizes(answers, *kind) for kind in ((True, False), (False, True), (False, None), (True, None))}
    if denied := sizes[True, False]:
        found = f"says that nothing follows where steps follow (limit={denied})"
        means = "A walk ignores it, and asks on until the end is proven."
        return Finding(check=check, grade="harmless", found=found, means=means)
    if sizes[False, None] or sizes[True, None]:
        means = "A walk goes on until the end is certain: one more request."
        return Finding(check=check, grade="harmless", found="not said", means=means)
    if promised := sizes[False, True]:
        found = f"says that steps follow where none do (limit={promised})"
        return Finding(check=check, grade="harmless", found=found, means="A walk may take one more request.")
    seen = _sizes(answers, True, True)
    unseen = [str(size) for size in PAGE_SIZES if str(size) not in seen.split(", ")]
    found = f"honest where steps follow (limit={seen})"
    if unseen:
        found += f"; for limit={', '.join(unseen)} the run is too short"
    return Finding(check=check, grade="sound", found=found, means="A walk sends no needless request.")


def _sizes(answers: list[tuple[int, bool, bool | None]], truth: bool, said: bool | None) -> str:
    return ", ".join(map(str, sorted({limit for limit, *rest in answers if rest == [truth, said]})))


def _has_more_answers(evidence: Evidence) -> Iterator[tuple[int, bool, bool | None]]:
    """Yield, for each page whose place is clear, its limit, whether more follows, and its ``has_more``."""
    for order, reference in zip(ORDERS, evidence.references, strict=True):
        whole = evidence.lists[order]
        if whole.error is not None or whole.given_up:
            continue
        ids = [step.id for step in whole.steps]
        place = {step_id: number for number, step_id in enumerate(ids)}
        for (limit, asked, after, before), page in evidence.pages():
            came = ids_of(page)
            if asked != order or before is not None or (after is not None and after not in place):
                continue
            start = 0 if after is None else place[after] + 1
            if came and list(came) == ids[start : start + len(came)] and len(ids) != whole.case.most:
                yield limit, start + len(came) < len(ids), page.has_more
        if not evidence.is_short:
            cut = evidence.answer(order, SMALL + 1, before=reference[1])
            if isinstance(cut, StepPage) and ids_of(cut) == reference[:1]:
                yield SMALL + 1, False, cut.has_more
            for at in before_places(reference):
                answer = evidence.answer(order, SMALL, before=reference[at])
                if (
                    isinstance(answer, StepPage)
                    and len(answer.data) == SMALL
                    and kind_of_before(answer, reference, at) in ("adjacent", "head")
                ):
                    yield SMALL, True, answer.has_more


def check_ids(evidence: Evidence) -> Finding:
    """Check whether ``first_id`` and ``last_id`` are those of the page."""
    check = "first_id, last_id"
    pages = [page for _, page in evidence.pages() if page.data]
    if not pages:
        return Finding(check=check, grade="unknown", found="no steps in this run", means="Try a longer run.")
    answers = [
        (said, page.data[end].id)
        for page in pages
        for end, said in ((0, page.first_id), (-1, page.last_id))
        if said is not None
    ]
    means = "They are never used."
    if any(said != true for said, true in answers):
        return Finding(check=check, grade="harmless", found="wrong", means=means)
    if len(answers) < 2 * len(pages):
        found = "one of them missing" if answers else "missing"
        return Finding(check=check, grade="harmless", found=found, means=means)
    return Finding(check=check, grade="sound", found="right", means=means)


# --- Walks --------------------------------------------------------------------------------------------------------


def check_walks(evidence: Evidence, page_size: int) -> Finding:
    """Judge the walks with a page size."""
    check = f"pages of {page_size}"
    walks = [walked for walked in evidence.walks if walked.case.page_size == page_size]
    wrong = [walked for walked in walks if not _agrees(walked, evidence)]
    refused = [walked for walked in walks if walked.error is not None]
    if wrong:
        found = f"{len(wrong)} of {len(walks)} walks have other steps than the rest: {_named(wrong)}"
        means = "One of them is wrong, without an error."
        if not any(walked.case.verified for walked in wrong):
            means = "Without an error: use verify_paging, with which all agree or raise."
        return Finding(check=check, grade="broken", found=found, means=means)
    if given_up := [walked for walked in walks if walked.given_up]:
        found = f"{len(given_up)} of {len(walks)} walks were not finished, after {MOST_REQUESTS} requests"
        return Finding(check=check, grade="unknown", found=found, means="A shorter run can be judged.")
    if refused:
        found = f"{len(refused)} of {len(walks)} walks are refused: {_named(refused)}"
        return Finding(check=check, grade="refused", found=found, means=str(refused[0].error))
    if not any(walked.steps for walked in walks):
        return Finding(check=check, grade="unknown", found="no steps in this run", means="Try a longer run.")
    found = f"all {len(walks)} walks are exact"
    return Finding(check=check, grade="sound", found=found, means="In both orders, with and without cursors.")


_MOST_NAMED: Final = 3


def _named(walks: Sequence[Walked]) -> str:
    more = "; and so on" if len(walks) > _MOST_NAMED else ""
    return "; ".join(str(walked.case) for walked in walks[:_MOST_NAMED]) + more


def _agrees(walked: Walked, evidence: Evidence) -> bool:
    """Return whether a walk gave the whole list's steps; those of its cursor's time may be on either side."""
    case = walked.case
    whole = evidence.lists[case.order]
    if whole.error is not None or whole.given_up or walked.given_up:
        return True  # there is nothing to compare with
    listed = list(whole.steps)
    cursor = case.after or case.before
    place = next((number for number, step in enumerate(listed) if step.id == cursor), None)
    loose = None if place is None else listed[place].created_at
    wanted = listed[::-1][len(listed) - (place or 0) :] if case.before else listed[0 if place is None else place + 1 :]
    backward = case.before is not None
    times = [step.created_at for step in walked.steps]
    if len({step.id for step in walked.steps}) < len(times):
        return False
    if times != sorted(times, reverse=(case.order == "desc") != backward):
        return False
    came = {step.id for step in walked.steps if step.created_at != loose}
    sure = [step for step in wanted if step.created_at != loose]
    if not came <= {step.id for step in sure} and len(listed) != whole.case.most:
        return False
    if walked.error is not None or not times:
        return walked.error is not None or not sure or case.most == 0
    if case.most is not None and len(times) >= case.most:
        sure = [step for step in sure if step.created_at != times[-1] and _comes_first(step, times[-1], case, backward)]
    return {step.id for step in sure} <= came


def _comes_first(step: RunStep, time: Any, case: Any, backward: bool) -> bool:
    rises = (case.order == "asc") != backward
    return bool(step.created_at < time) if rises else bool(step.created_at > time)


# --- The steps themselves -----------------------------------------------------------------------------------------


def check_parents(steps: Collection[RunStep], thread_id: str, run_id: str) -> Finding:
    """Check whose the steps are: one consistent other id is an alias, several are a mistake."""
    check = "thread_id, run_id"
    seen = {
        name: Counter(value for step in steps if (value := getattr(step, name)) is not None)
        for name in ("thread_id", "run_id")
    }
    mixed = [name for name, values in seen.items() if len(values) > 1]
    if mixed:
        found = f"the list mixes steps of several: {', '.join(mixed)}"
        return Finding(
            check=check,
            grade="refused",
            found=found,
            means="A list has the steps of one run: this is the server's mistake.",
        )
    others = {
        name: value
        for name, asked in (("thread_id", thread_id), ("run_id", run_id))
        for value in seen[name]
        if value != asked
    }
    if others:
        found = ", ".join(f"{name} is {value!r} throughout" for name, value in others.items())
        return Finding(check=check, grade="harmless", found=found, means="Taken for another name of the id asked for.")
    return Finding(check=check, grade="sound", found="those asked for", means="All steps are of this run.")


def check_shapes(steps: Collection[RunStep], unreadable: Collection[UnreadableItem]) -> Finding:
    """Count the steps that do not fit their classes, and the items that are not steps."""
    check = "steps"
    total, odd = len(steps), [step for step in steps if _problems(step)]
    if unreadable:
        one = next(iter(unreadable)).problem
        found = f"{len(unreadable)} cannot be read: {one.path} should be {one.expected}"
        means = 'A walk raises an error there, except with odd="keep".'
        return Finding(check=check, grade="refused", found=found, means=means)
    if not odd:
        found, means = f"all {total} fit their classes", "Each field has its type."
        return Finding(check=check, grade="sound", found=found, means=means)
    first = _problems(odd[0])[0]
    found = f"{len(odd)} of {total} do not fit, such as {odd[0].id}: {first.path} should be {first.expected}"
    means = "What does not fit is kept as sent; nothing is lost."
    return Finding(check=check, grade="harmless", found=found, means=means)


def _problems(step: RunStep) -> list[Misfit]:
    """Return why parts of a step do not fit their classes."""
    parts = (step.step_details, *step.tool_calls)
    kept_whole = [part.problem for part in parts if isinstance(part, OtherStepDetails | OtherToolCall) and part.problem]
    return [*step.problems, *kept_whole]
