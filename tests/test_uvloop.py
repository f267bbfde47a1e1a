"""The client on uvloop, unchanged."""

from __future__ import annotations

import pytest
from sample_steps import RUN, THREAD, step_ids
from serving import ids, serving

from openai_steps import NotFoundError, RunRef

uvloop = pytest.importorskip("uvloop")


async def read_everything() -> None:
    async with serving(250) as (client, _):
        up = [step async for step in client.iter_steps(THREAD, RUN, order="asc", page_size=20)]
        assert ids(up) == step_ids(range(250))
        back = [step async for step in client.iter_steps(THREAD, RUN, order="asc", before=up[99].id, page_size=20)]
        assert ids(back) == step_ids(range(98, -1, -1))
        assert await client.collect_steps(THREAD, RUN, order="asc", page_size=20) == up
        runs = [read async for read in client.read_runs([RunRef(THREAD, RUN)] * 20, concurrency=8)]
        assert [len(read.steps) for read in runs] == [250] * 20
        async for _ in client.iter_steps(THREAD, RUN, page_size=20):
            break
        with pytest.raises(NotFoundError):
            await client.get_step(THREAD, RUN, "step_gone")


def test_every_verb_works_on_uvloop() -> None:
    uvloop.run(read_everything(), debug=True)
