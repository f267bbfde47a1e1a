"""Proxies and certificates: what is found in the environment, and what a proxy then sees."""

from __future__ import annotations

import asyncio
import ssl
from pathlib import Path

import pytest
from certificates import make_certificate
from raw_proxy import proxy_server
from serving import ONE_ATTEMPT, serving

from openai_steps import APIConnectionError, AsyncStepsClient, Endpoint
from openai_steps._sending.network import Network, find_network
from openai_steps.emulator import Emulator

PROXY = "http://proxy.test:3128"


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "request_method"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)


def network(base_url: str = "https://h.test/v1", *, trust_env: bool = True, proxy: str | None = None) -> Network:
    return find_network(base_url, proxy=proxy, trust_env=trust_env, ssl=None)


# --- Proxies ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("variables", "base_url", "used"),
    [
        ({"HTTPS_PROXY": PROXY}, "https://h.test/v1", True),
        ({"https_proxy": PROXY}, "https://h.test/v1", True),
        ({"HTTPS_PROXY": "proxy.test:3128"}, "https://h.test/v1", True),
        ({"HTTPS_PROXY": PROXY}, "http://h.test/v1", False),
        ({"HTTP_PROXY": PROXY}, "http://h.test/v1", True),
        ({"ALL_PROXY": PROXY}, "http://h.test/v1", True),
        ({"ALL_PROXY": PROXY}, "https://h.test/v1", True),
        ({"HTTP_PROXY": PROXY, "REQUEST_METHOD": "GET"}, "http://h.test/v1", False),  # https://httpoxy.org
        ({"HTTPS_PROXY": ""}, "https://h.test/v1", False),
        ({"ALL_PROXY": PROXY, "NO_PROXY": "h.test"}, "https://h.test/v1", False),
        ({"ALL_PROXY": PROXY, "NO_PROXY": ".test, other"}, "https://h.test/v1", False),
        ({"ALL_PROXY": PROXY, "NO_PROXY": "*"}, "https://h.test/v1", False),
        ({"ALL_PROXY": PROXY, "NO_PROXY": "h.test:8443"}, "https://h.test/v1", True),
        ({"ALL_PROXY": PROXY, "NO_PROXY": "h.test:8443"}, "https://h.test:8443/v1", False),
        ({"ALL_PROXY": PROXY, "NO_PROXY": "10.0.0.0/8"}, "http://10.1.2.3/v1", False),
        ({"ALL_PROXY": PROXY, "NO_PROXY": "10.9.9.9/8"}, "http://10.1.2.3/v1", False),
        ({"ALL_PROXY": PROXY, "NO_PROXY": "10.0.0.0/8,fd00::/8"}, "http://[fd00::1]/v1", False),
        ({"ALL_PROXY": PROXY, "NO_PROXY": "10.0.0.0/8, nonsense/9"}, "http://11.1.2.3/v1", True),
        ({"ALL_PROXY": PROXY}, "http://localhost:1234/v1", False),
        ({"ALL_PROXY": PROXY}, "http://127.0.0.1:1234/v1", False),
        ({"ALL_PROXY": PROXY}, "http://[::1]:1234/v1", False),
    ],
)
def test_the_environment_is_read_as_others_read_it(
    variables: dict[str, str], base_url: str, used: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert str(network(base_url).proxy) == (PROXY if used else "None")
    assert network(base_url, trust_env=False).proxy is None


def test_an_argument_goes_before_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", PROXY)
    assert str(network(proxy="https://other.test:1").proxy) == "https://other.test:1"
    assert str(network(proxy="http://other.test", trust_env=False).proxy) == "http://other.test"


def test_a_password_is_sent_and_not_shown() -> None:
    found = network(proxy="http://us%40er:pa%3A55word@proxy.test:3128")
    assert found.proxy is not None
    assert (found.proxy.user, found.proxy.password) == ("us@er", "pa:55word")
    assert "55word" not in repr(found)
    assert "pa:55word" in found.secrets
    assert network().secrets == ()


@pytest.mark.parametrize(
    ("proxy", "problem"),
    [
        ("socks5://user:pa55word@proxy.test", r"socks5:// proxy.*aiohttp-socks"),
        ("http://user:pa55word@proxy.test:port", "host or port"),
        ("http://", "no host"),
        (7, "must be a URL, not int"),
    ],
)
def test_a_proxy_that_can_not_be_used_is_told(proxy: str, problem: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match=f"^proxy .*{problem}") as caught:
        network(proxy=proxy)
    assert "pa55word" not in str(caught.value)
    if isinstance(proxy, str):
        monkeypatch.setenv("ALL_PROXY", proxy)
        with pytest.raises(ValueError, match=f"^ALL_PROXY .*{problem}"):
            AsyncStepsClient(Endpoint.compatible("https://h.test/v1"))


async def test_the_client_speaks_through_its_proxy() -> None:
    async with proxy_server() as proxy, Emulator().serve() as base_url:
        address = proxy.url.replace("http://", "http://user:pa55word-pa55word@")
        endpoint = Endpoint.compatible(base_url.replace("127.0.0.1", "steps.test"))
        proxy.hosts["steps.test"] = "127.0.0.1"
        async with AsyncStepsClient(endpoint, proxy=address, retry=ONE_ATTEMPT) as client:
            with pytest.raises(Exception, match="404 Not Found"):
                await client.get_run("thread_1", "run_1")
    assert len(proxy.heads) == 1
    assert proxy.heads[0].startswith(b"GET http://steps.test:")
    assert b"\r\nProxy-Authorization: Basic dXNlcjpwYTU1d29yZC1wYTU1d29yZA==\r\n" in proxy.heads[0]


async def test_the_environments_proxy_is_used_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    async with proxy_server() as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        endpoint = Endpoint.compatible("http://steps.test/v1")
        async with AsyncStepsClient(endpoint, retry=ONE_ATTEMPT) as client:
            with pytest.raises(Exception, match="502"):  # it knows no such host
                await client.get_run("thread_1", "run_1")
        async with AsyncStepsClient(endpoint, trust_env=False, retry=ONE_ATTEMPT) as client:
            with pytest.raises(APIConnectionError, match=r"No answer from steps\.test"):
                await client.get_run("thread_1", "run_1")
    assert len(proxy.heads) == 1


async def test_a_proxy_that_refuses_is_told_without_its_password() -> None:
    async with proxy_server(status=b"407 Proxy Authentication Required") as proxy:
        address = proxy.url.replace("http://", "http://user:pa55word-pa55word@")
        async with AsyncStepsClient(Endpoint.compatible("https://steps.test/v1"), proxy=address) as client:
            with pytest.raises(APIConnectionError, match=r"The proxy on the way to steps\.test refused: 407") as caught:
                await client.get_run("thread_1", "run_1")
    assert len(proxy.heads) == 1  # not tried again
    assert proxy.heads[0].startswith(b"CONNECT steps.test:443")
    assert "pa55word" not in str(caught.value)


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_a_proxy_that_is_not_there_is_told(scheme: str) -> None:
    async with proxy_server() as proxy:
        pass  # and gone
    endpoint = Endpoint.compatible(f"{scheme}://steps.test/v1")
    async with AsyncStepsClient(endpoint, proxy=proxy.url, retry=ONE_ATTEMPT) as client:
        with pytest.raises(APIConnectionError, match=r"No answer from the proxy on the way to steps\.test: "):
            await client.get_run("thread_1", "run_1")


# --- Certificates -----------------------------------------------------------------------------------------------

VARIABLES = ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"]


@pytest.mark.parametrize("variable", VARIABLES)
def test_a_file_that_can_not_be_read_is_told_at_once(
    variable: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(variable, str(tmp_path / "none.pem"))
    with pytest.raises(ValueError, match=rf"^{variable} names .*none\.pem'.*No such file"):
        network()
    (tmp_path / "none.pem").write_text("no certificate")
    with pytest.raises(ValueError, match=f"^{variable} names .*no certificate"):
        network()
    assert network("http://h.test/v1").ssl is True  # nothing to be encrypted
    assert network(trust_env=False).ssl is True


def test_a_context_of_ones_own_goes_before_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", "/none")
    context = ssl.create_default_context()
    assert find_network("https://h/v1", proxy=None, trust_env=True, ssl=context).ssl is context
    assert find_network("https://h/v1", proxy=None, trust_env=True, ssl=False).ssl is False


@pytest.mark.parametrize("variable", [*VARIABLES, "SSL_CERT_DIR"])
async def test_a_certificate_that_is_named_is_trusted(
    variable: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    server_context, certificate = make_certificate(tmp_path)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.readuntil(b"\r\n\r\n"):
            body = b'{"id": "run_1", "status": "completed", "created_at": 1}'
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))

    server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=server_context)
    endpoint = Endpoint.compatible(f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1")
    async with server:
        async with AsyncStepsClient(endpoint) as client:
            with pytest.raises(APIConnectionError, match=r"certificate verify failed.*SSL_CERT_FILE"):
                await client.get_run("t", "r")
        monkeypatch.setenv(variable, str(certificate.parent if variable == "SSL_CERT_DIR" else certificate))
        async with AsyncStepsClient(endpoint) as client:
            assert (await client.get_run("t", "r")).id == "run_1"
        monkeypatch.delenv(variable)
        trusted = ssl.create_default_context(cafile=certificate)
        async with AsyncStepsClient(endpoint, ssl=trusted) as client:
            assert (await client.get_run("t", "r")).id == "run_1"
        async with AsyncStepsClient(endpoint, ssl=False) as client:
            assert (await client.get_run("t", "r")).id == "run_1"


async def test_a_session_of_ones_own_has_its_own_network(monkeypatch: pytest.MonkeyPatch) -> None:
    import aiohttp

    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("SSL_CERT_FILE", "/none")
    async with aiohttp.ClientSession() as session:
        for setting in ({"proxy": PROXY}, {"trust_env": True}, {"ssl": False}):
            with pytest.raises(ValueError, match="to your session"):
                AsyncStepsClient(Endpoint.compatible("http://h/v1"), session=session, **setting)
        AsyncStepsClient(Endpoint.compatible("https://h/v1"), session=session)  # does not look at the environment
        async with serving(1, session=session) as (client, _):
            assert (await client.get_run("thread_1", "run_1")).id == "run_1"
