"""A run's state in one line: that it waits and for what, or how it ended and why."""

from __future__ import annotations

from typing import Final

from openai_steps._models.actions import RequiredAction
from openai_steps._models.runs import Run
from openai_steps.cli._terminal import safe, safe_line

_TO_DO: Final = {
    "submit_tool_outputs": "submit the output of",
    "submit_tool_approval": "approve or refuse",
}


def describe_run(run: Run) -> str:
    """Return the run's state as one safe line.

    Args:
        run: The run.
    """
    if run.is_finished:
        return f"The run has ended: {safe_line(': '.join([run.status or '', *reasons(run)]))}."
    if run.status == "requires_action":
        return f"The run waits for you: {_what_it_waits_for(run.required_action)}."
    return f"The run is {safe_line(run.status or 'in an unknown state')}."


def reasons(run: Run) -> list[str]:
    """Return why the run ended as it did: a code and a sentence, or one of them; empty if nothing is known."""
    if run.incomplete_details is not None:
        return [run.incomplete_details.reason]
    if run.last_error is not None:
        return [text.rstrip(".") for text in (run.last_error.code, run.last_error.message) if text]
    return []


def _what_it_waits_for(action: RequiredAction | None) -> str:
    if action is None:
        return "it does not say for what"
    what = _TO_DO.get(action.type or "", safe_line(action.type or "unknown"))
    calls = ", ".join(f"{safe_line(call.name or 'a call')} ({safe(call.id or 'no id')})" for call in action.tool_calls)
    if not calls and action.type in _TO_DO:
        calls = "calls that it does not name"
    return f"{what} {calls}".rstrip()
