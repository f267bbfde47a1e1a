"""A command whose help shows its options in sections."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])


class _Option(click.Option):
    def __init__(self, *args: Any, section: str = "Options", **attributes: Any) -> None:
        super().__init__(*args, **attributes)
        self.section = section


class Command(click.Command):
    """A command whose help shows its options in sections, in the order in which they first occur."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the sections."""
        sections: dict[str, list[tuple[str, str]]] = {}
        options = [parameter for parameter in self.get_params(ctx) if isinstance(parameter, click.Option)]
        for parameter in options:
            record = parameter.get_help_record(ctx)
            if record is not None:
                sections.setdefault(getattr(parameter, "section", "Options"), []).append(record)
        for title, records in sections.items():
            with formatter.section(title):
                formatter.write_dl(records)


class LocalPath(click.Path):
    """A path to write to; an address, such as ``s3://…``, is refused before anything is read."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(path_type=Path, **attributes)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the path."""
        from openai_steps.export._files import local_path

        try:
            local_path(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)
        return super().convert(value, param, ctx)


def option(*names: str, section: str = "Options", **attributes: Any) -> Callable[[F], F]:
    """Return the decorator that adds an option to a command.

    Args:
        *names: See `click.option`.
        section: Where the help shows it.
        **attributes: See `click.option`.
    """
    return click.option(*names, cls=_Option, section=section, **attributes)
