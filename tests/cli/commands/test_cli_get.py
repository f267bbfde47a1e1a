"""The command that shows one step."""

import json

import pytest
from command_line import Served, invoke, serving
from sample_steps import RUN, THREAD

from openai_steps.emulator import DEMO_RUN, DEMO_THREAD, Emulator


async def test_jsonl_is_the_wires_json() -> None:
    async with serving(3) as served:
        result = await invoke("get", "step", THREAD, RUN, "step_0001", *served.server, "--format", "jsonl")
        assert json.loads(result.stdout) == served.emulator.store.step(THREAD, RUN, "step_0001")
    assert result.stdout.count("\n") == 1


@pytest.mark.parametrize("width", ["40", "120"])
async def test_each_step_of_the_demo_is_shown_with_all_that_went_in_and_came_out(width: str) -> None:
    emulator = Emulator.demo()
    async with emulator.serve() as base_url:
        for step in emulator.store.steps(DEMO_THREAD, DEMO_RUN):
            server = Served(emulator, base_url).server
            result = await invoke("get", "step", DEMO_THREAD, DEMO_RUN, step["id"], *server, COLUMNS=width)
            assert (result.exit_code, result.stderr) == (0, "")
            assert step["id"] in result.stdout
            assert step["status"] in result.stdout
            for call in step["step_details"].get("tool_calls", ()):
                code = call.get("code_interpreter", {}).get("input", "")
                assert all(line in result.stdout for line in code.splitlines())
                assert call.get("function", {}).get("output", "") in result.stdout


async def test_a_failure_says_why_once() -> None:
    emulator = Emulator.demo()
    (failed,) = [step for step in emulator.store.steps(DEMO_THREAD, DEMO_RUN) if step["status"] == "failed"]
    async with emulator.serve() as base_url:
        server = Served(emulator, base_url).server
        result = await invoke("get", "step", DEMO_THREAD, DEMO_RUN, failed["id"], *server)
    assert result.stdout.count(failed["last_error"]["message"]) == 1


async def test_no_such_step() -> None:
    async with serving() as served:
        result = await invoke("get", "step", THREAD, RUN, "step_none", *served.server)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("Error: 404 Not Found: No run step found with id 'step_none'.")
