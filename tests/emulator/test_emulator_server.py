"""The emulator over HTTP: routes, queries, records, live changes, opening and closing."""

import gzip
import json

import aiohttp
import pytest
from calling import Caller
from yarl import URL

from openai_steps.emulator import DEMO_RUN, DEMO_THREAD, PROFILES, Emulator

RUN = f"/threads/{DEMO_THREAD}/runs/{DEMO_RUN}"


async def test_list_step_and_run(emulator: Emulator, call: Caller) -> None:
    status, listed = await call(f"{RUN}/steps?limit=2&order=asc")
    assert status == 200
    first, second = listed["data"]
    assert listed["has_more"] is True
    assert (listed["first_id"], listed["last_id"]) == (first["id"], second["id"])
    assert await call(f"{RUN}/steps/{first['id']}") == (200, first)
    status, run = await call(RUN)
    assert (status, run["id"], run["status"]) == (200, DEMO_RUN, "in_progress")


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/threads/x/runs/run_demo/steps", "No thread found with id 'x'."),
        ("/threads/thread_demo/runs/x/steps", "No run found with id 'x'."),
        ("/threads/thread_demo/runs/x", "No run found with id 'x'."),
        (f"{RUN}/steps/x", "No run step found with id 'x'."),
        (f"{RUN}/steps?after=x", "No run step found with id 'x'."),
        ("/assistants", "Invalid URL (GET /v1/assistants)"),
        (f"{RUN}/steps/", "No run step found with id ''."),
        (f"{RUN}/steps/a/b", f"Invalid URL (GET /v1{RUN}/steps/a/b)"),
    ],
)
async def test_what_is_not_there_is_404(call: Caller, path: str, message: str) -> None:
    status, body = await call(path)
    assert (status, body["error"]["message"]) == (404, message)


async def test_only_get_is_served(call: Caller) -> None:
    status, body = await call(f"{RUN}/steps", "POST")
    assert (status, body["error"]["message"]) == (405, "Method Not Allowed")
    status, body = await call("/assistants", "POST")
    assert (status, body["error"]["message"]) == (404, "Invalid URL (POST /v1/assistants)")


@pytest.mark.parametrize("profile", sorted(PROFILES))
async def test_other_methods_are_answered_as_http_wants_it(profile: str) -> None:
    async with Emulator.demo(profile=profile).serve() as base_url, aiohttp.ClientSession() as session:
        url = f"{base_url}{RUN}/steps"
        async with session.options(url) as response:
            assert (response.status, response.headers["Allow"]) == (204, "GET, HEAD, OPTIONS")
        for method in ("POST", "PUT", "DELETE", "PATCH"):
            async with session.request(method, url, data=b"{}") as response:
                assert (response.status, response.headers["Allow"]) == (405, "GET, HEAD, OPTIONS")
                await response.read()
        async with session.get(url) as response:
            got = (response.status, response.content_type)
            size = len(await response.read())
        async with session.head(url) as response:
            assert (response.status, response.content_type) == got
            assert size - 200 < (response.content_length or 0) < size + 200  # some tell the time, or count requests
            assert await response.read() == b""


async def test_only_the_last_requests_are_remembered() -> None:
    few, none, every = Emulator(keep_requests=2), Emulator(keep_requests=0), Emulator(keep_requests=None)
    for emulator in (few, none, every, Emulator()):
        async with emulator.serve() as base_url, aiohttp.ClientSession() as session:
            for number in range(5):
                async with session.get(f"{base_url}/threads/{number}"):
                    pass
    assert [request.raw_path for request in few.requests] == ["/v1/threads/3", "/v1/threads/4"]
    assert none.requests == ()
    assert len(every.requests) == 5
    few.clear_requests()
    assert few.requests == ()


async def test_changes_show_at_once(emulator: Emulator, call: Caller) -> None:
    store = emulator.store
    store.add_run("t", "r", status="in_progress")
    assert (await call("/threads/t/runs/r/steps"))[1]["data"] == []
    store.append_step("t", "r", {"id": "a", "created_at": 1, "status": "in_progress"})
    assert (await call("/threads/t/runs/r/steps/a"))[1]["status"] == "in_progress"
    store.update_step("t", "r", "a", status="completed")
    assert (await call("/threads/t/runs/r/steps"))[1]["data"][0]["status"] == "completed"
    store.set_run_status("t", "r", "completed")
    assert (await call("/threads/t/runs/r"))[1]["status"] == "completed"
    store.remove_run("t", "r")
    assert (await call("/threads/t/runs/r"))[0] == 404


async def test_it_serves_again_after_closing() -> None:
    emulator = Emulator.demo()
    for _ in range(2):
        async with emulator.serve() as base_url, aiohttp.ClientSession() as session:
            assert (await Caller(session, base_url)(RUN))[0] == 200
        async with aiohttp.ClientSession() as session:
            with pytest.raises(aiohttp.ClientConnectorError):
                await session.get(base_url + RUN)


@pytest.mark.parametrize(("recorded", "told"), [(True, "max-age=60, immutable"), (False, None)])
async def test_a_recording_is_said_to_be_immutable(recorded: bool, told: str | None) -> None:
    emulator = Emulator(store=Emulator.demo().store, recorded=recorded)
    async with emulator.serve() as base_url, aiohttp.ClientSession() as session:
        for path, expected in ((RUN, told), (f"{RUN}/steps", told), ("/threads/t/runs/r", None)):
            async with session.get(base_url + path) as response:
                assert response.headers.get("Cache-Control") == expected


async def test_a_taken_port_is_an_os_error(emulator: Emulator) -> None:
    async with emulator.serve() as base_url:
        port = URL(base_url).port
        assert port is not None
        with pytest.raises(OSError, match="in use"):
            async with Emulator().serve(port=port):
                pass


async def test_an_error_in_the_block_closes_the_server(emulator: Emulator) -> None:
    base_url = ""
    with pytest.raises(ZeroDivisionError):
        async with emulator.serve() as base_url:
            raise ZeroDivisionError
    async with aiohttp.ClientSession() as session:
        with pytest.raises(aiohttp.ClientConnectorError):
            await session.get(base_url + RUN)


@pytest.mark.parametrize(
    ("recorded", "asked", "coding"),
    [
        (True, "gzip, deflate", "gzip"),
        (True, "br;q=1.0, GZIP;q=0.5", "gzip"),
        (True, "*", "gzip"),
        (True, "gzip;q=0, identity", None),
        (True, "br", None),
        (True, "identity", None),
        (False, "gzip", None),
    ],
)
async def test_a_long_answer_of_an_archive_is_compressed_where_that_is_asked_for(
    recorded: bool, asked: str, coding: str | None
) -> None:
    emulator = Emulator(store=Emulator.demo().store, recorded=recorded)
    async with (
        emulator.serve() as base_url,
        aiohttp.ClientSession(auto_decompress=False) as session,
        session.get(f"{base_url}{RUN}/steps?limit=20", headers={"Accept-Encoding": asked}) as response,
    ):
        body = await response.read()
    assert response.headers.get("Content-Encoding") == coding
    assert len(json.loads(gzip.decompress(body) if coding else body)["data"]) == 12
    assert response.headers["Content-Length"] == str(len(body))
