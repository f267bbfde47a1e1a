"""A thread in the terminal: its messages, and between them the timelines of its runs."""

from __future__ import annotations

from textwrap import indent

from rich.console import Console
from rich.text import Text

from openai_steps import Message
from openai_steps.cli._source import WholeThread
from openai_steps.cli._terminal import safe, safe_line, safe_lines
from openai_steps.timeline import build_timeline, to_rich
from openai_steps.turns import MessageTurn, order_turns


def print_thread(console: Console, thread: WholeThread) -> None:
    """Print the texts of a thread's messages, and each run's timeline where the run began."""
    to_draw = {whole.ref.run_id: whole for whole in thread.runs}
    steps = {run_id: whole.steps for run_id, whole in to_draw.items()}
    runs = [whole.run for whole in thread.runs if whole.run is not None]
    for turn in order_turns(thread.messages, runs, steps).turns:
        run_id = turn.message.run_id if isinstance(turn, MessageTurn) else turn.step.run_id
        whole = to_draw.pop(run_id or "", None)
        if whole is not None:
            console.print(to_rich(build_timeline(whole.steps, run=whole.run)))
            console.print()
        if isinstance(turn, MessageTurn):
            _print_message(console, turn.message)
    for whole in to_draw.values():  # runs without messages
        console.print(to_rich(build_timeline(whole.steps, run=whole.run)))


def _print_message(console: Console, message: Message) -> None:
    console.print(Text.assemble((safe_line(message.role or "unknown"), "bold"), "  ", (safe(message.id), "dim")))
    text = message.text or ", ".join(message.files)
    console.print(Text(indent(safe_lines(text).rstrip(), "    ")), soft_wrap=not console.is_terminal)
    console.print()
