"""A run as it is."""

from __future__ import annotations

from sample_steps import RUN, THREAD
from serving import serving


async def test_a_run() -> None:
    async with serving(3) as (client, emulator):
        run = await client.get_run(THREAD, RUN)
        assert (run.id, run.thread_id, run.status) == (RUN, THREAD, "completed")
        assert emulator.requests[0].raw_path == f"/v1/threads/{THREAD}/runs/{RUN}"
