"""The doctor's judgement: right on each dialect, and its advice is enough."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, get_args

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sample_steps import make_step, make_steps

from openai_steps import PaginationError, StepPage, structure_page
from openai_steps._walks.start import start_walk
from openai_steps.doctor._checks import Finding, advice, examine
from openai_steps.doctor._evidence import FEWEST_STEPS, MOST_REQUESTS, Answer, Question, Refusal
from openai_steps.emulator import DIALECTS, Dialect, Query, list_steps
from openai_steps.emulator import Refusal as EmulatorRefusal

Steps = list[dict[str, Any]]
Server = Callable[[Question], Answer]


def server(steps: Steps, dialect: Dialect) -> Server:
    def answer(question: Question) -> Answer:
        query = Query(limit=question.limit, order=question.order, after=question.after, before=question.before)
        try:
            return structure_page(list_steps(steps, query, dialect))
        except EmulatorRefusal as refusal:
            return Refusal(refusal.status)

    return answer


def judge(answer: Server) -> dict[str, Finding]:
    examination = examine()
    question = next(examination)
    for _ in range(MOST_REQUESTS):
        try:
            question = examination.send(answer(question))
        except StopIteration as end:
            return {finding.check: finding for finding in end.value}
    raise AssertionError("more requests than promised")


def tied_steps(count: int) -> Steps:
    """Steps of which each third has the time of the one before."""
    return [make_step(number, created_at=1_700_000_000 + number - (number % 3 == 1)) for number in range(count)]


SPREAD, TIED = make_steps(30), tied_steps(30)


# --- Each dialect -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("contract", {}),
        ("window", {"before": ("harmless", "window")}),
        ("openai", {"order": ("harmless", "same order both ways")}),
        ("azure_openai", {}),
        ("azure_foundry", {"first_id, last_id": ("harmless", "one of them missing")}),
        ("dashscope", {}),
        ("bee", {"has_more": ("harmless", "steps follow where none do")}),
        ("stdapi", {"unknown cursor": ("harmless", "an empty page")}),
        (
            "llamphouse",
            {"before": ("harmless", "window"), "unknown cursor": ("harmless", "ignored")},
        ),
        (
            "openai_responses",
            {
                "before": ("harmless", "window"),
                "has_more": ("harmless", "steps follow where none do"),
                "unknown cursor": ("harmless", "ignored"),
            },
        ),
        ("clicky_chats", {"before": ("harmless", "window")}),
        ("llama_stack", {"before": ("harmless", "window"), "unknown cursor": ("harmless", "ignored")}),
        (
            "letta",
            {
                "before": ("harmless", "window"),
                "has_more": ("harmless", "not said"),
                "first_id, last_id": ("harmless", "missing"),
            },
        ),
        (
            "supercompat",
            {
                "before": ("harmless", "ignored"),
                "unknown cursor": ("harmless", "an empty page"),
                "first_id, last_id": ("harmless", "one of them missing"),
            },
        ),
        ("supercompat_messages", {"before": ("verify", "off by one")}),
        (
            "opengpts",
            {
                "after": ("broken", "from ahead of the cursor"),
                "before": ("verify", "wrong side"),
                "has_more": ("harmless", "not said"),
                "unknown cursor": ("harmless", "an empty page"),
                "first_id, last_id": ("harmless", "missing"),
            },
        ),
        (
            "openopenai",
            {
                "before": ("verify", "wrong side"),
                "has_more": ("harmless", "steps follow where none do"),
                "unknown cursor": ("harmless", "an empty page"),
            },
        ),
    ],
)
def test_each_dialect(name: str, expected: dict[str, tuple[str, str]]) -> None:
    steps = TIED if DIALECTS[name].ties == "same_order" else SPREAD
    found = judge(server(steps, DIALECTS[name]))
    for check, finding in found.items():
        grade, words = expected.get(check, ("sound", ""))
        assert (check, finding.grade) == (check, grade), finding
        assert words in finding.found
        assert finding.means.endswith(".")


def test_where_equal_times_get_lost_the_order_to_use_is_named() -> None:
    found = judge(server(TIED, DIALECTS["open_assistant_api"]))
    assert found["after"].grade == "broken"
    assert "--order asc" in found["after"].means


@pytest.mark.parametrize(
    ("knobs", "check", "grade", "words"),
    [
        ({"after": "inclusive"}, "after", "harmless", "own step"),
        ({"overlap": 1}, "before", "harmless", "own step"),
        ({"after": "inclusive", "has_more": "always"}, "after", "broken", "for ever"),
        ({"after": "ignored"}, "after", "broken", "ignored"),
        ({"ids": "unrelated"}, "first_id, last_id", "harmless", "wrong"),
        ({"has_more": "always"}, "has_more", "harmless", "where none do"),
        ({"has_more": "never"}, "has_more", "verify", "where steps follow"),
        ({"has_more": "forward"}, "has_more", "harmless", "where none do"),
        ({"max_limit": 10, "limit_over": "capped"}, "limit", "harmless", "10 steps at most"),
        ({"unknown_cursor": "bad_request"}, "unknown cursor", "sound", "400"),
    ],
)
def test_single_habits(knobs: dict[str, Any], check: str, grade: str, words: str) -> None:
    finding = judge(server(SPREAD, Dialect(**knobs)))[check]
    assert finding.grade == grade
    assert words in finding.found


def answering(change: Callable[[Question, StepPage], Answer]) -> Server:
    """A server that keeps the contract but for a change."""
    true = server(SPREAD, Dialect())

    def answer(question: Question) -> Answer:
        page = true(question)
        return change(question, page) if isinstance(page, StepPage) else page

    return answer


def test_refused_and_empty_cursors() -> None:
    refusing = answering(lambda question, page: Refusal(422) if question.before else page)
    assert (judge(refusing)["before"].grade, judge(refusing)["before"].found) == ("broken", "refused")
    empty = answering(lambda question, page: attrs.evolve(page, data=() if question.before else page.data))
    assert judge(empty)["before"].grade == "verify"


def test_a_limit_that_is_ignored() -> None:
    whole = server(SPREAD, Dialect())
    ignoring = answering(lambda question, page: whole(attrs.evolve(question, limit=100)))
    assert judge(ignoring)["limit"].found == "asked for 2 steps, sent 30"


def test_an_unstable_order() -> None:
    stable, swapped, shorter = (
        server(steps, Dialect()) for steps in (TIED, [*TIED[:9], TIED[10], TIED[9], *TIED[11:]], TIED[:28])
    )
    for newest_first in (swapped, shorter):
        found = judge(lambda question, other=newest_first: (other if question.order == "desc" else stable)(question))  # type: ignore[misc]
        assert found["order"].grade == "broken"


def test_long_runs_are_judged_but_for_their_ties() -> None:
    found = judge(server(make_steps(250), Dialect()))
    assert {finding.check for finding in found.values() if finding.grade != "sound"} == {"order"}
    assert found["order"].grade == "unknown"


@pytest.mark.parametrize("count", range(FEWEST_STEPS))
def test_short_runs_are_not_judged(count: int) -> None:
    found = judge(server(make_steps(count), Dialect()))
    assert {finding.grade for check, finding in found.items() if check != "first_id, last_id"} == {"unknown"}
    assert "not all could be judged" in advice(found.values())


def test_the_shortest_run_that_is_judged() -> None:
    found = judge(server(make_steps(FEWEST_STEPS), Dialect()))
    assert {finding.grade for finding in found.values()} == {"sound"}
    assert advice(found.values()) == "This server's paging is sound: --verify-paging is not needed."


# --- The advice ---------------------------------------------------------------------------------------------------

# Servers that compare ids instead of looking them up differ from step to step: no few probes can judge them.
COMPARING = {"by_id", "wrong_side", "earlier_only"}


def knob(name: str) -> st.SearchStrategy[Any]:
    choices = get_args(getattr(attrs.fields(Dialect), name).type)
    return st.sampled_from([choice for choice in choices if choice not in COMPARING])


KNOBS = ("after", "before", "unknown_cursor", "order", "ties", "has_more", "ids", "envelope")


def read(answer: Server, *, order: Any, after: str | None, before: str | None, verify_paging: bool) -> list[str]:
    walk = start_walk(after=after, before=before, page_size=4, verify_paging=verify_paging)
    ids: list[str] = []
    for _ in range(200):
        if walk.query is None:
            return ids
        query = walk.query
        page = answer(Question(order=order, limit=query.limit, after=query.after, before=query.before))
        if isinstance(page, Refusal):
            raise PaginationError("refused")
        for part in walk.feed(page):
            ids += [step.id for step in (part.data[::-1] if walk.backward else part.data)]
    raise AssertionError("the walk does not end")


@given(
    st.builds(Dialect, overlap=st.integers(0, 1), **{name: knob(name) for name in KNOBS}),
    st.booleans(),
    st.sampled_from(["asc", "desc"]),
    st.integers(0, 29),
    st.sampled_from(["after", "before"]),
)
def test_who_follows_the_advice_misses_nothing(
    dialect: Dialect, tied: bool, order: Any, place: int, cursor: str
) -> None:
    answer = server(TIED if tied else SPREAD, dialect)
    found = judge(answer)
    grades = {finding.grade for finding in found.values()}
    if "broken" in grades:
        return
    whole = answer(Question(order=order, limit=100))
    assert isinstance(whole, StepPage)
    ids = [step.id for step in whole.data]
    expected = ids[place + 1 :] if cursor == "after" else ids[:place][::-1]
    cursors: dict[str, Any] = {"after": None, "before": None, cursor: ids[place]}
    assert read(answer, order=order, verify_paging="verify" in grades, **cursors) == expected
