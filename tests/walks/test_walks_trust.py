"""What a client learns of its server, and what it believes then."""

from __future__ import annotations

import math

import pytest
from sample_steps import RUN, THREAD
from serving import serving
from walk_servers import full_trust

from openai_steps import AsyncStepsClient
from openai_steps._walks.pages import Lane
from openai_steps._walks.trust import Trust

FORWARD = Lane("asc", "after")


def doubted(trust: Trust, sizes: list[int], limit: int = 100) -> list[int]:
    """The numbers of the pages that are not believed to be the last."""
    return [number for number, size in enumerate(sizes, 1) if not trust.is_end(FORWARD, limit, size)]


def test_equal_short_lists_cost_a_logarithm() -> None:
    assert doubted(Trust(), [30] * 1000) == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512]
    assert len(doubted(Trust(), [30] * 10_000)) <= 1 + math.log2(10_000)


def test_shorter_pages_than_one_seen_are_no_caps() -> None:
    assert doubted(Trust(), [30, 10, 29, 31, 5]) == [1, 4]


def test_a_full_page_is_doubted_until_has_more_has_kept_its_word() -> None:
    trust = Trust()
    assert doubted(trust, [100] * 5) == [1, 2, 3, 4, 5]
    trust.end(FORWARD, 100).kept = True
    assert doubted(trust, [100, 100, 3]) == []
    assert doubted(trust, [20], limit=20) == [1]  # another page size is another question


def test_who_lied_is_never_believed_again() -> None:
    trust = full_trust()
    trust.end(FORWARD, 100).lied = True
    assert doubted(trust, [100, 3]) == [1, 2]


def test_verification_believes_nothing() -> None:
    trust = full_trust()
    trust.believing = False
    assert doubted(trust, [100, 3, 3]) == [1, 2, 3]


async def test_a_client_shows_what_it_has_learned() -> None:
    async with serving(250) as (client, _):
        assert not client.trust
        await client.collect_steps(THREAD, RUN, order="asc", after="step_0003")
        learned = {(one.kind, one.order, one.cursor): one for one in client.trust}
        forward = learned["steps", "asc", "after"]
        assert (forward.cursors, forward.has_more_kept, forward.has_more_broken) == ("ordered ids", (100,), ())


@pytest.mark.parametrize("habit", ["has_more_never", "after_by_id_one_way"])
async def test_it_shows_what_is_broken_too(habit: str) -> None:
    async with serving(250, dialect=habit) as (client, _):
        await client.collect_steps(THREAD, RUN)
        learned = {(one.order, one.cursor): one for one in client.trust}
        broken = learned["desc", "after"]
        assert broken.cursors == "broken" or broken.has_more_broken == (100,)


async def test_each_kind_of_list_is_learned_by_itself() -> None:
    async with serving(5) as (client, _):
        await client.collect_steps(THREAD, RUN)
        await client.collect_runs(THREAD)
        assert {one.kind for one in client.trust} == {"steps", "runs"}


async def test_what_one_client_knows_another_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    async with serving(250) as (client, _):
        await client.collect_steps(THREAD, RUN)
        async with AsyncStepsClient(client.endpoint) as other:
            assert not other.trust
