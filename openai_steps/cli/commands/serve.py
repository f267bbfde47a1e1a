"""``openai-steps serve``."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from openai_steps._endpoint.endpoint import PROVIDERS
from openai_steps.cli._command import Command, option
from openai_steps.cli._serving import called_from_elsewhere, listening_errors
from openai_steps.cli._terminal import Failure, safe_line

if TYPE_CHECKING:
    from openai_steps.emulator import Emulator

# A profile that is not a provider, and the provider to ask it with.
_ASK_AS: Final = {"azure_openai_v1": "azure_openai", "azure_hub": "azure_foundry"}
_KEYLESS: Final = frozenset({"openai", "compatible"})
_MOST_SHOWN: Final = 5


@click.command("serve", cls=Command)
@click.argument("file", type=click.Path(exists=True, path_type=Path))
@option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="0 takes a free one.")
@option("--profile", metavar="NAME", default="compatible", show_default=True, help="The server to imitate.")
def command(file: Path, host: str, port: int, profile: str) -> None:
    """Serve what `export` or `list --format jsonl` wrote: a file, or an archive, which answers as the API did."""
    import asyncio

    from openai_steps.archive import ArchiveError
    from openai_steps.emulator import PROFILES, Emulator
    from openai_steps.export import load_archive

    if profile not in PROFILES:
        raise click.BadParameter(f"{profile!r} is not one of {', '.join(PROFILES)}.", param_hint="--profile")
    try:
        emulator = Emulator(store=load_archive(file), profile=profile, recorded=True, keep_requests=0)
    except (ArchiveError, ValueError, ModuleNotFoundError) as error:
        raise Failure(str(error)) from error
    with listening_errors(f"{host}, port {port}"):
        asyncio.run(_serve(emulator, host, port, profile))


async def _serve(emulator: Emulator, host: str, port: int, profile: str) -> None:
    import asyncio

    async with emulator.serve(host=host, port=port) as base_url:
        _print_invitation(emulator, base_url, profile, called_from_elsewhere(host, base_url))
        await asyncio.Event().wait()


def _print_invitation(emulator: Emulator, base_url: str, profile: str, elsewhere: str | None) -> None:
    from rich.text import Text

    from openai_steps.cli._console import make_console

    console = make_console(soft_wrap=True)
    runs = emulator.store.runs()
    console.print(
        Text.assemble("Serving ", (base_url, "bold"), f" with {len(runs)} run{'s' * (len(runs) != 1)}; Ctrl-C ends it.")
    )
    provider = _ASK_AS.get(profile, profile if profile in PROVIDERS else "compatible")
    key = "" if provider in _KEYLESS else " --api-key any"
    for thread_id, run_id in runs[:_MOST_SHOWN]:
        ids = " ".join(shlex.quote(safe_line(ident)) for ident in (thread_id, run_id))
        console.print(Text(f"  openai-steps list {ids} --provider {provider} --base-url {base_url}{key}", style="dim"))
    if len(runs) > _MOST_SHOWN:
        console.print(Text(f"  … and {len(runs) - _MOST_SHOWN} more", style="dim"))
    if elsewhere:
        console.print(Text(f"  {elsewhere}", style="dim"))
