"""One line for each request."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime

import pytest

from openai_steps.gateway import GatewayEvent, log_event
from openai_steps.gateway._events import log_line

EVENT = GatewayEvent(
    method="GET", route="/threads/{thread_id}", status=502, code="upstream", seconds=0.0123456, sent_bytes=87
)
NOW = datetime(2026, 11, 27, 8, 30, tzinfo=UTC)


def test_a_line_of_json_leaves_out_what_is_not_known() -> None:
    assert json.loads(log_line(EVENT, "json", now=NOW)) == {
        "time": "2026-11-27T08:30:00.000Z",
        "method": "GET",
        "route": "/threads/{thread_id}",
        "status": 502,
        "code": "upstream",
        "seconds": 0.012346,
        "sent_bytes": 87,
    }


def test_a_line_of_text() -> None:
    line = log_line(EVENT, "text", now=NOW)
    assert line == "2026-11-27T08:30:00.000Z GET /threads/{thread_id} 502 12ms 87 bytes upstream"


def test_the_logger(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "openai_steps.gateway"):
        log_event(EVENT)
    assert caplog.records == []
    with caplog.at_level(logging.INFO, "openai_steps.gateway"):
        log_event(EVENT, "text")
    assert "502 12ms" in caplog.text
