"""Steps that cannot be read, over HTTP: what each verb does with them."""

from __future__ import annotations

from typing import Any

import pytest
from odd_server import IDS, ODD, WITH_ODD, client_of, names, until_error
from sample_steps import RUN, THREAD
from serving import ids

from openai_steps import AsyncStepsClient, Misfit, ResponseDecodeError, RunRef, UnreadableStep


@pytest.mark.parametrize("page_size", [1, 7, 100])
@pytest.mark.parametrize("prefetch", [True, False])
async def test_iter_steps_keeps_it_in_its_place(page_size: int, prefetch: bool) -> None:
    async with client_of() as client:
        options: Any = {"order": "asc", "page_size": page_size, "prefetch": prefetch}
        met = [step async for step in client.iter_steps(THREAD, RUN, odd="keep", **options)]
        assert names(met) == WITH_ODD
        odd = met[ODD]
        assert isinstance(odd, UnreadableStep)
        assert (odd.id, odd.problem.path) == (IDS[ODD], "$.created_at")


async def test_iter_steps_gives_what_comes_before_it_and_says_where_to_go_on() -> None:
    async with client_of() as client:
        met, error = await until_error(client.iter_steps(THREAD, RUN, order="asc", page_size=10))
        assert ids(met) == IDS[:ODD]
        assert 'odd="keep"' in error.message
        assert error.resume_after == IDS[ODD - 1]
        rest = client.iter_steps(THREAD, RUN, order="asc", after=error.resume_after, odd="keep")
        assert names([step async for step in rest]) == WITH_ODD[ODD:]


async def test_iter_step_pages_keeps_it_on_its_page() -> None:
    async with client_of() as client:
        pages = [page async for page in client.iter_step_pages(THREAD, RUN, order="asc", page_size=9, odd="keep")]
        assert [step for page in pages for step in ids(page)] == IDS[:ODD] + IDS[ODD + 1 :]
        assert [item.id for page in pages for item in page.unreadable] == [IDS[ODD]]


async def test_collect_steps() -> None:
    async with client_of() as client:
        assert names(await client.collect_steps(THREAD, RUN, order="asc", page_size=10, odd="keep")) == WITH_ODD
        with pytest.raises(ResponseDecodeError, match="created_at"):
            await client.collect_steps(THREAD, RUN, order="asc", page_size=10)


async def test_list_steps_page() -> None:
    async with client_of() as client:
        page = await client.list_steps_page(THREAD, RUN, order="asc", odd="keep")
        assert (len(page.data), [item.index for item in page.unreadable]) == (19, [ODD])
        with pytest.raises(ResponseDecodeError) as caught:
            await client.list_steps_page(THREAD, RUN, order="asc")
        assert caught.value.path == f"$.data[{ODD}].created_at"


async def test_get_step() -> None:
    async with client_of() as client:
        step = await client.get_step(THREAD, RUN, IDS[ODD], odd="keep")
        assert isinstance(step, UnreadableStep)
        assert step.problem == Misfit("$.created_at", "a time in seconds, milliseconds or ISO 8601")
        assert step.data["id"] == IDS[ODD]
        with pytest.raises(ResponseDecodeError, match=r"^\$\.created_at should be .*, but is null\."):
            await client.get_step(THREAD, RUN, IDS[ODD])
        assert (await client.get_step(THREAD, RUN, IDS[0], odd="keep")).id == IDS[0]


async def test_read_runs() -> None:
    async with client_of() as client:
        (run,) = [run async for run in client.read_runs([RunRef(THREAD, RUN)], page_size=10, odd="keep")]
        assert (ids(run.steps), len(run.unreadable), run.error) == (IDS[:ODD] + IDS[ODD + 1 :], 1, None)
        (run,) = [run async for run in client.read_runs([RunRef(THREAD, RUN)], page_size=10)]
        assert (ids(run.steps), run.unreadable) == (IDS[:ODD], ())
        assert isinstance(run.error, ResponseDecodeError)
        assert run.error.resume_after == IDS[ODD - 1]


@pytest.mark.parametrize(
    "verb", ["iter_steps", "iter_step_pages", "collect_steps", "list_steps_page", "follow_steps", "get_step"]
)
async def test_the_choice_is_checked_before_any_request(verb: str) -> None:
    client = AsyncStepsClient(api_key="key", base_url="http://127.0.0.1:1/v1")
    arguments = (THREAD, RUN, "step_1") if verb == "get_step" else (THREAD, RUN)
    found = getattr(client, verb)(*arguments, odd="skip")
    with pytest.raises(ValueError, match="odd must be"):
        await (anext(found) if hasattr(found, "__anext__") else found)
