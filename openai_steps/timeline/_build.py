"""Turns steps into a timeline. No clock, no I/O."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import TypeAlias

from openai_steps._models.runs import Run
from openai_steps._models.steps import (
    MessageCreationDetails,
    OtherStepDetails,
    RunStep,
    ToolCallsDetails,
    known_times,
    tokens_of,
)
from openai_steps._models.tokens import Tokens
from openai_steps.timeline._blocks import blocks_of, tool_use
from openai_steps.timeline._values import Bar, BarKind, Gap, Timeline, Totals

Span: TypeAlias = tuple[datetime, datetime]


def build_timeline(steps: Iterable[RunStep], *, run: Run | None = None, until: datetime | None = None) -> Timeline:
    """Arrange the steps of one run in time.

    Args:
        steps: The steps, in any order; if a step is given twice, the last one counts.
        run: The run itself: the timeline then begins with it, and shows the wait before the first step.
        until: The time up to which unfinished steps are drawn, aware. Default: the latest time in the steps.

    Raises:
        ValueError: If the steps are not all of one run.
    """
    ordered = sorted({step.id: step for step in steps}.values(), key=lambda step: step.created_at)
    run_id, thread_id = _ids(ordered, run)
    known = [*known_times(ordered), *_run_times(run)]
    if not known:
        return Timeline(run_id=run_id, thread_id=thread_id, status=run.status if run else None)
    now = max(known) if until is None else until
    bars = tuple(_bar(step, now) for step in ordered)
    start = min(known)
    end = max([*known, *(bar.end for bar in bars)])
    busy = _union((bar.start, bar.end) for bar in bars)
    gaps = _gaps(busy, start, end)
    return Timeline(
        run_id=run_id,
        thread_id=thread_id,
        status=run.status if run else None,
        start=start,
        end=end,
        bars=bars,
        gaps=gaps,
        totals=_totals(bars, gaps, end - start),
    )


def _ids(steps: Sequence[RunStep], run: Run | None) -> tuple[str, str]:
    named = {(step.run_id, step.thread_id or "") for step in steps if step.run_id is not None}
    if run is not None and (run.id not in {run_id for run_id, _ in named}) and named:
        raise ValueError(f"The steps are of {sorted(named)[0][0]!r}, not of the run {run.id!r}.")
    if len(named) > 1:
        raise ValueError(f"The steps are of {len(named)} runs: draw one at a time.")
    if named:
        return named.pop()
    return ("", "") if run is None else (run.id, run.thread_id or "")


def _run_times(run: Run | None) -> list[datetime]:
    if run is None:
        return []
    times = (run.created_at, run.finished_at)
    return [moment for moment in times if moment is not None]


def _bar(step: RunStep, now: datetime) -> Bar:
    # A step that is finished without a time (bee-api sends no times) is drawn as a moment.
    end = step.finished_at or (step.created_at if step.is_finished else now)
    return Bar(
        step=step,
        kind=_kind(step),
        label=_label(step),
        status=step.status or "unknown",
        start=step.created_at,
        end=max(end, step.created_at),  # clocks of servers disagree
        tokens=tokens_of(step.usage),
        tool_calls=tuple(tool_use(call) for call in step.tool_calls),
        blocks=blocks_of(step),
    )


def _kind(step: RunStep) -> BarKind:
    if isinstance(step.step_details, MessageCreationDetails):
        return "message"
    return "tools" if step.tool_calls or isinstance(step.step_details, ToolCallsDetails) else "other"


def _label(step: RunStep) -> str:
    if isinstance(step.step_details, MessageCreationDetails):
        return "Message"
    if isinstance(step.step_details, OtherStepDetails) and not step.tool_calls:
        return step.step_details.type or step.type or "Unknown step"
    names: dict[str, int] = {}
    for call in step.tool_calls:
        names[call.name] = names.get(call.name, 0) + 1
    counted = (name if count == 1 else f"{count} × {name}" for name, count in names.items())  # noqa: RUF001 - times
    return ", ".join(counted) or "Tool calls"


def _union(spans: Iterable[Span]) -> list[Span]:
    """Join spans that touch or overlap."""
    joined: list[Span] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    return joined


def _gaps(busy: Sequence[Span], start: datetime, end: datetime) -> tuple[Gap, ...]:
    edges = [start, *(edge for span in busy for edge in span), end]
    pairs = zip(edges[::2], edges[1::2], strict=True)
    return tuple(Gap(start=left, end=right) for left, right in pairs if left < right)


def _totals(bars: tuple[Bar, ...], gaps: tuple[Gap, ...], duration: timedelta) -> Totals:
    return Totals(
        steps=len(bars),
        duration=duration,
        tokens=sum((bar.tokens for bar in bars), Tokens()),
        tool_time=_time_of(bars, "tools"),
        message_time=_time_of(bars, "message"),
        waiting_time=sum((gap.duration for gap in gaps), timedelta()),
        slowest=max(bars, key=lambda bar: bar.duration, default=None),
        failures=tuple(bar for bar in bars if bar.failed),
    )


def _time_of(bars: Iterable[Bar], kind: BarKind) -> timedelta:
    spans = _union((bar.start, bar.end) for bar in bars if bar.kind == kind)
    return sum((end - start for start, end in spans), timedelta())
