"""The way to the server on the command line: proxies and certificates."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import pytest
from aiohttp import web
from certificates import make_certificate
from command_line import call, invoke, serving
from raw_proxy import proxy_server
from sample_steps import RUN, THREAD

HOST = "steps.example"


@pytest.mark.parametrize("by_variable", [False, True])
async def test_a_proxy_is_asked(by_variable: bool) -> None:
    async with serving(2) as served, proxy_server() as proxy:
        proxy.hosts[HOST] = "127.0.0.1"
        base_url = f"http://{HOST}:{urlsplit(served.base_url).port}/v1"
        options = [] if by_variable else ["--proxy", proxy.url]
        environment = {"HTTP_PROXY": proxy.url} if by_variable else {}
        result = await invoke("list", THREAD, RUN, "--base-url", base_url, *options, "--json", "id", **environment)
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.count('"id"') == 2
    assert proxy.heads


async def test_a_proxys_password_is_not_shown() -> None:
    async with proxy_server(status=b"407 Proxy Authentication Required") as proxy:
        url = proxy.url.replace("http://", "http://me:sk-secret@")
        arguments = ["list", THREAD, RUN, "--base-url", f"http://{HOST}/v1", "--proxy", url, "--retries", "0", "-v"]
        result = await invoke(*arguments)
    assert result.exit_code == 1
    assert "sk-secret" not in result.output


def test_a_proxy_of_an_unknown_kind_is_a_usage_error() -> None:
    result = call("list", "t", "r", "--base-url", "http://h/v1", "--proxy", "socks5://127.0.0.1:1")
    assert result.exit_code == 2
    assert "--proxy is a socks5:// proxy." in result.stderr


async def test_certificates_of_ones_own(tmp_path: Path) -> None:
    context, certificate = make_certificate(tmp_path)
    page = {"object": "list", "data": [], "has_more": False}

    async def answer(_request: web.Request) -> web.Response:
        return web.json_response(page)

    app = web.Application()
    app.router.add_get("/v1/threads/{thread}/runs/{run}/steps", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context)
    await site.start()
    try:
        port = runner.addresses[0][1]
        arguments = ["list", THREAD, RUN, "--base-url", f"https://127.0.0.1:{port}/v1", "--json", "id"]
        refused = await invoke(*arguments)
        trusted = await invoke(*arguments, "--cacert", str(certificate))
        by_variable = await invoke(*arguments, REQUESTS_CA_BUNDLE=str(certificate))  # counts most
    finally:
        await runner.cleanup()
    assert refused.exit_code == 1
    assert "certificate" in refused.stderr
    assert [(result.exit_code, result.stdout) for result in (trusted, by_variable)] == [(0, "[]\n")] * 2


def test_a_file_without_certificates_is_a_usage_error(tmp_path: Path) -> None:
    file = tmp_path / "no.pem"
    file.write_text("nothing")
    result = call("list", "t", "r", "--base-url", "https://h/v1", "--cacert", str(file))
    assert result.exit_code == 2
    assert "--cacert names" in result.stderr
