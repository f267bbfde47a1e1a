"""What a request says: its URL, its path, its parameters."""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest
from http_samples import BASE, SERVER
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from openai_steps import (
    INCLUDE_FILE_SEARCH_CONTENT,
    Endpoint,
)
from openai_steps._http.requests import (
    Request,
    file_request,
    list_request,
    message_request,
    messages_request,
    run_request,
    runs_request,
    step_request,
    thread_request,
    threads_request,
)

TRICKY = ["../..", "a/b", "a\\b", "%2e%2e", "%2F", "a?b", "a#b", "a b", "a+b", "a&b=c", "a;b", "\r\nX-Evil: 1", "\x00"]
TRICKY += ["é", "北京", "😀", "\u202e", "...", " .", "~", "a" * 1024, "@host", ":80", "//"]
ids = (st.sampled_from(TRICKY) | st.text(min_size=1, max_size=30)).filter(lambda text: text not in (".", ".."))


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (run_request(SERVER, "t", "r"), "/threads/t/runs/r"),
        (list_request(SERVER, "t", "r"), "/threads/t/runs/r/steps"),
        (runs_request(SERVER, "t", limit=5), "/threads/t/runs?limit=5"),
        (messages_request(SERVER, "t", order="desc"), "/threads/t/messages?order=desc"),
        (messages_request(SERVER, "t", run_id="a&b", after="m"), "/threads/t/messages?after=m&run_id=a%26b"),
        (message_request(SERVER, "t", "m"), "/threads/t/messages/m"),
        (threads_request(SERVER, before="t"), "/threads?before=t"),
        (thread_request(SERVER, "t"), "/threads/t"),
        (file_request(SERVER, "f"), "/files/f"),
        (file_request(SERVER, "f/..", content=True), "/files/f%2F../content"),
        (step_request(SERVER, "t", "r", "s"), "/threads/t/runs/r/steps/s"),
        (list_request(SERVER, "t", "r", limit=100, order="asc"), "/threads/t/runs/r/steps?limit=100&order=asc"),
        (list_request(SERVER, "t", "r", after="a", before="b"), "/threads/t/runs/r/steps?after=a&before=b"),
        (list_request(SERVER, "t", "r", after="a&b c"), "/threads/t/runs/r/steps?after=a%26b%20c"),
        (list_request(SERVER, "t", "r", include=["x", "y"]), "/threads/t/runs/r/steps?include%5B%5D=x&include%5B%5D=y"),
        (step_request(SERVER, "t", "r", "s", include=("x",)), "/threads/t/runs/r/steps/s?include%5B%5D=x"),
    ],
)
def test_requests(request_: Request, expected: str) -> None:
    assert request_.url == BASE + expected
    assert request_.path == expected.partition("?")[0]


@given(ids, ids, ids, ids, ids)
def test_any_id_is_one_segment_and_any_cursor_one_value(
    thread: str, run: str, step: str, after: str, before: str
) -> None:
    one = URL(step_request(SERVER, thread, run, step).url, encoded=True)
    many = URL(list_request(SERVER, thread, run, after=after, before=before).url, encoded=True)
    for url in (one, many):
        assert str(url).isascii()
        assert not set(str(url)) & set("\r\n\t\x00 \\")
        assert (url.scheme, url.raw_authority, url.fragment) == ("https", "host.test", "")
        assert url == url.join(URL(url.raw_path_qs, encoded=True))  # no dots that lead elsewhere
    segments = one.raw_path.split("/")
    assert [unquote(segment) for segment in segments] == ["", "v1", "threads", thread, "runs", run, "steps", step]
    assert parse_qsl(many.raw_query_string, keep_blank_values=True) == [("after", after), ("before", before)]


@pytest.mark.parametrize(
    ("style", "expected"),
    [
        ("repeated", [("include[]", "a,b"), ("include[]", INCLUDE_FILE_SEARCH_CONTENT)]),
        ("comma", [("include[]", f"a,b,{INCLUDE_FILE_SEARCH_CONTENT}")]),
    ],
)
def test_include_in_the_server_s_style(style: Any, expected: list[tuple[str, str]]) -> None:
    server = Endpoint.compatible(BASE, include_style=style)
    request = list_request(server, "t", "r", include=["a,b", INCLUDE_FILE_SEARCH_CONTENT])
    assert parse_qsl(urlsplit(request.url).query) == expected
    assert "*" not in request.url
    assert "[" not in request.url


def test_a_server_without_include_or_with_one_cursor_is_not_asked() -> None:
    server = Endpoint.dashscope(api_key="k")
    assert "?" not in list_request(server, "t", "r", include=[]).url
    with pytest.raises(ValueError, match="include is unknown to dashscope"):
        list_request(server, "t", "r", include=["a"])
    with pytest.raises(ValueError, match="dashscope takes either after or before"):
        list_request(server, "t", "r", after="a", before="b")
    assert list_request(server, "t", "r", after="a").url.endswith("?after=a")
    assert list_request(server, "t", "r", before="b").url.endswith("?before=b")


def test_the_endpoint_s_query_goes_first() -> None:
    server = Endpoint.compatible(f"{BASE}?api-version=v1&x=a b".replace(" ", "%20"))
    assert (
        list_request(server, "t", "r", limit=1).url == f"{BASE}/threads/t/runs/r/steps?api-version=v1&x=a%20b&limit=1"
    )


# --- What a server does not have ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (
            lambda: threads_request(Endpoint.openai(api_key="k")),
            "openai has no list of threads that a key may read: pass",
        ),
        (lambda: threads_request(Endpoint.dashscope(api_key="k")), "dashscope has no list of threads"),
        (lambda: runs_request(Endpoint.foundry_local("https://h"), "t"), "foundry_local has no list of runs: pass the"),
        (lambda: file_request(Endpoint.foundry_local("https://h"), "f"), "foundry_local has no files in this API."),
        (
            lambda: file_request(Endpoint.dashscope(api_key="k"), "f", content=True),
            "dashscope has no files in this API.",
        ),
    ],
)
def test_what_is_known_not_to_be_there_is_not_asked_for(make: Callable[[], Request], told: str) -> None:
    with pytest.raises(ValueError, match=re.escape(told)):
        make()


def test_a_server_that_only_takes_openai_s_headers_may_have_what_openai_has_not() -> None:
    endpoint = Endpoint.openai(base_url="https://gateway/v1", api_key="k")
    assert threads_request(endpoint).url == "https://gateway/v1/threads"
    assert run_request(Endpoint.foundry_local("https://h"), "t", "r").url == "https://h/threads/t/runs/r"


@pytest.mark.parametrize("names", [[""], [None], ["a", 5], [["a"]]])
@pytest.mark.parametrize("style", ["repeated", "comma", "unsupported"])
def test_include_takes_names_alone(names: list[Any], style: Any) -> None:
    endpoint = Endpoint.compatible("http://h/v1", include_style=style)
    with pytest.raises(ValueError, match="must be a list of names, not"):
        list_request(endpoint, "t", "r", include=names)
