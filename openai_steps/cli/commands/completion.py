"""``openai-steps completion``."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class


@click.command("completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def command(context: click.Context, shell: str) -> None:
    r"""Print the script that completes commands and options in a shell.

    \b
    bash:  eval "$(openai-steps completion bash)"            in ~/.bashrc
    zsh:   eval "$(openai-steps completion zsh)"             in ~/.zshrc
    fish:  openai-steps completion fish | source             in config.fish
    """
    kind = get_completion_class(shell)
    assert kind is not None
    click.echo(kind(context.find_root().command, {}, "openai-steps", "_OPENAI_STEPS_COMPLETE").source())
