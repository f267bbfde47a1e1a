"""What the tests of the examples share: where the examples are, and how to import one."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest

from openai_steps import PollInterval
from openai_steps.testing import StepsServer

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"


@pytest.fixture
def example() -> Callable[[str], ModuleType]:
    """Import an example by its file's name."""

    def load(name: str) -> ModuleType:
        spec = spec_from_file_location(name.removesuffix(".py"), EXAMPLES / name)
        assert spec is not None
        assert spec.loader is not None
        module = module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    return load


@pytest.fixture
def bot(
    request: pytest.FixtureRequest, example: Callable[[str], ModuleType], monkeypatch: pytest.MonkeyPatch
) -> ModuleType:
    """Import the bot that the test's parameter names, with no pauses for people."""
    monkeypatch.syspath_prepend(EXAMPLES)
    monkeypatch.setenv("PTB_TIMEDELTA", "true")  # or else an example would set it for all tests
    module = example(request.param)
    board = sys.modules["board"]
    show_run = board.show_run
    monkeypatch.setattr(board, "CALM", PollInterval.every(0.02))
    monkeypatch.setattr(
        module, "show_run", lambda *arguments, **options: show_run(*arguments, **options | {"pause": 0})
    )
    return module


@pytest.fixture
def until() -> Callable[[Callable[[], object]], Awaitable[None]]:
    """Wait until a condition holds, a minute at most."""

    async def wait(condition: Callable[[], object]) -> None:
        async with asyncio.timeout(60):
            while not condition():  # noqa: ASYNC110 - what is waited for knows no events
                await asyncio.sleep(0.005)

    return wait


@pytest.fixture(autouse=True)
def environment(steps_server: StepsServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lead the examples, which take the server from the environment, to this test's server."""
    monkeypatch.setenv("OPENAI_BASE_URL", steps_server.base_url)
    monkeypatch.setenv("OPENAI_API_KEY", "test-key")
