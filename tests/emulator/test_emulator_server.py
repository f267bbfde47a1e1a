"""The emulator over HTTP: routes, queries, records, live changes, opening and closing."""

import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from yarl import URL

from openai_steps.emulator import DEMO_RUN, DEMO_THREAD, Dialect, Emulator

INCLUDE = "step_details.tool_calls[*].file_search.results[*].content"
RUN = f"/threads/{DEMO_THREAD}/runs/{DEMO_RUN}"


class Caller:
    def __init__(self, session: aiohttp.ClientSession, base_url: str) -> None:
        self.session = session
        self.base_url = base_url

    async def __call__(self, path: str, method: str = "GET") -> tuple[int, Any]:
        url = URL(self.base_url + path, encoded=True)
        async with self.session.request(method, url) as response:
            assert response.content_type == "application/json"
            return response.status, json.loads(await response.text())


@pytest.fixture
def emulator() -> Emulator:
    return Emulator.demo()


@pytest.fixture
async def call(emulator: Emulator) -> AsyncIterator[Caller]:
    async with emulator.serve() as base_url, aiohttp.ClientSession() as session:
        yield Caller(session, base_url)


async def test_list_step_and_run(emulator: Emulator, call: Caller) -> None:
    status, listed = await call(f"{RUN}/steps?limit=2&order=asc")
    assert status == 200
    first, second = listed["data"]
    assert listed["has_more"] is True
    assert (listed["first_id"], listed["last_id"]) == (first["id"], second["id"])
    assert await call(f"{RUN}/steps/{first['id']}") == (200, first)
    status, run = await call(RUN)
    assert (status, run["id"], run["status"]) == (200, DEMO_RUN, "in_progress")


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


@pytest.mark.parametrize(
    ("query", "param", "code"),
    [
        ("limit=101", "limit", "integer_above_max_value"),
        ("limit=0", "limit", "integer_below_min_value"),
        ("limit=ten", "limit", "invalid_type"),
        ("limit=", "limit", "invalid_type"),
        ("limit=1_0", "limit", "invalid_type"),
        (f"limit={'9' * 5000}", "limit", "invalid_type"),
        ("order=up", "order", "invalid_value"),
        ("include[]=all", "include[]", "invalid_value"),
    ],
)
async def test_bad_queries_are_400(call: Caller, query: str, param: str, code: str) -> None:
    status, body = await call(f"{RUN}/steps?{query}")
    assert status == 400
    error = body["error"]
    assert set(error) == {"message", "type", "param", "code"}
    assert (error["type"], error["param"], error["code"]) == ("invalid_request_error", param, code)


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
    assert (status, body["error"]["message"]) == (404, f"Invalid URL (POST /v1{RUN}/steps)")


@pytest.mark.parametrize("ident", ["a/b", "a b", "a%2Fb", "ü", "..", "?", "a+b", "steps"])
async def test_ids_are_decoded_once_as_one_segment(emulator: Emulator, call: Caller, ident: str) -> None:
    emulator.store.add_run(ident, ident, steps=[{"id": ident, "created_at": 1}])
    encoded = "".join(f"%{byte:02X}" for byte in ident.encode())
    status, step = await call(f"/threads/{encoded}/runs/{encoded}/steps/{encoded}")
    assert status == 200
    assert (step["id"], step["run_id"], step["thread_id"]) == (ident, ident, ident)


async def test_requests_are_recorded_as_sent(emulator: Emulator, call: Caller) -> None:
    call.session.headers["X-Team"] = "blue"
    await call(f"{RUN}/steps/a%2Fb?limit=5&include%5B%5D=a%20b&limit=+6&empty=")
    await call("/elsewhere", "POST")
    first, second = emulator.requests
    assert first.method == "GET"
    assert first.raw_path == f"/v1{RUN}/steps/a%2Fb"
    assert first.raw_query == "limit=5&include%5B%5D=a%20b&limit=+6&empty="
    assert first.query == (("limit", "5"), ("include[]", "a b"), ("limit", " 6"), ("empty", ""))
    assert first.headers["x-team"] == "blue"
    assert "blue" not in repr(first)
    assert (second.method, second.raw_path, second.raw_query) == ("POST", "/v1/elsewhere", "")
    emulator.clear_requests()
    assert emulator.requests == ()


async def test_request_ids_count(emulator: Emulator) -> None:
    ids = []
    async with emulator.serve() as base_url, aiohttp.ClientSession() as session:
        for path in (RUN, "/nowhere", f"{RUN}/steps"):
            async with session.get(base_url + path) as response:
                ids.append(response.headers["x-request-id"])
    assert ids == ["req_00000001", "req_00000002", "req_00000003"]


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
