"""``openai-steps timeline``."""

from __future__ import annotations

from pathlib import Path

import click

from openai_steps.cli._command import Command, option
from openai_steps.cli._options import include_option
from openai_steps.cli._output import STANDARD_OUTPUT
from openai_steps.cli._source import Source, source_options
from openai_steps.cli._terminal import Failure

_FILE = click.Path(dir_okay=False, writable=True, allow_dash=True, path_type=Path)


@click.command("timeline", cls=Command)
@option("--html", "html_file", metavar="FILE", type=_FILE, help="Write a page for the browser; - prints it.")
@option("--svg", "svg_file", metavar="FILE", type=_FILE, help="Write a picture; - prints it.")
@option("--title", metavar="TEXT", help="The title. Default: the run's id.")
@option("--pictures", is_flag=True, help="Fetch the code interpreters' pictures, and show them in the page of --html.")
@include_option
@source_options
def command(
    html_file: Path | None,
    svg_file: Path | None,
    title: str | None,
    pictures: bool,
    include: tuple[str, ...],
    source: Source,
) -> None:
    """Draw a run: when each step began and ended, and where the time went.

    Without RUN all runs of the thread are drawn, with the texts of its messages between them.
    """
    from openai_steps.timeline import build_timeline, to_html, to_rich, to_svg

    if html_file == svg_file == STANDARD_OUTPUT:
        raise click.UsageError("Only one of --html and --svg can go to standard output.")
    if pictures and html_file is None:
        raise click.UsageError("--pictures are for a page: --html FILE.")
    if source.thread is not None:
        if html_file is not None or svg_file is not None or title is not None:
            raise click.UsageError("--html, --svg and --title go with one run: THREAD RUN.")
        from openai_steps.cli._console import make_console
        from openai_steps.cli._thread_view import print_thread

        print_thread(make_console(), source.read_thread(include=include))
        return
    found = source.read_run(include=include)
    drawn = build_timeline(found.steps, run=found.run)
    try:
        if html_file is not None:
            images = source.read_files(drawn.images) if pictures else {}
            _write(html_file, to_html(drawn, title=title, images=images), quiet=source.connection.quiet)
        if svg_file is not None:
            _write(svg_file, to_svg(drawn, title=title), quiet=source.connection.quiet)
    except ModuleNotFoundError as error:
        raise Failure(str(error)) from error
    if html_file is None and svg_file is None:
        from openai_steps.cli._console import make_console

        make_console().print(to_rich(drawn, title=title))


def _write(file: Path, text: str, *, quiet: bool) -> None:
    to_file = file != STANDARD_OUTPUT
    try:
        with click.open_file(str(file), "w", encoding="utf-8", atomic=to_file) as out:
            out.write(text)
    except OSError as error:
        if not to_file:
            raise
        # Without the name in the error, which is that of a temporary file.
        raise Failure(f"{file}: {error.strerror or error}") from error
    if to_file and not quiet:
        click.echo(f"Wrote {click.format_filename(file)}", err=True)
