"""What the emulator reads out of a request."""

import aiohttp
import pytest
from calling import Caller

from openai_steps.emulator import DEMO_RUN, DEMO_THREAD, Emulator

RUN = f"/threads/{DEMO_THREAD}/runs/{DEMO_RUN}"


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
