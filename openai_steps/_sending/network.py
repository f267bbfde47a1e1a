"""The proxy and the trusted certificates of the connections to a server."""

from __future__ import annotations

import ipaddress
import os
import ssl
from base64 import b64encode
from functools import lru_cache
from typing import Any, Final
from urllib.request import getproxies, proxy_bypass

from attrs import field, frozen
from yarl import URL

from openai_steps._arguments import ArgumentError
from openai_steps._endpoint.base_url import is_loopback
from openai_steps._secrets import hide, without_trace

# curl's and requests' own come first, since they are meant for programs such as this one; OpenSSL's are for all.
_CERTIFICATE_FILES: Final = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR")


@frozen(kw_only=True)
class Network:
    """The proxy and certificates for one server. It never shows a proxy's password."""

    proxy: URL | None = field(default=None, repr=False)
    ssl: ssl.SSLContext | bool = True

    @property
    def for_request(self) -> dict[str, Any]:
        """The arguments of each aiohttp request."""
        return {} if self.proxy is None else {"proxy": self.proxy}

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must be masked in errors."""
        if self.proxy is None or not self.proxy.password:
            return ()
        pair = f"{self.proxy.user}:{self.proxy.password}"
        return (hide(self.proxy.password), hide(b64encode(pair.encode()).decode()))


@without_trace
def find_network(base_url: str, *, proxy: str | None, trust_env: bool, ssl: ssl.SSLContext | bool | None) -> Network:
    """Return the proxy and certificates for a server.

    Args:
        base_url: The server.
        proxy: The proxy's URL, or None to look for one in the environment.
        trust_env: Whether to use the environment, for certificates, too.
        ssl: What to trust instead of the environment's or the system's certificates; False: anything.

    Raises:
        ArgumentError: If aiohttp does not support the kind of proxy, or certificates cannot be read.
    """
    url = URL(base_url)
    name = "proxy"
    if proxy is None and trust_env:
        proxy, name = _proxy_in_environment(url)
    address = None if proxy is None else _parse_proxy(proxy, name)
    if ssl is None:
        ssl = _certificates_in_environment() if trust_env and url.scheme == "https" else True
    return Network(proxy=address, ssl=ssl)


def _parse_proxy(proxy: object, name: str) -> URL:
    if not isinstance(proxy, str | URL):
        raise ArgumentError(name, f"must be a URL, not {type(proxy).__name__}.")
    text = str(proxy).strip()
    try:
        url = URL(text if "://" in text else f"http://{text}")
    except ValueError:  # its text may hold a password
        raise ArgumentError(name, "has a host or port that cannot be read.") from None
    if url.scheme not in ("http", "https"):
        raise ArgumentError(
            name,
            f"is a {url.scheme}:// proxy. aiohttp speaks to http:// and https:// ones; for others, pass a session "
            "with a connector such as that of aiohttp-socks.",
        )
    if not url.host:
        raise ArgumentError(name, "has no host. It has the form 'http://HOST:PORT'.")
    return url


def _proxy_in_environment(url: URL) -> tuple[str | None, str]:
    proxies = getproxies()  # includes the system's, on macOS and Windows
    for kind in (url.scheme, "all"):
        if proxies.get(kind):
            return (None if _is_bypassed(url) else proxies[kind]), f"{kind.upper()}_PROXY"
    return None, "proxy"


def _is_bypassed(url: URL) -> bool:
    """Return whether NO_PROXY names the host, or the server is on this machine, as in Go's net/http."""
    host = url.host or ""
    if is_loopback(host):
        return True
    address = _address(host)
    networks = [part.strip() for part in getproxies().get("no", "").split(",") if "/" in part]
    if address is not None and any(address in network for network in map(_network, networks) if network):
        return True
    return bool(proxy_bypass(f"{host}:{url.port}"))


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None


def _certificates_in_environment() -> ssl.SSLContext | bool:
    for variable in _CERTIFICATE_FILES:
        if path := os.environ.get(variable):
            return trust(path, variable)
    return True


def trust(path: str, name: str) -> ssl.SSLContext:
    """Return a context that trusts the certificates in a file or folder, and no others.

    Args:
        path: The file or folder.
        name: Its name in an error.

    Raises:
        ArgumentError: If no certificates can be read.
    """
    try:
        return _context(path, os.stat(path).st_mtime_ns)
    except (OSError, ssl.SSLError) as error:
        raise ArgumentError(name, f"names {path!r}, from which no certificates can be read: {error}.") from None


@lru_cache(maxsize=4)  # a bundle takes a tenth of a second to read, for each client
def _context(path: str, _modified: int) -> ssl.SSLContext:
    if os.path.isdir(path):
        return ssl.create_default_context(capath=path)
    return ssl.create_default_context(cafile=path)
