"""Plays a finished run once more as if it were live: its steps begin and end in a store, many times faster."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import attrs

if TYPE_CHECKING:
    from openai_steps.emulator import Store

Step: TypeAlias = dict[str, Any]

DEMO_LIVE_RUN: Final = "run_demo_live"

_ENDS: Final = ("completed_at", "failed_at", "cancelled_at", "expired_at")
_SECONDS_FOR_THE_REST: Final = 6  # how long the recording's last step lasts, if the recording does not say


@attrs.frozen(order=True)
class _Event:
    at: float
    number: int
    step: Step = attrs.field(order=False)


async def replay(store: Store, thread_id: str, run_id: str, *, steps: list[Step], speed: float) -> None:
    """Play a run's steps in real time.

    Args:
        store: Where the run is, with no steps.
        thread_id: Its thread.
        run_id: Its id.
        steps: The steps to play, in the wire shape, their times in seconds. Unfinished ones end completed.
        speed: How many seconds of the recording pass in one second.
    """
    now = None
    for event in sorted(_events(steps)):
        if now is not None:
            await asyncio.sleep((event.at - now) / speed)
        now = event.at
        _play(store, thread_id, run_id, event.step)
    store.set_run_status(thread_id, run_id, "completed")


def replay_demo(store: Store, *, speed: float) -> Coroutine[Any, Any, None]:
    """Begin the bundled run once more, as `DEMO_LIVE_RUN`, and return what plays its steps."""
    from openai_steps.emulator._server import DEMO_RUN, DEMO_THREAD

    store.add_run(DEMO_THREAD, DEMO_LIVE_RUN, status="in_progress")
    return replay(store, DEMO_THREAD, DEMO_LIVE_RUN, steps=store.steps(DEMO_THREAD, DEMO_RUN), speed=speed)


def _play(store: Store, thread_id: str, run_id: str, step: Step) -> None:
    if store.step(thread_id, run_id, step["id"]) is None:
        store.append_step(thread_id, run_id, step)
    else:
        changes = {key: value for key, value in step.items() if key != "id"}
        store.update_step(thread_id, run_id, step["id"], **changes)


def _events(steps: list[Step]) -> Iterator[_Event]:
    """Yield each step when it begins, and when it ends."""
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
