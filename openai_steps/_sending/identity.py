"""The headers of a request, with the key, in one value that does not show them."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import field, frozen
from multidict import CIMultiDict


@frozen(kw_only=True)
class Identity:
    """The header with the key, all headers with it, and the secrets in them.

    The frames of this package have it as a local, since tracebacks may show locals.
    """

    key: Mapping[str, str] = field(repr=False)
    headers: CIMultiDict[str] = field(repr=False)
    secrets: tuple[str, ...] = field(repr=False)


def identify(key: Mapping[str, str], *, headers: Mapping[str, str], secrets: tuple[str, ...]) -> Identity:
    """Return the identity with this key.

    Args:
        key: The header with the key; empty if the server needs none.
        headers: The other headers, which take precedence.
        secrets: What must not be shown.
    """
    of_request: CIMultiDict[str] = CIMultiDict()
    for name, value in (*key.items(), *headers.items()):
        of_request[name] = str(value)  # as plain text; replaces a name in another case
    return Identity(key=key, headers=of_request, secrets=secrets)
