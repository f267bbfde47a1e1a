"""The doctor's judgement of lists and walks, and that its all-clear is never disproved."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, get_args

import attrs
import pytest
from judging import NAMED, Asked, Steps, judge, report_on, steps_of

from openai_steps import APIStatusError, PaginationError, RunStep, structure_page
from openai_steps._walks.start import start_walk
from openai_steps._walks.trust import Trust
from openai_steps.doctor import Finding
from openai_steps.doctor._checks import check_walks
from openai_steps.doctor._evidence import Answer, Case, Evidence, Question, Walked
from openai_steps.emulator import DIALECTS, HABITS, Dialect
from openai_steps.emulator._dialect import Order

SPREAD, TIED = steps_of(30), steps_of(130, ties=2, random_ids=True)


def grades(steps: Steps, dialect: Dialect) -> dict[str, str]:
    """The grades of all checks that find anything."""
    return {check: finding.grade for check, finding in judge(steps, dialect).items() if finding.grade != "sound"}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("contract", {}),
        ("azure_openai", {}),
        ("dashscope", {}),
        ("openai", {"ties": "harmless"}),
        ("azure_foundry", {"first_id, last_id": "harmless"}),
        ("bee", {"has_more": "harmless"}),
        ("stdapi", {"unknown cursor": "harmless"}),
        ("window", {"before": "harmless"}),
        ("clicky_chats", {"before": "harmless"}),
        ("llamphouse", {"before": "harmless", "unknown cursor": "harmless"}),
        ("llama_stack", {"before": "harmless", "unknown cursor": "harmless"}),
        ("letta", {"before": "harmless", "has_more": "harmless", "first_id, last_id": "harmless"}),
        (
            "supercompat",
            {"before": "harmless", "unknown cursor": "harmless", "first_id, last_id": "harmless"},
        ),
    ],
)
def test_each_server_that_every_walk_reads(name: str, expected: dict[str, str]) -> None:
    assert grades(TIED, DIALECTS[name]) == expected


@pytest.mark.parametrize(
    ("name", "check"),
    [
        ("opengpts", "after"),
        ("open_assistant_api", "after"),
        ("llamphouse_postgres", "after"),
        ("hal_9100", "order"),
        ("supercompat_azure", "order"),
        ("order_unsteady", "order"),
        ("order_on_the_first_page_only", "after"),
        ("ties_unstable", "ties"),
        ("after_ignored", "after"),
    ],
)
def test_each_server_of_which_walks_refuse_something(name: str, check: str) -> None:
    assert grades(TIED, NAMED[name])[check] == "refused"


@pytest.mark.parametrize("name", ["asc_lags", "desc_lags"])
def test_copies_that_differ_can_make_a_list_wrong(name: str) -> None:
    finding = judge(SPREAD, HABITS[name])["both orders"]
    assert finding.grade == "broken"
    assert "2 are in one of them only" in finding.found


def test_what_a_run_does_not_tell_is_said() -> None:
    report = report_on(Asked(SPREAD))
    assert report.checks("unknown") == ["ties"]
    assert "20); for limit=100 the run is too short" in judge(SPREAD)["has_more"].found
    assert not report.all_clear


@pytest.mark.parametrize("count", range(6))
def test_short_runs_get_no_all_clear(count: int) -> None:
    report = report_on(Asked(steps_of(count)))
    assert report.verdict == "unknown"
    assert (report.steps, report.checks("refused"), report.checks("broken")) == (count, [], [])


@pytest.mark.parametrize(
    ("knobs", "words"),
    [
        ({"has_more": "never"}, "5, 20, 100)"),
        ({"has_more": "false_at_default_limit"}, "nothing follows where steps follow (limit=20)"),
        ({"has_more": "full_page_as_asked", "max_limit": 10, "limit_over": "capped"}, "steps follow (limit="),
        ({"has_more": "always"}, "says that steps follow where none do"),
        ({"has_more": "absent"}, "not said"),
        ({"has_more": "null"}, "not said"),
    ],
)
def test_has_more_is_judged_at_each_page_size(knobs: dict[str, Any], words: str) -> None:
    finding = judge(TIED, Dialect(**knobs))["has_more"]
    assert finding.grade == "harmless"
    assert words in finding.found


@pytest.mark.parametrize(
    ("knobs", "words"),
    [
        ({"limit": "ignored"}, "all steps come at once"),
        ({"max_limit": 10, "limit_over": "capped"}, "10 steps at most"),
    ],
)
def test_limits_that_are_not_honoured(knobs: dict[str, Any], words: str) -> None:
    finding = judge(SPREAD, Dialect(**knobs))["limit"]
    assert (finding.grade, words in finding.found) == ("harmless", True)


def test_a_page_that_is_larger_than_asked_for() -> None:
    def generous(question: Question) -> Answer:
        return Asked(SPREAD)(attrs.evolve(question, limit=min(question.limit + 1, 100)))

    found = {finding.check: finding for finding in report_on(generous).findings}
    assert found["limit"].found.startswith("asked for ")


@pytest.mark.parametrize(("order", "words"), [("ignored", "oldest first"), ("newest_first", "newest first")])
def test_an_order_that_is_ignored(order: Any, words: str) -> None:
    without, tied = (judge(steps, Dialect(order=order))["order"] for steps in (SPREAD, TIED))
    assert words in without.found
    assert (without.grade, tied.grade) == ("harmless", "refused")


@pytest.mark.parametrize("order", get_args(Order))
def test_one_order_that_is_not_by_time(order: Order) -> None:
    """An unsorted list is not called sound because the other order is."""
    scrambled = [SPREAD[number * 7 % 30] for number in range(30)]

    def server(question: Question) -> Answer:
        bad = Asked(scrambled, Dialect(order="stored"))
        return (bad if question.order == order else Asked(SPREAD))(question)

    found = {finding.check: finding for finding in report_on(server).findings}
    assert (found["order"].grade, found["order"].found) == ("refused", "not by time")


def test_all_steps_in_one_second_tell_nothing_of_the_order() -> None:
    assert judge(steps_of(30, ties=30))["order"].grade == "unknown"


def test_ids_of_the_envelope() -> None:
    for ids, grade in (("true", "sound"), ("null", "harmless"), ("last_only", "harmless"), ("unrelated", "harmless")):
        assert judge(SPREAD, Dialect(ids=ids))["first_id, last_id"].grade == grade  # type: ignore[arg-type]


# --- Walks that are compared --------------------------------------------------------------------------------------

LISTED = structure_page({"data": steps_of(12, ties=2)}).data


def grade_of(*arguments: Any, **given: Any) -> str:
    """The grade of a walk that gave these steps of LISTED."""
    return finding_of(*arguments, **given).grade


def finding_of(
    steps: Sequence[RunStep],
    order: Order = "asc",
    error: PaginationError | None = None,
    verified: bool = False,
    **given: Any,
) -> Finding:
    lists: dict[Order, Walked] = {
        "asc": Walked(case=Case(order="asc", page_size=100, verified=True, most=300), steps=LISTED, error=None),
        "desc": Walked(case=Case(order="desc", page_size=100, verified=True, most=300), steps=LISTED[::-1], error=None),
    }
    case = Case(order=order, page_size=20, verified=verified, **given)
    evidence = Evidence(lists=lists, walks=[Walked(case=case, steps=tuple(steps), error=error)])
    return check_walks(evidence, 20)


def test_walks_that_agree() -> None:
    fifth = LISTED[5].id
    assert grade_of(LISTED) == "sound"
    assert grade_of(LISTED[::-1], "desc") == "sound"
    assert grade_of(LISTED[:4], most=4) == "sound"
    assert grade_of(LISTED[6:], after=fifth) == "sound"
    assert grade_of(LISTED[:5][::-1], before=fifth) == "sound"
    assert grade_of(LISTED[6:], "desc", before=fifth) == "sound"
    assert grade_of(LISTED[6:][::-1], "desc", before=fifth) == "broken"  # the farthest first
    assert grade_of([*LISTED[:4], LISTED[5], LISTED[4], *LISTED[6:]]) == "sound"  # of one time
    assert grade_of([LISTED[4], *LISTED[6:]], after=fifth) == "sound"  # of the cursor's time


@pytest.mark.parametrize(
    ("steps", "given"),
    [
        (LISTED[:-1], {}),
        (LISTED[1:], {}),
        ([*LISTED[:6], *LISTED[7:]], {}),
        ([*LISTED, LISTED[0]], {}),
        ([LISTED[2], *LISTED[:2], *LISTED[3:]], {}),
        ([], {}),
        ([*LISTED[:2], *LISTED[4:8]], {"most": 6}),
        (LISTED[8:], {"after": LISTED[5].id}),
        (LISTED[:2][::-1], {"before": LISTED[5].id}),
        (LISTED, {"after": LISTED[5].id}),
        ([*LISTED[6:], attrs.evolve(LISTED[11], id="step_new")], {"after": LISTED[5].id}),
    ],
)
def test_walks_that_do_not_agree_are_told(steps: Sequence[RunStep], given: dict[str, Any]) -> None:
    assert grade_of(steps, **given) == "broken"


def test_what_helps_is_told() -> None:
    assert "use verify_paging" in finding_of(LISTED[:-1]).means
    assert "verify_paging" not in finding_of(LISTED[:-1], verified=True).means


def test_a_walk_that_raised_is_refused_unless_what_it_gave_is_wrong() -> None:
    error = PaginationError("no further")
    assert grade_of(LISTED[:4], error=error) == "refused"
    assert grade_of([], error=error) == "refused"
    assert grade_of([*LISTED[:4], LISTED[0]], error=error) == "broken"


# --- The steps themselves -----------------------------------------------------------------------------------------


def test_one_consistent_other_id_is_an_alias() -> None:
    finding = judge([{**step, "thread_id": "thread_real"} for step in SPREAD])["thread_id, run_id"]
    assert (finding.grade, finding.found) == ("harmless", "thread_id is 'thread_real' throughout")


def test_steps_of_several_runs_are_a_mistake() -> None:
    mixed = [{**step, "run_id": f"run_{number % 2}"} for number, step in enumerate(SPREAD)]
    found = judge(mixed)
    assert found["thread_id, run_id"].grade == "refused"
    assert "run_id" in found["thread_id, run_id"].found


def test_steps_that_do_not_fit_are_counted() -> None:
    assert judge(SPREAD)["steps"].found == "all 30 fit their classes"
    odd = [
        {**SPREAD[0], "usage": "much"},
        {**SPREAD[1], "step_details": {"type": "message_creation", "message_creation": 7}},
        {**SPREAD[2], "step_details": {"type": "tool_calls", "tool_calls": [{"type": "function", "id": 7}]}},
        {**SPREAD[3], "step_details": {"type": "a new kind"}},  # not known is not odd
    ]
    finding = judge([*odd, *SPREAD[4:]])["steps"]
    assert finding.grade == "harmless"
    assert finding.found.startswith("3 of 30 do not fit, such as step_0000: $.usage should be ")


# --- The all-clear ------------------------------------------------------------------------------------------------


def walked(server: Asked, order: Order, **arguments: Any) -> list[str] | None:
    """The ids that a walk gives; None if it raises."""
    walk = start_walk(order=order, **arguments)
    ids: list[str] = []
    try:
        while (query := walk.query) is not None:
            answer = server(Question(limit=query.limit, order=query.order, after=query.after, before=query.before))
            for page in walk.refuse(answer) if isinstance(answer, APIStatusError) else walk.feed(answer):
                ids += [step.id for step in (page.data[::-1] if walk.backward else page.data)]
        walk.finish()
    except (PaginationError, APIStatusError):
        return None
    return ids


def is_disproved(steps: Steps, server: Asked, page_size: int, order: Order, cursor: str | None, verified: bool) -> bool:
    """Whether a walk raises, or gives anything but what is there; in a cursor's own second anything may be."""
    truth = [*steps] if order == "asc" else steps[::-1]
    place = len(truth) * 2 // 5
    given = {} if cursor is None else {cursor: truth[place]["id"]}
    wanted = truth if cursor is None else truth[place + 1 :] if cursor == "after" else truth[:place]
    met = walked(server, order, page_size=page_size, trust=None if verified else Trust(), **given)
    if met is None:
        return True
    time = {step["id"]: step["created_at"] for step in steps}
    loose = {step["id"] for step in steps if cursor and step["created_at"] == truth[place]["created_at"]}
    times = [time[step_id] for step_id in met]
    falls = (order == "desc") != (cursor == "before")
    return (
        len(set(met)) < len(met)
        or times != sorted(times, reverse=falls)
        or set(met) - loose != {step["id"] for step in wanted} - loose
    )


@pytest.mark.parametrize("name", sorted(NAMED))
def test_no_walk_disproves_an_all_clear(name: str) -> None:
    for count, ties, random_ids in ((21, 2, True), (45, 5, True), (130, 2, True), (45, 2, False)):
        steps = steps_of(count, ties=ties, random_ids=random_ids)
        server = Asked(steps, NAMED[name])
        if not report_on(server).all_clear:
            continue
        for page_size in (2, 20, 100):
            for order in get_args(Order):
                for cursor in (None, "after", "before"):
                    for verified in (False, True):
                        asked = (page_size, order, cursor, verified)
                        assert not is_disproved(steps, server, *asked), (count, ties, *asked)


def test_the_matrix_has_all_clears_and_others() -> None:
    steps = steps_of(45, ties=5, random_ids=True)
    clear = [name for name in NAMED if report_on(Asked(steps, NAMED[name])).all_clear]
    assert 20 < len(clear) < len(NAMED) - 8
