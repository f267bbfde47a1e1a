from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import attrs
import pytest

from openai_steps import PROVIDERS, AsyncStepsClient, Endpoint

PROJECT = "https://res.services.ai.azure.com/api/projects/proj"


class Credential:
    async def get_token(self, *scopes: str) -> Any:
        raise AssertionError("nobody asks")


# --- Where, and how to be asked: with arguments alone ------------------------------------------------------------


PROVIDER_CASES: dict[str, tuple[Callable[[], Endpoint], dict[str, Any]]] = {
    "openai": (
        lambda: Endpoint.openai(api_key="sk-1", organization="org-1", project="proj-1"),
        {
            "base_url": "https://api.openai.com/v1",
            "headers": {
                "OpenAI-Beta": "assistants=v2",
                "OpenAI-Organization": "org-1",
                "OpenAI-Project": "proj-1",
            },
            "key_header": "Authorization",
            "key_prefix": "Bearer ",
            "include_style": "repeated",
        },
    ),
    "azure_openai": (
        lambda: Endpoint.azure_openai("https://res.openai.azure.com", api_key="k"),
        {
            "base_url": "https://res.openai.azure.com/openai",
            "query": (("api-version", "2024-05-01-preview"),),
            "headers": {"OpenAI-Beta": "assistants=v2"},
            "key_header": "api-key",
            "key_prefix": "",
        },
    ),
    "azure_openai with a credential": (
        lambda: Endpoint.azure_openai("https://res.openai.azure.com", credential=Credential(), api_version="v1"),
        {
            "base_url": "https://res.openai.azure.com/openai/v1",
            "query": (),
            "scope": "https://cognitiveservices.azure.com/.default",
            "key_header": "Authorization",
            "key_prefix": "Bearer ",
            "key_source": "the credential (Credential)",
        },
    ),
    "azure_foundry": (
        lambda: Endpoint.azure_foundry(PROJECT, Credential()),
        {
            "base_url": PROJECT,
            "query": (("api-version", "v1"),),
            "headers": {},
            "scope": "https://ai.azure.com/.default",
            "key_header": "Authorization",
            "key_prefix": "Bearer ",
        },
    ),
    "dashscope": (
        lambda: Endpoint.dashscope(api_key="k", workspace="ws-1"),
        {
            "base_url": "https://dashscope.aliyuncs.com/api/v1",
            "headers": {"X-DashScope-WorkSpace": "ws-1"},
            "include_style": "unsupported",
            "both_cursors": False,
        },
    ),
    "dashscope abroad": (
        lambda: Endpoint.dashscope(api_key="k", region="international"),
        {"base_url": "https://dashscope-intl.aliyuncs.com/api/v1", "headers": {}},
    ),
    "compatible": (
        lambda: Endpoint.compatible("http://localhost:8000/api/v1/"),
        {
            "base_url": "http://localhost:8000/api/v1",
            "api_key": None,
            "key_source": "none",
            "headers": {"OpenAI-Beta": "assistants=v2"},
        },
    ),
    "compatible with all": (
        lambda: Endpoint.compatible(
            "https://gateway.example/llm?tenant=1&mode=a",
            api_key="k",
            key_header="X-Gateway-Key",
            headers={"OpenAI-Beta": "assistants=v1", "X-Team": "a"},
            query={"mode": "b"},
            include_style="comma",
        ),
        {
            "base_url": "https://gateway.example/llm",
            "query": (("tenant", "1"), ("mode", "b")),
            "headers": {"OpenAI-Beta": "assistants=v1", "X-Team": "a"},
            "key_header": "X-Gateway-Key",
            "key_prefix": "",
            "key_source": "the api_key argument",
            "include_style": "comma",
        },
    ),
    "compatible with a prefix of its own": (
        lambda: Endpoint.compatible("https://host", api_key="k", key_prefix="Token "),
        {"key_header": "Authorization", "key_prefix": "Token "},
    ),
}


@pytest.mark.parametrize("name", PROVIDER_CASES)
def test_each_provider_is_one_line(name: str) -> None:
    make, expected = PROVIDER_CASES[name]
    endpoint = make()
    assert endpoint.provider == name.partition(" ")[0]
    assert {field: getattr(endpoint, field) for field in expected} == expected


def test_the_table_of_providers_names_all_constructors() -> None:
    constructors = {
        name for name, member in inspect.getmembers(Endpoint, inspect.ismethod) if member.__self__ is Endpoint
    }
    assert set(PROVIDERS) == {name for name in constructors if not name.startswith("_")}


def test_the_key_s_source_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DASHSCOPE_API_KEY", "k")
    assert Endpoint.dashscope().key_source == "the environment variable DASHSCOPE_API_KEY"
    assert Endpoint.dashscope(api_key="k").key_source == "the api_key argument"


# --- A value -----------------------------------------------------------------------------------------------------


def test_no_secret_is_shown() -> None:
    endpoint = Endpoint.compatible(
        "https://host/v1?code=secret-1", api_key="secret-2", headers={"X-Key": "secret-3"}, query={"k": "secret-4"}
    )
    shown = repr(endpoint)
    assert "secret" not in shown
    assert "X-Key" in shown
    assert "secret" not in repr(AsyncStepsClient(endpoint))


def test_an_endpoint_is_a_value() -> None:
    one, other = (Endpoint.compatible("https://host/v1", headers={"A": "b"}) for _ in range(2))
    assert one == other
    assert hash(one) == hash(other)
    assert attrs.evolve(one, base_url="https://elsewhere/v1").host == "elsewhere"
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        one.provider = "x"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("base_url", "ended_on"),
    [
        ("https://api.openai.com/v1", "2026-08-26"),
        ("https://eu.api.openai.com/v1", "2026-08-26"),
        ("https://res.openai.azure.com/openai", "2026-08-26"),
        ("https://res.cognitiveservices.azure.com/openai", "2026-08-26"),
        ("https://res.services.ai.azure.com/api/projects/p", None),
        ("https://dashscope.aliyuncs.com/api/v1", None),
        ("http://127.0.0.1:8000/v1", None),
        ("https://api.openai.com.example/v1", None),
    ],
)
def test_when_a_host_stopped_serving(base_url: str, ended_on: str | None) -> None:
    assert Endpoint.compatible(base_url).ended_on == ended_on


class Lookalike:
    """A credential whose repr tells a secret, as those of the user's own may."""

    async def get_token(self, *_: str) -> object:
        raise NotImplementedError

    def __repr__(self) -> str:
        return "Lookalike(5ecret-5ecret)"


def test_a_repr_names_neither_the_key_nor_the_credential() -> None:
    for endpoint in (
        Endpoint.compatible("http://h/v1", api_key="5ecret-5ecret"),
        Endpoint.compatible("http://h/v1", api_key=lambda: "5ecret-5ecret"),
        Endpoint.compatible("http://h/v1", credential=Lookalike(), scope="s"),  # type: ignore[arg-type]
    ):
        assert "5ecret" not in repr(endpoint)
        assert "api_key=" not in repr(endpoint)
        assert "credential=" not in repr(endpoint)
        assert "base_url='http://h/v1'" in repr(endpoint)


@pytest.mark.parametrize("query", [(("a", 5),), ((None, "b"),), ((b"a", "b"),)])
def test_a_query_is_text(query: Any) -> None:
    with pytest.raises(ValueError, match="query must be names and values that are text"):
        attrs.evolve(Endpoint.compatible("http://h/v1", api_key="k"), query=query)
