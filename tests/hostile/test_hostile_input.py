"""Ids, cursors and base URLs of any kind: one segment or value of the request that was meant, or a ValueError."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from raw import ONE_ATTEMPT, answers, raw_server
from yarl import URL

from openai_steps import AsyncStepsClient, Endpoint
from openai_steps._http.requests import Request, list_request, run_request, step_request

NASTY = [
    *[
        "..",
        ".",
        "../..",
        "a/../../b",
        "%2e%2e",
        "%2e%2e%2f",
        "..%2f..",
        "%2F",
        "%252e",
        "a%00b",
        "\0",
        "\r\nX-Evil: 1",
    ],
    *[
        "a\r\n\r\nGET /evil HTTP/1.1",
        "?limit=1",
        "#top",
        ";a=b",
        "a b",
        "ä",
        "\u202e",
        "💥",
        "//evil.example",
        "\\..\\",
    ],
    *["@evil.example", "a" * 1024, "a" * 1025, "\ud800", "", " ", "thread_1&order=asc", "http://evil.example/"],
]
any_text = st.text() | st.sampled_from(NASTY) | st.builds("".join, st.lists(st.sampled_from(NASTY), max_size=3))
ENDPOINT = Endpoint.compatible("http://host/v1")


@given(any_text, any_text, any_text, any_text)
def test_an_id_is_one_segment_and_a_cursor_one_value(thread: str, run: str, step: str, cursor: str) -> None:
    run_path = ["threads", thread, "runs", run]
    makers: list[tuple[Callable[[], Request], list[str], list[tuple[str, str]]]] = [
        (lambda: run_request(ENDPOINT, thread, run), run_path, []),
        (lambda: step_request(ENDPOINT, thread, run, step), [*run_path, "steps", step], []),
        (lambda: list_request(ENDPOINT, thread, run, after=cursor), [*run_path, "steps"], [("after", cursor)]),
    ]
    for make, segments, query in makers:
        try:
            request = make()
        except ValueError:
            continue
        url = URL(request.url, encoded=True)  # as the transport hands it to aiohttp
        assert str(url) == request.url
        assert request.url.isascii()
        assert request.url.isprintable()
        assert (url.scheme, url.raw_host, url.explicit_port) == ("http", "host", None)
        path = url.raw_path.split("/")
        assert path[:2] == ["", "v1"]
        assert [unquote(segment) for segment in path[2:]] == segments
        assert not {".", "..", "%2e", "%2e%2e"} & {segment.lower() for segment in path}
        assert parse_qsl(url.raw_query_string, keep_blank_values=True) == query


@settings(max_examples=30, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(any_text, any_text, any_text), min_size=10, max_size=10))
def test_what_arrives_is_one_request_with_the_headers_that_were_meant(arguments: list[tuple[str, str, str]]) -> None:
    async def send() -> None:
        async with raw_server(answers(b"[]")) as server:
            async with AsyncStepsClient(Endpoint.compatible(server.base_url), retry=ONE_ATTEMPT) as client:
                sent = 0
                for thread, run, cursor in arguments:
                    try:
                        await client.list_steps_page(thread, run, before=cursor)
                    except ValueError:
                        continue
                    sent += 1
            assert server.requests == sent
            for head in server.heads:
                line, *headers = head.removesuffix(b"\r\n\r\n").split(b"\r\n")
                assert line.startswith(b"GET /v1/threads/")
                assert line.endswith(b" HTTP/1.1")
                assert line.count(b" ") == 2
                assert sorted(header.split(b":")[0] for header in headers) == [
                    *(b"Accept", b"Accept-Encoding", b"Host", b"OpenAI-Beta", b"User-Agent")
                ]

    asyncio.run(send())


HOSTS = [
    "host",
    "HOST",
    "127.0.0.1",
    "[::1]",
    "host:8080",
    "host:",
    "host:99999",
    "häst",
    "ho st",
    "ho\u2024st",
    "",
    "-",
]
base_urls = st.text() | st.builds(
    "{}://{}/{}{}".format,
    st.sampled_from(["http", "https", "HTTP", "ftp", "file", "javascript", ""]),
    st.sampled_from(HOSTS) | st.text(max_size=8),
    any_text,
    st.sampled_from(["", "?a=b", "?a=b&a=c", "#x", "?", "?=&"]),
)


@given(base_urls)
@example("http://host\x00/v1")
@example("http://[::1/v1")
@example("http://host\r\nX-Evil: 1/v1")
@example("http://host%00/v1")
@example("http://user:password@host/v1")
@example("http://host/v1/../../admin")
def test_a_base_url_is_one_that_can_be_asked_or_a_value_error(base_url: str) -> None:
    try:
        endpoint = Endpoint.compatible(base_url)
    except ValueError:
        return
    request = run_request(endpoint, "thread_1", "run_1")
    url = URL(request.url, encoded=True)
    assert url.scheme in ("http", "https")
    assert url.raw_host
    assert url.user is None
    assert url.password is None
    assert request.url.isascii()
    assert request.url.isprintable()
    assert not url.fragment
    assert urlsplit(request.url).path.endswith("/threads/thread_1/runs/run_1")


@pytest.mark.parametrize("header", ["Authorization", "authorization", "AUTHORIZATION"])
async def test_a_header_is_sent_once_however_it_is_written(header: str) -> None:
    async with raw_server(answers(b"[]")) as server:
        endpoint = Endpoint.compatible(server.base_url, api_key="sk-1", headers={"openai-beta": "assistants=v3"})
        async with AsyncStepsClient(endpoint, headers={header: "Basic abc", "ACCEPT": "*/*"}) as client:
            await client.list_steps_page("t", "r")
    names = [line.split(b":")[0].lower() for line in server.heads[0].split(b"\r\n")[1:-2]]
    assert len(names) == len(set(names))
    assert b": Basic abc\r\n" in server.heads[0]  # the user's own goes before ours
    assert b"sk-1" not in server.heads[0]
    assert b": assistants=v3\r\n" in server.heads[0]
