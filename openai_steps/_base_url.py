"""What a person pasted as a base URL, and what was meant."""

from __future__ import annotations

import re
from urllib.parse import SplitResult, parse_qsl, urlsplit, urlunsplit


def parse_base_url(url: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    """Split what a person pasted into the base URL that was meant and the parameters to keep.

    A trailing slash, a doubled ``/v1``, the rest of a full steps URL and Azure's ``/deployments/NAME/…`` are cut off.

    Raises:
        ValueError: If it is no http or https URL, carries a user name or password, or has a fragment.
    """
    form = "It has the form 'https://HOST/v1'."
    if not isinstance(url, str):
        raise ValueError(f"base_url must be text, not {type(url).__name__}. {form}")
    text = url.strip()
    if re.search(r"[\x00-\x20\x7f-\x9f\\]", text):
        raise ValueError(f"The base_url has a space, a control character or a backslash in it. {form}")
    try:
        parts = urlsplit(text)
        parts.port  # noqa: B018 - raises on a port that is none
    except ValueError as error:
        raise ValueError(f"The base_url can not be read: {error}. {form}") from None
    if "@" in parts.netloc:
        raise ValueError(f"The base_url carries a user name or password: pass a key as api_key=…. {form}")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"The base_url {text!r} has no http:// or https:// and host. {form}")
    if parts.fragment:
        raise ValueError(f"The base_url {text!r} has a fragment (#…). {form}")
    return _without_query(parts), tuple(parse_qsl(parts.query, keep_blank_values=True))


def _without_query(parts: SplitResult) -> str:
    path = re.sub(r"/(threads|deployments)(/.*)?$", "", parts.path.rstrip("/"))
    path = re.sub(r"(/v1)+$", "/v1", path.rstrip("/"))
    return urlunsplit((parts.scheme, parts.netloc, path, "", ""))
