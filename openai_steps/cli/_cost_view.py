"""Costs: a table of groups, what has no price, and the fees of tools; or all of it as JSON."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

import attrs
import click
from rich.table import Table
from rich.text import Text

from openai_steps import _words
from openai_steps.cli._console import make_console
from openai_steps.cli._terminal import safe, safe_line
from openai_steps.cost import CostReport, CostRow, ToolFee


def as_json(report: CostReport, by: str) -> dict[str, Any]:
    """Return the costs as JSON; amounts are text, so that no digit is lost."""
    return {"by": by, "rows": [_row_as_json(row) for row in report.rows], "total": _row_as_json(report.total)}


def _row_as_json(row: CostRow) -> dict[str, Any]:
    fees = [
        {
            "tool": fee.tool,
            "calls": fee.calls,
            "unit": fee.price and fee.price.unit,
            "amount": None if fee.amount is None else _amount(fee.amount),
        }
        for fee in row.fees
    ]
    return {
        "key": row.key,
        "amount": None if row.amount is None else _amount(row.amount),
        "is_upper_bound": row.is_upper_bound,
        "requests": row.requests,
        "unpriced": dict(row.unpriced),
        "tokens": attrs.asdict(row.tokens),
        "tool_fees": fees,
    }


_COLUMNS: Final = ("Requests", "In", "Cached", "Out", "Cost")


def print_costs(report: CostReport, by: str) -> None:
    """Print a row for each group and one for all, then what the sums leave out."""
    table = Table(box=None, pad_edge=False, header_style="bold", footer_style="bold", show_footer=True)
    table.add_column(safe(by.capitalize()), footer="all", overflow="fold")  # an id is never cut
    for name, footer in zip(_COLUMNS, _cells(report.total), strict=True):
        table.add_column(name, footer=footer, justify="right", no_wrap=True)
    for row in report.rows:
        table.add_row(Text(safe_line(row.key) if row.key else "(not known)"), *_cells(row))
    make_console().print(table)
    for note in _notes(report.total):
        click.echo(safe(note))


def _cells(row: CostRow) -> list[str]:
    tokens = row.tokens
    return [
        f"{row.requests:,}",
        _words.number(tokens.prompt),
        _words.number(tokens.cached),
        _words.number(tokens.completion),
        _cost(row),
    ]


def _cost(row: CostRow) -> str:
    """Return a group's cost as text: ``≤`` if it may have been less, ``+ ?`` if a part of it has no price."""
    if row.amount is None:
        return "?"
    known = f"{'≤ ' if row.is_upper_bound else ''}{_amount(row.amount)}"
    return known if row.is_complete else f"{known} + ?"


def _amount(amount: Decimal) -> str:
    return f"{amount.normalize():f}"


def _notes(total: CostRow) -> list[str]:
    notes = []
    if total.is_upper_bound:
        notes.append("≤: an upper bound. The server did not report cached tokens, or reported only a run's sum.")
    notes += [f"?: {_words.count(number, 'request')}: {reason}." for reason, number in total.unpriced.items()]
    if total.fees:
        notes.append(f"In no sum: {', '.join(map(_fee, total.fees))}.")
    return notes


def _fee(fee: ToolFee) -> str:
    calls = f"{_words.count(fee.calls, 'call')} of {fee.tool}"
    if fee.amount is None or fee.price is None:
        return f"{calls} (no price)"
    return f"{calls} ({'at most ' if fee.price.unit == 'session' else ''}{_amount(fee.amount)})"
