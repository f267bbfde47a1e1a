"""What each provider demands, and how it words its errors, over HTTP."""

import json

import attrs
import pytest
from profile_requests import KEY, QUERY, STEPS, ask, good

from openai_steps.emulator import DIALECTS, PROFILES, Emulator


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
        (
            "azure_hub",
            "/agents/v1.0/subscriptions/SUB/resourceGroups/RG/providers/Microsoft.MachineLearningServices/workspaces/WS",
        ),
        ("fabric", "/v1/workspaces/WS/dataagents/AGENT/aiassistant/openai"),
        ("foundry_local", ""),
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


@pytest.mark.parametrize("name", ["azure_openai", "azure_openai_v1", "compatible"])
async def test_azure_and_gateways_take_the_api_key_header(name: str) -> None:
    request = {"headers": {"api-key": KEY}, "params": QUERY.get(name)}
    status, _ = await ask(Emulator.demo(profile=name, api_key=KEY), **request)  # type: ignore[arg-type]
    assert status == 200


async def test_no_key_is_demanded_where_none_is_set() -> None:
    status, _ = await ask(Emulator.demo())
    assert status == 200


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


async def test_the_dialect_of_the_profile_gives_way_to_the_given_one() -> None:
    emulator = Emulator.demo(profile="llamphouse", dialect=DIALECTS["letta"])
    _, body = await ask(emulator)
    assert isinstance(body, list)
    assert emulator.profile == PROFILES["llamphouse"]


def test_an_unknown_profile_is_named() -> None:
    with pytest.raises(ValueError, match="no profile 'nobody', but compatible, openai"):
        Emulator(profile="nobody")
    with pytest.raises(ValueError, match="errors must be one of"):
        attrs.evolve(PROFILES["openai"], errors="odd")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="missing_run must be one of"):
        attrs.evolve(PROFILES["openai"], missing_run="odd")  # type: ignore[arg-type]
