"""Through the gateway, from a caller's bytes to the request that the server gets."""

from __future__ import annotations

import asyncio
import gzip
import logging
import tracemalloc
import zlib
from base64 import b64encode
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from urllib.parse import quote

import aiohttp
import pytest
from aiohttp import web
from gateway_setup import KEY, STEPS, TOKEN, gateway
from sample_steps import RUN, THREAD, make_steps

from openai_steps import AsyncStepsClient, Endpoint, Limits, RetryPolicy
from openai_steps.emulator import Answer, Cut, Emulator, RecordedRequest, Reset
from openai_steps.gateway import Gateway, GatewayEvent, create_app

RUN_PATH = f"/v1/threads/{THREAD}/runs/{RUN}"
ONE = RetryPolicy(attempts=1)


@pytest.mark.parametrize(
    "target",
    [STEPS, f"{STEPS}?limit=2&order=asc", f"{STEPS}?after=step_0001&before=step_0004", f"{STEPS}/step_0001", RUN_PATH],
)
async def test_an_answer_is_the_servers_own_byte_for_byte(target: str) -> None:
    async with gateway(5) as served:
        through = await served.get(target)
        straight = served.client.endpoint.base_url.removesuffix("/v1") + target
        headers = {"Authorization": f"Bearer {KEY}"}
        async with aiohttp.ClientSession(headers=headers) as session, session.get(straight) as response:
            assert through.body == await response.read()
        assert (through.status, through.headers["content-type"]) == (200, "application/json")
        assert "aiohttp" not in through.head


async def test_what_the_server_gets_is_made_anew() -> None:
    """None of a caller's headers goes on, whatever it is called, and the whole header set is known."""
    async with gateway(3) as served:
        response = await served.get(
            f"{STEPS}?limit=2&api-version=2024-05-01-preview",
            Authorization="Bearer unused",
            api_key="unused-too",
            Api_Key="x",
            Cookie="a=b",
            Connection="close, X-Drop, Authorization",
            X_Drop="1",
            TE="trailers",
            X_HTTP_Method_Override="DELETE",
            X_Forwarded_For="1.2.3.4",
            X_Forwarded_Host="evil",
            X_Stainless_Lang="js",
            OpenAI_Beta="assistants=v1",
            User_Agent="curl",
            Accept="text/html",
            Accept_Encoding="br",
            Referer="http://elsewhere/secret",
            traceparent="00-x",
        )
        assert response.status == 200
        (request,) = served.emulator.requests
        sent = dict(request.headers)
        assert sent.pop("Host") == served.client.endpoint.base_url.split("/")[2]
        assert sent.pop("User-Agent").startswith("openai-steps/")
        assert "gzip" in sent.pop("Accept-Encoding")  # aiohttp's own
        assert sent == {
            "Accept": "application/json",
            "OpenAI-Beta": "assistants=v2",
            "Authorization": f"Bearer {KEY}",
        }
        assert (request.method, request.raw_path, request.raw_query) == ("GET", STEPS, "limit=2")


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "TRACE", "OPTIONS", "PROPFIND"])
async def test_it_only_reads(method: str) -> None:
    async with gateway() as served:
        response = await served.ask(method)
        assert response.status == 405
        assert response.headers["allow"] == "GET, HEAD"
        assert served.emulator.requests == ()
        assert served.events[0].method == (method if method != "PROPFIND" else "other")


async def test_head_says_how_long_the_body_would_be() -> None:
    async with gateway() as served:
        whole, head = await served.get(), await served.ask("HEAD")
        assert (head.status, head.body) == (200, b"")
        assert head.headers["content-length"] == str(len(whole.body))


@pytest.mark.parametrize(
    ("target", "status", "code"),
    [
        ("/v1/threads/t/runs/r/steps?x=1", 400, "invalid_request"),
        ("/v1/threads/%2e%2e/runs/r", 400, "invalid_request"),
        ("/v1/chat/completions", 404, "unknown_route"),
        ("/", 404, "unknown_route"),
        ("http://127.0.0.1/v1", 400, "invalid_request"),
        ("*", 400, "invalid_request"),
    ],
)
async def test_what_is_refused_is_refused_here(target: str, status: int, code: str) -> None:
    async with gateway() as served:
        response = await served.get(target)
        assert (response.status, response.error["code"]) == (status, code)
        assert served.emulator.requests == ()


async def test_what_the_endpoint_does_not_take_is_a_bad_request() -> None:
    emulator = Emulator(profile="dashscope")
    async with (
        emulator.serve() as url,
        AsyncStepsClient(Endpoint.dashscope(base_url=url, api_key=KEY)) as client,
        Gateway(client).serve() as base_url,
        aiohttp.ClientSession() as session,
        session.get(f"{base_url}/threads/t/runs/r/steps?after=a&before=b") as response,
    ):
        assert response.status == 400
        assert "not both" in (await response.json())["error"]["message"]
    assert emulator.requests == ()


async def test_a_web_page_of_another_site_gets_nothing() -> None:
    async with gateway() as served:
        for headers in ({"Sec_Fetch_Site": "cross-site"}, {"Origin": "https://evil.example"}, {"Host": "evil.example"}):
            assert (await served.get(**headers)).status in (403, 421)
        assert served.emulator.requests == ()


async def test_a_page_that_is_allowed_may_read() -> None:
    async with gateway(allow_origins=["http://localhost:5173"]) as served:
        asked = "authorization, x-stainless-os, x-evil"
        preflight = await served.ask(
            "OPTIONS",
            Origin="http://localhost:5173",
            Access_Control_Request_Method="GET",
            Access_Control_Request_Headers=asked,
        )
        assert preflight.status == 204
        assert preflight.headers["access-control-allow-origin"] == "http://localhost:5173"
        assert preflight.headers["access-control-allow-headers"] == "authorization, x-stainless-os"
        assert preflight.headers["access-control-allow-methods"] == "GET, HEAD"
        read = await served.get(Origin="http://localhost:5173", Sec_Fetch_Site="same-site")
        assert (read.status, read.headers["access-control-allow-origin"]) == (200, "http://localhost:5173")
        other = await served.get(Origin="http://localhost:5174", Sec_Fetch_Site="same-site")
        assert other.status == 403
        assert "access-control-allow-origin" not in other.headers


async def test_nobody_is_told_to_share_unasked() -> None:
    async with gateway() as served:
        assert not [name for name in (await served.get()).headers if name.startswith("access-control")]


async def test_the_token() -> None:
    async with gateway(token=TOKEN) as served:
        assert (await served.get()).error["code"] == "gateway_token"
        wrong = await served.get(Authorization=f"Bearer {KEY}")
        assert (wrong.status, wrong.headers["www-authenticate"]) == (401, "Bearer")
        assert (await served.get(Authorization=f"Bearer {TOKEN}")).status == 200
        assert (await served.get(api_key=TOKEN)).status == 200
        (first, second) = served.emulator.requests
        assert first.headers["Authorization"] == second.headers["Authorization"] == f"Bearer {KEY}"
        assert TOKEN not in repr(served.events)


async def test_who_guesses_tokens_is_told_to_wait_and_shuts_no_door() -> None:
    async with gateway(token=TOKEN) as served:
        statuses = [(await served.get(api_key=f"guess-{number:020}")).status for number in range(12)]
        assert statuses == [401] * 10 + [429] * 2
        assert (await served.get(api_key=TOKEN)).status == 200


async def test_beyond_this_machine_only_with_a_token() -> None:
    async with AsyncStepsClient(base_url="http://127.0.0.1:9/v1") as client:
        for host in ("0.0.0.0", "::", "192.168.1.1", "example.org"):
            with pytest.raises(ValueError, match="Give a token"):
                async with Gateway(client).serve(host=host):
                    raise AssertionError


async def test_beyond_this_machine_a_token_opens_any_name_and_none_only_the_address() -> None:
    async with gateway(host="0.0.0.0", token=TOKEN) as served:
        assert (await served.get(Host="gateway.internal", api_key=TOKEN)).status == 200
    async with gateway(host="0.0.0.0", without_token=True) as served:
        assert (await served.get(Host="gateway.internal")).status == 421
    async with gateway(host="0.0.0.0", without_token=True, allow_hosts=["gateway.internal"]) as served:
        assert (await served.get(Host="gateway.internal")).status == 200


async def test_health_needs_no_token_and_no_server() -> None:
    async with gateway(token=TOKEN) as served:
        for path in ("/healthz", "/readyz"):
            response = await served.get(path)
            assert (response.status, response.json) == (200, {"status": "ok"})
        assert (await served.get("/healthz", Host="evil")).status == 421
        assert served.emulator.requests == ()


@pytest.mark.parametrize("target", ["/readyz", STEPS])
async def test_without_a_key_it_is_not_ready(target: str, caplog: pytest.LogCaptureFixture) -> None:
    def no_key() -> str:
        raise RuntimeError(f"the vault says {KEY}")

    async with (
        AsyncStepsClient(Endpoint.compatible("http://127.0.0.1:9/v1", api_key=no_key)) as client,
        Gateway(client).serve() as base_url,
        aiohttp.ClientSession() as session,
        session.get(base_url.removesuffix("/v1") + target) as response,
    ):
        text = await response.text()
    assert response.status == (503 if target == "/readyz" else 502)
    assert "upstream_credentials" in text
    assert "RuntimeError" in text
    assert KEY not in text + caplog.text


async def test_messages_threads_and_files_by_option() -> None:
    async with gateway(2, routes=["messages", "threads", "files"]) as served:
        store = served.emulator.store
        store.add_message(THREAD, {"id": "msg_1", "created_at": 1_700_000_000, "run_id": RUN})
        store.add_file({"id": "file_1", "filename": "a.html"}, b"<script>alert(1)</script>" + KEY.encode())
        assert (await served.get(f"/v1/threads/{THREAD}/runs")).ids == [RUN]
        assert (await served.get(f"/v1/threads/{THREAD}/messages?run_id={RUN}")).ids == ["msg_1"]
        assert (await served.get(f"/v1/threads/{THREAD}/messages/msg_1")).json["id"] == "msg_1"
        assert (await served.get(f"/v1/threads/{THREAD}")).json["id"] == THREAD
        assert (await served.get("/v1/files/file_1")).json["filename"] == "a.html"
        content = await served.get("/v1/files/file_1/content")
        assert content.body == b"<script>alert(1)</script>***"
        assert content.headers["content-type"] == "application/octet-stream"
        assert content.headers["content-disposition"] == "attachment"
        assert content.headers["content-security-policy"] == "sandbox"
    async with gateway(2) as served:
        assert (await served.get(f"/v1/threads/{THREAD}/messages")).status == 404
        assert served.emulator.requests == ()


# --- The server's errors ------------------------------------------------------------------------------------------


async def test_a_rate_limit_arrives_unchanged() -> None:
    async with gateway() as served:
        body = {"error": {"message": "slow down", "type": "tokens", "param": None, "code": "rate_limit_exceeded"}}
        served.emulator.inject(Answer(429, body, headers={"Retry-After": "17", "x-ratelimit-remaining-requests": "0"}))
        response = await served.get()
        assert (response.status, response.json) == (429, body)
        assert (response.headers["retry-after"], response.headers["x-ratelimit-remaining-requests"]) == ("17", "0")


async def test_a_missing_run_is_the_servers_404() -> None:
    async with gateway() as served:
        response = await served.get("/v1/threads/thread_1/runs/run_2/steps")
        assert (response.status, response.headers["x-request-id"]) == (404, "req_00000001")
        assert "run_2" in response.error["message"]


async def test_a_wrong_key_is_the_gateways_fault() -> None:
    async with gateway() as served:
        served.emulator.inject(Answer(401, {"error": {"message": f"Incorrect API key: {KEY}"}}))
        response = await served.get()
        assert (response.status, response.error["code"]) == (502, "upstream_credentials")
        assert response.headers["x-should-retry"] == "false"
        assert KEY.encode() not in response.raw


async def test_a_redirect_is_not_followed_and_not_told() -> None:
    async with gateway() as served:
        served.emulator.inject(Answer(307, b"", headers={"Location": "https://evil.example/"}))
        response = await served.get()
        assert (response.status, response.error["code"]) == (502, "upstream")
        assert "location" not in response.headers
        assert len(served.emulator.requests) == 1


@pytest.mark.parametrize(
    "fault", [Answer(200, b"<html>log in</html>", content_type="text/html"), Answer(200, b""), Cut(), Reset()]
)
async def test_what_is_no_answer_is_a_bad_gateway(fault: Any) -> None:
    async with gateway() as served:
        served.emulator.inject(fault)
        response = await served.get()
        assert (response.status, response.error["code"]) == (502, "upstream")


async def test_a_server_that_is_away_comes_back() -> None:
    async with gateway() as served:
        served.emulator.inject(Reset())
        assert (await served.get()).status == 502
        assert (await served.get()).status == 200


async def test_nothing_is_bigger_than_the_limit() -> None:
    async with gateway(of_client={"limits": Limits(max_body_bytes=500)}) as served:
        response = await served.get()
        assert (response.status, response.error["code"]) == (502, "upstream_too_large")


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
async def test_a_bomb_is_put_out_at_the_limit(encoding: str) -> None:
    packed = gzip.compress(bytes(20_000_000)) if encoding == "gzip" else zlib.compress(bytes(20_000_000))
    async with gateway(of_client={"limits": Limits(max_body_bytes=100_000)}) as served:
        served.emulator.inject(Answer(200, packed, headers={"Content-Encoding": encoding}))
        tracemalloc.start()
        response = await served.get()
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert (response.status, response.error["code"]) == (502, "upstream_too_large")
        assert peak < 10_000_000


async def test_an_answer_without_end_is_broken_off_at_the_limit() -> None:
    async def go_on(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n")
        with suppress(ConnectionError):
            while True:
                writer.write(b"10000\r\n" + b" " * 65536 + b"\r\n")
                await writer.drain()

    endless = await asyncio.start_server(go_on, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{endless.sockets[0].getsockname()[1]}/v1"
    limits = Limits(max_body_bytes=1_000_000)
    async with (
        endless,
        AsyncStepsClient(Endpoint.compatible(url), limits=limits, retry=ONE) as client,
        Gateway(client).serve() as base_url,
        aiohttp.ClientSession() as session,
    ):
        tracemalloc.start()
        async with session.get(base_url.removesuffix("/v1") + STEPS) as response:
            assert (response.status, (await response.json())["error"]["code"]) == (502, "upstream_too_large")
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert peak < 10_000_000


SPELLINGS: list[Callable[[str], str]] = [
    str,
    lambda key: key.replace("/", "\\/"),
    lambda key: quote(key, safe=""),
    lambda key: quote(quote(key, safe=""), safe=""),
    lambda key: "".join(f"\\u{ord(letter):04x}" for letter in key),
    lambda key: "".join(f"&#x{ord(letter):x};" for letter in key),
    lambda key: key.encode().hex(),
    lambda key: b64encode(key.encode()).decode(),
    lambda key: b64encode(f"Bearer {key}".encode()).decode(),
]


@pytest.mark.parametrize("status", [200, 400, 403, 500])
async def test_a_key_that_the_server_echoes_is_nowhere(status: int, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with gateway() as served:
        for spell in SPELLINGS:
            echo = spell(KEY)
            headers = {"x-ratelimit-limit": echo, "x-request-id": echo, "retry-after": echo}
            served.emulator.inject(
                Answer(status, f'{{"error": {{"message": "{echo}", "code": "{echo}"}}}}', headers=headers)
            )
            response = await served.get()
            assert response.status == status
            for text in (response.raw.decode(), repr(served.events), caplog.text):
                assert KEY not in text
                assert echo not in text


# --- The rest -----------------------------------------------------------------------------------------------------


async def test_each_request_is_told_once() -> None:
    async with gateway(3) as served:
        await served.get(f"{STEPS}?after=step_0001")
        await served.get("/v1/secret-path?key=hunter2")
        first, second = served.events
        assert first.route == "/threads/{thread_id}/runs/{run_id}/steps"
        assert (first.status, first.source, first.request_id) == (200, "server", "req_00000001")
        assert first.sent_bytes > 100
        assert first.seconds > 0
        assert (second.status, second.code, second.route) == (404, "unknown_route", None)
        assert "secret" not in repr(served.events)
        assert "step_0001" not in repr(served.events)


async def test_an_observer_that_fails_costs_no_answer(caplog: pytest.LogCaptureFixture) -> None:
    def fail(_: GatewayEvent) -> None:
        raise ZeroDivisionError

    async with gateway(observer=fail) as served:
        assert (await served.get()).status == 200
    assert "ZeroDivisionError" in caplog.text


async def test_a_bug_is_an_answer_too(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError(KEY)

    monkeypatch.setattr("openai_steps.gateway._gateway.read_target", broken)
    async with gateway() as served:
        response = await served.get()
        assert (response.status, response.error["code"]) == (500, "internal")
        assert KEY not in response.raw.decode() + caplog.text
        assert "RuntimeError" in caplog.text


async def test_in_an_application_of_ones_own() -> None:
    emulator = Emulator(api_key=KEY)
    emulator.store.add_run(THREAD, RUN, steps=make_steps(3))
    async with emulator.serve() as url, AsyncStepsClient(Endpoint.compatible(url, api_key=KEY)) as client:
        runner = web.AppRunner(create_app(client, token=TOKEN), access_log=None)
        await runner.setup()
        try:
            site = web.TCPSite(runner, "127.0.0.1", 0)
            await site.start()
            port = runner.addresses[0][1]
            async with AsyncStepsClient(base_url=f"http://127.0.0.1:{port}/v1", api_key=TOKEN) as caller:
                assert len(await caller.collect_steps(THREAD, RUN)) == 3
        finally:
            await runner.cleanup()
    assert all(isinstance(request, RecordedRequest) for request in emulator.requests)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"token": "short"}, "at least 16"),
        ({"allow_hosts": ["a b"]}, "not a host's name"),
        ({"allow_hosts": ["evil.example/x"]}, "not a host's name"),
        ({"allow_origins": ["*"]}, "not an origin"),
        ({"allow_origins": ["http://a/"]}, "not an origin"),
        ({"allow_origins": ["null"]}, "not an origin"),
        ({"routes": ["everything"]}, "no routes 'everything'"),
    ],
)
async def test_bad_arguments(options: dict[str, Any], message: str) -> None:
    async with AsyncStepsClient(base_url="http://127.0.0.1:9/v1") as client:
        with pytest.raises(ValueError, match=message):
            Gateway(client, **options)


async def test_no_repr_tells_a_secret() -> None:
    async with AsyncStepsClient(Endpoint.compatible("http://127.0.0.1:9/v1", api_key=KEY)) as client:
        assert repr(Gateway(client, token=TOKEN)) == "<Gateway to http://127.0.0.1:9/v1>"
