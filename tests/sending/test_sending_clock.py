from __future__ import annotations

import time
from datetime import UTC, timedelta

from openai_steps._sending.clock import utc_now


def test_the_time_is_aware_and_now() -> None:
    now = utc_now()
    assert now.tzinfo is UTC
    assert abs(now.timestamp() - time.time()) < timedelta(minutes=1).total_seconds()
