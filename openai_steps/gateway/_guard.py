"""The checks that every request passes before anything is done for it. Pure: no socket, no clock.

A server on loopback is open to every web page that its user visits: a page may send requests to it, and a page of a
name that an attacker rebinds to 127.0.0.1 may even read the answers. So the Host header must name this server, and a
browser must not say that another site asks. No other claim is trusted: no X-Forwarded-* header, no method override.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping
from typing import Final

from attrs import field, frozen

from openai_steps._secrets import hide
from openai_steps.gateway._rejection import Rejection

_HOST: Final = re.compile(r"(?P<name>[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::(?P<port>[0-9]{1,5}))?")
_LOOPBACK: Final = ("127.0.0.1", "localhost", "[::1]")
_SHORTEST_TOKEN: Final = 16


def check_host(headers: Mapping[str, str], *, names: Iterable[str], port: int | None) -> None:
    """Refuse a request for another host than this one.

    Args:
        headers: The request's headers.
        names: Names of this server besides those of the loopback interface; ``*`` for any.
        port: The port that it listens on; None if it has none. A name of ``names`` may come with any port, since a
            proxy in front of the server may have another.

    Raises:
        Rejection: 421.
    """
    given = _HOST.fullmatch(headers.get("Host", ""))
    if given is not None:
        name, allowed = given["name"].lower(), frozenset(name.lower() for name in names)
        ports = {int(given["port"])} if given["port"] else {80, 443}  # clients leave these out
        if not allowed.isdisjoint((name, "*")) or (name in _LOOPBACK and (port is None or port in ports)):
            return
    raise Rejection(
        421, "wrong_host", "The Host header names another server than this one: --allow-host NAME would let it in."
    )


def check_site(headers: Mapping[str, str], *, origins: Iterable[str] = ()) -> None:
    """Refuse a browser's request for a page of another site.

    Browsers say so in ``Sec-Fetch-Site`` (https://www.w3.org/TR/fetch-metadata/), older ones in ``Origin`` alone.
    Programs send neither; Node sends ``Sec-Fetch-Mode``, which says nothing.

    Args:
        headers: The request's.
        origins: Origins whose pages may ask, such as ``http://localhost:5173``.

    Raises:
        Rejection: 403.
    """
    origin = headers.get("Origin")
    if origin is not None and origin in origins:
        return
    foreign = headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin")
    if foreign or (origin is not None and _host_of(origin) != headers.get("Host")):
        raise Rejection(
            403, "cross_site", "A web page of another site may not ask here: --allow-origin ORIGIN would let it."
        )


def _host_of(origin: str) -> str | None:
    scheme, _, host = origin.partition("://")
    return host if scheme in ("http", "https") else None


def check_no_body(headers: Mapping[str, str]) -> None:
    """Refuse a request with a body: no route takes one, and reading it only to discard it has a cost.

    Raises:
        Rejection: 400, after which the connection is closed.
    """
    if "Transfer-Encoding" in headers or headers.get("Content-Length", "0").strip("0"):
        raise Rejection(400, "invalid_request", "A request may not have a body here.", close=True)


def _digest(token: str | None) -> bytes | None:
    if token is None:
        return None
    token = hide(token)
    if not re.fullmatch(rf"[\x21-\x7e]{{{_SHORTEST_TOKEN},}}", token):
        raise ValueError(
            f"A token must have at least {_SHORTEST_TOKEN} characters, all of them printable ASCII and no space: "
            "`openssl rand -hex 32` makes one."
        )
    return hashlib.sha256(token.encode()).digest()


@frozen
class Token:
    """The secret that callers must send, if any, kept as its hash."""

    _sha256: bytes | None = field(default=None, converter=_digest, repr=False)

    @property
    def is_needed(self) -> bool:
        """Whether there is one."""
        return self._sha256 is not None

    def is_in(self, headers: Mapping[str, str]) -> bool:
        """Return whether a request has it: as ``Authorization: Bearer`` or, as Azure's clients do, as ``api-key``."""
        if self._sha256 is None:
            return True
        scheme, _, bearer = headers.get("Authorization", "").partition(" ")
        sent = [bearer if scheme.lower() == "bearer" else "", headers.get("api-key", "")]
        digests = (hashlib.sha256(text.encode("utf-8", "surrogateescape")).digest() for text in sent)
        return any(hmac.compare_digest(digest, self._sha256) for digest in digests)


class Failures:
    """Counts wrong tokens, to stop guessing.

    Args:
        most: How many are answered within a minute; more get a 429. The right token always passes, or else anyone could
            lock its owner out.
    """

    def __init__(self, most: int = 10) -> None:
        self._most = most
        self._times: list[float] = []

    def refuse(self, now: float, *, code: str, message: str) -> Rejection:
        """Return the rejection of a wrong token.

        Args:
            now: A monotonic time in seconds.
            code: The rejection's code.
            message: The rejection's message.
        """
        self._times = [time for time in self._times if now - time < _MINUTE]
        if len(self._times) >= self._most:
            wait = {"Retry-After": str(int(_MINUTE - (now - self._times[0])) + 1)}
            return Rejection(429, code, "Too many wrong tokens: wait a minute.", headers=wait)
        self._times.append(now)
        return Rejection(401, code, message, headers={"WWW-Authenticate": "Bearer"})


_MINUTE: Final = 60.0
