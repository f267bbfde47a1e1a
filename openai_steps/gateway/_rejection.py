"""The gateway's own refusals: one exception, and its body in the shape that every OpenAI client reads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from openai_steps._json.text import to_text

_TYPES: Final = {401: "authentication_error", 403: "permission_error", 429: "rate_limit_error"}


class Rejection(Exception):
    """A refused request.

    Attributes:
        status: The HTTP status.
        code: What went wrong, for programs.
        message: What went wrong and what to do, for people.
        param: The parameter at fault.
        headers: More headers of the answer.
        close: Whether to close the connection, since what follows on it may not be a request.
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        param: str | None = None,
        headers: Mapping[str, str] | None = None,
        close: bool = False,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.param = param
        self.headers: dict[str, str] = dict(headers or {})
        self.close = close

    @property
    def body(self) -> bytes:
        """The JSON body."""
        return error_body(self.status, self.code, self.message, param=self.param)


def error_body(
    status: int, code: str | None, message: str, *, param: str | None = None, kind: str | None = None
) -> bytes:
    """Return an error in OpenAI's shape: https://platform.openai.com/docs/guides/error-codes."""
    kind = kind or _TYPES.get(status) or ("invalid_request_error" if status < 500 else "server_error")
    error: dict[str, Any] = {"message": message, "type": kind, "param": param, "code": code}
    return to_text({"error": error})
