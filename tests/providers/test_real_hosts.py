"""What goes to hosts that no test may reach, by a mock in their place: the way there, and what is said at the end."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from unittest.mock import Mock

import aiohttp
import pytest
from aioresponses import aioresponses
from builders import WIRE
from provider_cases import StaticCredential
from sample_steps import make_step

from openai_steps import APIStatusError, AsyncStepsClient, Endpoint, NotFoundError, RetryPolicy

STEPS = "/threads/thread_1/runs/run_1/steps"
SHUT_DOWN = "This API was announced to end at "
STILL_SERVED_BY = "Azure AI Foundry Agents (until 2027-03-31), DashScope and self-hosted servers"


class MockedResponse(aiohttp.ClientResponse):
    """aioresponses 0.7.9 leaves out what aiohttp 3.14 asks for: https://github.com/pnuckowski/aioresponses/issues/289."""

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **{"stream_writer": Mock(output_size=0), **named})


class MockedHosts(aioresponses):
    """aioresponses with a response class that aiohttp 3.14 can make."""

    def add(self, *args: Any, **named: Any) -> None:
        super().add(*args, **{"response_class": MockedResponse, **named})

    @property
    def sent(self) -> dict[str, str]:
        """The headers of the only request."""
        [[call]] = self.requests.values()
        return dict(call.kwargs["headers"])


@pytest.fixture
def hosts() -> Iterator[MockedHosts]:
    mocked = MockedHosts()
    with mocked:
        yield mocked


PAGE = {"object": "list", "data": [make_step(1)], "has_more": False}

ADDRESSES: dict[str, tuple[Endpoint, str, dict[str, str]]] = {
    "openai": (
        Endpoint.openai(api_key="sk-1"),
        f"https://api.openai.com/v1{STEPS}?limit=1",
        {"Authorization": "Bearer sk-1", "OpenAI-Beta": "assistants=v2"},
    ),
    "azure_openai": (
        Endpoint.azure_openai("https://res.openai.azure.com/", api_key="k"),
        f"https://res.openai.azure.com/openai{STEPS}?api-version=2024-05-01-preview&limit=1",
        {"api-key": "k", "OpenAI-Beta": "assistants=v2"},
    ),
    "azure_foundry": (
        Endpoint.azure_foundry("https://res.services.ai.azure.com/api/projects/proj", StaticCredential("token")),
        f"https://res.services.ai.azure.com/api/projects/proj{STEPS}?api-version=v1&limit=1",
        {"Authorization": "Bearer token"},
    ),
    "dashscope": (
        Endpoint.dashscope(api_key="sk-2", workspace="ws-1"),
        f"https://dashscope.aliyuncs.com/api/v1{STEPS}?limit=1",
        {"Authorization": "Bearer sk-2", "X-DashScope-WorkSpace": "ws-1"},
    ),
    "dashscope abroad": (
        Endpoint.dashscope(api_key="sk-2", region="international"),
        f"https://dashscope-intl.aliyuncs.com/api/v1{STEPS}?limit=1",
        {"Authorization": "Bearer sk-2"},
    ),
}


@pytest.mark.parametrize("name", ADDRESSES)
async def test_the_address_and_the_headers(name: str, hosts: MockedHosts) -> None:
    endpoint, url, headers = ADDRESSES[name]
    hosts.get(url, payload=PAGE)  # any other address would be refused by the mock
    async with AsyncStepsClient(endpoint) as client:
        page = await client.list_steps_page("thread_1", "run_1", limit=1)
    assert [step.id for step in page.data] == ["step_0001"]
    usual = {"Accept", "Accept-Encoding", "User-Agent"}
    assert {header: value for header, value in hosts.sent.items() if header not in usual} == headers


async def ask(endpoint: Endpoint) -> APIStatusError:
    async with AsyncStepsClient(endpoint, retry=RetryPolicy(attempts=1)) as client:
        with pytest.raises(APIStatusError) as caught:
            await client.get_run("thread_1", "run_1")
    return caught.value


@pytest.mark.parametrize("name", ["openai", "azure_openai"])
@pytest.mark.parametrize("status", [404, 410])
async def test_a_shut_down_api_is_told_to_be_so(name: str, status: int, hosts: MockedHosts) -> None:
    endpoint, url, _ = ADDRESSES[name]
    body = (WIRE / "openai.error.404_invalid_url.json").read_bytes()
    hosts.get(url.replace("/steps", "").replace("&limit=1", "").replace("?limit=1", ""), status=status, body=body)
    error = await ask(endpoint)
    assert isinstance(error, NotFoundError) == (status == 404)
    assert f"{SHUT_DOWN}{endpoint.host} on 2026-08-26" in str(error)
    assert STILL_SERVED_BY in str(error)
    assert "Invalid URL" in str(error)  # what the server said is told as well


async def test_it_is_told_however_one_came_there(hosts: MockedHosts) -> None:
    hosts.get("https://api.openai.com/v1/threads/thread_1/runs/run_1", status=404)
    assert SHUT_DOWN in str(await ask(Endpoint.compatible("https://api.openai.com/v1", api_key="k")))


@pytest.mark.parametrize(
    ("endpoint", "url", "status"),
    [
        (ADDRESSES["openai"][0], "https://api.openai.com/v1/threads/thread_1/runs/run_1", 400),
        (
            ADDRESSES["azure_foundry"][0],
            "https://res.services.ai.azure.com/api/projects/proj/threads/thread_1/runs/run_1?api-version=v1",
            404,
        ),
        (ADDRESSES["dashscope"][0], "https://dashscope.aliyuncs.com/api/v1/threads/thread_1/runs/run_1", 404),
    ],
)
async def test_it_is_not_told_of_others(endpoint: Endpoint, url: str, status: int, hosts: MockedHosts) -> None:
    hosts.get(url, status=status)
    assert "announced to end" not in str(await ask(endpoint))
