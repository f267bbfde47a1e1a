"""The plugin for pytest: its fixture, its marker, what it costs who does not use it."""

import inspect
import re
from importlib.metadata import entry_points
from pathlib import Path
from textwrap import dedent
from typing import Any

import aiohttp
import pytest

from openai_steps.emulator import Dialect
from openai_steps.testing import (
    StepsServer,
    message_step,
)

pytest_plugins = ["pytester"]


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
        assert steps_server.requests[0].raw_path.endswith("/runs/run_1/steps")
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
    blocks = re.findall(r"^```python\n(.*?)^```$", page.read_text("utf-8"), re.M | re.S)
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
