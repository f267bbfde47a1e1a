"""``openai-steps usage``."""

from __future__ import annotations

import json

import click

from openai_steps.cli._command import Command, option
from openai_steps.cli._source import Source, source_options


@click.command("usage", cls=Command)
@option(
    "--format",
    "form",
    type=click.Choice(["table", "json"]),
    default="table",
    show_default=True,
    help="json: one object, times in seconds.",
)
@source_options
def command(form: str, source: Source) -> None:
    """Add up the tokens and the time of a run, of each run of a thread (without RUN), or of each run of a file."""
    from openai_steps.cli._usage_view import as_json, print_run, print_runs, sum_as_json
    from openai_steps.timeline import build_timeline

    timelines = [build_timeline(found.steps, run=found.run) for found in source.read_runs()]
    if form == "json":
        click.echo(json.dumps({"runs": [as_json(one) for one in timelines], "total": sum_as_json(timelines)}))
    elif len(timelines) == 1:
        print_run(timelines[0])
    else:
        print_runs(timelines)
