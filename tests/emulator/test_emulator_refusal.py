"""What servers answer when they refuse."""

from typing import Any

import pytest
from profile_requests import KEY, STEPS, ask, good

from openai_steps.emulator import Emulator, Profile

WRONG_KEY: dict[str, Any] = {
    "openai": {
        "error": {
            "message": "Incorrect API key provided: ****. "
            "You can find your API key at https://platform.openai.com/account/api-keys.",
            "type": "invalid_request_error",
            "param": None,
            "code": "invalid_api_key",
        }
    },
    "azure_openai": {
        "error": {
            "code": "Unauthorized",
            "message": "Access denied due to invalid subscription key or wrong API endpoint. Make "
            "sure to provide a valid key for an active subscription and use a correct regional API "
            "endpoint for your resource.",
        }
    },
    "dashscope": {
        "code": "InvalidApiKey",
        "message": "Invalid API-key provided.",
        "request_id": "req_00000001",
    },
    "openai_responses": None,
}


@pytest.mark.parametrize("name", WRONG_KEY)
async def test_the_401_body_is_the_recorded_one(name: str) -> None:
    request = good(name, Authorization="Bearer sk-other")
    _, body = await ask(Emulator.demo(profile=name, api_key=KEY), **request)
    assert body == WRONG_KEY[name]


async def test_the_401_of_foundry_has_two_fields() -> None:
    request = good("azure_foundry", Authorization="Bearer no")
    _, body = await ask(Emulator.demo(profile="azure_foundry", api_key=KEY), **request)
    assert set(body["error"]) == {"code", "message"}
    assert body["error"]["code"] == "PermissionDenied"


@pytest.mark.parametrize(
    ("sent", "opening"),
    [
        (None, "You must provide the 'OpenAI-Beta' header"),
        ("assistants=v1", "The v1 Assistants API has been deprecated."),
    ],
)
async def test_openai_demands_the_beta_header(sent: str | None, opening: str) -> None:
    headers = {} if sent is None else {"OpenAI-Beta": sent}
    status, body = await ask(Emulator.demo(profile="openai"), headers=headers)
    assert status == 400
    assert body["error"]["code"] == "invalid_beta"
    assert body["error"]["message"].startswith(opening)


@pytest.mark.parametrize("name", ["azure_openai", "azure_foundry"])
@pytest.mark.parametrize(
    ("version", "code"),
    [(None, "MissingApiVersionParameter"), ("v9", "UnsupportedApiVersionValue")],
)
async def test_azure_demands_an_api_version(name: str, version: str | None, code: str) -> None:
    params = {} if version is None else {"api-version": version}
    status, body = await ask(Emulator.demo(profile=name), params=params)
    assert status == 400
    assert body["error"]["code"] == code


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (
            "openai",
            {
                "error": {
                    "message": "No run step found with id 'step_123'.",
                    "type": "invalid_request_error",
                    "param": None,
                    "code": None,
                }
            },
        ),
        (
            "dashscope",
            {
                "code": "NotFound",
                "message": "No run step found with id 'step_123'.",
                "request_id": "req_00000001",
            },
        ),
        ("llamphouse", {"detail": "No run step found with id 'step_123'."}),
        (
            "bee",
            {"error": {"code": "not_found", "message": "No run step found with id 'step_123'."}},
        ),
        (
            "clicky_chats",
            {
                "error": {
                    "message": "invalid_request_error",
                    "type": "No run step found with id 'step_123'.",
                    "param": None,
                    "code": None,
                }
            },
        ),
        ("openai_responses", None),
    ],
)
async def test_the_404_body_has_the_shape_of_the_provider(name: str, expected: Any) -> None:
    status, body = await ask(Emulator.demo(profile=name), f"{STEPS}/step_123", **good(name))
    assert status == 404
    assert body == expected


@pytest.mark.parametrize(("missing_run", "status"), [("not_found", 404), ("bad_request", 400), ("empty", 200)])
async def test_a_missing_run(missing_run: Any, status: int) -> None:
    profile = Profile(missing_run=missing_run)
    got, body = await ask(Emulator.demo(profile=profile), "/threads/thread_demo/runs/x/steps")
    assert got == status
    if status == 200:
        assert body["data"] == []
    else:
        assert body["error"]["message"] == "No run found with id 'x'."
