"""The report: its verdict is the worst, and all of it is JSON."""

from __future__ import annotations

import json
from typing import get_args

import pytest

from openai_steps.doctor import Finding, Grade, Report

GRADES: tuple[Grade, ...] = get_args(Grade)


def report(*grades: Grade) -> Report:
    findings = tuple(
        Finding(check=f"check {number}", grade=grade, found="f", means="m") for number, grade in enumerate(grades)
    )
    return Report(thread_id="t", run_id="r", steps=3, requests=2, findings=findings)


@pytest.mark.parametrize("worst", GRADES)
def test_the_verdict_is_the_worst_grade(worst: Grade) -> None:
    better = GRADES[: GRADES.index(worst)]
    assert report(*better, worst, *better).verdict == worst
    assert report(worst).all_clear is (worst in ("sound", "harmless"))


def test_no_findings_are_no_all_clear() -> None:
    assert (report().verdict, report().all_clear) == ("unknown", False)


def test_what_could_not_be_judged_is_named() -> None:
    assert report("sound", "unknown", "harmless", "unknown").advice.endswith(
        "Not judged by this run: check 1, check 3."
    )
    assert report("sound", "unknown").checks("unknown") == ["check 1"]


def test_a_report_is_json() -> None:
    body = json.loads(json.dumps(report("sound", "refused").to_json()))
    assert (body["verdict"], body["requests"], body["steps"], body["thread_id"]) == ("refused", 2, 3, "t")
    assert body["findings"][0] == {"check": "check 0", "grade": "sound", "found": "f", "means": "m"}
    assert "PaginationError" in body["advice"]


def test_a_report_is_one_line_in_a_shell_and_a_table_in_a_notebook() -> None:
    judged = report("sound", "refused")
    assert repr(judged) == "Report('refused', thread_id='t', run_id='r', steps=3, requests=2)"
    shown = judged._repr_html_()
    assert f"<caption>{judged.advice}</caption>" in shown
    assert "<tr><td>check 1</td><td>refused</td><td>f</td><td>m</td></tr>" in shown
    hostile = Finding(check="<b>", grade="sound", found="\x1b[31m" * 999, means="m")
    odd = Report(thread_id="\u202e" * 999, run_id="r", steps=0, requests=0, findings=(hostile,))
    assert len(repr(odd)) <= 200
    assert repr(odd).isprintable()
    assert "<b>" not in odd._repr_html_()
    assert "\x1b" not in odd._repr_html_()
