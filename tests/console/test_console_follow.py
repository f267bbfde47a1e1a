"""A live run as events."""

from __future__ import annotations

import asyncio
import json
import os
import socket
from typing import Any

import pytest
from console_setup import FORM, KEY, Opened, console
from sample_steps import RUN, THREAD, make_step
from waiting import until

from openai_steps.console._follow import follow
from openai_steps.console._form import read_form
from openai_steps.emulator import Answer
from openai_steps.gateway import Bounds

FUNCTION = {"name": "f" * 3_000, "arguments": "{}", "output": "o"}
LONG = {"type": "tool_calls", "tool_calls": [{"id": "c", "type": "function", "function": FUNCTION}]}


def parsed(chunk: bytes) -> tuple[str, Any]:
    head, _, data = chunk.decode().strip().partition("\ndata: ")
    return head.removeprefix("event: "), json.loads(data)


async def events(opened: Opened, **options: Any) -> list[tuple[str, Any]]:
    stream = follow(opened.console._api, opened.console._connections["server"], read_form(FORM), **options)
    return [parsed(chunk) async for chunk in stream]


async def test_an_ended_run_is_told_whole_and_over() -> None:
    async with console(3) as opened:
        told = await events(opened)
        names = [name for name, _ in told]
        assert [name for name in names if name != "run"] == ["step", "step", "step", "end"]
        assert told[0][0] == "run"
        assert told[0][1]["status"] == "completed"
        assert [data["id"] for name, data in told if name == "step"] == ["step_0000", "step_0001", "step_0002"]


async def test_an_error_is_an_event() -> None:
    async with console(3) as opened:
        opened.emulator.inject(Answer(403, {"error": {"message": f"not with {KEY}"}}), times=9)
        name, data = (await events(opened))[-1]
        assert (name, data["status"]) == ("error", 403)
        assert KEY not in json.dumps(data)


async def test_silence_is_filled_and_the_end_leaves_no_task() -> None:
    async with console(1) as opened:
        opened.emulator.store.set_run_status(THREAD, RUN, "in_progress")
        connection = opened.console._connections["server"]
        stream = follow(opened.console._api, connection, read_form(FORM), heartbeat=0.05)
        seen = [await anext(stream) for _ in range(6)]
        assert b": still here\n\n" in seen
        tasks = len(asyncio.all_tasks())
        await stream.aclose()
        assert len(asyncio.all_tasks()) < tasks


async def test_it_holds_for_as_long_as_it_goes_on() -> None:
    """FOLLOW_SECONDS makes it an hour: each step comes, and memory stays."""
    seconds = float(os.environ.get("FOLLOW_SECONDS", "2"))
    async with console(0) as opened:
        store = opened.emulator.store
        store.set_run_status(THREAD, RUN, "in_progress")

        async def go_on() -> int:
            number, end = 0, asyncio.get_running_loop().time() + seconds
            while asyncio.get_running_loop().time() < end:
                store.append_step(THREAD, RUN, make_step(number))
                opened.emulator.clear_requests()
                number += 1
                await asyncio.sleep(max(0.2, seconds / 600))
            store.set_run_status(THREAD, RUN, "completed")
            return number

        going = asyncio.create_task(go_on())
        told = await events(opened)
        assert len({data["id"] for name, data in told if name == "step"}) == await going
        assert told[-1][0] == "end"


async def test_a_key_in_a_live_step_is_masked() -> None:
    async with console([make_step(1, metadata={"echo": KEY})]) as opened:
        assert KEY not in json.dumps(await events(opened))


async def test_over_http_it_is_a_stream_and_not_more_than_eight() -> None:
    async with console(2) as opened:
        answer = await opened.post("/api/follow", {"form": FORM})
        assert (answer.status, answer.headers["content-type"]) == (200, "text/event-stream")
        assert b"event: end\ndata: {}\n\n" in answer.body
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        opened.console._follows = 8
        assert (await opened.post("/api/follow", {"form": FORM})).status == 429
        opened.console._follows = 0
        refused = await opened.post("/api/follow", {"form": {}})
        assert refused.json["fields"]["thread_id"] == "Fill in thread_id."


async def test_a_page_that_goes_away_ends_the_following() -> None:
    async with console(1) as opened:
        opened.emulator.store.set_run_status(THREAD, RUN, "in_progress")
        body = json.dumps({"form": FORM}).encode()
        reader, writer = await asyncio.open_connection("127.0.0.1", opened.port)
        writer.write(
            f"POST /api/follow HTTP/1.1\r\nHost: {opened.host}\r\nAuthorization: Bearer {opened.secret}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode()
            + body
        )
        await reader.readuntil(b"event: step")
        assert opened.console._follows == 1
        writer.close()
        await until(lambda: not opened.console._follows)
        assert opened.console._followers == set()


async def test_a_page_that_does_not_read_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("openai_steps.console._app._BOUNDS", Bounds(write_seconds=0.3))
    steps = [make_step(number, step_details=LONG, type="tool_calls") for number in range(3_000)]
    async with console(steps) as opened:
        opened.emulator.store.set_run_status(THREAD, RUN, "in_progress")  # it does not end by itself
        body = json.dumps({"form": FORM}).encode()
        with socket.socket() as lazy:
            lazy.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            lazy.setblocking(False)
            await asyncio.get_running_loop().sock_connect(lazy, ("127.0.0.1", opened.port))
            said = f"POST /api/follow HTTP/1.1\r\nHost: {opened.host}\r\nAuthorization: Bearer {opened.secret}\r\n"
            said += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
            await asyncio.get_running_loop().sock_sendall(lazy, said.encode() + body)
            await until(lambda: opened.events)
        assert opened.console._follows == 0
        assert (await opened.post("/api/state")).status == 200
