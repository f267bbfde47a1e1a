from __future__ import annotations

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from openai_steps._sending.admission import Places


async def settle() -> None:
    for _ in range(3):
        await asyncio.sleep(0)


async def test_there_are_so_many_and_no_more() -> None:
    places = Places(2)
    assert [places.take_if_free() for _ in range(3)] == [True, True, False]
    places.add()
    assert places.take_if_free()
    assert not places.take_if_free()


async def test_who_waits_is_wanting_until_there_is_a_place() -> None:
    places = Places(0)
    waiting = asyncio.create_task(places.take())
    await settle()
    assert places.are_wanted
    places.add()
    await waiting
    assert not places.are_wanted


async def test_nobody_gets_in_before_those_who_wait() -> None:
    places = Places(0)
    waiting = asyncio.create_task(places.take())
    await settle()
    places.add()
    assert not places.take_if_free()  # it is theirs, although they have not yet noticed
    await waiting


@given(
    events=st.lists(st.sampled_from(["take", "add", "cancel first", "cancel last", "settle", "add and cancel first"])),
    free=st.integers(0, 2),
)
async def test_places_are_neither_lost_nor_doubled_and_go_to_the_first(events: list[str], free: int) -> None:
    places, added = Places(free), free
    tasks: list[asyncio.Task[None]] = []
    for event in events:
        undecided = [task for task in tasks if not task.done() and not task.cancelling()]
        if event == "take":
            tasks.append(asyncio.create_task(places.take()))
        if event == "settle":
            await settle()
        if "add" in event:
            added += 1
            places.add()
        if "cancel" in event and undecided:
            undecided[-1 if "last" in event else 0].cancel()
    await settle()
    taken = [task for task in tasks if task.done() and not task.cancelled()]
    waiting = [task for task in tasks if not task.done()]
    assert len(taken) == min(added, len(taken) + len(waiting))
    assert places.are_wanted == bool(waiting)
    kept = [task for task in tasks if task not in waiting and not task.cancelled()]
    assert kept == [task for task in tasks if task in taken]
    assert not waiting or max(map(tasks.index, taken), default=-1) < min(map(tasks.index, waiting))
    while places.take_if_free():
        added -= 1
    assert added <= len(taken)
    for task in waiting:
        task.cancel()
    await settle()
