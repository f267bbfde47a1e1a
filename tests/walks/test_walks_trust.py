"""What a client learns of its server, and what it believes then."""

from __future__ import annotations

import math

import pytest
from laboratory import Server, drive, make_items
from sample_steps import RUN, THREAD
from serving import serving
from walk_servers import full_trust

from openai_steps import AsyncStepsClient
from openai_steps._walks.pages import Direction, Lane
from openai_steps._walks.start import start_walk
from openai_steps._walks.trust import Trust
from openai_steps.emulator import HABITS

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


def test_what_was_listed_in_no_order_is_never_believed_again() -> None:
    trust = full_trust()
    trust.note_order("asc", Direction.MIXED)
    assert trust.unsteady
    assert not trust.believing
    assert not trust.orders
    assert not trust.follows(FORWARD)


def test_nor_what_was_listed_one_way_and_then_the_other() -> None:
    heeded, ignored = full_trust(), Trust()
    heeded.note_order("asc", Direction.WRONG)
    assert heeded.unsteady
    ignored.note_order("desc", Direction.WRONG)
    ignored.note_order("desc", Direction.WRONG)
    ignored.note_order("asc", Direction.RIGHT)
    ignored.note_order("desc", Direction.NONE)
    assert not ignored.unsteady  # it ignores the order, and always in the same way
    ignored.note_order("desc", Direction.RIGHT)
    assert ignored.unsteady


def test_walks_of_an_unsteady_server_begin_with_an_empty_memory() -> None:
    trust = full_trust()
    server = Server(make_items(40, ids="random", ties=1), HABITS["order_unsteady"])
    for _ in range(2):
        met = [item for page in drive(start_walk(order="asc", trust=trust), server, bound=99) for item in page.data]
        assert met == server.items
        assert trust.unsteady
        assert not trust.cursors


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
