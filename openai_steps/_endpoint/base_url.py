"""Cleans a pasted base URL."""

from __future__ import annotations

import re
from collections.abc import Mapping
from ipaddress import IPv6Address, ip_address
from typing import Final, TypeAlias
from urllib.parse import SplitResult, parse_qsl, urlsplit, urlunsplit

from openai_steps._arguments import ArgumentError
from openai_steps._secrets import hide

Query: TypeAlias = tuple[tuple[str, str], ...]

VERSION_PARAMETER: Final = "api-version"
"""The only parameter of a base URL that is not a secret."""

_FORM: Final = "https://HOST/v1"

# Each request sets these itself; in a pasted URL they are left over from another request.
_OF_ONE_REQUEST: Final = frozenset({"limit", "order", "after", "before", "include", "include[]", "run_id"})


def parse_base_url(url: str, *, name: str = "base_url", form: str = _FORM) -> tuple[str, Query]:
    """Split a pasted URL into the base URL and the parameters to keep.

    A trailing slash, a doubled slash or ``/v1``, the rest of a full steps URL, Azure's ``/deployments/NAME/…`` and
    ``/chat/completions`` are cut off.

    Args:
        url: The pasted URL.
        name: Its name in an error.
        form: An example of the right form, for an error.

    Raises:
        ArgumentError: If it is not an http or https URL, carries a user name or password, or has a fragment.
    """
    form = f"It has the form {form!r}."
    if not isinstance(url, str):
        raise ArgumentError(name, f"must be text, not {type(url).__name__}. {form}")
    text = url.strip()
    if re.search(r"[^\x21-\x7e]|\\", text):
        raise ArgumentError(name, f"has a space, a backslash or a character in it that is not ASCII. {form}")
    try:
        parts = urlsplit(text)
        parts.port  # noqa: B018 - raises on a malformed port
    except ValueError:  # its text may hold a password
        raise ArgumentError(name, f"has a host or port that cannot be read. {form}") from None
    if "@" in (parts.netloc or parts.path.partition("/")[0]):
        raise ArgumentError(name, f"carries a user name or password: pass a key by itself. {form}")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ArgumentError(name, f"{_without_query(text)!r} has no http:// or https:// and host. {form}")
    if parts.fragment:
        raise ArgumentError(name, f"{_without_query(text)!r} has a fragment (#…). {form}")
    if not _is_host(parts.hostname):
        raise ArgumentError(name, f"has a host that no server can have: {parts.hostname!r}. {form}")
    query = parse_qsl(parts.query, keep_blank_values=True)
    return _repaired(parts), tuple(pair for pair in query if pair[0] not in _OF_ONE_REQUEST)


def hidden_query(query: Query) -> Query:
    """Return the parameters with their values hidden.

    Raises:
        ArgumentError: If one is not text, or is set by the requests themselves.
    """
    if not all(isinstance(part, str) for pair in query for part in pair):
        raise ArgumentError("query", "must be names and values that are text.")
    for name, _ in query:
        if name in _OF_ONE_REQUEST:
            raise ArgumentError("query", f"cannot hold {name!r}: it is an argument of the methods that read.")
    return tuple((name, value if name == VERSION_PARAMETER else hide(value)) for name, value in query)


def is_at(url: str, *hosts: str) -> bool:
    """Return whether the URL is of one of these hosts, or of a subdomain, such as eu.api.openai.com."""
    host = urlsplit(url).hostname or ""
    return any(host == known or host.endswith(f".{known}") for known in hosts)


def with_path(url: str, path: str) -> str:
    """Return the URL with its provider's path, and over TLS."""
    return f"https://{urlsplit(url).netloc}{path}"


def _is_host(host: str) -> bool:
    """Return whether each label of a name has 1 to 63 characters, and the whole at most 253 (RFC 1035)."""
    if ":" in host:
        return True  # an IPv6 address, which urlsplit has checked
    labels = host.removesuffix(".").split(".")
    return len(host) <= 253 and all(0 < len(label) <= 63 for label in labels)


def _without_needless_zone(netloc: str) -> str:
    """Return the address without its zone, which names an interface and matters for link-local addresses only.

    These keep it, with a bare %, as the system's resolver wants it, and not as in RFC 6874.
    """
    found = re.search(r"\[([^%\]]+)%(?:25)?([^\]]*)\]", netloc)
    if found is None:
        return netloc
    zone = f"%{found[2]}" if IPv6Address(found[1]).is_link_local else ""
    return netloc.replace(found[0], f"[{found[1]}{zone}]")


def _repaired(parts: SplitResult) -> str:
    path = re.sub(r"/{2,}", "/", parts.path).rstrip("/")
    path = re.sub(r"/(threads|deployments)(/.*)?$|/chat/completions$", "", path)
    path = re.sub(r"(/v1)+$", "/v1", path)
    return urlunsplit((parts.scheme, _without_needless_zone(parts.netloc), path, "", ""))


def _without_query(url: str) -> str:  # which may hold a key
    return re.split(r"[?#]", url)[0]


def names_alone(pairs: Mapping[str, str] | Query) -> str:
    """Show only the names: some gateways take their key in a header or parameter of their own."""
    return repr(list(dict(pairs)))


def is_loopback(host: str) -> bool:
    """Return whether an address, or a name, is on the loopback interface, which no other machine can reach."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
