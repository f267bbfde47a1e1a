"""The command line as a whole: one line for each command, whose module is imported when it runs."""

from __future__ import annotations

from importlib import import_module
from typing import Any, Final

import click

from openai_steps._version import VERSION
from openai_steps.cli._terminal import exit_codes

# The usual ones first. `openai-steps NAME` runs `command` in the module NAME of `commands`.
_SECTIONS: Final = {
    "Read": {
        "list": "List the steps of a run, as they arrive.",
        "get": "Show one step, run, message, thread or file in full.",
        "runs": "List the runs of a thread.",
        "messages": "List the messages of a thread, with their texts.",
        "threads": "List the threads of a server that has such a list.",
        "follow": "Watch a live run until it has ended.",
    },
    "Understand": {
        "timeline": "Draw a run, or all of a thread: where the time went.",
        "usage": "Add up tokens and time, of a run or of many.",
    },
    "Keep runs": {
        "export": "Write the steps of many runs into a file.",
        "verify": "Check that an archive is whole.",
        "serve": "Serve a file of steps over HTTP.",
    },
    "Convert runs": {
        "evaluation": "Make evaluation data of threads: one row for each run.",
        "migrate": "Turn threads into items of the Responses API.",
        "tables": "Write steps, tool calls, runs and messages as Parquet.",
        "trace": "Send finished runs as OpenTelemetry traces.",
    },
    "Share": {
        "console": "Try a call and see a run in the browser; the key stays here.",
        "gateway": "Let programs read with your key, without giving it to them.",
    },
    "Find out": {
        "doctor": "Say which server is asked, and how, and judge its paging.",
        "demo": "Try it on a bundled run, with no key and no network.",
        "completion": "Print the completion script of a shell.",
    },
}
_COMMANDS: Final = {name: about for section in _SECTIONS.values() for name, about in section.items()}


class Application(click.Group):
    """A group of commands with the usual exit statuses; see `exit_codes`."""

    def make_context(self, *args: Any, **extra: Any) -> click.Context:
        """Read the command line."""
        with exit_codes():
            return super().make_context(*args, **extra)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        with exit_codes():
            return super().invoke(ctx)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name the commands, the usual ones first."""
        return [*_COMMANDS]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command."""
        if cmd_name in _COMMANDS:
            self.add_command(import_module(f"openai_steps.cli.commands.{cmd_name}").command)
        return super().get_command(ctx, cmd_name)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command, or suggest one."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            from difflib import get_close_matches

            close = get_close_matches(args[0], _COMMANDS, n=2)
            if not close:
                raise
            raise click.UsageError(f"{error.message} Did you mean {' or '.join(close)}?", ctx) from None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands by section, without importing any."""
        for title, commands in _SECTIONS.items():
            with formatter.section(title):
                formatter.write_dl([(name.ljust(max(map(len, _COMMANDS))), about) for name, about in commands.items()])


@click.group(cls=Application, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(VERSION)
def app() -> None:
    """Read the steps of Assistants-style runs from any server that serves them.

    Try it with no account and no network: openai-steps demo
    """
