"""The sessions of the console: a one-time token opens one, a secret keeps it. Pure: the clock is an argument.

There is no cookie. On 127.0.0.1 a cookie goes to every port, so another local server would get it, and a page of
another port could make the browser send it. The link has the one-time token in its fragment, which is in no request,
log or Referer; the page trades it for the secret and sends that as a header.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from typing import Final

from openai_steps.gateway._guard import Failures
from openai_steps.gateway._rejection import Rejection

_INVITATION_SECONDS: Final = 300.0
_SESSION_SECONDS: Final = 12 * 3600.0
_MOST_SESSIONS: Final = 32


class Sessions:
    """The sessions of one console. Secrets are kept as hashes.

    Args:
        now: Returns a monotonic time in seconds.
        make_token: Returns a new secret of 256 bits.
    """

    def __init__(self, *, now: Callable[[], float], make_token: Callable[[], str]) -> None:
        self._now = now
        self._make_token = make_token
        self._invitations: dict[bytes, float] = {}
        self._used: set[bytes] = set()
        self._sessions: dict[bytes, float] = {}
        self._failures = Failures()

    def invite(self) -> str:
        """Return a token that opens one session within five minutes."""
        token = self._make_token()
        self._invitations[_digest(token)] = self._now() + _INVITATION_SECONDS
        return token

    def open(self, token: str) -> str:
        """Trade a one-time token for the secret of a session.

        Raises:
            Rejection: 403 if it was used or is too old, 401 or 429 if there was never such a token.
        """
        found = _find(_digest(token), self._invitations)
        if found is None:
            if _find(_digest(token), self._used) is not None:
                raise Rejection(403, "used_link", f"This link was used already. {_WAY_OUT}")
            raise self._failures.refuse(self._now(), code="wrong_link", message=f"This link is wrong. {_WAY_OUT}")
        until = self._invitations.pop(found)
        self._used.add(found)
        if self._now() >= until:
            raise Rejection(403, "old_link", f"This link is older than five minutes. {_WAY_OUT}")
        secret = self._make_token()
        while len(self._sessions) >= _MOST_SESSIONS:
            self._sessions.pop(next(iter(self._sessions)))
        self._sessions[_digest(secret)] = self._now() + _SESSION_SECONDS
        return secret

    def check(self, secret: str) -> None:
        """Check the secret of a session's request.

        Raises:
            Rejection: 401 if there is no such session or it has ended, 429 after too many wrong secrets.
        """
        found = _find(_digest(secret), self._sessions)
        if found is None:
            raise self._failures.refuse(self._now(), code="no_session", message=f"There is no session. {_WAY_OUT}")
        if self._now() >= self._sessions[found]:
            del self._sessions[found]
            raise Rejection(401, "no_session", f"The session has ended after twelve hours. {_WAY_OUT}")

    def lock(self) -> None:
        """End all sessions and invalidate all links."""
        self._used.update(self._invitations)
        self._invitations.clear()
        self._sessions.clear()


_WAY_OUT: Final = "Press Enter in the terminal where the console runs for a new link."


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def _find(digest: bytes, known: set[bytes] | dict[bytes, float]) -> bytes | None:
    return next((other for other in known if hmac.compare_digest(digest, other)), None)
