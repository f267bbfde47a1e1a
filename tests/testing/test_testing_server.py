"""The test kit: the builders, the server in its thread, and the plugin under every test runner."""

import asyncio
import inspect
import re
import socket
import threading
from importlib.metadata import entry_points
from itertools import pairwise
from pathlib import Path
from textwrap import dedent
from typing import Any

import aiohttp
import attrs
import pytest

from openai_steps import (
    INCLUDE_FILE_SEARCH_CONTENT,
    APIConnectionError,
    AsyncStepsClient,
    AuthenticationError,
    BadRequestError,
    CodeInterpreterToolCall,
    FileSearchToolCall,
    FunctionToolCall,
    InternalServerError,
    LastError,
    McpToolCall,
    OtherStepDetails,
    OtherToolCall,
    RetrievalToolCall,
    RetryPolicy,
    testing,
    unstructure,
)
from openai_steps.emulator import PROFILES, Answer, Dialect, Profile
from openai_steps.testing import (
    StepsServer,
    build_steps,
    code_call,
    code_step,
    failed_step,
    file_search_step,
    function_call,
    function_step,
    mcp_call,
    mcp_step,
    message_step,
    other_call,
    other_step,
    retrieval_call,
    tool_step,
)

pytest_plugins = ["pytester"]

EVERY_KIND = [
    message_step(1),
    function_step(2, "get_weather", {"city": "Paris"}, {"celsius": 21}),
    code_step(3, images=["file_plot"]),
    file_search_step(4, {"handbook.md": "Open from 6:30.", "prices.pdf": "Rye 5.20"}),
    mcp_step(5, "search", '{"q": "rye"}', "nothing"),
    tool_step(6, [retrieval_call(), other_call("bing_grounding", {"requesturl": "https://example.org"}, id="call_2")]),
    other_step(7, "activities", activities=[{"id": 1}]),
    failed_step(8, "rate_limit_exceeded", "Slow down."),
    function_step(9, status="in_progress"),
]


# --- Builders ---------------------------------------------------------------------------------------------------


def test_every_kind_becomes_its_class() -> None:
    steps = build_steps(EVERY_KIND)
    calls = [call for step in steps for call in step.tool_calls]
    assert [type(call) for call in calls] == [
        FunctionToolCall,
        CodeInterpreterToolCall,
        FileSearchToolCall,
        McpToolCall,
        RetrievalToolCall,
        OtherToolCall,
        FunctionToolCall,
    ]
    assert [(call.name, call.arguments, call.output) for call in calls] == [
        ("get_weather", '{"city": "Paris"}', '{"celsius": 21}'),
        ("code_interpreter", "print(6 * 7)", "42\n\n[image file_plot]"),
        ("file_search", None, "handbook.md\nprices.pdf"),
        ("search", '{"q": "rye"}', "nothing"),
        ("retrieval", None, None),
        ("bing_grounding", "https://example.org", None),
        ("get_weather", "{}", None),
    ]
    assert steps[0].message_id == "msg_1"
    assert steps[6].step_details == OtherStepDetails({"type": "activities", "activities": [{"id": 1}]})
    assert steps[7].last_error == LastError("rate_limit_exceeded", "Slow down.")


def test_what_was_built_is_the_wire_shape() -> None:
    built = [{"thread_id": "thread_1", "run_id": "run_1", **step} for step in EVERY_KIND]
    for wire, step in zip(built, build_steps(EVERY_KIND), strict=True):
        back = unstructure(step)
        assert {key: back.get(key) for key in wire} == wire
        assert not any(back[key] is not None for key in back.keys() - wire.keys())


def test_the_same_arguments_build_the_same_step_that_shares_nothing() -> None:
    first, second = message_step(3), message_step(3)
    assert first == second
    first["usage"]["total_tokens"] = 0
    first["step_details"]["type"] = "other"
    assert message_step(3) == second


def test_steps_grow_older_in_order_and_do_not_overlap() -> None:
    steps = build_steps(message_step(number) for number in range(1, 30))
    assert len({step.id for step in steps}) == len(steps)
    for earlier, later in pairwise(steps):
        assert earlier.finished_at is not None
        assert earlier.created_at < earlier.finished_at < later.created_at


@pytest.mark.parametrize("status", ["in_progress", "completed", "failed", "cancelled", "expired"])
def test_the_times_go_with_the_status(status: testing.Status) -> None:
    (step,) = build_steps([message_step(status=status)])
    times = {name: getattr(step, f"{name}_at") for name in ("completed", "failed", "cancelled", "expired")}
    assert {name for name, time in times.items() if time} == {status} - {"in_progress"}
    assert step.is_finished is (step.finished_at is not None) is (step.usage is not None)


def test_fields_replace_what_was_built() -> None:
    (step,) = build_steps([function_step(id="step_x", usage=None, metadata={"a": "b"}, assistant_id="asst_x")])
    assert (step.id, step.usage, step.metadata, step.assistant_id) == ("step_x", None, {"a": "b"}, "asst_x")
    (failed,) = build_steps([failed_step(last_error=None, calls=[mcp_call("a")])])
    assert (failed.last_error, len(failed.tool_calls)) == (None, 1)


def test_calls_can_be_put_together() -> None:
    calls = [function_call("a", id="call_a"), code_call("1", None, id="call_b")]
    (step,) = build_steps([tool_step(1, calls)])
    assert [(call.id, call.output) for call in step.tool_calls] == [("call_a", None), ("call_b", None)]


# --- The server -------------------------------------------------------------------------------------------------


async def test_the_fixture_serves_wire_dicts_and_models(steps_server: StepsServer) -> None:
    steps_server.add_run(steps=[message_step(1), *build_steps([code_step(2)])])
    async with steps_server.client() as client:
        steps = [step async for step in client.iter_steps("thread_1", "run_1", order="asc")]
    assert steps == build_steps([message_step(1), code_step(2)])
    (request,) = steps_server.requests
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


@pytest.mark.steps_server(dialect="window", api_key="secret")
async def test_the_marker_chooses_the_server(steps_server: StepsServer) -> None:
    steps_server.add_run(steps=[message_step(number) for number in (1, 2, 3)])
    async with steps_server.client() as client:
        page = await client.list_steps_page("thread_1", "run_1", limit=1, before="step_1")
    assert [step.id for step in page.data] == ["step_3"]
    assert steps_server.requests[-1].headers["Authorization"] == "Bearer secret"


def _served_by(dialect: str | Dialect) -> Any:
    return pytest.param(marks=pytest.mark.steps_server(dialect=dialect), id=str(dialect)[:10])


@pytest.mark.parametrize((), [_served_by("letta"), _served_by(Dialect(envelope="bare_array"))])
async def test_a_parameter_may_carry_the_marker(steps_server: StepsServer) -> None:
    steps_server.add_run()
    url = f"{steps_server.base_url}/threads/thread_1/runs/run_1/steps"
    async with aiohttp.ClientSession() as session, session.get(url) as response:
        assert await response.json() == []


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


# --- The plugin, in pytest runs of its own ------------------------------------------------------------------------

ASYNC_TEST = """
    import pytest
    from openai_steps.testing import message_step

    {before}

    {mark}
    async def test_read(steps_server):
        steps_server.add_run(steps=[message_step(1), message_step(2)])
        async with steps_server.client() as client:
            ids = [step.id async for step in client.iter_steps("thread_1", "run_1")]
        assert ids == ["step_2", "step_1"]
        assert len(steps_server.requests) == 1
"""
ASYNCIO_ON = ["-p", "no:anyio", "-o", "asyncio_default_fixture_loop_scope=function"]
ANYIO_ON = """
    @pytest.fixture(params=[pytest.param(("asyncio", {{"use_uvloop": {uvloop}}}))])
    def anyio_backend(request):
        return request.param
"""


@pytest.mark.parametrize(
    ("arguments", "mark", "before"),
    [
        pytest.param([*ASYNCIO_ON, "--asyncio-mode=auto"], "", "", id="pytest-asyncio auto"),
        pytest.param([*ASYNCIO_ON, "--asyncio-mode=strict"], "@pytest.mark.asyncio", "", id="pytest-asyncio strict"),
        pytest.param(["-p", "no:asyncio"], "@pytest.mark.anyio", ANYIO_ON.format(uvloop=False), id="anyio asyncio"),
        pytest.param(["-p", "no:asyncio"], "@pytest.mark.anyio", ANYIO_ON.format(uvloop=True), id="anyio uvloop"),
    ],
)
def test_the_fixture_works_under(pytester: pytest.Pytester, arguments: list[str], mark: str, before: str) -> None:
    if "no:asyncio" in arguments:
        pytest.importorskip("anyio")
    if "True" in before:
        pytest.importorskip("uvloop")
    pytester.makepyfile(dedent(ASYNC_TEST).format(mark=mark, before=dedent(before)))
    result = pytester.runpytest_subprocess("-W", "error", "--strict-markers", *arguments)
    result.assert_outcomes(passed=1)


def test_the_tests_on_the_page_pass(pytester: pytest.Pytester) -> None:
    page = Path(__file__).parents[2] / "docs" / "howto" / "testing.md"
    blocks = re.findall(r"^```python\n(.*?)^```$", page.read_text(), re.M | re.S)
    tests = [block for block in blocks if "def test_" in block]
    pytester.makepyfile(**{f"test_page_{number}": block for number, block in enumerate(tests)})
    result = pytester.runpytest_subprocess("-W", "error", "--strict-markers", *ASYNCIO_ON, "--asyncio-mode=auto")
    result.assert_outcomes(passed=sum(block.count("def test_") for block in tests) + 2)  # one has three parameters


def test_unused_it_imports_nothing_of_the_package(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import sys

        def test_nothing_is_imported(request):
            assert request.config.pluginmanager.has_plugin("openai_steps")
            assert not [name for name in sys.modules if name.partition(".")[0] in {"openai_steps", "aiohttp", "attr"}]
        """
    )
    result = pytester.runpytest_subprocess()
    result.assert_outcomes(passed=1)


def test_the_plugin_is_installed_as_the_module_in_the_package() -> None:
    (plugin,) = entry_points(group="pytest11", name="openai_steps")
    source = Path(__file__).parents[2] / "openai_steps" / "testing" / "pytest_openai_steps.py"
    assert inspect.getsource(plugin.load()) == source.read_text("utf-8")
