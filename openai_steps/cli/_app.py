"""The command line as a whole: one line for each command, whose module imports what it needs when it runs."""

from __future__ import annotations

from typing import Any

import click

from openai_steps.cli._terminal import exit_codes
from openai_steps.cli.commands.completion import completion
from openai_steps.cli.commands.demo import demo
from openai_steps.cli.commands.doctor import doctor
from openai_steps.cli.commands.export import export
from openai_steps.cli.commands.follow import follow
from openai_steps.cli.commands.get import get_step
from openai_steps.cli.commands.list import list_steps
from openai_steps.cli.commands.serve import serve
from openai_steps.cli.commands.timeline import timeline
from openai_steps.cli.commands.usage import usage


class Application(click.Group):
    """A group of commands that ends as a well-behaved program does; see `exit_codes`."""

    def make_context(self, *args: Any, **extra: Any) -> click.Context:
        """Read the command line."""
        with exit_codes():
            return super().make_context(*args, **extra)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        with exit_codes():
            return super().invoke(ctx)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name the commands in the order in which they were added: the usual ones first."""
        return list(self.commands)


@click.group(cls=Application, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="openai-steps")
def app() -> None:
    """Read the steps of Assistants-style runs from any server that serves them.

    Try it with no account and no network: openai-steps demo
    """


app.add_command(list_steps)
app.add_command(get_step)
app.add_command(follow)
app.add_command(timeline)
app.add_command(usage)
app.add_command(doctor)
app.add_command(demo)
app.add_command(export)
app.add_command(serve)
app.add_command(completion)
