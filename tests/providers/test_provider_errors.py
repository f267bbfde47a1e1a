"""The same errors on every provider: typed, and read from whatever body they come in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import attrs
import pytest
import stamina
from provider_cases import KEY, PROVIDERS, Provider, connected
from sample_steps import RUN, THREAD, step_id, step_ids
from serving import ids
from walk_servers import full_trust

from openai_steps import (
    APIStatusError,
    AsyncStepsClient,
    AuthenticationError,
    BadRequestError,
    InternalServerError,
    NotFoundError,
    RateLimitError,
    RetryPolicy,
)
from openai_steps.emulator import PROFILES, Answer, RecordedRequest

every_provider = pytest.mark.parametrize("provider", PROVIDERS.values(), ids=list(PROVIDERS))


@every_provider
@pytest.mark.parametrize("key", ["sk-wrong", "sk-right-but-longer"])
async def test_a_wrong_key(provider: Provider, key: str) -> None:
    async with connected(provider, 3, key=key) as (client, emulator):
        with pytest.raises(AuthenticationError) as caught:
            await client.collect_steps(THREAD, RUN)
        renewed = client.endpoint.credential is not None
        assert len(emulator.requests) == 1 + renewed  # with another token, once
    error = caught.value
    assert (error.status, error.code) == (401, provider.unauthorized)
    assert error.request_id in (request_id(1), request_id(2))
    assert key not in repr((str(error), vars(error)))


def request_id(number: int) -> str:
    return f"req_{number:08d}"


@every_provider
async def test_a_run_that_is_not_there(provider: Provider) -> None:
    async with connected(provider, 3) as (client, _):
        for call in (client.get_run, client.collect_steps, client.list_steps_page):
            with pytest.raises(NotFoundError) as caught:
                await call(THREAD, "run_none")
            assert caught.value.status == 404
            assert provider.not_found in str(caught.value)
            assert f"GET /threads/{THREAD}/runs/run_none" in str(caught.value)


@every_provider
async def test_a_step_that_is_not_there(provider: Provider) -> None:
    async with connected(provider, 3) as (client, _):
        with pytest.raises(NotFoundError, match="step_none"):
            await client.get_step(THREAD, RUN, "step_none")


@every_provider
async def test_too_many_requests_is_told_with_the_wait(provider: Provider) -> None:
    body, code, message = provider.rate_limited
    async with connected(provider, 3) as (client, emulator):
        emulator.inject(Answer(429, body, headers={"Retry-After": "7"}))
        with pytest.raises(RateLimitError) as caught:
            await client.get_run(THREAD, RUN)
    assert (caught.value.code, caught.value.retry_after) == (code, 7.0)
    assert message in str(caught.value)


@pytest.fixture
def _no_waiting() -> Iterator[None]:
    with stamina.set_testing(True, attempts=4):
        yield


@every_provider
@pytest.mark.usefixtures("_no_waiting")
async def test_too_many_requests_and_a_server_s_bad_moment_are_tried_again(provider: Provider) -> None:
    async with connected(provider, 250, retry=RetryPolicy()) as (client, emulator):
        emulator.inject(Answer(429, provider.rate_limited[0], headers={"retry-after-ms": "1"}))
        emulator.inject(Answer(503, b"<html><h1>Bad moment</h1></html>", content_type="text/html"))
        walk = client.iter_steps(THREAD, RUN, order="asc", verify_paging=provider.verify_paging)
        assert ids([step async for step in walk]) == step_ids(range(250))
        assert emulator.faults_left == 0


@every_provider
async def test_an_error_page_of_a_proxy_is_read(provider: Provider) -> None:
    async with connected(provider, 3) as (client, emulator):
        emulator.inject(Answer(502, b"<html><style>p{}</style><h1>Bad Gateway</h1></html>", content_type="text/html"))
        with pytest.raises(InternalServerError, match=r"^502 Bad Gateway: Bad Gateway \(GET"):
            await client.get_run(THREAD, RUN)


@every_provider
async def test_a_walk_that_broke_goes_on_from_its_error(provider: Provider) -> None:
    def behind_the_first_page(request: RecordedRequest) -> bool:
        return step_id(40) <= dict(request.query).get("after", "") <= step_id(50)

    async with connected(provider) as (client, emulator):
        client._trust["steps"] = full_trust()
        emulator.inject(Answer(404, provider.rate_limited[0]), matching=behind_the_first_page)
        walk = client.iter_steps(THREAD, RUN, order="asc", page_size=50, after=step_id(0))
        with pytest.raises(NotFoundError) as caught:
            _ = [step async for step in walk]
        assert (caught.value.resume_after, caught.value.resume_before) == (step_id(50), None)
        rest = client.iter_steps(
            THREAD, RUN, order="asc", after=caught.value.resume_after, verify_paging=provider.verify_paging
        )
        assert ids([step async for step in rest]) == step_ids(range(51, 250))


# --- What a server demands and a request lacks -------------------------------------------------------------------

DEMANDING = {name: provider for name, provider in PROVIDERS.items() if PROFILES[provider.profile].api_versions}
BETA = {name: provider for name, provider in PROVIDERS.items() if PROFILES[provider.profile].beta}


async def refusal(provider: Provider, **changes: Any) -> APIStatusError:
    """What the server says to an endpoint of which this has been changed."""
    async with connected(provider, 3) as (client, _):
        lacking = attrs.evolve(client.endpoint, **changes)
        async with AsyncStepsClient(lacking, retry=RetryPolicy(attempts=1)) as other:
            with pytest.raises(BadRequestError) as caught:
                await other.get_run(THREAD, RUN)
    return caught.value


@pytest.mark.parametrize("name", DEMANDING)
async def test_the_api_version(name: str) -> None:
    assert (await refusal(DEMANDING[name], query=())).code == "MissingApiVersionParameter"
    assert (await refusal(DEMANDING[name], query=(("api-version", "v0"),))).code == "UnsupportedApiVersionValue"


@pytest.mark.parametrize("name", BETA)
async def test_the_beta_header(name: str) -> None:
    told = await refusal(BETA[name], headers={})
    assert told.code == (None if PROFILES[BETA[name].profile].errors == "empty" else "invalid_beta")


# --- What each sends ---------------------------------------------------------------------------------------------

SENT: dict[str, tuple[str, dict[str, str], dict[str, str | None]]] = {
    "openai": ("/v1", {}, {"Authorization": f"Bearer {KEY}", "OpenAI-Beta": "assistants=v2", "api-key": None}),
    "azure_openai": (
        "/openai",
        {"api-version": "2024-05-01-preview"},
        {"api-key": KEY, "Authorization": None, "OpenAI-Beta": "assistants=v2"},
    ),
    "azure_openai with Entra": (
        "/openai",
        {"api-version": "2024-05-01-preview"},
        {"Authorization": f"Bearer {KEY}", "api-key": None},
    ),
    "azure_openai v1": ("/openai/v1", {}, {"api-key": KEY, "Authorization": None}),
    "azure_foundry": (
        "/api/projects/PROJ",
        {"api-version": "v1"},
        {"Authorization": f"Bearer {KEY}", "OpenAI-Beta": None},
    ),
    "azure_foundry with a token": (
        "/api/projects/PROJ",
        {"api-version": "2025-05-15-preview"},
        {"Authorization": f"Bearer {KEY}", "OpenAI-Beta": None},
    ),
    "azure_foundry of a hub": (
        "/agents/v1.0/subscriptions/SUB/resourceGroups/RG/providers/Microsoft.MachineLearningServices/workspaces/WS",
        {"api-version": "2024-12-01-preview"},
        {"Authorization": f"Bearer {KEY}", "OpenAI-Beta": None},
    ),
    "foundry_local": ("", {}, {"Authorization": f"Bearer {KEY}", "OpenAI-Beta": None}),
    "fabric": (
        "/v1/workspaces/WS/dataagents/AGENT/aiassistant/openai",
        {"api-version": "2024-05-01-preview"},
        {"Authorization": f"Bearer {KEY}", "OpenAI-Beta": "assistants=v2"},
    ),
    "dashscope": (
        "/api/v1",
        {},
        {"Authorization": f"Bearer {KEY}", "OpenAI-Beta": None, "X-DashScope-WorkSpace": None},
    ),
    "compatible": ("/v1", {}, {"x-api-key": KEY, "Authorization": None, "OpenAI-Beta": "assistants=v2"}),
}


@pytest.mark.parametrize("name", SENT)
async def test_what_is_sent(name: str) -> None:
    prefix, query, headers = SENT[name]
    async with connected(PROVIDERS[name], 3) as (client, emulator):
        await client.list_steps_page(THREAD, RUN, limit=2)
        [request] = emulator.requests
    assert request.raw_path == f"{prefix}/threads/{THREAD}/runs/{RUN}/steps"
    assert dict(request.query) == {**query, "limit": "2"}
    assert {header: request.headers.get(header) for header in headers} == headers
