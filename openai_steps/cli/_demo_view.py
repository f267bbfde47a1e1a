"""The demonstration: a bundled run, listed over HTTP and then followed."""

from __future__ import annotations

import asyncio
from typing import Final

from rich.console import Console
from rich.text import Text

from openai_steps import AsyncStepsClient, Endpoint, PollInterval, RunStep
from openai_steps.cli._console import make_console
from openai_steps.cli._follow_view import LiveView, LogView
from openai_steps.cli._steps_table import StepsTable
from openai_steps.emulator import DEMO_RUN, DEMO_THREAD, Emulator
from openai_steps.emulator._replay import DEMO_LIVE_RUN, replay_demo
from openai_steps.timeline import build_timeline, to_rich

_REPLAY_SPEED: Final = 60.0


async def show_demo() -> None:
    """List the bundled run, and follow it live."""
    console = make_console()
    emulator = Emulator.demo()
    async with emulator.serve() as base_url, AsyncStepsClient(Endpoint.compatible(base_url)) as client:
        console.print(Text(f"GET {base_url}/threads/{DEMO_THREAD}/runs/{DEMO_RUN}/steps\n", style="dim"))
        table = StepsTable(console)
        async for step in client.iter_steps(DEMO_THREAD, DEMO_RUN, order="asc"):
            table.show(step)
        table.finish()
        console.print(Text("\nThe same run, followed live:\n", style="dim"))
        await _follow(console, client, emulator)
    console.print(_NEXT)


async def _follow(console: Console, client: AsyncStepsClient, emulator: Emulator) -> None:
    """Replay the recorded run, a minute in a second, and follow it."""
    happening = asyncio.create_task(replay_demo(emulator.store, speed=_REPLAY_SPEED))
    view = LiveView(console, speed=_REPLAY_SPEED) if console.is_terminal else LogView(console)
    steps: dict[str, RunStep] = {}
    with view:
        async for step in client.follow_steps(DEMO_THREAD, DEMO_LIVE_RUN, poll_interval=PollInterval(initial=0.05)):
            steps[step.id] = step
            view.show(step)
        view.finish(await client.get_run(DEMO_THREAD, DEMO_LIVE_RUN))
    await happening
    if not console.is_terminal:
        console.print()
        console.print(to_rich(build_timeline(steps.values())))


_NEXT = Text.assemble(
    "\nThat was a server of this package's own, on a port of this machine. Next:\n",
    ("  openai-steps list THREAD RUN --provider azure_foundry", "bold"),
    "    a run of yours\n",
    ("  openai-steps list THREAD RUN --format jsonl > run.jsonl", "bold"),
    "  keep it\n",
    ("  openai-steps follow THREAD RUN", "bold"),
    "                           watch it live\n",
    ("  openai-steps timeline --from run.jsonl --svg run.svg", "bold"),
    "     draw it\n",
    ("  openai-steps serve run.jsonl", "bold"),
    "                             serve it\n",
    ("  openai-steps doctor THREAD RUN", "bold"),
    "                           judge a server",
)
