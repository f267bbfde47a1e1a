"""Who sends a request: its headers, in one value that does not show them."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import field, frozen
from multidict import CIMultiDict


@frozen(kw_only=True)
class Identity:
    """Who sends: the header with the key, all headers with it, and what in them must not be shown.

    It is what the frames of this room have as a local, for a traceback shows those.
    """

    key: Mapping[str, str] = field(repr=False)
    headers: CIMultiDict[str] = field(repr=False)
    secrets: tuple[str, ...] = field(repr=False)


def identify(key: Mapping[str, str], *, headers: Mapping[str, str], secrets: tuple[str, ...]) -> Identity:
    """Return who sends with this key.

    Args:
        key: The header with the key; empty where the server needs none.
        headers: The others, which go before it.
        secrets: What must not be shown.
    """
    of_request: CIMultiDict[str] = CIMultiDict()
    for name, value in (*key.items(), *headers.items()):
        of_request[name] = str(value)  # plain text, instead of one whose name is the same in another case
    return Identity(key=key, headers=of_request, secrets=secrets)
