from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openai_steps import Endpoint
from openai_steps._endpoint.base_url import is_at, is_loopback, parse_base_url


@pytest.mark.parametrize(
    ("pasted", "meant"),
    [
        ("https://host/v1", "https://host/v1"),
        ("https://host", "https://host"),
        ("  https://host/v1\n", "https://host/v1"),
        ("https://host/v1/", "https://host/v1"),
        ("https://host//v1//", "https://host/v1"),
        ("https://host/v1/v1", "https://host/v1"),
        ("https://host/v1/v1/v1/", "https://host/v1"),
        ("https://host/behind/a/prefix/v1", "https://host/behind/a/prefix/v1"),
        ("https://host/v1/threads", "https://host/v1"),
        ("https://host/v1/threads/thread_1/runs/run_1/steps", "https://host/v1"),
        ("https://host/v1/threads/thread_1/runs/run_1/steps/step_1/", "https://host/v1"),
        ("https://host/v1/v1/threads/thread_1", "https://host/v1"),
        ("https://host/openai/deployments/gpt-4o", "https://host/openai"),
        ("https://host/openai/deployments/gpt-4o/chat/completions", "https://host/openai"),
        ("https://host/v1/chat/completions", "https://host/v1"),
        ("HTTPS://Host:8443/v1", "https://Host:8443/v1"),
        ("http://[::1]:8080/v1/", "http://[::1]:8080/v1"),
        ("https://host/a%2Fb/v1", "https://host/a%2Fb/v1"),
    ],
)
def test_what_was_meant(pasted: str, meant: str) -> None:
    assert parse_base_url(pasted) == (meant, ())


@pytest.mark.parametrize(
    ("pasted", "query"),
    [
        ("https://host/v1?api-version=v1", (("api-version", "v1"),)),
        ("https://host/v1/?a=1&a=2&empty=", (("a", "1"), ("a", "2"), ("empty", ""))),
        ("https://host/v1?a=b%26c", (("a", "b&c"),)),
        (
            "https://host/openai/threads/t/runs/r/steps?limit=5&order=asc&after=x&before=y&include[]=z&api-version=v1",
            (("api-version", "v1"),),
        ),
    ],
)
def test_the_query_is_kept_but_for_what_is_of_one_request(pasted: str, query: tuple[tuple[str, str], ...]) -> None:
    assert parse_base_url(pasted)[1] == query


@pytest.mark.parametrize(
    ("pasted", "problem"),
    [
        ("", "'' has no http:// or https:// and host"),
        ("host/v1", "'host/v1' has no http:// or https://"),
        ("localhost:8080/v1", "'localhost:8080/v1' has no http://"),
        ("ftp://host/v1", "has no http://"),
        ("https:///v1", "has no http:// or https:// and host"),
        ("host/v1?key=sk-secret", "'host/v1' has no http://"),
        ("https://host/v1#top", "has a fragment"),
        ("https://user:sk-secret@host/v1", "carries a user name or password"),
        ("user:sk-secret@host/v1", "carries a user name or password"),
        ("host/a@b", "has no http:// or https://"),
        ("https://user:sk-secret/1@host", "a host or port that cannot be read"),
        ("https://host:99999/v1", "a host or port"),
        ("https://[::1/v1", "a host or port"),
        ("https://host/a b", "a space"),
        ("https://host/\x00", "a space, a backslash or a character"),
        ("https://host\\v1", "a backslash"),
        ("https://höst/v1", "not ASCII"),
        (None, "must be text, not NoneType"),
        (b"https://host", "must be text, not bytes"),
    ],
)
def test_what_can_not_be_meant_is_refused_with_the_right_form(pasted: str, problem: str) -> None:
    with pytest.raises(ValueError, match=r"It has the form 'https://RIGHT'\.$") as caught:
        parse_base_url(pasted, name="THE_URL", form="https://RIGHT")
    assert str(caught.value).startswith("THE_URL ")
    assert problem in str(caught.value)
    assert "sk-secret" not in str(caught.value)


@given(st.text(max_size=40), st.sampled_from(["", "https://", "http://host", "https://host/v1"]))
def test_any_text_is_repaired_once_and_for_all_or_refused(text: str, start: str) -> None:
    try:
        url, _ = parse_base_url(start + text)
    except ValueError:
        return
    assert parse_base_url(url) == (url, ())
    assert not url.endswith("/")


def test_a_region_is_at_its_host_and_a_look_alike_is_not() -> None:
    assert is_at("https://eu.api.openai.com/v1", "api.openai.com")
    assert is_at("https://API.OpenAI.com", "api.openai.com")
    assert not is_at("https://api.openai.com.evil.example/v1", "api.openai.com")
    assert not is_at("https://notapi.openai.com/v1", "api.openai.com")


PROJECT = "https://res.services.ai.azure.com/api/projects/proj"


@pytest.mark.parametrize(
    ("make", "base_url", "query"),
    [
        (lambda: Endpoint.openai(base_url="https://api.openai.com", api_key="k"), "https://api.openai.com/v1", ()),
        (lambda: Endpoint.openai(base_url="http://api.openai.com/v1/", api_key="k"), "https://api.openai.com/v1", ()),
        (
            lambda: Endpoint.openai(base_url="https://eu.api.openai.com", api_key="k"),
            "https://eu.api.openai.com/v1",
            (),
        ),
        (lambda: Endpoint.openai(base_url="https://gateway.example"), "https://gateway.example", ()),
        (
            lambda: Endpoint.azure_openai("https://r.openai.azure.com/", api_key="k"),
            "https://r.openai.azure.com/openai",
            (("api-version", "2024-05-01-preview"),),
        ),
        (
            lambda: Endpoint.azure_openai("https://r.openai.azure.com/openai/v1/", api_key="k"),
            "https://r.openai.azure.com/openai/v1",
            (),
        ),
        (
            lambda: Endpoint.azure_openai("https://r.openai.azure.com/openai/v1/?api-version=preview", api_key="k"),
            "https://r.openai.azure.com/openai/v1",
            (("api-version", "preview"),),
        ),
        (
            lambda: Endpoint.azure_openai(
                "https://r.openai.azure.com/openai/v1", api_key="k", api_version="2025-01-01"
            ),
            "https://r.openai.azure.com/openai",
            (("api-version", "2025-01-01"),),
        ),
        (
            lambda: Endpoint.azure_openai(
                "https://r.openai.azure.com/openai/deployments/gpt-4o/chat/completions?api-version=2025-01-01-preview",
                api_key="k",
            ),
            "https://r.openai.azure.com/openai",
            (("api-version", "2025-01-01-preview"),),
        ),
        (
            lambda: Endpoint.azure_openai("https://gateway.example/azure?team=a", api_key="k", api_version="v1"),
            "https://gateway.example/azure/openai/v1",
            (("team", "a"),),
        ),
        (
            lambda: Endpoint.azure_foundry(f"{PROJECT}/threads/t/runs/r/steps?api-version=2025-05-01", api_key="k"),
            PROJECT,
            (("api-version", "2025-05-01"),),
        ),
        (
            lambda: Endpoint.azure_foundry(f"{PROJECT}?api-version=2025-05-01", api_key="k", api_version="v1"),
            PROJECT,
            (("api-version", "v1"),),
        ),
        (
            lambda: Endpoint.dashscope(base_url="https://dashscope.aliyuncs.com/compatible-mode/v1", api_key="k"),
            "https://dashscope.aliyuncs.com/api/v1",
            (),
        ),
        (
            lambda: Endpoint.dashscope(base_url="https://ws.eu-central-1.maas.aliyuncs.com/api/v1", api_key="k"),
            "https://ws.eu-central-1.maas.aliyuncs.com/api/v1",
            (),
        ),
    ],
)
def test_a_pasted_address_is_repaired(
    make: Callable[[], Endpoint], base_url: str, query: tuple[tuple[str, str], ...]
) -> None:
    endpoint = make()
    assert (endpoint.base_url, endpoint.query) == (base_url, query)


@pytest.mark.parametrize(
    ("host", "is_host"),
    [
        ("h", True),
        ("a.b.example.com", True),
        ("a.example.com.", True),
        ("under_score.example.com", True),
        ("a" * 63 + ".test", True),
        ("a" * 64 + ".test", False),
        ("a..test", False),
        (".test", False),
        ("test..", False),
        (".", False),
        (".".join(["a" * 49] * 5), True),
        (".".join(["a" * 50] * 5), False),
        ("192.0.2.1", True),
        ("[2001:db8::1]", True),
    ],
)
def test_a_host_that_no_server_can_have_is_told_before_any_request(host: str, is_host: bool) -> None:
    if is_host:
        assert parse_base_url(f"https://{host}:8443/v1") == (f"https://{host}:8443/v1", ())
        return
    with pytest.raises(ValueError, match=r"base_url has a host that no server can have: '.*"):
        parse_base_url(f"https://{host}:8443/v1")


@pytest.mark.parametrize(
    ("pasted", "meant"),
    [
        ("http://[::1%25lo]:80/v1", "http://[::1]:80/v1"),  # a zone means something on link-local addresses alone
        ("http://[::1%lo]/v1", "http://[::1]/v1"),
        ("http://[fe80::1%25eth0]:80/v1", "http://[fe80::1%eth0]:80/v1"),
        ("http://[fe80::1%eth0]/v1", "http://[fe80::1%eth0]/v1"),
        ("http://[fe80::1]/v1", "http://[fe80::1]/v1"),
    ],
)
def test_a_zone_is_written_as_the_system_wants_it(pasted: str, meant: str) -> None:
    assert parse_base_url(pasted)[0] == meant


@pytest.mark.parametrize(
    ("host", "is_own"),
    [
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("192.168.0.1", False),
        ("::", False),
        ("localhost.example.com", False),
        ("127.0.0.1.nip.io", False),
        ("", False),
    ],
)
def test_loopback_is_what_no_other_machine_reaches(host: str, is_own: bool) -> None:
    assert is_loopback(host) == is_own
