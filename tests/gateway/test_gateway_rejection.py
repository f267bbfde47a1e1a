"""Rejections in OpenAI's shape."""

from __future__ import annotations

import json

import pytest

from openai_steps.gateway._rejection import Rejection


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, "invalid_request_error"),
        (401, "authentication_error"),
        (403, "permission_error"),
        (404, "invalid_request_error"),
        (429, "rate_limit_error"),
        (502, "server_error"),
    ],
)
def test_the_body_is_what_openais_clients_read(status: int, kind: str) -> None:
    rejection = Rejection(status, "a_code", "In words.", param="limit")
    assert json.loads(rejection.body) == {
        "error": {"message": "In words.", "type": kind, "param": "limit", "code": "a_code"}
    }
    assert str(rejection) == "In words."
