"""Who may ask: each row of attacks by its bytes."""

from __future__ import annotations

import asyncio
import json
import logging
import ssl
from typing import Any

import pytest
from console_setup import FORM, KEY, console
from sample_steps import RUN, THREAD, make_step

from openai_steps import AsyncStepsClient, Endpoint
from openai_steps.console import Console

STATE = "/api/state"


async def test_the_page_and_its_files_need_no_session_and_hold_no_secret() -> None:
    async with console() as opened:
        page = await opened.send("GET", "/")
        assert (page.status, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
        assert opened.token.encode() not in page.body
        assert opened.secret.encode() not in page.body
        (path,) = {part.split(b'"')[0].decode() for part in page.body.split(b'src="')[1:]}
        script = await opened.send("GET", path)
        assert script.headers["content-type"] == "text/javascript; charset=utf-8"
        assert "immutable" in script.headers["cache-control"]


async def test_every_answer_forbids_what_it_does_not_need() -> None:
    async with console() as opened:
        for response in (
            await opened.send("GET", "/"),
            await opened.post(STATE),
            await opened.send("GET", "/nothing"),
            await opened.send("POST", STATE, {}),
            await opened.send("GET", "/", headers={"Host": "evil"}),
        ):
            policy = response.headers["content-security-policy"]
            assert "default-src 'none'" in policy
            assert "frame-ancestors 'none'" in policy
            assert "require-trusted-types-for 'script'" in policy
            assert "unsafe" not in policy
            assert response.headers["x-frame-options"] == "DENY"
            assert response.headers["referrer-policy"] == "no-referrer"
            assert response.headers["cross-origin-resource-policy"] == "same-origin"
            assert response.headers["cache-control"] == "no-store"
            assert response.headers["server"] == "openai-steps"
            assert "set-cookie" not in response.headers
            assert not [name for name in response.headers if name.startswith("access-control")]


@pytest.mark.parametrize(
    "path", [STATE, "/api/call", "/api/key", "/api/follow", "/api/lock", "/api/invite", "/api/save"]
)
@pytest.mark.parametrize("authorization", ["", "Bearer ", "Bearer wrong", "Basic {secret}", "{secret}"])
async def test_no_data_without_a_session(path: str, authorization: str) -> None:
    async with console() as opened:
        headers = {"Authorization": authorization.format(secret=opened.secret)}
        assert (await opened.send("POST", path, {"form": FORM}, headers=headers)).status == 401
        assert opened.emulator.requests == ()


async def test_a_link_opens_once() -> None:
    async with console() as opened:
        token = opened.console.invite().removeprefix("/#t=")
        assert (await opened.send("POST", "/session", {"token": token})).status == 200
        again = await opened.send("POST", "/session", {"token": token})
        assert (again.status, again.json["error"]["code"]) == (403, "used_link")


async def test_guesses_are_counted() -> None:
    async with console() as opened:
        statuses = [(await opened.send("POST", "/session", {"token": str(n)})).status for n in range(12)]
        assert statuses == [401] * 10 + [429] * 2
        assert (await opened.post(STATE)).status == 200


async def test_lock_ends_every_session() -> None:
    async with console() as opened:
        assert (await opened.post("/api/lock")).status == 200
        assert (await opened.post(STATE)).status == 401
        for name in ("follow", "lock", "invite", *opened.console._api.functions):
            assert (await opened.post(f"/api/{name}", {"form": FORM})).status in (401, 429), name  # too many wrong ones
        assert opened.emulator.requests == ()


async def test_a_second_tab_is_invited_by_the_first() -> None:
    async with console() as opened:
        link = (await opened.post("/api/invite")).json["link"]
        assert link.startswith("/#t=")
        assert (await opened.send("POST", "/session", {"token": link.removeprefix("/#t=")})).status == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1", "127.0.0.1:1", "localhost:80", "[::1]:1", "u:p@127.0.0.1", ""]
)
@pytest.mark.parametrize("path", ["/", STATE, "/session"])
async def test_a_rebound_name_gets_nothing(host: str, path: str) -> None:
    async with console() as opened:
        headers = {"Host": host, "Authorization": f"Bearer {opened.secret}"}
        method = "GET" if path == "/" else "POST"
        assert (await opened.send(method, path, None if path == "/" else {}, headers=headers)).status == 421


async def test_absolute_targets_and_http_without_a_host() -> None:
    async with console() as opened:
        absolute = f"GET http://evil/ HTTP/1.1\r\nHost: {opened.host}\r\nConnection: close\r\n\r\n"
        assert (await opened.say(absolute.encode())).status == 400
        assert (await opened.say(b"GET / HTTP/1.0\r\n\r\n")).status == 421


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "http://evil.example"},
        {"Origin": "http://127.0.0.1:1"},
        {"Origin": "null"},
    ],
)
@pytest.mark.parametrize("path", ["/", STATE, "/session", f"/v1/threads/{THREAD}/runs/{RUN}"])
async def test_other_sites_are_refused_before_the_token_is_looked_at(headers: dict[str, str], path: str) -> None:
    async with console() as opened:
        method = "POST" if path in (STATE, "/session") else "GET"
        body: Any = {} if method == "POST" else None
        sent = {**headers, "Authorization": f"Bearer {opened.secret}", "api-key": opened.token}
        assert (await opened.send(method, path, body, headers=sent)).status == 403
        assert opened.emulator.requests == ()


@pytest.mark.parametrize("method", ["OPTIONS", "PUT", "DELETE", "PATCH", "TRACE"])
async def test_other_methods(method: str) -> None:
    async with console() as opened:
        response = await opened.send(method, STATE, headers={"Authorization": f"Bearer {opened.secret}"})
        assert response.status == 405


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"{}", {"Content-Type": "text/plain"}, 415),
        (b"a=b", {"Content-Type": "application/x-www-form-urlencoded"}, 415),
        (b"not json", {}, 400),
        (b"[]", {}, 400),
        (b"\xff", {}, 400),
        (b"{}", {"Content-Length": "9999999"}, 413),
        (b"{", {"Content-Length": "1"}, 400),
    ],
)
async def test_bodies_that_are_refused(body: bytes, headers: dict[str, str], status: int) -> None:
    async with console() as opened:
        named = {"Authorization": f"Bearer {opened.secret}", **headers}
        assert (await opened.send("POST", STATE, body, headers=named)).status == status


async def test_a_body_without_a_length() -> None:
    async with console() as opened:
        said = f"POST /session HTTP/1.1\r\nHost: {opened.host}\r\nContent-Type: application/json\r\n"
        said += "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"
        assert (await opened.say(said.encode())).status == 413


@pytest.mark.parametrize(
    "path", ["/api/", "/api/nothing", "/api/__class__", "/apis/state", "/api/state/", "/x", "/%2e%2e"]
)
async def test_paths_that_are_not_there(path: str) -> None:
    async with console() as opened:
        assert (await opened.post(path)).status == 404
        assert (await opened.send("GET", path)).status == 404


async def test_programs_read_through_v1_with_its_token_only() -> None:
    path = f"/v1/threads/{THREAD}/runs/{RUN}/steps"
    async with console(3) as opened:
        assert (await opened.send("GET", path)).status == 401
        assert (await opened.send("GET", path, headers={"Authorization": f"Bearer {opened.secret}"})).status == 401
        assert (await opened.send("GET", path, headers={"Authorization": f"Bearer {KEY}"})).status == 401
        async with AsyncStepsClient(base_url=f"{opened.origin}/v1", api_key=opened.token) as client:
            assert len(await client.collect_steps(THREAD, RUN)) == 3
        assert (await opened.send("POST", STATE, {}, headers={"Authorization": f"Bearer {opened.token}"})).status == 401


async def test_a_timeline_is_given_out_once_in_an_origin_of_its_own() -> None:
    async with console(3) as opened:
        path = (await opened.ask("timeline"))["path"]
        frame = await opened.send("GET", path)
        assert frame.headers["content-security-policy"] == "sandbox allow-scripts; frame-ancestors 'self'"
        assert "x-frame-options" not in frame.headers
        assert b"<svg" in frame.body or b"<ol" in frame.body
        assert (await opened.send("GET", path)).status == 404


async def test_frames_nobody_fetches_are_forgotten() -> None:
    async with console(1) as opened:
        paths = [(await opened.ask("timeline"))["path"] for _ in range(9)]
        assert (await opened.send("GET", paths[0])).status == 404
        assert (await opened.send("GET", paths[-1])).status == 200


async def test_nothing_secret_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with console() as opened:
        await opened.ask("call")
        path = (await opened.ask("timeline"))["path"]
        await opened.send("GET", f"{path}?x=hunter2")
        malformed = f"POST {STATE} HTTP/1.1\r\nHost: {opened.host}\r\nAuthorization: Bearer {opened.secret}\0\r\n\r\n"
        heard = await opened.say(malformed.encode())
        told = caplog.text + repr(opened.events)
        for secret in (opened.secret, opened.token, KEY, path, "hunter2"):
            assert secret not in told
            assert secret.encode() not in heard.raw
        # The client's own log of its requests, which nobody sees who has not asked for it, names their paths.
        of_others = [record.getMessage() for record in caplog.records if record.name != "openai_steps"]
        assert THREAD not in "".join(of_others) + repr(opened.events)
        assert THREAD.encode() not in heard.raw
        assert {event.route for event in opened.events} >= {"/api/call", "/api/timeline", "/frame/"}


async def test_a_bug_is_an_answer_too(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    def broken() -> None:
        raise RuntimeError(KEY)

    monkeypatch.setattr("openai_steps.console._app.load_assets", broken)
    async with console() as opened:
        response = await opened.send("GET", "/")
        assert (response.status, response.json["error"]["code"]) == (500, "internal")
        assert KEY not in response.raw.decode() + caplog.text


async def test_beyond_this_machine_only_with_tls_and_a_name(self_signed_context: ssl.SSLContext) -> None:
    endpoint = Endpoint.compatible("http://127.0.0.1:9/v1")
    for hosts, context in (((), None), (("console.internal",), None), ((), self_signed_context)):
        with pytest.raises(ValueError, match="only with TLS"):
            async with Console({"a": endpoint}, allow_hosts=hosts).serve(host="0.0.0.0", ssl_context=context):
                raise AssertionError
    async with Console({"a": endpoint}, allow_hosts=["console.internal"]).serve(
        host="0.0.0.0", ssl_context=self_signed_context
    ) as origin:
        assert origin.startswith("https://127.0.0.1:")


async def test_half_sent_heads_keep_nobody_out(monkeypatch: pytest.MonkeyPatch) -> None:
    async with console() as opened:
        writers = [(await asyncio.open_connection("127.0.0.1", opened.port))[1] for _ in range(40)]
        for writer in writers:
            writer.write(b"GET / HTTP/1.1\r\nX: ")
        assert (await opened.post(STATE)).status == 200
        for writer in writers:
            writer.close()


async def test_ten_thousand_steps_are_bounded() -> None:
    async with console([make_step(number) for number in range(5_300)]) as opened:
        answer = await opened.ask("run")
        assert (answer["count"], len(answer["rows"])) == (5_300, 5_000)
        assert len(json.dumps(answer)) < 4_000_000
