"""``openai-steps evaluation``."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import click

from openai_steps.cli._command import Command, LocalPath, option
from openai_steps.cli._options import include_option
from openai_steps.cli._threads_source import ThreadsSource, threads_options

if TYPE_CHECKING:
    from openai_steps.conversation import ThreadHistory

_FORMATS = ("azure", "deepeval", "ragas", "promptfoo", "messages")


@click.command("evaluation", cls=Command)
@option("--format", "kind", type=click.Choice(_FORMATS), required=True, help="The format of the rows.")
@option("-o", "--out", metavar="FILE", type=LocalPath(), help="Where to write. Default: standard output.")
@option("--failed/--no-failed", default=None, help="Rows of runs that did not complete. The default varies.")
@include_option
@threads_options
def command(kind: str, out: Path | None, failed: bool | None, include: tuple[str, ...], source: ThreadsSource) -> None:
    """Make evaluation data of threads: one row for each run.

    azure is for azure-ai-evaluation, deepeval, ragas and promptfoo for the libraries of these names; messages is chat
    as fine-tuning tools read it.
    """
    from openai_steps.evaluation import evaluation_rows, write_rows

    rows: list[dict[str, Any]] = []

    def take(history: ThreadHistory) -> None:
        rows.extend(evaluation_rows(history, kind, failed=failed))

    try:
        source.each(take, include=include)
    finally:  # what could be read is written, even if a thread could not
        with ExitStack() as stack:
            file: IO[str] = sys.stdout
            if out is not None:
                file = stack.enter_context(open(out, "x", encoding="utf-8"))
            write_rows(rows, file, kind)
