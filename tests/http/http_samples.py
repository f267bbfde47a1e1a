"""A server, a request to it, and the judgement of its answer."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import pytest

from openai_steps import (
    APIStatusError,
    Endpoint,
)
from openai_steps._http.replies import Reply, check_status
from openai_steps._http.requests import Request

BASE = "https://host.test/v1"


SERVER = Endpoint.compatible(BASE)


REQUEST = Request(f"{BASE}/threads/t/runs/r/steps", "/threads/t/runs/r/steps")


def judge(
    status: int,
    body: bytes = b"",
    headers: Mapping[str, str] | None = None,
    *,
    server: Endpoint = SERVER,
    secrets: tuple[str, ...] = (),
) -> APIStatusError:
    with pytest.raises(APIStatusError) as caught:
        check_status(
            Reply(status, headers or {}, body, secrets=secrets), request=REQUEST, endpoint=server, now=datetime.now(UTC)
        )
    return caught.value
