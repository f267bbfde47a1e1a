"""What the emulator answers."""

import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import attrs
import pytest
from calling import Caller

from openai_steps.emulator import DEMO_RUN, DEMO_THREAD, HABITS, PROFILES, Dialect, Emulator

INCLUDE = "step_details.tool_calls[*].file_search.results[*].content"


RUN = f"/threads/{DEMO_THREAD}/runs/{DEMO_RUN}"


async def test_bodies_are_the_stored_dicts(emulator: Emulator, call: Caller) -> None:
    _, listed = await call(f"{RUN}/steps?order=asc&include[]={INCLUDE}")
    assert listed["data"] == emulator.store.steps(DEMO_THREAD, DEMO_RUN)


@pytest.mark.parametrize(
    ("style", "query", "shown"),
    [
        ("repeated", "", False),
        ("repeated", f"include[]={INCLUDE}", True),
        ("repeated", f"include%5B%5D={INCLUDE.replace('[*]', '%5B%2A%5D')}", True),
        ("repeated", f"include[]={INCLUDE}&include[]={INCLUDE}", True),
        ("repeated", f"include={INCLUDE}", False),
        ("comma", f"include={INCLUDE}", True),
        ("comma", f"include[]={INCLUDE},{INCLUDE}", True),
    ],
)
async def test_the_content_of_file_searches_is_shown_only_if_asked_for(style: Any, query: str, shown: bool) -> None:
    emulator = Emulator.demo(dialect=Dialect(include=style))
    async with emulator.serve() as base_url, aiohttp.ClientSession() as session:
        call = Caller(session, base_url)
        _, listed = await call(f"{RUN}/steps?order=asc&{query}")
        searched = listed["data"][1]
        _, alone = await call(f"{RUN}/steps/{searched['id']}?{query}")
    assert alone == searched
    results = searched["step_details"]["tool_calls"][0]["file_search"]["results"]
    assert len(results) == 2
    assert all(("content" in result) is shown for result in results)
    assert all("score" in result for result in results)


async def test_stamps_made_anew_are_the_present() -> None:
    emulator = Emulator(dialect=HABITS["stamped_anew"])
    emulator.store.add_run("t", "r", steps=[{"id": "s", "created_at": 1}])
    began = int(time.time())
    async with emulator.serve() as base_url, aiohttp.ClientSession() as session:
        call = Caller(session, base_url)
        _, listed = await call("/threads/t/runs/r/steps")
        _, step = await call("/threads/t/runs/r/steps/s")
        _, run = await call("/threads/t/runs/r")
    for told in (listed["data"][0], step, run):
        assert began <= told["created_at"] <= time.time()


# --- Threads, messages, runs and files ------------------------------------------------------------------------------


@attrs.define
class Served:
    """An emulator with a small thread, and its caller."""

    emulator: Emulator
    call: Caller

    async def bytes_of(self, path: str, **headers: str) -> tuple[int, bytes, Mapping[str, str]]:
        async with self.call.session.get(self.call.base_url + path, headers=headers) as response:
            return response.status, await response.read(), response.headers


@asynccontextmanager
async def serving(profile: Any = "compatible", dialect: Dialect | None = None) -> AsyncIterator[Served]:
    emulator = Emulator(profile=profile, dialect=dialect)
    store = emulator.store
    for number in (1, 2):
        store.add_run("t", f"r{number}", steps=[{"id": f"s{number}", "created_at": number}])
        store.add_message("t", {"id": f"m{number}", "created_at": number, "run_id": f"r{number}"})
    store.add_run("u", "r3")
    store.add_message("u", {"id": "m3", "created_at": 3})
    store.add_file({"id": "f"}, b"0123456789")
    async with emulator.serve() as base_url, aiohttp.ClientSession() as session:
        yield Served(emulator, Caller(session, base_url))


def ids(page: Any) -> list[str]:
    return [item["id"] for item in page["data"]]


async def test_every_list_is_cut_into_pages_alike() -> None:
    async with serving() as served:
        for path, newest, oldest in [("/threads/t/runs", "r2", "r1"), ("/threads/t/messages", "m2", "m1")]:
            status, page = await served.call(f"{path}?limit=1")
            assert (status, ids(page), page["has_more"]) == (200, [newest], True)
            assert ids((await served.call(f"{path}?after={newest}"))[1]) == [oldest]
            assert ids((await served.call(f"{path}?order=asc"))[1]) == [oldest, newest]
            status, error = await served.call(f"{path}?after=nobody")
            kind = "run" if path.endswith("runs") else "message"
            assert (status, error["error"]["message"]) == (404, f"No {kind} found with id 'nobody'.")
        assert ids((await served.call("/threads?order=asc"))[1]) == [
            "u",
            "t",
        ]  # without steps, a run is of the year 1970


async def test_every_thing_is_found_by_its_id() -> None:
    async with serving() as served:
        store = served.emulator.store
        for path, stored in [
            ("/threads/t", store.thread("t")),
            ("/threads/t/messages/m1", store.message("t", "m1")),
            ("/threads/t/runs/r1", store.run("t", "r1")),
            ("/files/f", store.file("f")),
        ]:
            assert await served.call(path) == (200, stored)


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/threads/x", "thread"),
        ("/threads/x/messages", "thread"),
        ("/threads/x/messages/m1", "thread"),
        ("/threads/t/messages/x", "message"),
        ("/threads/x/runs", "thread"),
        ("/threads/t/runs/x", "run"),
        ("/files/x", "file"),
        ("/files/x/content", "file"),
    ],
)
async def test_what_is_not_there_is_404(path: str, kind: str) -> None:
    async with serving() as served:
        status, body = await served.call(path)
    assert (status, body["error"]["message"]) == (404, f"No {kind} found with id 'x'.")


@pytest.mark.parametrize(
    ("dialect", "found"),
    [(Dialect(), ["m1"]), (Dialect(run_id="ignored"), ["m2", "m1"]), (Dialect(thread_id="ignored"), ["m1"])],
)
async def test_messages_of_one_run(dialect: Dialect, found: list[str]) -> None:
    async with serving(dialect=dialect) as served:
        _, page = await served.call("/threads/t/messages?run_id=r1")
    assert ids(page) == found


async def test_a_server_may_refuse_the_run() -> None:
    async with serving("bee") as served:
        status, body = await served.call("/threads/t/messages?run_id=r1")
    assert (status, body["error"]["code"]) == (400, "invalid_input")


async def test_a_server_may_ignore_the_thread() -> None:
    async with serving(dialect=Dialect(thread_id="ignored")) as served:
        assert ids((await served.call("/threads/t/runs"))[1]) == ["r2", "r1", "r3"]
        assert ids((await served.call("/threads/t/messages"))[1]) == ["m3", "m2", "m1"]
        assert ids((await served.call("/threads/t/runs/r1/steps"))[1]) == ["s1"]


async def test_messages_may_be_oldest_first_where_nothing_is_asked() -> None:
    async with serving(dialect=Dialect(message_order="asc")) as served:
        assert ids((await served.call("/threads/t/messages"))[1]) == ["m1", "m2"]
        assert ids((await served.call("/threads/t/messages?order=desc"))[1]) == ["m2", "m1"]
        assert ids((await served.call("/threads/t/runs"))[1]) == ["r2", "r1"]


@pytest.mark.parametrize(("profile", "told"), [("compatible", True), ("openai", False), ("azure_foundry", False)])
async def test_messages_tell_their_status_as_the_schema_says_or_not_at_all(profile: str, told: bool) -> None:
    async with serving(attrs.evolve(PROFILES[profile], beta=None, api_versions=None)) as served:
        _, page = await served.call("/threads/t/messages")
        _, message = await served.call("/threads/t/messages/m2")
    assert page["data"][0] == message
    names = {"status", "incomplete_details", "completed_at", "incomplete_at"} & message.keys()
    assert len(names) == (4 if told else 0)


async def test_dashscope_says_nothing_with_empty_texts() -> None:
    async with serving("dashscope") as served:
        _, message = await served.call("/threads/u/messages/m3")
    assert (message["run_id"], message["assistant_id"], message["created_at"]) == ("", "", 3000)


async def test_a_file_comes_whole_or_from_an_offset_on() -> None:
    async with serving() as served:
        status, content, headers = await served.bytes_of("/files/f/content")
        assert (status, content, headers["Content-Type"]) == (200, b"0123456789", "application/octet-stream")
        tag = headers["ETag"]
        status, content, headers = await served.bytes_of("/files/f/content", Range="bytes=4-", **{"If-Range": tag})
        assert (status, content, headers["Content-Range"]) == (206, b"456789", "bytes 4-9/10")
        assert (await served.bytes_of("/files/f/content", Range="bytes=4-", **{"If-Range": '"other"'}))[:2] == (
            200,
            b"0123456789",
        )
        assert (await served.bytes_of("/files/f/content", Range="bytes=10-"))[0] == 416


@pytest.mark.parametrize(
    ("content", "sent"), [("whole", b"0123456789"), ("json_text", b'"0123456789"'), ("null", b"null")]
)
async def test_some_servers_send_a_file_in_other_ways(content: Any, sent: bytes) -> None:
    async with serving(dialect=Dialect(content=content)) as served:
        assert (await served.bytes_of("/files/f/content", Range="bytes=4-"))[:2] == (200, sent)


@pytest.mark.parametrize(
    ("profile", "path", "status"),
    [
        ("openai", "/threads", 401),
        ("azure_openai_v1", "/threads", 404),
        ("dashscope", "/threads", 404),
        ("dashscope", "/files/f", 404),
        ("dashscope", "/files/f/content", 404),
        ("llamphouse", "/threads", 405),
        ("llamphouse", "/files/f/content", 404),
        ("bee", "/threads", 200),
    ],
)
async def test_no_server_has_everything(profile: str, path: str, status: int) -> None:
    async with serving(attrs.evolve(PROFILES[profile], beta=None, api_versions=None)) as served:
        told, body = await served.call(path)
    assert told == status
    if status == 401:
        assert body["error"]["code"] == "missing_scope"


@pytest.mark.parametrize("profile", PROFILES)
async def test_every_profile_has_the_messages_and_runs_of_a_thread(profile: str) -> None:
    served_as = attrs.evolve(PROFILES[profile], beta=None, api_versions=None)
    async with serving(served_as) as served:
        for path in ("/threads/t/messages", "/threads/t/runs", "/threads/t", "/threads/t/messages/m1"):
            assert (await served.call(path))[0] == (404 if path.rpartition("/")[2] in served_as.absent else 200)


async def test_half_of_a_surrogate_pair_is_answered_as_its_escape() -> None:
    emulator = Emulator()
    emulator.store.add_run("t", "r", steps=[{"id": "s\ud83d", "created_at": 1}])
    async with (
        emulator.serve() as base_url,
        aiohttp.ClientSession() as session,
        session.get(f"{base_url}/threads/t/runs/r/steps") as answer,
    ):
        text = await answer.read()
    assert answer.status == 200
    assert rb'"s\ud83d"' in text
