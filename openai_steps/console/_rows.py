"""Steps, runs and errors as the page shows them: plain values of text and numbers. Pure.

All text from a server goes through the table of unsafe characters, and the page puts it into text nodes only.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from openai_steps import _words
from openai_steps._errors import APIStatusError, PaginationError, ResponseDecodeError, StepsError
from openai_steps._json.converter import unstructure
from openai_steps._models.runs import Run
from openai_steps._models.steps import RunStep, tokens_of
from openai_steps._walks.trust import LearnedPaging
from openai_steps.timeline import Bar, Block, build_timeline
from openai_steps.timeline._palette import mark, tone

_LONGEST_TEXT: Final = 100_000  # characters of one text beside a row
_LONGEST_CELL: Final = 120


def rows(steps: Iterable[RunStep]) -> list[dict[str, Any]]:
    """Return a table's rows, in the order of the steps."""
    return [row(step) for step in steps]


def row(step: RunStep) -> dict[str, Any]:
    """Return one row of the table."""
    (bar,) = build_timeline([step]).bars
    return {
        "id": step.id,
        "began": _words.clock(step.created_at),
        "type": _words.shorten(step.type or "", 40),
        "what": _words.shorten(bar.label, _LONGEST_CELL),
        "status": _words.shorten(bar.status, 40),
        "tone": tone(bar),
        "mark": mark(bar),
        "took": "" if step.duration is None else _words.duration(step.duration),
        "seconds": -1.0 if step.duration is None else step.duration.total_seconds(),
        "tokens": bar.tokens.total or 0,
        "failed": bar.failed,
        "search": _search_text(bar)[:_LONGEST_TEXT].casefold(),
    }


def _search_text(bar: Bar) -> str:
    names = [call.name for call in bar.tool_calls]
    texts = [block.text[:500] for owner in (bar, *bar.tool_calls) for block in _blocks_of(owner)]
    return _words.line(" ".join([bar.step.id, bar.label, *names, *texts])[:4_000])


def _blocks_of(owner: Any) -> tuple[Block, ...]:
    return tuple(owner.blocks)


def details(step: RunStep) -> dict[str, Any]:
    """Return the details of one step that are shown beside the table."""
    (bar,) = build_timeline([step]).bars
    facts = {
        "Status": bar.status,
        "Began": _words.moment(step.created_at),
        "Ended": "" if step.finished_at is None else _words.moment(step.finished_at),
        "Took": "" if step.duration is None else _words.duration(step.duration),
        "Tokens": _tokens(bar),
        "Step": step.id,
        "Assistant": str(step.assistant_id or ""),
    }
    blocks = [_block(block) for block in bar.blocks]
    for call in bar.tool_calls:
        blocks.append({"title": f"{call.type}: {call.name}", "text": call.id, "heading": True})
        blocks += [_block(block) for block in call.blocks]
    return {
        "title": _words.shorten(bar.label, _LONGEST_CELL),
        "facts": [[name, _words.line(value)] for name, value in facts.items() if value],
        "blocks": [{**block, "title": _words.shorten(block["title"], 80)} for block in blocks],
        "json": pretty(unstructure(step)),
    }


def _block(block: Block) -> dict[str, Any]:
    found = [f"{found.name} ({found.score:.2f})\n{found.text or ''}".rstrip() for found in block.found]
    return {"title": block.title, "text": _words.excerpt("\n\n".join([block.text, *found]).strip(), _LONGEST_TEXT)}


def _tokens(bar: Bar) -> str:
    if not bar.tokens.total:
        return ""
    return f"{bar.tokens.total:,} ({bar.tokens.prompt or 0:,} in, {bar.tokens.completion or 0:,} out)"


def pretty(value: Any) -> str:
    """Return indented JSON, safe to show."""
    return _words.excerpt(_words.as_json(value, indent=2), 4 * _LONGEST_TEXT)


def run_row(run: Run) -> dict[str, Any]:
    """Return one line of the list of a thread's runs."""
    return {
        "id": run.id,
        "status": _words.shorten(run.status or "unknown", 40),
        "created": _words.moment(run.created_at),
        "took": "" if run.duration is None else _words.duration(run.duration),
        "tokens": tokens_of(run.usage).total or 0,
        "waits": waits(run),
    }


def waits(run: Run) -> str:
    """Return what a run waits for, in a sentence; empty if it does not wait."""
    if run.status != "requires_action":
        return ""
    calls = getattr(run.required_action, "tool_calls", ())
    names = ", ".join(_words.shorten(f"{call.name}({call.arguments or ''})", 200) for call in calls)
    return f"The run waits for you: {names}." if names else "The run waits for you."


def summary(steps: Iterable[RunStep], run: Run | None = None) -> str:
    """Return a run's totals in one line."""
    from openai_steps.timeline._captions import summary as of_timeline

    return of_timeline(build_timeline(steps, run=run))


def error_row(error: StepsError | Exception) -> dict[str, Any]:
    """Return an error for the page: what happened, whose fault it is, where to go on."""
    shown: dict[str, Any] = {"kind": type(error).__name__, "message": _words.lines(str(error))[:4_000]}
    if isinstance(error, APIStatusError):
        shown |= {"status": error.status, "code": error.code, "param": error.param, "request_id": error.request_id}
        shown["body"] = error.body if isinstance(error.body, str) else pretty(error.body)
        shown["retry_after"] = error.retry_after
    if isinstance(error, ResponseDecodeError):
        shown |= {"request_id": error.request_id, "path": error.path}
    if isinstance(error, PaginationError):
        shown["paging"] = "refused"
    if isinstance(error, StepsError):
        shown["resume_after"], shown["resume_before"] = error.resume_after, error.resume_before
    shown = {name: _words.lines(value) if isinstance(value, str) else value for name, value in shown.items()}
    return {name: value for name, value in shown.items() if value is not None}


def paging(learned: Iterable[LearnedPaging]) -> tuple[str, str]:
    """Return how a server pages its steps, as far as known, and the faults that walks make up for."""
    steps = [one for one in learned if one.kind == "steps"]
    faults = [f"{one.cursor} in {one.order} does not lead on" for one in steps if one.cursors == "broken"]
    limits = sorted({limit for one in steps for limit in one.has_more_broken})
    if limits:
        faults.append(f"has_more is wrong at a limit of {', '.join(map(str, limits))}")
    if faults:
        return "repaired", "; ".join(faults)
    known = any(one.cursors is not None or one.has_more_kept for one in steps)
    return ("as documented so far", "") if known else ("not known yet", "")
