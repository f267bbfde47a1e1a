"""DashScope's sites: its own two, and those of Model Studio's regions."""

from __future__ import annotations

import re
from typing import Final

from openai_steps._arguments import ArgumentError
from openai_steps._endpoint.base_url import Query, is_at, parse_base_url, with_path
from openai_steps._endpoint.environment import find

_HOSTS: Final = {"beijing": "dashscope.aliyuncs.com", "international": "dashscope-intl.aliyuncs.com"}
_PATH: Final = "/api/v1"

# As the official Python client spells them; each workspace has a host of its own there. Whether these serve
# assistants, too, is unverified.
_REGIONS: Final = ("ap-southeast-1", "us-east-1", "cn-hongkong", "eu-central-1", "ap-northeast-1")

REGIONS: Final = (*_HOSTS, *_REGIONS)
"""The names of all sites."""


def site(region: str | None, workspace: str | None, base_url: str | None) -> tuple[str, Query]:
    """Return DashScope's base URL, and the parameters to keep.

    Args:
        region: One of `REGIONS`. Default: ``DASHSCOPE_API_REGION``, unless a base URL is given there or here.
        workspace: The workspace's id, which is in the host names of most regions.
        base_url: Another site. Default: ``DASHSCOPE_HTTP_BASE_URL``.
    """
    if region is not None and base_url is not None:
        raise ArgumentError("region", "names a site, and so does the base URL: pass one, not both.")
    given, name = (None, "") if region is not None else find(base_url, "base_url", "DASHSCOPE_HTTP_BASE_URL")
    if given is None:
        region, name = find(region, "region", "DASHSCOPE_API_REGION")
        return f"https://{_host(name, region, workspace)}{_PATH}", ()
    url, query = parse_base_url(given, name=name, form=f"https://{_HOSTS['beijing']}{_PATH}")
    return (with_path(url, _PATH) if is_at(url, *_HOSTS.values()) else url), query


def _host(name: str, region: str | None, workspace: str | None) -> str:
    region = {None: "beijing", "cn-beijing": "beijing"}.get(region, region)
    if region in _HOSTS:
        return _HOSTS[region]
    if region not in _REGIONS:
        raise ArgumentError(name, f"must be one of {', '.join(REGIONS)}, not {region!r}.")
    if not workspace:
        raise ArgumentError(
            "workspace", f"is missing: the hosts of {region} are named after workspaces. Or set DASHSCOPE_WORKSPACE_ID."
        )
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}", workspace):
        raise ArgumentError("workspace", f"must be an id of letters, digits, - and _, not {workspace!r}.")
    return f"{workspace}.{region}.maas.aliyuncs.com"
