"""What the bots share: edits that are few, rate limits that are kept, and a last word that is always said."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import ModuleType

import pytest

from openai_steps import AsyncStepsClient, PollInterval
from openai_steps.testing import StepsServer, build_steps, function_step, message_step

STEPS = build_steps([function_step(number, f"tool_{number}") for number in range(1, 7)])


class Message:
    """A message in a chat that refuses some edits."""

    def __init__(self, too_fast: type[Exception], refusals: list[float]) -> None:
        self.texts: list[str] = []
        self._too_fast = too_fast
        self._refusals = refusals

    async def edit(self, text: str) -> None:
        if self._refusals:
            raise self._too_fast(self._refusals.pop(0))
        assert text != (self.texts[-1] if self.texts else "…"), "chats refuse an edit that changes nothing"
        self.texts.append(text)


@pytest.fixture
def module(example: Callable[[str], ModuleType]) -> ModuleType:
    return example("board.py")


async def test_what_changes_in_a_pause_is_one_edit(module: ModuleType) -> None:
    board, message, waits = module.Board(4096), Message(module.TooFastError, []), []
    news = iter([STEPS[1:3], STEPS[3:6]])

    async def wait(seconds: float) -> None:
        waits.append(seconds)
        for step in next(news, ()):
            board.show(step)
        if len(waits) == 3:
            board.finish("The run is completed.")

    board.show(STEPS[0])
    await asyncio.wait_for(module.keep_edited(board, message.edit, pause=1.5, wait=wait), 60)
    assert [text.count("\n") for text in message.texts] == [1, 3, 6, 6]
    assert message.texts[-1].endswith("tool_6\nThe run is completed.")
    assert waits == [1.5, 1.5, 1.5]  # and none after the last word


async def test_a_rate_limit_is_waited_for_and_loses_no_news(module: ModuleType) -> None:
    board, message, waits = module.Board(4096), Message(module.TooFastError, [7.0, 0.1]), []

    async def wait(seconds: float) -> None:
        waits.append(seconds)
        board.show(STEPS[len(waits)])
        if len(waits) == 2:
            board.finish("The run is failed.")

    board.show(STEPS[0])
    await asyncio.wait_for(module.keep_edited(board, message.edit, pause=1, wait=wait), 60)
    assert waits == [7.0, 1]  # as long as the chat says, but never less than the pause
    assert len(message.texts) == 1
    assert message.texts[0].splitlines()[-1] == "The run is failed."
    assert len(message.texts[0].splitlines()) == 4


async def test_the_last_word_waits_for_a_rate_limit_too(module: ModuleType) -> None:
    board, message, waits = module.Board(4096), Message(module.TooFastError, [3.0]), []

    async def wait(seconds: float) -> None:
        waits.append(seconds)

    board.finish("The run is completed.")
    await asyncio.wait_for(module.keep_edited(board, message.edit, pause=0, wait=wait), 60)
    assert (message.texts, waits) == (["The run is completed."], [3.0])


async def test_a_step_that_says_the_same_again_is_no_edit(module: ModuleType) -> None:
    board, message = module.Board(4096), Message(module.TooFastError, [])
    waits: list[float] = []

    async def wait(seconds: float) -> None:
        waits.append(seconds)
        board.show(STEPS[0])
        asyncio.get_running_loop().call_soon(board.finish, "The run is completed.")

    board.show(STEPS[0])
    await asyncio.wait_for(module.keep_edited(board, message.edit, pause=0, wait=wait), 60)
    assert len(message.texts) == 2


async def test_an_edit_that_fails_ends_the_following(module: ModuleType, steps_server: StepsServer) -> None:
    steps_server.add_run(steps=[message_step(1)], status="in_progress")

    async def edit(text: str) -> None:
        raise RuntimeError("the message was deleted")

    async with AsyncStepsClient() as client, asyncio.timeout(60):
        with pytest.raises(ExceptionGroup) as caught:
            await module.show_run(client, "thread_1", "run_1", edit, characters=100, pause=0)
    assert caught.group_contains(RuntimeError, match="deleted")


async def test_a_run_is_shown_to_its_end(
    module: ModuleType, steps_server: StepsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "CALM", PollInterval.every(0.01))
    steps_server.add_run(steps=[message_step(1)], status="completed")
    message = Message(module.TooFastError, [])
    async with AsyncStepsClient() as client:
        await module.show_run(client, "thread_1", "run_1", message.edit, characters=100, pause=0)
        assert message.texts[-1] == "✅ message creation\nThe run is completed."
        await module.show_run(client, "thread_1", ".", message.edit, characters=100, pause=0)
        assert message.texts[-1].startswith("I cannot read this run: ")


@pytest.mark.parametrize("name", ["tool_" * 100, "🥐" * 100, "t"])
@pytest.mark.parametrize("characters", [1000, 4096])
def test_the_message_stays_short(module: ModuleType, name: str, characters: int) -> None:
    board = module.Board(characters)
    for step in build_steps(function_step(number, name) for number in range(1, 1200)):
        board.show(step)
    board.finish("x" * 10_000)
    text = board.text
    assert characters - 210 < len(text.encode("utf-16-le")) / 2 <= characters
    assert text.endswith("\n" + "x" * 500)  # the newest lines, and the last word
