"""A finished run once more, as if it went on now: its steps come and end in a server's store, many times faster."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import attrs

if TYPE_CHECKING:
    from openai_steps.emulator import Store

Step: TypeAlias = dict[str, Any]

_ENDS: Final = ("completed_at", "failed_at", "cancelled_at", "expired_at")
_SECONDS_FOR_THE_REST: Final = 6  # how long the recording's last step goes on, if it does not tell


@attrs.frozen(order=True)
class _Event:
    at: float
    number: int
    step: Step = attrs.field(order=False)


async def replay(store: Store, thread_id: str, run_id: str, *, steps: list[Step], speed: float) -> None:
    """Let a run go on.

    Args:
        store: Where the run is, with no steps.
        thread_id: Its thread.
        run_id: Its id.
        steps: What is to happen: steps in the wire shape, their times in seconds. Those that go on are completed.
        speed: How many seconds of the recording pass in one second.
    """
    now = None
    for event in sorted(_events(steps)):
        if now is not None:
            await asyncio.sleep((event.at - now) / speed)
        now = event.at
        _play(store, thread_id, run_id, event.step)
    store.set_run_status(thread_id, run_id, "completed")


def _play(store: Store, thread_id: str, run_id: str, step: Step) -> None:
    if store.step(thread_id, run_id, step["id"]) is None:
        store.append_step(thread_id, run_id, step)
    else:
        changes = {key: value for key, value in step.items() if key != "id"}
        store.update_step(thread_id, run_id, step["id"], **changes)


def _events(steps: list[Step]) -> Iterator[_Event]:
    """Yield each step as it begins, and as it ends."""
    for number, recorded in enumerate(steps):
        step = {key: value for key, value in recorded.items() if key not in ("thread_id", "run_id")}
        begins = step["created_at"]
        ends = next((step[key] for key in _ENDS if step.get(key) is not None), None)
        if ends is None:
            ends = begins + _SECONDS_FOR_THE_REST
            step |= {"status": "completed", "completed_at": ends}
        unknown_yet = dict.fromkeys((*_ENDS, "usage", "last_error"))
        yield _Event(begins, 2 * number, {**step, "status": "in_progress", **unknown_yet})
        yield _Event(ends, 2 * number + 1, step)
