"""The doctor over HTTP: a report, and the errors that are no judgement."""

from __future__ import annotations

import asyncio

import pytest
from judging import steps_of
from sample_steps import RUN, THREAD
from serving import serving

from openai_steps import APIStatusError, AuthenticationError, NotFoundError
from openai_steps._errors import CALLER_OR_MOMENT
from openai_steps.doctor import examine
from openai_steps.emulator import Answer, Stall

STEPS = steps_of(45, ties=2, random_ids=True)


@pytest.mark.parametrize(
    ("dialect", "verdict"),
    [("contract", "sound"), ("window", "harmless"), ("opengpts", "refused")],
)
async def test_a_report_over_http(dialect: str, verdict: str) -> None:
    async with serving(STEPS, dialect=dialect) as (client, emulator):
        report = await examine(client, THREAD, RUN)
        assert report.requests == len(emulator.requests)
    assert (report.verdict, report.steps, report.thread_id, report.run_id) == (verdict, 45, THREAD, RUN)


async def test_the_same_client_gives_the_same_report_again() -> None:
    """What a client has learned of its server is neither used nor changed."""
    async with serving(STEPS) as (client, _):
        await client.collect_steps(THREAD, RUN)
        first = await examine(client, THREAD, RUN)
        assert await examine(client, THREAD, RUN) == first


@pytest.mark.parametrize(("status", "kind"), [(401, AuthenticationError), (404, NotFoundError), (500, APIStatusError)])
async def test_an_error_on_the_first_page_is_no_judgement(status: int, kind: type[APIStatusError]) -> None:
    async with serving(STEPS) as (client, emulator):
        emulator.inject(Answer(status, {"error": {"message": "no"}}))
        with pytest.raises(kind, match="no"):
            await examine(client, THREAD, RUN)
        assert len(emulator.requests) == 1


@pytest.mark.parametrize("status", sorted(CALLER_OR_MOMENT))
async def test_errors_that_say_nothing_of_a_cursor_are_no_judgement(status: int) -> None:
    async with serving(STEPS) as (client, emulator):
        emulator.inject(Answer(status), matching=lambda request: "after=" in request.raw_query)
        with pytest.raises(APIStatusError) as caught:
            await examine(client, THREAD, RUN)
    assert caught.value.status == status


@pytest.mark.parametrize("status", [400, 422])
async def test_a_large_page_that_is_refused_does_not_end_it(status: int) -> None:
    async with serving(STEPS) as (client, emulator):
        emulator.inject(Answer(status), 1000, matching=lambda request: "limit=100" in request.raw_query)
        report = await examine(client, THREAD, RUN)
        assert any("limit=100" in request.raw_query for request in emulator.requests)
    assert report.steps == 45


async def test_a_server_that_fails_wherever_a_cursor_is_given_is_judged() -> None:
    """astra-assistants answers every cursor with 500 or 502."""
    async with serving(STEPS) as (client, emulator):
        emulator.inject(Answer(502), 1000, matching=lambda request: "after=" in request.raw_query)
        report = await examine(client, THREAD, RUN)
    (after,) = [finding for finding in report.findings if finding.check == "after"]
    assert (after.grade, after.found) == ("refused", "refused")


async def test_steps_that_can_not_be_read_are_counted() -> None:
    odd = [{**step, "created_at": None} if number in (3, 4) else step for number, step in enumerate(STEPS)]
    async with serving(odd) as (client, _):
        report = await examine(client, THREAD, RUN)
    (steps,) = [finding for finding in report.findings if finding.check == "steps"]
    assert steps.grade == "refused"
    assert steps.found.startswith("2 cannot be read: $.created_at should be ")
    assert report.steps == 43


async def test_an_id_that_no_server_would_take() -> None:
    async with serving(STEPS) as (client, emulator):
        with pytest.raises(ValueError, match="run_id"):
            await examine(client, THREAD, "")
        assert emulator.requests == ()


async def test_it_can_be_cancelled() -> None:
    async with serving(STEPS) as (client, emulator):
        emulator.inject(Stall())
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(examine(client, THREAD, RUN), 0.1)
