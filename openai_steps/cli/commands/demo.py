"""``openai-steps demo``."""

from __future__ import annotations

import click

from openai_steps.cli._command import Command


@click.command("demo", cls=Command)
def command() -> None:
    """List a bundled run over HTTP, then watch it go on, with no key and no network."""
    import asyncio

    from openai_steps.cli._demo_view import show_demo

    asyncio.run(show_demo())
