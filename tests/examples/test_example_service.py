"""The web service, under a real web server."""

import asyncio
import json
import re
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import aiohttp
import pytest

from openai_steps import RunStep
from openai_steps.emulator import Answer
from openai_steps.testing import StepsServer, build_steps, code_step, function_step, message_step

pytest.importorskip("fastapi.sse", reason="needs fastapi 0.135 (dependency group examples)")
uvicorn = pytest.importorskip("uvicorn", reason="needs uvicorn (dependency group examples)")

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
Until = Callable[[Callable[[], object]], Awaitable[None]]
EVENTS = "threads/thread_1/runs/run_1/events"


@pytest.fixture
def service(example: Callable[[str], ModuleType]) -> ModuleType:
    return example("service.py")


@pytest.fixture
async def url(service: ModuleType, until: Until) -> AsyncIterator[str]:
    server = uvicorn.Server(uvicorn.Config(service.app, port=0, log_level="error", ws="none"))
    serving = asyncio.create_task(server.serve())
    await until(lambda: server.started)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    await serving


@pytest.fixture
async def browser(url: str) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(f"{url}/") as session:
        yield session


async def read_events(response: aiohttp.ClientResponse) -> AsyncIterator[dict[str, Any]]:
    event: dict[str, Any] = {}
    async for line in response.content:
        name, _, value = line.decode().rstrip("\n").partition(": ")
        if name:
            event[name] = json.loads(value) if name == "data" else value
        elif event:
            yield event
            event = {}


def the_run_ends(server: StepsServer) -> None:
    done = function_step(2, output="sunny")
    server.update_step("thread_1", "run_1", "step_2", **{key: done[key] for key in ("status", "completed_at")})
    server.set_run_status("thread_1", "run_1", "completed")


async def test_steps_arrive_as_the_run_grows(browser: aiohttp.ClientSession, steps_server: StepsServer) -> None:
    steps_server.add_run(steps=[message_step(1)], status="in_progress")
    seen = []
    async with browser.get(EVENTS) as response:
        assert response.content_type == "text/event-stream"
        async for event in read_events(response):
            seen.append((event["event"], event.get("id"), event["data"].get("status")))
            if len(seen) == 1:
                steps_server.append_step("thread_1", "run_1", function_step(2, status="in_progress"))
            if len(seen) == 2:
                the_run_ends(steps_server)
    assert seen == [
        ("step", "step_1", "completed"),
        ("step", None, "in_progress"),
        ("step", "step_2", "completed"),
        ("end", None, None),
    ]


async def test_a_browser_that_comes_back_goes_on_where_it_was(
    browser: aiohttp.ClientSession, steps_server: StepsServer
) -> None:
    steps_server.add_run(steps=[message_step(1), code_step(2), message_step(3)])
    async with browser.get(EVENTS, headers={"Last-Event-ID": "step_1"}) as response:
        events = [event async for event in read_events(response)]
    assert [event.get("id") for event in events] == ["step_2", "step_3", None]


async def test_when_the_browser_leaves_the_polling_ends(
    browser: aiohttp.ClientSession, service: ModuleType, monkeypatch: pytest.MonkeyPatch, steps_server: StepsServer
) -> None:
    ended = asyncio.Event()
    follow_steps = service.AsyncStepsClient.follow_steps

    async def watched(*arguments: Any, **options: Any) -> AsyncIterator[RunStep]:
        try:
            async for step in follow_steps(*arguments, **options, poll_interval=0.01):
                yield step
        finally:
            ended.set()

    monkeypatch.setattr(service.AsyncStepsClient, "follow_steps", watched)
    steps_server.add_run(steps=[message_step(1)], status="in_progress")
    async with browser.get(EVENTS) as response:
        async for event in read_events(response):
            assert event["id"] == "step_1"
            break
        assert not ended.is_set()
        response.close()
    async with asyncio.timeout(60):
        await ended.wait()


@pytest.mark.parametrize("path", ["threads/thread_1/runs/nobody/events", "threads/thread_1/runs/../events"])
async def test_a_run_that_does_not_exist_is_a_404(browser: aiohttp.ClientSession, path: str) -> None:
    async with browser.get(path) as response:
        assert response.status == 404


async def test_a_server_that_refuses_is_a_502_that_tells_no_more(
    browser: aiohttp.ClientSession, steps_server: StepsServer
) -> None:
    steps_server.inject(Answer(403, {"error": {"message": "key of acme"}}))
    async with browser.get(EVENTS) as response:
        assert response.status == 502
        assert "acme" not in await response.text()


async def test_a_failure_in_the_middle_is_an_event(browser: aiohttp.ClientSession, steps_server: StepsServer) -> None:
    steps_server.add_run(steps=[message_step(1)], status="in_progress")
    async with browser.get(EVENTS) as response:
        events = []
        async for event in read_events(response):
            steps_server.inject(Answer(403, {"error": {"message": "The key was withdrawn."}}))
            events.append(event)
    assert events[-1]["event"] == "failure"
    assert events[-1]["data"]["error"] == "PermissionDeniedError"


def test_a_bookmark_never_passes_what_is_unfinished(service: ModuleType) -> None:
    first, second, third = build_steps([code_step(1, status="in_progress"), code_step(2), code_step(1)])
    bookmark = service.Bookmark()
    assert [bookmark.after(step) for step in (first, second, third)] == [None, None, "step_1"]


async def test_the_client_lives_as_long_as_the_service(service: ModuleType, steps_server: StepsServer) -> None:
    steps_server.add_run()
    async with service.lifespan(service.app):
        client = service.app.state.client
        await client.get_run("thread_1", "run_1")
    with pytest.raises(RuntimeError, match="closed"):
        await client.get_run("thread_1", "run_1")


@pytest.mark.skipif(sys.platform == "win32", reason="this system has no SIGTERM")
async def test_the_service_stops_at_sigterm_though_a_stream_is_open(
    steps_server: StepsServer, until: Until, tmp_path: Path
) -> None:
    """Under plain uvicorn, which waits for its open streams as long as they last."""
    steps_server.add_run(steps=[message_step(1)], status="in_progress")
    arguments = ["service:app", "--port", "0", "--app-dir", str(EXAMPLES), "--ws", "none"]
    log = tmp_path / "log"
    with log.open("wb") as errors:
        process = await asyncio.create_subprocess_exec(sys.executable, "-m", "uvicorn", *arguments, stderr=errors)
    try:
        await until(lambda: "running on" in log.read_text())
        (url,) = re.findall(r"http://[\d.:]+", log.read_text())
        async with aiohttp.ClientSession(f"{url}/") as session, session.get(EVENTS) as response:
            events = read_events(response)
            assert (await anext(events))["event"] == "step"
            process.send_signal(signal.SIGTERM)
            async with asyncio.timeout(60):
                assert [event async for event in events] == []
                await process.wait()
    finally:
        if process.returncode is None:
            process.kill()
    assert "Application shutdown complete." in log.read_text()
    assert "Traceback" not in log.read_text()
