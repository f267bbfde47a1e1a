"""What the doctor makes of cursors: right on each dialect."""

from __future__ import annotations

from typing import Any

import attrs
import pytest
from judging import Asked, judge, report_on, steps_of

from openai_steps import APIStatusError, StepPage
from openai_steps.doctor._evidence import Answer, Question
from openai_steps.emulator import DIALECTS, Dialect

SPREAD, UNKIND = steps_of(30), steps_of(30, random_ids=True)


@pytest.mark.parametrize(
    ("knobs", "grade", "words"),
    [
        ({}, "sound", "after the cursor"),
        ({"after": "inclusive"}, "harmless", "own step"),
        ({"overlap": 1}, "harmless", "own step"),
        ({"after": "off_by_one"}, "harmless", "next to the cursor is missing"),
        ({"after": "ignored"}, "refused", "ignored: the first page"),
        ({"after": "by_id"}, "refused", "ids are compared, not looked up, and do not go with time"),
        ({"after": "wrong_side"}, "refused", "from before the cursor"),
        ({"order": "first_page_only"}, "refused", "desc: steps from before the cursor"),
        ({"limit": "ignored", "after": "ignored"}, "harmless", "ignored: the first page"),
    ],
)
def test_after(knobs: dict[str, Any], grade: str, words: str) -> None:
    finding = judge(UNKIND, Dialect(**knobs))["after"]
    assert finding.grade == grade
    assert words in finding.found


@pytest.mark.parametrize("unknown", ["not_found", "bad_request", "ignored", "empty"])
def test_a_server_that_looks_ids_up_is_not_taken_for_one_that_compares(unknown: Any) -> None:
    for steps in (SPREAD, UNKIND):
        assert judge(steps, Dialect(unknown_cursor=unknown))["after"].grade == "sound"


def test_compared_ids_that_go_with_time_do_no_harm_and_are_told() -> None:
    finding = judge(SPREAD, DIALECTS["open_assistant_api"])["after"]
    assert finding.grade == "harmless"
    assert "in this run they go with time" in finding.found


@pytest.mark.parametrize(
    ("knobs", "grade", "words"),
    [
        ({}, "sound", "adjacent"),
        ({"before": "window"}, "harmless", "window"),
        ({"before": "ignored"}, "harmless", "ignored"),
        ({"before": "off_by_one"}, "harmless", "off by one"),
        ({"before": "wrong_side"}, "harmless", "elsewhere"),
        ({"overlap": 1}, "harmless", "own step"),
        ({"before": "ignored", "limit": "ignored"}, "harmless", "ignored"),
    ],
)
def test_before(knobs: dict[str, Any], grade: str, words: str) -> None:
    finding = judge(UNKIND, Dialect(**knobs))["before"]
    assert finding.grade == grade
    assert words in finding.found


def test_where_the_orders_differ_both_are_told() -> None:
    found = judge(SPREAD, Dialect(before="earlier_only"))["before"].found
    assert found.startswith("asc: window")
    assert "\ndesc: " in found


@pytest.mark.parametrize(
    ("unknown", "grade", "words"),
    [
        ("not_found", "sound", "404"),
        ("bad_request", "sound", "400"),
        ("empty", "harmless", "an empty page"),
        ("ignored", "harmless", "the head of the list"),
    ],
)
def test_a_cursor_that_does_not_exist(unknown: Any, grade: str, words: str) -> None:
    finding = judge(SPREAD, Dialect(unknown_cursor=unknown))["unknown cursor"]
    assert finding.grade == grade
    assert words in finding.found


def test_a_cursor_that_is_garbled() -> None:
    def garbling(question: Question) -> Answer:
        cursor = question.after and SPREAD[len(question.after) % 30]["id"]
        return Asked(SPREAD)(attrs.evolve(question, after=cursor))

    found = {finding.check: finding for finding in report_on(garbling).findings}
    assert found["unknown cursor"].found == "steps from somewhere"
    assert found["after"].grade == "refused"


def test_cursors_that_are_refused_or_find_nothing() -> None:
    true = Asked(SPREAD)

    def refusing(question: Question) -> Answer:
        return true(question) if question.after is None and question.before is None else APIStatusError("", status=422)

    def empty(question: Question) -> Answer:
        if question.after is None and question.before is None:
            return true(question)
        return StepPage(data=(), has_more=False)

    for server, words in ((refusing, "refused"), (empty, "nothing comes")):
        found = {finding.check: finding for finding in report_on(server).findings}
        assert (found["after"].grade, found["after"].found) == ("refused", words)
        assert (found["before"].grade, found["before"].found) == ("harmless", words)


def test_a_short_run_tells_nothing_of_cursors() -> None:
    found = judge(steps_of(5))
    for check in ("after", "before", "unknown cursor"):
        assert (found[check].grade, found[check].found) == ("unknown", "needs a page of 6 steps or more")
