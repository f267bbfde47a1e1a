"""Who may ask."""

from __future__ import annotations

import pytest
from gateway_setup import TOKEN
from multidict import CIMultiDict

from openai_steps.gateway._guard import Failures, Token, check_host, check_no_body, check_site
from openai_steps.gateway._rejection import Rejection


def headers(**given: str) -> CIMultiDict[str]:
    return CIMultiDict({name.replace("_", "-"): value for name, value in given.items()})


@pytest.mark.parametrize("host", ["127.0.0.1:8765", "localhost:8765", "LOCALHOST:8765", "[::1]:8765"])
def test_the_names_of_this_machine_with_the_servers_port(host: str) -> None:
    check_host(headers(Host=host), names=(), port=8765)


@pytest.mark.parametrize(
    "host",
    [
        *("", "evil.example", "evil.example:8765", "127.0.0.1", "127.0.0.1:80", "127.0.0.1:8766", "localhost.:8765"),
        *("u:p@127.0.0.1:8765", "127.0.0.1:8765@evil", "127.0.0.1.evil:8765", "127.1:8765", "0.0.0.0:8765"),
        *("127.0.0.1:8765, evil", " 127.0.0.1:8765", "127.0.0.1:", "127.0.0.1:٨765", "[::1]", "::1:8765", "[::2]:8765"),
        *("127.0.0.1:8765/", "127.0.0.1:8765#", "127.0.0.1:99999999"),
    ],
)
def test_any_other_name_is_refused(host: str) -> None:
    with pytest.raises(Rejection) as caught:
        check_host(headers(Host=host), names=(), port=8765)
    assert (caught.value.status, caught.value.code) == (421, "wrong_host")
    if host:
        assert host not in caught.value.message


def test_no_host_is_a_wrong_one() -> None:
    with pytest.raises(Rejection):
        check_host(headers(), names=("*",), port=None)


def test_the_usual_port_need_not_be_said() -> None:
    check_host(headers(Host="127.0.0.1"), names=(), port=80)
    check_host(headers(Host="localhost"), names=(), port=443)


def test_a_name_that_is_allowed_may_have_any_port() -> None:
    check_host(headers(Host="Gateway.internal:9000"), names=("gateway.INTERNAL",), port=8765)
    check_host(headers(Host="anything"), names=("*",), port=8765)
    with pytest.raises(Rejection):
        check_host(headers(Host="evil"), names=("gateway.internal",), port=8765)
    with pytest.raises(Rejection):
        check_host(headers(Host="u:p@evil"), names=("*",), port=8765)


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"Sec_Fetch_Site": "none"},
        {"Sec_Fetch_Site": "same-origin"},
        {"Sec_Fetch_Mode": "cors"},  # Node
        {"Origin": "http://here:1", "Sec_Fetch_Site": "same-origin"},
        {"Origin": "http://friend:2", "Sec_Fetch_Site": "same-site"},
        {"Origin": "http://friend:2", "Sec_Fetch_Site": "cross-site"},
    ],
)
def test_programs_this_site_and_friends_may_ask(sent: dict[str, str]) -> None:
    check_site(headers(Host="here:1", **sent), origins=("http://friend:2",))


@pytest.mark.parametrize(
    "sent",
    [
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},  # another port of this machine
        {"Sec_Fetch_Site": "anything"},
        {"Sec_Fetch_Site": ""},
        {"Origin": "http://evil"},
        {"Origin": "null"},
        {"Origin": ""},
        {"Origin": "http://here:2"},
        {"Origin": "file://here:1"},
        {"Origin": "http://friend:20"},
        {"Origin": "http://here:1", "Sec_Fetch_Site": "cross-site"},
    ],
)
def test_other_sites_may_not(sent: dict[str, str]) -> None:
    with pytest.raises(Rejection) as caught:
        check_site(headers(Host="here:1", **sent), origins=("http://friend:2",))
    assert (caught.value.status, caught.value.code) == (403, "cross_site")


def test_no_bodies() -> None:
    check_no_body(headers())
    check_no_body(headers(Content_Length="0"))
    for sent in ({"Content_Length": "1"}, {"Content_Length": "10"}, {"Transfer_Encoding": "chunked"}):
        with pytest.raises(Rejection) as caught:
            check_no_body(headers(**sent))
        assert caught.value.status == 400
        assert caught.value.close


@pytest.mark.parametrize(
    "sent",
    [{"Authorization": f"Bearer {TOKEN}"}, {"authorization": f"bearer {TOKEN}"}, {"api_key": TOKEN}],
)
def test_the_token(sent: dict[str, str]) -> None:
    assert Token(TOKEN).is_in(headers(**sent))


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"Authorization": TOKEN},
        {"Authorization": f"Basic {TOKEN}"},
        {"Authorization": f"Bearer {TOKEN} "},
        {"Authorization": f"Bearer {TOKEN[:-1]}"},
        {"Authorization": "Bearer "},
        {"api_key": TOKEN + "x"},
        {"api_key": "\udcff"},
        {"x_api_key": TOKEN},
    ],
)
def test_what_is_not_the_token(sent: dict[str, str]) -> None:
    assert not Token(TOKEN).is_in(headers(**sent))


def test_without_a_token_everybody_may_come() -> None:
    assert Token(None).is_in(headers())
    assert not Token(None).is_needed


@pytest.mark.parametrize("token", ["", "short", "x" * 15, "with a space in it", "line\nbreak-and-more-of-it", "é" * 20])
def test_a_weak_token_is_refused_and_not_told(token: str) -> None:
    with pytest.raises(ValueError, match="at least 16") as caught:
        Token(token)
    assert not token or token not in str(caught.value)


def test_a_token_is_not_shown() -> None:
    assert TOKEN not in repr(Token(TOKEN))


def test_wrong_tokens_are_counted_for_a_minute() -> None:
    failures = Failures(most=3)
    statuses = [failures.refuse(float(now), code="c", message="m").status for now in (0, 1, 2, 3, 59)]
    assert statuses == [401, 401, 401, 429, 429]
    refused = failures.refuse(59.5, code="c", message="m")
    assert refused.headers == {"Retry-After": "1"}
    assert failures.refuse(60.5, code="c", message="m").status == 401
