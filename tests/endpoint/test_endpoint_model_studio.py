"""DashScope's sites and keys."""

from pathlib import Path

import pytest

from openai_steps import Endpoint

BEIJING = "https://dashscope.aliyuncs.com/api/v1"
ABROAD = "https://dashscope-intl.aliyuncs.com/api/v1"
SINGAPORE = "https://ws-1.ap-southeast-1.maas.aliyuncs.com/api/v1"


@pytest.mark.parametrize(
    ("variable", "url"),
    [
        ("cn-beijing", BEIJING),
        ("beijing", BEIJING),
        ("international", ABROAD),
        ("ap-southeast-1", SINGAPORE),
        ("", BEIJING),
    ],
)
def test_the_region_may_stand_in_the_environment(monkeypatch: pytest.MonkeyPatch, variable: str, url: str) -> None:
    monkeypatch.setenv("DASHSCOPE_API_REGION", variable)
    assert Endpoint.dashscope(api_key="k", workspace="ws-1").base_url == url


def test_what_is_told_more_precisely_goes_before_the_region(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DASHSCOPE_API_REGION", "ap-southeast-1")
    assert Endpoint.dashscope(api_key="k", region="international").base_url == ABROAD
    assert Endpoint.dashscope(api_key="k", base_url="https://other/api/v1").base_url == "https://other/api/v1"
    monkeypatch.setenv("DASHSCOPE_HTTP_BASE_URL", ABROAD)
    assert Endpoint.dashscope(api_key="k").base_url == ABROAD


def test_a_region_with_hosts_for_workspaces_needs_one(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match="workspace is missing: the hosts of ap-southeast-1 are named after"):
        Endpoint.dashscope(api_key="k", region="ap-southeast-1")
    monkeypatch.setenv("DASHSCOPE_WORKSPACE_ID", "ws-1")
    assert Endpoint.dashscope(api_key="k", region="ap-southeast-1").base_url == SINGAPORE


def test_an_unknown_region_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match=r"region must be one of beijing, international, .* not 'mars'"):
        Endpoint.dashscope(api_key="k", region="mars")
    monkeypatch.setenv("DASHSCOPE_API_REGION", "mars")
    with pytest.raises(ValueError, match="DASHSCOPE_API_REGION must be one of"):
        Endpoint.dashscope(api_key="k")


@pytest.mark.parametrize("workspace", ["a/b", "a.b", "a@b", "a b", "-a", "evil.example#"])
def test_a_workspace_cannot_lead_to_another_host(workspace: str) -> None:
    with pytest.raises(ValueError, match="workspace must be an id of letters"):
        Endpoint.dashscope(api_key="k", region="ap-southeast-1", workspace=workspace)


def test_the_key_may_lie_in_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(ValueError, match="api_key is missing: pass one for DashScope"):
        Endpoint.dashscope()
    usual = tmp_path / ".dashscope" / "api_key"
    usual.parent.mkdir()
    usual.write_text("sk-usual\n")
    endpoint = Endpoint.dashscope()
    assert (endpoint.api_key, endpoint.key_source) == ("sk-usual", f"the file {usual}")
    named = tmp_path / "named"
    named.write_text("sk-named")
    monkeypatch.setenv("DASHSCOPE_API_KEY_FILE_PATH", str(named))
    assert Endpoint.dashscope().api_key == "sk-named"
    monkeypatch.setenv("DASHSCOPE_API_KEY", "sk-set")
    assert Endpoint.dashscope().api_key == "sk-set"
    assert "sk-" not in repr(Endpoint.dashscope())


@pytest.mark.parametrize("content", [None, b"\xff\xfe", b""])
def test_a_key_file_that_cannot_be_read_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: bytes | None
) -> None:
    named = tmp_path / "key"
    if content is not None:
        named.write_bytes(content)
    monkeypatch.setenv("DASHSCOPE_API_KEY_FILE_PATH", str(named))
    with pytest.raises(ValueError, match="DASHSCOPE_API_KEY_FILE_PATH"):
        Endpoint.dashscope()
