"""What is lost is told as JSON."""

import json

from thread_samples import HISTORIES

from openai_steps.migration import Lost, migrate_thread


def test_it_is_json() -> None:
    for history in HISTORIES.values():
        json.dumps([lost.as_json() for lost in migrate_thread(history).lost])


def test_what_it_has_not_is_not_there() -> None:
    assert Lost(what="usage", run_id="r", detail={"total_tokens": 0}).as_json() == {
        "what": "usage",
        "run_id": "r",
        "detail": {"total_tokens": 0},
    }
