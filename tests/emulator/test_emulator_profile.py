"""What each provider demands, and how it words its errors, over HTTP."""

import json
from collections.abc import Mapping
from typing import Any

import aiohttp
import attrs
import pytest

from openai_steps.emulator import DIALECTS, PROFILES, Emulator, Profile

KEY = "sk-secret"
STEPS = "/threads/thread_demo/runs/run_demo/steps"

# What a well-behaved client sends to each profile that wants more than a Bearer key.
HEADERS: Mapping[str, Mapping[str, str]] = {
    "openai": {"OpenAI-Beta": "assistants=v2"},
    "openai_responses": {"OpenAI-Beta": "assistants=v2"},
}
QUERY: Mapping[str, Mapping[str, str]] = {
    "azure_openai": {"api-version": "2024-05-01-preview"},
    "azure_foundry": {"api-version": "v1"},
}


async def ask(
    emulator: Emulator,
    path: str = STEPS,
    *,
    headers: Mapping[str, str] | None = None,
    params: Mapping[str, str] | None = None,
) -> tuple[int, Any]:
    async with (
        emulator.serve() as base_url,
        aiohttp.ClientSession() as session,
        session.get(base_url + path, headers=headers, params=params) as response,
    ):
        assert response.headers["x-request-id"] == "req_00000001"
        text = await response.text()
        return response.status, json.loads(text) if text else None


def good(name: str, **headers: str) -> dict[str, Any]:
    return {
        "headers": {"Authorization": f"Bearer {KEY}", **HEADERS.get(name, {}), **headers},
        "params": QUERY.get(name),
    }


@pytest.mark.parametrize("name", PROFILES)
async def test_a_good_request_is_served(name: str) -> None:
    status, body = await ask(Emulator.demo(profile=name, api_key=KEY), **good(name))
    assert status == 200
    assert len(body["data"]) == 12


@pytest.mark.parametrize(
    ("name", "prefix"),
    [
        ("openai", "/v1"),
        ("compatible", "/v1"),
        ("azure_openai", "/openai"),
        ("azure_openai_v1", "/openai/v1"),
        ("azure_foundry", "/api/projects/PROJ"),
        ("dashscope", "/api/v1"),
        ("llamphouse", ""),
    ],
)
async def test_the_base_url_holds_the_prefix(name: str, prefix: str) -> None:
    async with Emulator(profile=name).serve() as base_url:
        assert base_url.partition("//")[2].partition("/")[2] == prefix.removeprefix("/")


@pytest.mark.parametrize("authorization", [None, "Bearer sk-other", KEY, "Bearer "])
@pytest.mark.parametrize("name", PROFILES)
async def test_no_or_a_wrong_key_is_401(name: str, authorization: str | None) -> None:
    request = good(name)
    request["headers"].pop("Authorization")
    if authorization is not None:
        request["headers"]["Authorization"] = authorization
    status, body = await ask(Emulator.demo(profile=name, api_key=KEY), **request)
    assert status == 401
    assert KEY not in json.dumps(body)


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


@pytest.mark.parametrize("name", ["azure_openai", "azure_openai_v1", "compatible"])
async def test_azure_and_gateways_take_the_api_key_header(name: str) -> None:
    request = {"headers": {"api-key": KEY}, "params": QUERY.get(name)}
    status, _ = await ask(Emulator.demo(profile=name, api_key=KEY), **request)  # type: ignore[arg-type]
    assert status == 200


async def test_no_key_is_demanded_where_none_is_set() -> None:
    status, _ = await ask(Emulator.demo())
    assert status == 200


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


async def test_azure_does_not_serve_the_deployments_path() -> None:
    status, body = await ask(
        Emulator.demo(profile="azure_openai"), f"/deployments/gpt-4o{STEPS}", **good("azure_openai")
    )
    assert status == 404
    assert body == {"error": {"code": "404", "message": "Resource not found"}}


async def test_foundry_names_no_object_and_no_first_id() -> None:
    _, body = await ask(Emulator.demo(profile="azure_foundry"), **good("azure_foundry"))
    assert set(body) == {"data", "last_id", "has_more"}


async def test_dashscope_speaks_milliseconds_and_placeholders() -> None:
    emulator = Emulator.demo(profile="dashscope")
    stored = emulator.store.steps("thread_demo", "run_demo")
    _, body = await ask(emulator)
    newest, oldest = body["data"][0], body["data"][-1]
    assert newest["completed_at"] == -1
    assert newest["usage"] == {}
    assert newest["last_error"] == {"code": "", "message": ""}
    assert oldest["created_at"] == stored[0]["created_at"] * 1000


async def test_dashscope_knows_no_include_and_one_cursor_only() -> None:
    emulator = Emulator.demo(profile="dashscope")
    status, body = await ask(emulator, params={"include[]": "x"})
    assert (status, body["code"]) == (400, "InvalidParameter")
    status, body = await ask(Emulator.demo(profile="dashscope"), params={"after": "a", "before": "b"})
    assert (status, body["code"]) == (400, "InvalidParameter")


@pytest.mark.parametrize(("missing_run", "status"), [("not_found", 404), ("bad_request", 400), ("empty", 200)])
async def test_a_missing_run(missing_run: Any, status: int) -> None:
    profile = Profile(missing_run=missing_run)
    got, body = await ask(Emulator.demo(profile=profile), "/threads/thread_demo/runs/x/steps")
    assert got == status
    if status == 200:
        assert body["data"] == []
    else:
        assert body["error"]["message"] == "No run found with id 'x'."


async def test_the_dialect_of_the_profile_gives_way_to_the_given_one() -> None:
    emulator = Emulator.demo(profile="llamphouse", dialect=DIALECTS["letta"])
    _, body = await ask(emulator)
    assert isinstance(body, list)
    assert emulator.profile == PROFILES["llamphouse"]


def test_an_unknown_profile_is_named() -> None:
    with pytest.raises(ValueError, match="no profile 'nobody'; there are compatible, openai"):
        Emulator(profile="nobody")
    with pytest.raises(ValueError, match="errors must be one of"):
        attrs.evolve(PROFILES["openai"], errors="odd")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="missing_run must be one of"):
        attrs.evolve(PROFILES["openai"], missing_run="odd")  # type: ignore[arg-type]
