"""What all bots here share: a message that says how a run is going, edited as the run goes on.

Chats allow few edits, and say how long to wait when there were too many. Meanwhile the run goes on; then the message
says how things are by then, in one edit, not each change that it has missed. The final state is always shown.
"""

import asyncio
from collections.abc import Awaitable, Callable

from openai_steps import AsyncStepsClient, PollInterval, RunStep, StepsError

SIGNS = {"in_progress": "⏳", "completed": "✅", "failed": "❌", "cancelled": "⏹", "expired": "⌛"}
CALM = PollInterval(initial=1.0, maximum=10.0)
FIRST_TEXT = "…"

Edit = Callable[[str], Awaitable[object]]
Wait = Callable[[float], Awaitable[object]]


class TooFastError(Exception):
    """The chat wants no edit for some seconds."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"no edit for {seconds} seconds")
        self.seconds = seconds


class Board:
    """What the message should say: a line for each step, the newest ones if they are too many for a message."""

    def __init__(self, characters: int) -> None:
        self.changed = asyncio.Event()
        self.final = False
        self._characters = characters
        self._lines: dict[str, str] = {}
        self._last_line = FIRST_TEXT

    @property
    def text(self) -> str:
        lines = [self._last_line]
        room = self._characters - _size(self._last_line)
        for line in reversed(self._lines.values()):
            room -= _size(line) + 1
            if room < 0:
                break
            lines.append(line)
        return "\n".join(reversed(lines))

    def show(self, step: RunStep) -> None:
        doing = ", ".join(call.name for call in step.tool_calls) or (step.type or "step").replace("_", " ")
        self._lines[step.id] = f"{SIGNS.get(step.status or '', '•')} {doing[:100]}"
        self.changed.set()

    def finish(self, last_line: str) -> None:
        self._last_line = last_line[:500]
        self.final = True
        self.changed.set()


def _size(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2  # as Telegram counts, which is never less than the others


async def follow_run(client: AsyncStepsClient, thread_id: str, run_id: str, board: Board) -> None:
    """Note on the board how things are, until the run has ended or cannot be read."""
    try:
        async for step in client.follow_steps(thread_id, run_id, poll_interval=CALM):
            board.show(step)
        run = await client.get_run(thread_id, run_id)
        board.finish(f"The run is {run.status}.")
    except (StepsError, ValueError) as error:
        board.finish(f"I cannot read this run: {error}")


async def keep_edited(board: Board, edit: Edit, *, pause: float, wait: Wait = asyncio.sleep) -> None:
    """Edit the message until it says the last word.

    Args:
        board: What it should say. The message says `FIRST_TEXT` when this begins.
        edit: Gives the message another text, or raises `TooFastError`.
        pause: Seconds between two edits. What changes meanwhile is shown together.
        wait: Sleeps.
    """
    shown = FIRST_TEXT
    while not (board.final and shown == board.text):
        await board.changed.wait()
        board.changed.clear()
        text = board.text
        if text == shown:
            continue  # chats refuse an edit that changes nothing
        try:
            await edit(text)
        except TooFastError as limit:
            board.changed.set()
            await wait(max(limit.seconds, pause))
        else:
            shown = text
            if not board.final:
                await wait(pause)


async def show_run(
    client: AsyncStepsClient, thread_id: str, run_id: str, edit: Edit, *, characters: int, pause: float
) -> None:
    """Follow a run in a message that says `FIRST_TEXT`, until the run has ended. An edit that fails ends it, too."""
    board = Board(characters)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(follow_run(client, thread_id, run_id, board))
        tasks.create_task(keep_edited(board, edit, pause=pause))
