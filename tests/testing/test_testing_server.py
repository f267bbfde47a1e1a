"""The test kit: the builders, the server in its thread, and the plugin under every test runner."""

import asyncio
import socket
import threading
from typing import Any

import attrs
import pytest

from openai_steps import (
    INCLUDE_FILE_SEARCH_CONTENT,
    APIConnectionError,
    AsyncStepsClient,
    AuthenticationError,
    BadRequestError,
    FileSearchToolCall,
    InternalServerError,
    RetryPolicy,
)
from openai_steps.emulator import PROFILES, Answer, Profile
from openai_steps.testing import (
    StepsServer,
    build_steps,
    code_step,
    file_search_step,
    message_step,
)


async def test_the_fixture_serves_wire_dicts_and_models(steps_server: StepsServer) -> None:
    steps_server.add_run(steps=[message_step(1), *build_steps([code_step(2)])])
    async with steps_server.client() as client:
        steps = [step async for step in client.iter_steps("thread_1", "run_1", order="asc")]
    assert steps == build_steps([message_step(1), code_step(2)])
    request = steps_server.requests[0]
    assert dict(request.query)["order"] == "asc"
    steps_server.clear_requests()
    assert steps_server.requests == ()


async def test_a_run_grows(steps_server: StepsServer) -> None:
    steps_server.add_run("t", "r", status="in_progress", metadata={"a": "b"})
    seen: list[tuple[str, str | None]] = []
    async with steps_server.client() as client:
        assert (await client.get_run("t", "r")).metadata == {"a": "b"}
        steps_server.append_step("t", "r", message_step(1, status="in_progress"))
        async for step in client.follow_steps("t", "r", poll_interval=0.01):
            seen.append((step.id, step.status))
            if step.status == "in_progress":
                done = message_step(1)
                steps_server.update_step("t", "r", "step_1", status="completed", completed_at=done["completed_at"])
                steps_server.set_run_status("t", "r", "completed")
    assert seen == [("step_1", "in_progress"), ("step_1", "completed")]


def has_ipv6() -> bool:
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            return True
    except OSError:
        return False


@pytest.mark.skipif(not has_ipv6(), reason="this machine has no ::1")
@pytest.mark.steps_server(host="::1")
async def test_it_can_do_without_ipv4(steps_server: StepsServer) -> None:
    assert steps_server.base_url.startswith("http://[::1]:")
    steps_server.add_run("t", "r", steps=[message_step(1)])
    async with steps_server.client() as client:
        assert [step.id async for step in client.iter_steps("t", "r")] == ["step_1"]


def test_an_address_that_it_can_not_have_is_told() -> None:
    server = StepsServer(host="192.0.2.1")  # of nobody: RFC 5737
    with pytest.raises(OSError, match=r"192\.0\.2\.1|address"), server:
        pass


async def test_faults(steps_server: StepsServer) -> None:
    steps_server.add_run("t", "r")
    steps_server.inject(Answer(500), matching=lambda request: request.raw_path.endswith("/steps"))
    steps_server.inject(Answer(503), times=2)
    assert steps_server.faults_left == 3
    async with steps_server.client(retry=RetryPolicy(attempts=1)) as client:
        with pytest.raises(InternalServerError) as caught:
            await client.list_steps_page("t", "r")
        assert caught.value.status == 500
    assert steps_server.faults_left == 2


def test_mistakes_reach_the_test_and_not_the_server(steps_server: StepsServer) -> None:
    steps_server.add_run("t", "r", steps=[message_step(1)])
    with pytest.raises(ValueError, match="exists already"):
        steps_server.add_run("t", "r")
    with pytest.raises(ValueError, match="given twice"):
        steps_server.append_step("t", "r", message_step(1))
    with pytest.raises(LookupError, match="no run"):
        steps_server.set_run_status("t", "other", "completed")
    with pytest.raises(LookupError, match="no step"):
        steps_server.update_step("t", "r", "step_2", status="completed")
    with pytest.raises(ValueError, match="times"):
        steps_server.inject(Answer(500), times=0)


@pytest.mark.parametrize("profile", PROFILES)
async def test_the_client_fits_every_profile(profile: str) -> None:
    with StepsServer(profile=profile, api_key="secret") as server:
        server.add_run("t", "r", steps=[message_step(1)])
        async with server.client() as client:
            assert [step.id async for step in client.iter_steps("t", "r")] == ["step_1"]
        stranger = attrs.evolve(server.endpoint, api_key="wrong")
        async with AsyncStepsClient(stranger) as client:
            with pytest.raises(AuthenticationError):
                await client.list_steps_page("t", "r")


async def test_a_profile_of_your_own() -> None:
    with StepsServer(profile=Profile(prefix="/mine", missing_run="bad_request")) as server:
        assert server.base_url.endswith("/mine")
        async with server.client() as client:
            with pytest.raises(BadRequestError):
                await client.list_steps_page("t", "r")


@pytest.mark.parametrize("options", [{"dialect": "nobody"}, {"profile": "nobody"}])
def test_unknown_names_are_refused_before_anything_starts(options: Any) -> None:
    before = threading.active_count()
    with pytest.raises(ValueError, match="nobody"):
        StepsServer(**options)
    assert threading.active_count() == before


def test_file_search_content_is_shown_only_when_asked_for(steps_server: StepsServer) -> None:
    async def read(**options: Any) -> list[Any]:
        async with steps_server.client() as client:
            (step,) = await client.collect_steps("thread_1", "run_1", **options)
            (call,) = step.tool_calls
            assert isinstance(call, FileSearchToolCall)
            assert call.file_search.results is not None
            return [result.content for result in call.file_search.results]

    steps_server.add_run(steps=[file_search_step(1, {"a.md": "Found."})])
    assert asyncio.run(read()) == [None]
    ((content,),) = asyncio.run(read(include=[INCLUDE_FILE_SEARCH_CONTENT]))
    assert content.text == "Found."


def test_a_server_that_cannot_start_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise OSError("no port left")

    monkeypatch.setattr(socket, "create_server", refuse)
    with pytest.raises(OSError, match="no port left"), StepsServer():
        raise AssertionError("unreachable")


def test_leaving_the_block_ends_server_and_thread() -> None:
    def threads() -> list[str]:
        return [thread.name for thread in threading.enumerate() if thread.name == "steps-server"]

    async def ask() -> None:
        async with server.client(retry=RetryPolicy(attempts=1)) as client:
            await client.list_steps_page("t", "r")

    with StepsServer() as server:
        assert threads() == ["steps-server"]
    assert threads() == []
    with pytest.raises(APIConnectionError):
        asyncio.run(ask())
