"""A closed table: what a path and query may say, and that nothing else gets through."""

from __future__ import annotations

import re
from urllib.parse import quote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from openai_steps import INCLUDE_FILE_SEARCH_CONTENT, Endpoint
from openai_steps.gateway._gateway import request_for
from openai_steps.gateway._rejection import Rejection
from openai_steps.gateway._target import ROUTE_GROUPS, RUN, STEP, STEPS, Target, check_form, read_target

UPSTREAM = Endpoint.compatible("https://server.example/v1")
CONTENT = INCLUDE_FILE_SEARCH_CONTENT


def rejected(raw_target: str, *groups: str) -> Rejection:
    with pytest.raises(Rejection) as caught:
        read_target(raw_target, groups)
    return caught.value


def test_the_routes() -> None:
    ids = {"thread_id": "t", "run_id": "r"}
    assert read_target("/v1/threads/t/runs/r") == Target(route=RUN, ids=ids)
    assert read_target("/v1/threads/t/runs/r/steps") == Target(route=STEPS, ids=ids)
    assert read_target("/v1/threads/t/runs/r/steps/s") == Target(route=STEP, ids={**ids, "step_id": "s"})


MORE = {
    "/v1/threads/t/messages": "messages",
    "/v1/threads/t/messages/m": "messages",
    "/v1/threads": "threads",
    "/v1/threads/t": "threads",
    "/v1/files/f": "files",
    "/v1/files/f/content": "files",
}


@pytest.mark.parametrize(("path", "group"), MORE.items())
def test_more_routes_are_served_where_they_are_asked_for(path: str, group: str) -> None:
    others = [name for name in ROUTE_GROUPS if name != group]
    assert rejected(path, *others).status == 404
    target = read_target(path, [group])
    assert target.route.group == group
    assert request_for(UPSTREAM, target).url == "https://server.example" + path


def test_runs_are_always_served() -> None:
    target = read_target("/v1/threads/t/runs?limit=5&order=asc&after=r")
    assert request_for(UPSTREAM, target).url == "https://server.example/v1/threads/t/runs?limit=5&order=asc&after=r"


def test_the_messages_of_one_run() -> None:
    target = read_target("/v1/threads/t/messages?run_id=r", ["messages"])
    assert request_for(UPSTREAM, target).url == "https://server.example/v1/threads/t/messages?run_id=r"
    assert rejected("/v1/threads/t/runs?run_id=r").param == "run_id"
    assert rejected("/v1/threads/t/messages?include=x", "messages").param == "include"


def test_a_404_names_what_is_served() -> None:
    assert "/v1/files" not in rejected("/v1/x").message
    assert "/v1/files/{file_id}/content" in rejected("/v1/x", "files").message


def test_the_parameters() -> None:
    target = read_target("/v1/threads/t/runs/r/steps?limit=5&order=asc&after=a&before=b&include[]=x&api-version=v1")
    assert (target.limit, target.order, target.after, target.before) == (5, "asc", "a", "b")
    assert target.include == ("x",)


@pytest.mark.parametrize(
    "query",
    [
        "include[]=x&include[]=y",  # OpenAI's SDKs, where a person writes it
        "include%5B%5D=x&include%5B%5D=y",  # OpenAI's SDKs
        "include[]=x,y",  # azure-ai-agents
        "include=x&include=y",
    ],
)
def test_every_way_to_include_is_one(query: str) -> None:
    assert read_target(f"/v1/threads/t/runs/r/steps?{query}").include == ("x", "y")


def test_the_name_of_file_search_content_comes_through() -> None:
    target = read_target(f"/v1/threads/t/runs/r/steps?include[]={quote(CONTENT)}")
    assert f"include%5B%5D={quote(CONTENT, safe='')}" in request_for(UPSTREAM, target).url


@pytest.mark.parametrize(
    "path",
    [
        *("/", "/v1", "/v1/", "/v1/threads", "/v1/threads/t", "/v1/threads/t/runs/", "/v1/threads//runs/r"),
        *("/v1/threads/t/runs/r/", "/v1/threads/t/runs/r/steps/", "/v1/threads/t/runs/r/steps/s/x"),
        *("/v2/threads/t/runs/r", "/v1/../v1/threads/t/runs/r", "/V1/threads/t/runs/r", "/x/v1/threads/t/runs/r"),
        *("/v1/threads/t/runs/r#steps", "/v1/threads/t/runs/r;x/steps2", "/v1/threads/t/runs/r%3Fx/y"),
    ],
)
def test_any_other_path_is_404(path: str) -> None:
    assert rejected(path).status == 404


@pytest.mark.parametrize(
    "text",
    [
        *("..", ".", "%2e%2e", "%2E%2e", "...", "a%2Fb", "a%2fsteps", "%2F", "a%5Cb", "%00", "a%0d%0aX:%201"),
        *("a%20b", "a%3Fb", "a%23b", "%ff", "%C3%A9", "a;b", "a%", "x" * 1025, "a%252e"),
    ],
)
@pytest.mark.parametrize(
    "place", ["/v1/threads/{}/runs/r/steps", "/v1/threads/t/runs/{}", "/v1/threads/t/runs/r/steps/{}"]
)
def test_an_id_is_of_harmless_characters(place: str, text: str) -> None:
    rejection = rejected(place.format(text))
    assert rejection.status == 400
    assert rejection.param in ("thread_id", "run_id", "step_id")
    assert rejection.message.isascii()
    assert rejection.message.isprintable()


@pytest.mark.parametrize(
    ("query", "param"),
    [
        *(
            ("limit=0", "limit"),
            ("limit=101", "limit"),
            ("limit=", "limit"),
            ("limit=1e1", "limit"),
            ("limit=٣", "limit"),
        ),
        *(
            ("limit=-1", "limit"),
            ("limit=+5", "limit"),
            ("order=up", "order"),
            ("order=", "order"),
            ("after=", "after"),
        ),
        *(("after=..", "after"), ("before=a%2Fb", "before"), ("before=%00", "before"), ("after=a b", "after")),
        *(("limit=1&limit=2", "limit"), ("after=a&after=a", "after"), ("Limit=1", "Limit"), ("x=1", "x")),
        *(("key=1", "key"), ("include=", "include"), ("include[]=a%0ab", "include"), ("include=é", "include")),
        *((f"include={','.join('abcdefghi')}", "include"), ("run_id=r", "run_id"), ("limit%00=1", "limit\x00")),
        *(("a&b", None), ("=1", ""), ("&", None), ("%ff=1", None), ("&".join("limit=1" for _ in range(40)), None)),
    ],
)
def test_a_parameter_that_is_refused_is_named(query: str, param: str | None) -> None:
    rejection = rejected(f"/v1/threads/t/runs/r/steps?{query}")
    assert (rejection.status, rejection.param) == (400, param)


def test_a_run_takes_no_parameters() -> None:
    assert rejected("/v1/threads/t/runs/r?limit=1").param == "limit"


@pytest.mark.parametrize("target", ["http://evil/v1/x", "//evil/v1/x", "*", "evil:443", "", "x"])
def test_a_target_is_a_path(target: str) -> None:
    with pytest.raises(Rejection, match="begins with one /"):
        check_form(target)


UPSTREAM_URL = re.compile(
    r"https://server\.example/v1/threads/[\w.~@:+=%-]+/runs/[\w.~@:+=%-]+(/steps(/[\w.~@:+=%-]+)?)?"
    r"(\?(limit=\d+|order=(asc|desc)|(after|before)=[\w.~%-]+|include%5B%5D=[\w.~%-]+)"
    r"(&(order=(asc|desc)|(after|before)=[\w.~%-]+|include%5B%5D=[\w.~%-]+))*)?"
)
SEGMENTS = st.one_of(
    st.text(max_size=5),
    st.sampled_from(
        ["v1", "threads", "runs", "steps", "..", ".", "%2e%2e", "%2F", "a%2F..%2Fb", "\\", "?", "#", "t;x"]
    ),
)
PATHS = st.one_of(
    st.lists(SEGMENTS, max_size=9).map(lambda parts: "/" + "/".join(parts)),
    st.tuples(SEGMENTS, SEGMENTS).map(lambda ids: f"/v1/threads/{ids[0]}/runs/{ids[1]}/steps"),
    st.tuples(SEGMENTS, st.text(max_size=12)).map(lambda ids: f"/v1/threads/t/runs/{ids[0]}/steps?{ids[1]}"),
    st.tuples(st.sampled_from(["after", "before", "include", "limit"]), st.text(max_size=8)).map(
        lambda pair: f"/v1/threads/t/runs/r/steps?{pair[0]}={quote(pair[1])}"
    ),
)


@given(PATHS)
@example("/v1/threads/t/runs/r/steps?include=a&after=b&limit=3")
@example("/v1/threads/%2e%2e/runs/r")
def test_whatever_is_asked_is_refused_or_a_url_of_the_tables_form(raw_target: str) -> None:
    try:
        check_form(raw_target)
        target = read_target(raw_target)
    except Rejection as rejection:
        status = rejection.status
    else:
        status = 200
        request = request_for(UPSTREAM, target)
        assert UPSTREAM_URL.fullmatch(request.url)
        assert "/../" not in request.url
    assert status in (200, 400, 404)
