"""``openai-steps completion``."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from openai_steps.cli._command import Command

# Click's script for zsh calls compdef, which exists only after compinit, and many a ~/.zshrc does not run it. The
# script's first line is for compinit, too, and has to stay the first.
_FIRST = "#compdef openai-steps\n"
_COMPINIT = "(( $+functions[compdef] )) || { autoload -Uz compinit && compinit }\n"


@click.command("completion", cls=Command)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def command(context: click.Context, shell: str) -> None:
    """Print the script that completes commands and options in a shell.

    \b
    bash:  eval "$(openai-steps completion bash)"            in ~/.bashrc
    zsh:   eval "$(openai-steps completion zsh)"             in ~/.zshrc
    fish:  openai-steps completion fish | source             in config.fish
    """  # noqa: D301 - click wants the character itself, and leaves the lines below it as they are
    kind = get_completion_class(shell)
    assert kind is not None
    script = kind(context.find_root().command, {}, "openai-steps", "_OPENAI_STEPS_COMPLETE").source()
    click.echo(script.replace(_FIRST, _FIRST + _COMPINIT))
