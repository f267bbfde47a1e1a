"""Microsoft's servers: addresses of every form and cloud, and what tokens for them are for."""

from collections.abc import Callable
from typing import Any

import pytest

from openai_steps import Endpoint

HUB = (
    "https://westus.api.azureml.ms/agents/v1.0/subscriptions/sub-1/resourceGroups/rg-1"
    "/providers/Microsoft.MachineLearningServices/workspaces/ws-1"
)
AGENT = "https://api.fabric.microsoft.com/v1/workspaces/ws-1/dataagents/agent-1/aiassistant/openai"


class Credential:
    async def get_token(self, *scopes: str) -> Any:
        raise AssertionError("nobody asks")


def project(cloud: str) -> str:
    return f"https://res.services.ai.azure.{cloud}/api/projects/proj"


@pytest.mark.parametrize("cloud", ["com", "us", "cn"])
def test_tokens_are_for_the_cloud_of_the_host(cloud: str) -> None:
    foundry = Endpoint.azure_foundry(project(cloud), Credential())
    openai = Endpoint.azure_openai(f"https://res.openai.azure.{cloud}", credential=Credential())
    assert foundry.scope == f"https://ai.azure.{cloud}/.default"
    assert openai.scope == f"https://cognitiveservices.azure.{cloud}/.default"


def test_a_host_that_only_ends_like_a_cloud_is_not_one() -> None:
    assert Endpoint.azure_openai("https://my-azure.us", credential=Credential()).scope == (
        "https://cognitiveservices.azure.com/.default"
    )


def test_a_scope_that_is_given_goes_before() -> None:
    scope = "https://elsewhere/.default"
    for endpoint in (
        Endpoint.azure_foundry(project("com"), Credential(), scope=scope),
        Endpoint.azure_openai("https://res.openai.azure.com", credential=Credential(), scope=scope),
        Endpoint.fabric(AGENT, Credential(), scope=scope),
        Endpoint.foundry_local("https://host:8001", Credential(), scope=scope),
        Endpoint.openai(base_url="https://gateway/v1", credential=Credential(), scope=scope),
        Endpoint.dashscope(credential=Credential(), scope=scope),
        Endpoint.compatible("https://gateway/v1", credential=Credential(), scope=scope),
    ):
        assert (endpoint.scope, endpoint.api_key) == (scope, None)
        assert endpoint.key_source == "the credential (Credential)"


def test_a_credential_without_a_scope_is_refused_where_nobody_knows_one() -> None:
    url = "https://gateway/v1"
    makers: list[Callable[[], Endpoint]] = [
        lambda: Endpoint.foundry_local(url, Credential()),
        lambda: Endpoint.openai(base_url=url, credential=Credential()),
        lambda: Endpoint.compatible(url, credential=Credential()),
        lambda: Endpoint.dashscope(credential=Credential()),
    ]
    for make in makers:
        with pytest.raises(ValueError, match="scope is missing: it says what the credential's tokens are for"):
            make()


# --- Hub projects -----------------------------------------------------------------------------------------------------


def test_a_project_of_a_hub_has_a_host_a_scope_and_a_version_of_its_own() -> None:
    endpoint = Endpoint.azure_foundry(HUB + "/", Credential())
    assert (endpoint.provider, endpoint.base_url) == ("azure_foundry", HUB)
    assert endpoint.scope == "https://ml.azure.com/.default"
    assert endpoint.query == (("api-version", "2024-12-01-preview"),)


def test_the_version_of_a_hub_can_be_told() -> None:
    for endpoint in (
        Endpoint.azure_foundry(HUB, Credential(), api_version="2025-05-15-preview"),
        Endpoint.azure_foundry(f"{HUB}?api-version=2025-05-15-preview", Credential()),
        Endpoint.azure_foundry(f"{HUB}/threads/t/runs?api-version=2025-05-15-preview&limit=3", Credential()),
    ):
        assert (endpoint.base_url, endpoint.query) == (HUB, (("api-version", "2025-05-15-preview"),))


@pytest.mark.parametrize("url", ["https://westus.api.azureml.ms", HUB.rpartition("/")[0], f"{HUB}/assistants"])
def test_what_is_not_a_project_of_a_hub_is_refused_with_the_right_form(url: str) -> None:
    with pytest.raises(ValueError, match=r"is not a project's") as caught:
        Endpoint.azure_foundry(url, Credential())
    assert "'https://REGION.api.azureml.ms/agents/v1.0/subscriptions/SUBSCRIPTION/" in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "westus.api.azureml.ms;sub-1;rg-1;ws-1",
        " https://westus.api.azureml.ms/ ; sub-1;rg-1; ws-1\n",
    ],
)
def test_a_connection_string_is_refused_with_its_url(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    with pytest.raises(ValueError, match="project_endpoint is a connection string") as caught:
        Endpoint.azure_foundry(text, Credential())
    assert repr(HUB) in str(caught.value)
    monkeypatch.setenv("PROJECT_ENDPOINT", text)
    with pytest.raises(ValueError, match="PROJECT_ENDPOINT is a connection string"):
        Endpoint.azure_foundry(credential=Credential())


@pytest.mark.parametrize("text", [f"{project('com')};sub;rg;ws", "westus.api.azureml.ms;sub", ";;;", "a b;c;d;e"])
def test_half_a_connection_string_is_refused_with_the_form_of_a_project(text: str) -> None:
    with pytest.raises(ValueError, match="project_endpoint has a semicolon in it") as caught:
        Endpoint.azure_foundry(text, Credential())
    assert "/api/projects/PROJECT" in str(caught.value)


@pytest.mark.parametrize("variable", ["PROJECT_ENDPOINT", "FOUNDRY_PROJECT_ENDPOINT", "AZURE_AI_PROJECT_ENDPOINT"])
def test_the_project_may_stand_in_the_environment(monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    monkeypatch.setenv(variable, project("com"))
    assert Endpoint.azure_foundry(credential=Credential()).base_url == project("com")


# --- Fabric and Foundry Local -----------------------------------------------------------------------------------------


def test_a_data_agent_of_fabric() -> None:
    endpoint = Endpoint.fabric(AGENT, Credential())
    assert (endpoint.base_url, endpoint.scope) == (AGENT, "https://api.fabric.microsoft.com/.default")
    assert endpoint.query == (("api-version", "2024-05-01-preview"),)
    assert endpoint.headers == {"OpenAI-Beta": "assistants=v2"}
    assert endpoint.absent == {"threads"}
    for versioned in (
        Endpoint.fabric(f"{AGENT}?api-version=v2", Credential()),
        Endpoint.fabric(AGENT, Credential(), api_version="v2"),
    ):
        assert versioned.query == (("api-version", "v2"),)


@pytest.mark.parametrize("url", [AGENT.removesuffix("/openai"), "https://api.fabric.microsoft.com/v1/workspaces/w"])
def test_what_is_not_a_data_agent_is_refused_with_the_right_form(url: str) -> None:
    with pytest.raises(ValueError, match=r"is not a data agent's\. It has the form"):
        Endpoint.fabric(url, Credential())


def test_fabric_needs_a_token() -> None:
    with pytest.raises(ValueError, match="credential is missing: pass a DefaultAzureCredential"):
        Endpoint.fabric(AGENT)
    assert Endpoint.fabric(AGENT, api_key="token").key_prefix == "Bearer "


def test_foundry_local_has_no_version_no_beta_and_perhaps_no_key() -> None:
    endpoint = Endpoint.foundry_local("https://host:8001/")
    assert (endpoint.base_url, endpoint.query, endpoint.headers) == ("https://host:8001", (), {})
    assert (endpoint.api_key, endpoint.credential, endpoint.key_source) == (None, None, "none")
    assert endpoint.absent == {"runs", "file"}
