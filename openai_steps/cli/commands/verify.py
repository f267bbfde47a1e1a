"""``openai-steps verify``."""

from __future__ import annotations

from pathlib import Path

import click

from openai_steps.cli._command import Command, option
from openai_steps.cli._terminal import Failure, safe


@click.command("verify", cls=Command)
@click.argument("archive", type=click.Path(exists=True, file_okay=False, path_type=Path))
@option("--rebuild", is_flag=True, help="First rebuild the index from the objects.")
@option("--threads", "by_thread", is_flag=True, help="Count by thread, too.")
def command(archive: Path, rebuild: bool, by_thread: bool) -> None:
    """Check that an archive is whole: checksums, counts, and the index against the objects.

    The exit status is 1 if anything is wrong.
    """
    from openai_steps._words import count
    from openai_steps.archive import ArchiveError, rebuild_index, verify_archive

    try:
        if rebuild:
            rebuild_index(archive)
        report = verify_archive(archive)
    except ArchiveError as error:
        raise Failure(str(error)) from error
    shown = ", ".join(count(number, kind) for kind, number in report.counts.items() if number)
    click.echo(f"{shown or 'no objects'}, {count(report.contents, 'content')} of files")
    if by_thread:
        for thread_id, counts in report.threads.items():
            counted = ", ".join(count(number, kind) for kind, number in counts.items() if number)
            click.echo(f"{safe(thread_id)}\t{counted}")
    for note in report.notes:
        click.echo(safe(f"Note: {note}."))
    for problem in report.problems:
        click.echo(safe(f"Wrong: {problem}"))
    if not report.is_whole:
        raise Failure(f"{archive.name} is not whole.")
    click.echo(f"{archive.name} is whole.")
