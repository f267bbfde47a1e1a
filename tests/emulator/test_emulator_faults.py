"""Faults, as a client meets them on a real connection."""

import asyncio
import errno
import time
from typing import Any

import aiohttp
import aiohttp.web
import pytest
from waiting import until

from openai_steps.emulator import Answer, CloseAfter, Cut, Delay, Emulator, Exchange, Reset, Stall

PATH = "/threads/thread_demo/runs/run_demo/steps"


async def fetch(base_url: str, path: str = PATH) -> tuple[int, dict[str, str], bytes]:
    """One request on a connection of its own."""
    async with aiohttp.ClientSession() as session, session.get(base_url + path) as response:
        headers = {name.lower(): value for name, value in response.headers.items()}
        return response.status, headers, await response.read()


async def test_faults_come_in_turn_and_then_end(emulator: Emulator) -> None:
    emulator.inject(Answer(500, {"error": {"message": "sorry"}}), times=2)
    emulator.inject(Answer(429, headers={"Retry-After": "7", "Content-Type": "text/plain"}))
    assert emulator.faults_left == 3
    async with emulator.serve() as base_url:
        answers = [await fetch(base_url) for _ in range(4)]
    assert [status for status, _, _ in answers] == [500, 500, 429, 200]
    assert answers[0][2] == b'{"error": {"message": "sorry"}}'
    assert answers[0][1]["content-type"] == "application/json"
    assert answers[2][1]["retry-after"] == "7"
    assert answers[2][1]["content-type"] == "text/plain"
    assert [headers["x-request-id"][-1] for _, headers, _ in answers] == ["1", "2", "3", "4"]
    assert len(emulator.requests) == 4
    assert emulator.faults_left == 0


async def test_a_fault_waits_for_the_request_it_matches(emulator: Emulator) -> None:
    emulator.inject(Answer(503), matching=lambda request: ("after", "x") in request.query)
    emulator.inject(Answer(502))
    async with emulator.serve() as base_url:
        assert (await fetch(base_url))[0] == 502
        assert (await fetch(base_url))[0] == 200
        assert (await fetch(base_url, f"{PATH}?after=x"))[0] == 503
        assert (await fetch(base_url, f"{PATH}?after=x"))[0] == 404


async def test_faults_can_be_cleared(emulator: Emulator) -> None:
    emulator.inject(Answer(503), times=5)
    emulator.clear_faults()
    async with emulator.serve() as base_url:
        assert (await fetch(base_url))[0] == 200
    with pytest.raises(ValueError, match="times must be a whole number above 0, not 0"):
        emulator.inject(Reset(), times=0)


@pytest.mark.parametrize(
    ("body", "content_type"),
    [(b"\x00\xff{", "application/json"), ("<html>", "text/html"), (b"", None)],
)
async def test_raw_bodies(emulator: Emulator, body: Any, content_type: str | None) -> None:
    emulator.inject(Answer(200, body, content_type=content_type))
    async with emulator.serve() as base_url:
        _, headers, got = await fetch(base_url)
    assert got == (body if isinstance(body, bytes) else body.encode())
    assert headers.get("content-type", "application/octet-stream").startswith(
        content_type or "application/octet-stream"
    )


async def test_delay(emulator: Emulator) -> None:
    emulator.inject(Delay(0.2))
    async with emulator.serve() as base_url:
        started = time.monotonic()
        status, _, _ = await fetch(base_url)
        assert time.monotonic() - started >= 0.19
    assert status == 200


async def test_reset(emulator: Emulator) -> None:
    # aiohttp repeats a GET whose connection broke once by itself.
    emulator.inject(Reset(), times=2)
    async with emulator.serve() as base_url:
        with pytest.raises(aiohttp.ClientOSError) as caught:
            await fetch(base_url)
        assert caught.value.errno == errno.ECONNRESET
        assert len(emulator.requests) == 2
        assert (await fetch(base_url))[0] == 200


@pytest.mark.parametrize("keep", [0, 0.5, 0.99])
async def test_cut(emulator: Emulator, keep: float) -> None:
    emulator.inject(Cut(keep))
    async with emulator.serve() as base_url:
        with pytest.raises(aiohttp.ClientPayloadError):
            await fetch(base_url)
        assert (await fetch(base_url))[0] == 200


def test_a_cut_keeps_less_than_all() -> None:
    with pytest.raises(ValueError, match="keep"):
        Cut(1)


@pytest.mark.parametrize("announced", [True, False])
async def test_close_after(emulator: Emulator, announced: bool) -> None:
    emulator.inject(CloseAfter(announced))
    async with emulator.serve() as base_url:
        host, port = base_url.removeprefix("http://").removesuffix("/v1").split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(f"GET /v1{PATH} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        async with asyncio.timeout(60):
            answer = await reader.read()
        writer.close()
        await writer.wait_closed()
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK\r\n")
    assert (b"connection: close" in head.lower()) is announced
    assert f"content-length: {len(body)}".encode() in head.lower()


async def test_a_connection_is_kept_without_a_fault(emulator: Emulator) -> None:
    async with emulator.serve() as base_url:
        host, port = base_url.removeprefix("http://").removesuffix("/v1").split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        for _ in range(2):
            writer.write(f"GET /v1{PATH}?limit=1 HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            async with asyncio.timeout(60):
                head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
                length = head.partition("content-length: ")[2].partition("\r\n")[0]
                await reader.readexactly(int(length))
            assert head.startswith("http/1.1 200")
        writer.close()
        await writer.wait_closed()


@pytest.mark.parametrize("fault", [Stall(), Delay(600)])
async def test_waiting_requests_do_not_hold_up_the_end(emulator: Emulator, fault: Any) -> None:
    emulator.inject(fault, times=20)
    before = asyncio.all_tasks()
    async with emulator.serve() as base_url:
        calls = [asyncio.create_task(fetch(base_url)) for _ in range(20)]
        await until(lambda: len(emulator.requests) >= 20)
        assert not any(call.done() for call in calls)
        started = time.monotonic()
    assert time.monotonic() - started < 30  # neither aiohttp's minute of grace nor the ten of the delay
    outcomes = await asyncio.gather(*calls, return_exceptions=True)
    if isinstance(fault, Stall):
        assert all(isinstance(outcome, aiohttp.ClientError) for outcome in outcomes)
    assert asyncio.all_tasks() == before


async def test_a_client_that_gives_up_on_a_stall_leaves_no_handler(emulator: Emulator) -> None:
    emulator.inject(Stall())
    before = len(asyncio.all_tasks())
    async with emulator.serve() as base_url:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await fetch(base_url)
        await until(lambda: len(asyncio.all_tasks()) <= before)


async def test_connections_that_arrive_while_it_closes_do_no_harm(emulator: Emulator) -> None:
    """asyncio of Python 3.11 asserts on them: the loop's handler would hear of it."""
    trouble: list[Any] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: trouble.append(context))
    for turns in range(8):
        async with emulator.serve() as base_url:
            host, port = base_url.removeprefix("http://").removesuffix("/v1").split(":")
            opening = asyncio.create_task(asyncio.open_connection(host, int(port)))
            for _ in range(turns):
                await asyncio.sleep(0)
        try:
            _, writer = await opening
            writer.close()
            await writer.wait_closed()
        except OSError:
            pass
    assert trouble == []


async def test_a_fault_of_ones_own(emulator: Emulator) -> None:
    class Teapot:
        async def play(self, exchange: Exchange) -> aiohttp.web.StreamResponse:
            response = exchange.normal()
            response.set_status(418)
            return response

    emulator.inject(Teapot())
    async with emulator.serve() as base_url:
        status, _, body = await fetch(base_url)
    assert status == 418
    assert b"step_" in body
