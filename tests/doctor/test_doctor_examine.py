"""A real server is asked, and what it refuses is evidence, unless it refuses the caller."""

from __future__ import annotations

import pytest
from sample_steps import RUN, THREAD
from serving import serving

from openai_steps import APIStatusError
from openai_steps.doctor._evidence import MOST_REQUESTS
from openai_steps.doctor._examine import examine_run
from openai_steps.emulator import Answer


async def test_a_sound_server() -> None:
    async with serving(30) as (client, emulator):
        findings, requests = await examine_run(client, THREAD, RUN)
        assert requests == len(emulator.requests) == MOST_REQUESTS
    assert {finding.grade for finding in findings} <= {"sound", "harmless"}


async def test_a_cursor_that_is_refused_is_a_finding() -> None:
    async with serving(30, dialect="clicky_chats") as (client, _):
        findings, _ = await examine_run(client, THREAD, RUN)
    assert "refused with 400" in [finding.found for finding in findings]


@pytest.mark.parametrize("status", [401, 403, 429])
async def test_a_caller_that_is_refused_is_no_finding(status: int) -> None:
    async with serving(30) as (client, emulator):
        emulator.inject(Answer(status), matching=lambda request: "after=" in request.raw_query)
        with pytest.raises(APIStatusError) as caught:
            await examine_run(client, THREAD, RUN)
    assert caught.value.status == status


async def test_a_run_that_is_not_there_is_no_finding() -> None:
    async with serving(30) as (client, _):
        with pytest.raises(APIStatusError):
            await examine_run(client, THREAD, "run_gone")
