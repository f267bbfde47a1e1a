"""``openai-steps usage``."""

from __future__ import annotations

import json
from pathlib import Path

import click

from openai_steps.cli._command import Command, option
from openai_steps.cli._source import Source, source_options


def _read_models(_context: click.Context, _option: click.Parameter, given: tuple[str, ...]) -> dict[str, str]:
    """Return the price table's names of models, from NAME=MODEL and from JSON files of such pairs."""
    models: dict[str, str] = {}
    for text in given:
        name, equals, model = text.partition("=")
        if name and equals and model:
            models[name] = model
            continue
        try:
            found = json.loads(Path(text).read_text("utf-8"))
        except (OSError, ValueError) as error:
            raise click.BadParameter(f"{text!r} is neither NAME=MODEL nor a file of JSON.") from error
        if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
            raise click.BadParameter(f"{text} must hold an object from names to names.")
        models |= found
    return models


def _check_group(_context: click.Context, _option: click.Parameter, by: str) -> str:
    if by in ("run", "thread", "assistant", "model", "day") or (by.startswith("metadata:") and by != "metadata:"):
        return by
    raise click.BadParameter(f"{by!r} is not one of run, thread, assistant, model, day, metadata:KEY.")


@click.command("usage", cls=Command)
@option(
    "--format",
    "form",
    type=click.Choice(["table", "json"]),
    default="table",
    show_default=True,
    help="json: one object, times in seconds, amounts as text.",
)
@option(
    "--prices",
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    section="Cost",
    help="A price table as litellm publishes it, in JSON: show what the tokens cost.",
)
@option(
    "--by",
    metavar="WHAT",
    default="run",
    show_default=True,
    callback=_check_group,
    section="Cost",
    help="Add up by run, thread, assistant, model, day or metadata:KEY.",
)
@option(
    "--models",
    metavar="MAP",
    multiple=True,
    callback=_read_models,
    section="Cost",
    help="The table's name for a model or deployment: NAME=MODEL, or a JSON file of such pairs; may be repeated.",
)
@option("--default-model", metavar="MODEL", section="Cost", help="The model of runs that name none.")
@option(
    "--price-prefix",
    "prefixes",
    metavar="PREFIX",
    multiple=True,
    section="Cost",
    help="Try the model's name with this prefix first, such as azure/eu/; may be repeated.",
)
@source_options
def command(
    form: str,
    prices: Path | None,
    by: str,
    models: dict[str, str],
    default_model: str | None,
    prefixes: tuple[str, ...],
    source: Source,
) -> None:
    """Add up the tokens and the time of a run, of each run of a thread (without RUN), or of each run of a file.

    With --prices, add up what they cost. What has no price is counted apart, never as 0.
    """
    if prices is None:
        if by != "run" or models or default_model or prefixes:
            raise click.UsageError("What things cost needs a price table: --prices FILE.")
        _show_usage(source, form)
        return
    from openai_steps.cli._cost_view import as_json, print_costs
    from openai_steps.cost import LitellmPrices, report_costs

    try:
        pricing = LitellmPrices.from_file(prices, prefixes=(*prefixes, ""))
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--prices") from error
    runs = [(found.run, found.steps) for found in source.read_runs()]
    report = report_costs(runs, pricing, by=by, models=models, default_model=default_model)
    if form == "json":
        click.echo(json.dumps(as_json(report, by)))
    else:
        print_costs(report, by)


def _show_usage(source: Source, form: str) -> None:
    from openai_steps.cli._usage_view import as_json, print_run, print_runs, sum_as_json
    from openai_steps.timeline import build_timeline

    timelines = [build_timeline(found.steps, run=found.run) for found in source.read_runs()]
    if form == "json":
        click.echo(json.dumps({"runs": [as_json(one) for one in timelines], "total": sum_as_json(timelines)}))
    elif len(timelines) == 1:
        print_run(timelines[0])
    else:
        print_runs(timelines)
