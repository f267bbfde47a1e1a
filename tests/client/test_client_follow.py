"""Following a run on a server one of whose steps cannot be read. `walks/test_walks_follow.py` has the rest."""

from __future__ import annotations

from odd_server import IDS, ODD, WITH_ODD, client_of, names, until_error
from sample_steps import RUN, THREAD
from serving import ids


async def test_what_can_not_be_read_comes_once_or_ends_it_after_the_steps_before() -> None:
    async with client_of() as client:
        met = [step async for step in client.follow_steps(THREAD, RUN, odd="keep")]
        assert sorted(names(met), key=str) == sorted(WITH_ODD, key=str)  # once, though the steps are listed twice
        met, error = await until_error(client.follow_steps(THREAD, RUN))
        assert ids(met) == IDS[:ODD]
        assert "created_at" in error.message
