"""The output of commands: a table for people, lines for programs; on the screen, in a pipe or in a file."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final, Generic, Protocol, Self, TypeVar, cast

import attrs
import click

from openai_steps.cli._command import option
from openai_steps.cli._terminal import safe, safe_json

if TYPE_CHECKING:
    from rich.console import Console

T = TypeVar("T")
Item = TypeVar("Item", contravariant=True)

_SECTION: Final = "Output"
STANDARD_OUTPUT: Final = Path("-")


class Sink(Protocol[Item]):
    """Writes items one by one."""

    def show(self, item: Item) -> None:
        """Write an item and flush it, so that a reader of the pipe has it."""
        ...

    def finish(self) -> None:
        """Write what comes after all items."""
        ...


@attrs.frozen
class Kind(Generic[T]):
    """A kind of item, and how to show it.

    Attributes:
        model: Their class.
        table: Makes the table for people.
        cells: Returns the values of an item that make a row for programs.
        columns: The names of these values, for CSV.
    """

    model: type[T]
    table: Callable[[Console], Sink[T]]
    cells: Callable[[T], Iterable[object]]
    columns: tuple[str, ...] = ()


@attrs.frozen
class Output:
    """The options for the output.

    Attributes:
        form: ``table``, ``tsv``, ``csv``, ``jsonl``, or None if it depends on the destination.
        fields: The fields of ``--json``, or None.
        file: Where to write, or None for standard output.
    """

    form: str | None = None
    fields: tuple[str, ...] | None = None
    file: Path | None = None

    @contextmanager
    def opened(self, kind: Kind[T]) -> Iterator[Callable[[T], None]]:
        """Yield the function that shows an item; what comes after all items follows if nothing is raised.

        Raises:
            click.UsageError: If a field of ``--json`` is unknown.
        """
        from openai_steps.cli._waiting import make_way

        if self.fields is not None:
            from openai_steps.cli._fields import check_fields

            check_fields(self.fields, kind.model)
        with _Stream(self.file) as stream:
            sink = self._sink(kind, stream)

            def show(item: T) -> None:
                make_way()
                sink.show(item)

            yield show
            sink.finish()

    def _sink(self, kind: Kind[T], stream: _Stream) -> Sink[Any]:
        if self.fields is not None:
            return _JsonArray(stream, self.fields)
        if self.form == "jsonl":
            return _JsonLines(stream)
        if self.form == "csv":
            return _Rows(stream, kind.cells, _comma_separated, kind.columns)
        if self.form == "tsv" or (self.form is None and self.file is not None):
            return _Rows(stream, kind.cells)
        from openai_steps.cli._console import make_console

        console = make_console(None if self.file is None else cast("IO[str]", stream))
        if self.form is None and not console.is_terminal:
            return _Rows(stream, kind.cells)
        return kind.table(console)


class _Stream:
    """Standard output, or a file that is opened at the first write."""

    def __init__(self, file: Path | None) -> None:
        self._file = file
        self._out: IO[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None and self._out is not None:
            self._out.close()

    def write(self, text: str, encoding: str = "utf-8") -> int:
        if self._out is None:
            self._out = sys.stdout.buffer if self._file is None else open(self._file, "wb")  # noqa: SIM115 - see __exit__
        return self._out.write(text.encode(encoding, "backslashreplace"))  # pyright: ignore[reportOptionalMemberAccess]

    def flush(self) -> None:
        if self._out is not None:
            self._out.flush()

    def write_line(self, text: str, encoding: str = "utf-8") -> None:
        """Write a line and flush it, so that a reader of the pipe has it."""
        self.write(f"{text}\n", encoding)
        self.flush()

    @property
    def encoding(self) -> str:
        """The encoding of text: standard output's. JSON is always UTF-8."""
        return sys.stdout.encoding if self._file is None else "utf-8"


@attrs.frozen
class _JsonLines:
    _stream: _Stream

    def show(self, item: Any) -> None:
        from openai_steps import dumps

        self._stream.write_line(safe_json(dumps(item).decode()))

    def finish(self) -> None:
        self._stream.write("")  # so that there is a file, even if empty


@attrs.define
class _JsonArray:
    """An array that is closed only when it is complete, so that output that broke off is invalid JSON."""

    _stream: _Stream
    _fields: tuple[str, ...]
    _separator: str = attrs.field(default="[", init=False)

    def show(self, item: Any) -> None:
        from openai_steps.cli._fields import pick

        self._stream.write(f"{self._separator}{pick(item, self._fields)}")
        self._stream.flush()
        self._separator = ",\n"

    def finish(self) -> None:
        self._stream.write_line("[]" if self._separator == "[" else "]")


@attrs.define
class _Rows(Generic[T]):
    """Lines of whole values, separated by tabs or commas; a tab or line end within one is written as its escape.

    CSV begins with the names of its columns: what reads it, such as pandas, takes the first line for them.
    """

    _stream: _Stream
    _cells: Callable[[T], Iterable[object]]
    _line: Callable[[Iterable[str]], str] = "\t".join
    _names: tuple[str, ...] = ()

    def show(self, item: T) -> None:
        self._write_names()
        values = ("" if value is None else safe(str(value)) for value in self._cells(item))
        self._stream.write_line(self._line(values), self._stream.encoding)

    def finish(self) -> None:
        self._write_names()
        self._stream.write("")

    def _write_names(self) -> None:
        if self._names:
            self._stream.write_line(self._line(self._names))
            self._names = ()


def _comma_separated(values: Iterable[str]) -> str:
    import csv
    import io

    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(values)
    return line.getvalue()


# --- The options --------------------------------------------------------------------------------------------------


def _split(_context: click.Context, _option: click.Parameter, given: str | None) -> tuple[str, ...] | None:
    return None if given is None else tuple(name.strip() for name in given.split(","))


LIST: Final = ("table", "tsv", "csv", "jsonl")
ONE: Final = ("table", "jsonl")
_FORMATS: Final = {
    LIST: "table: for people, the default on a terminal. tsv: whole values separated by tabs, the default elsewhere. "
    "csv: by commas, with a line of names. jsonl: the wire's JSON, one per line.",
    ONE: "table: for people. jsonl: the wire's JSON on one line.",
}


def output_options(forms: tuple[str, ...]) -> Callable[[Callable[..., T]], Callable[..., T]]:
    """Return the decorator that adds the options for the output to a command, which gets an `Output` as ``output``.

    Args:
        forms: What ``--format`` takes: LIST or ONE.
    """
    default = "table" if forms == ONE else None  # a list's depends on the destination

    def add(command: Callable[..., T]) -> Callable[..., T]:
        @functools.wraps(command)
        def with_output(*, form: str | None, fields: tuple[str, ...] | None, out: Path | None, **options: Any) -> T:
            if form is not None and fields is not None:
                raise click.UsageError("Give --format or --json, not both.")
            file = None if out == STANDARD_OUTPUT else out
            if form is None and file is not None and file.suffix[1:] in forms:
                form = file.suffix[1:]
            return command(output=Output(form or default, fields, file), **options)

        for add_option in reversed(_options(forms)):
            with_output = add_option(with_output)
        return with_output

    return add


def _options(forms: tuple[str, ...]) -> list[Callable[[Any], Any]]:
    return [
        option(
            "--format",
            "form",
            type=click.Choice(forms),
            section=_SECTION,
            help=_FORMATS[forms],
        ),
        option(
            "--json",
            "fields",
            metavar="FIELD,…",
            callback=_split,
            is_flag=False,
            flag_value="",
            section=_SECTION,
            help="These fields as a JSON array; --json alone names them all.",
        ),
        option(
            "-o",
            "--out",
            metavar="FILE",
            type=click.Path(dir_okay=False, writable=True, allow_dash=True, path_type=Path),
            section=_SECTION,
            help="Write to a file instead of standard output; a name like NAME.jsonl chooses the format.",
        ),
    ]
