"""The run object that steps imply, for runs that nobody described."""

from collections.abc import Iterable, Mapping

from ._wire import JSONObject, instant

_RUN_OF_UNFINISHED: Mapping[str, str] = {
    "in_progress": "in_progress",
    "failed": "failed",
    "cancelled": "cancelled",
    "expired": "expired",
}
"""What the last step's status says of its run; a run of any other is completed."""


def derived_run(key: tuple[str, str], steps: Iterable[JSONObject]) -> JSONObject:
    """A run object for the run of these steps.

    Args:
        key: Its (thread_id, run_id).
        steps: Its steps, in any order.

    Returns:
        The wire shape. A run with no steps, or whose latest step is unfinished, is in progress.
    """
    known = sorted(steps, key=lambda step: instant(step.get("created_at")))
    first: JSONObject = known[0] if known else {}
    last: JSONObject = known[-1] if known else {"status": "in_progress"}
    return {
        "id": key[1],
        "object": "thread.run",
        "created_at": first.get("created_at", 0),
        "assistant_id": first.get("assistant_id", "asst_emulator"),
        "thread_id": key[0],
        "status": _RUN_OF_UNFINISHED.get(str(last.get("status")), "completed"),
        "started_at": first.get("created_at"),
        "expires_at": None,
        "cancelled_at": last.get("cancelled_at"),
        "failed_at": last.get("failed_at"),
        "completed_at": last.get("completed_at"),
        "last_error": last.get("last_error"),
        "usage": None,
        "metadata": {},
    }
