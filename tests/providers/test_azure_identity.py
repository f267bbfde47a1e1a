"""The credentials of azure-identity, unchanged, against a token endpoint and a Foundry of the tests."""

from __future__ import annotations

import ssl
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from attrs import define, field
from sample_steps import RUN, THREAD
from serving import ids, serving

from openai_steps import AuthenticationError, Endpoint
from openai_steps.emulator import Answer

azure_identity = pytest.importorskip("azure.identity.aio", reason="azure-identity is of the group peers")
credentials = pytest.importorskip("azure.core.credentials", reason="azure-core is of the group peers")
x509 = pytest.importorskip("cryptography.x509", reason="cryptography comes with azure-identity")

FOUNDRY_SCOPE = "https://ai.azure.com/.default"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-signed certificate for 127.0.0.1 with its key, in one file: azure-identity speaks TLS only."""
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "token endpoint of the tests")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "certificate.pem"
    path.write_bytes(
        certificate.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return path


@define
class TokenEndpoint:
    """Hands out token-1, token-2 and so on, and notes the forms that it was sent."""

    authority: str = ""
    lifetime: int = 3600
    forms: list[dict[str, Any]] = field(factory=list)

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        self.forms.append(dict(await request.post()))
        token = f"token-{len(self.forms)}"
        return web.json_response({"token_type": "Bearer", "expires_in": self.lifetime, "access_token": token})


@asynccontextmanager
async def token_endpoint(certificate: Path) -> AsyncIterator[TokenEndpoint]:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    endpoint = TokenEndpoint()
    runner = web.ServerRunner(web.Server(endpoint.answer))
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context)
        await site.start()
        endpoint.authority = f"https://127.0.0.1:{runner.addresses[0][1]}"
        yield endpoint
    finally:
        await runner.cleanup()


def client_secret(**options: Any) -> Any:
    return azure_identity.ClientSecretCredential("tenant", "client", "secret", **options)


def client_assertion(**options: Any) -> Any:
    return azure_identity.ClientAssertionCredential("tenant", "client", lambda: "assertion", **options)


def chained(**options: Any) -> Any:
    """As DefaultAzureCredential does it: the first that works."""
    missing = azure_identity.EnvironmentCredential()
    return azure_identity.ChainedTokenCredential(missing, client_secret(**options))


@pytest.mark.parametrize("make", [client_secret, client_assertion, chained])
async def test_a_credential_plugs_in_unchanged(make: Callable[..., Any], certificate: Path) -> None:
    async with (
        token_endpoint(certificate) as tokens,
        make(
            authority=tokens.authority, disable_instance_discovery=True, connection_verify=str(certificate)
        ) as credential,
        serving(
            250,
            profile="azure_foundry",
            api_key="token-1",
            endpoint=lambda base_url: Endpoint.azure_foundry(base_url, credential),
        ) as (client, emulator),
    ):
        assert len(await client.collect_steps(THREAD, RUN, page_size=50)) == 250
        assert len(emulator.requests) >= 5
        assert [form["scope"] for form in tokens.forms] == [FOUNDRY_SCOPE]
        assert client.endpoint.key_source == f"the credential ({type(credential).__name__})"


async def test_azure_openai_takes_one_too(certificate: Path) -> None:
    async with (
        token_endpoint(certificate) as tokens,
        client_secret(
            authority=tokens.authority, disable_instance_discovery=True, connection_verify=str(certificate)
        ) as credential,
        serving(
            3,
            profile="azure_openai",
            api_key="token-1",
            endpoint=lambda base_url: Endpoint.azure_openai(base_url, credential=credential),
        ) as (client, _),
    ):
        assert len(ids(await client.list_steps_page(THREAD, RUN))) == 3
        assert [form["scope"] for form in tokens.forms] == ["https://cognitiveservices.azure.com/.default"]


class StaticCredential:
    """A credential after azure.core's protocol, with azure.core's own token."""

    def __init__(self) -> None:
        self.asked = 0

    async def get_token(self, *scopes: str, claims: str | None = None, **_: Any) -> Any:
        self.asked += 1
        return credentials.AccessToken(f"token-{self.asked}", int(time.time()) + 3600)

    async def close(self) -> None:
        raise AssertionError("a credential is closed by its owner")

    async def __aenter__(self) -> StaticCredential:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()


async def test_a_401_asks_the_credential_once_more() -> None:
    credential = StaticCredential()
    async with serving(
        3,
        profile="azure_foundry",
        api_key="token-2",
        endpoint=lambda base_url: Endpoint.azure_foundry(base_url, credential),
    ) as (client, emulator):
        assert len(ids(await client.list_steps_page(THREAD, RUN))) == 3
        assert (credential.asked, len(emulator.requests)) == (2, 2)
        emulator.inject(Answer(401), times=2)
        with pytest.raises(AuthenticationError):
            await client.list_steps_page(THREAD, RUN)
        assert (credential.asked, len(emulator.requests)) == (3, 4)


async def test_what_a_credential_raises_comes_through(certificate: Path) -> None:
    from azure.core.exceptions import ClientAuthenticationError

    async with (
        azure_identity.EnvironmentCredential() as credential,
        serving(3, profile="azure_foundry", endpoint=lambda base_url: Endpoint.azure_foundry(base_url, credential)) as (
            client,
            emulator,
        ),
    ):
        with pytest.raises(ClientAuthenticationError, match="EnvironmentCredential"):
            await client.get_run(THREAD, RUN)
        assert emulator.requests == ()


def test_the_package_imports_nothing_of_azure_s() -> None:
    script = (
        "import sys, openai_steps; openai_steps.Endpoint.azure_openai('https://a', api_key='k');"
        "print([name for name in sys.modules if name.partition('.')[0] in ('azure', 'msal')])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
