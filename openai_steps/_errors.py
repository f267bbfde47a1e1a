"""Every exception of this package.

    StepsError
    ├── APIConnectionError            the request did not get an answer
    │   └── APITimeoutError           … in the time allowed
    ├── APIStatusError                the answer is an error
    │   ├── BadRequestError           400
    │   ├── AuthenticationError       401
    │   ├── PermissionDeniedError     403
    │   ├── NotFoundError             404
    │   ├── ConflictError             409
    │   ├── UnprocessableEntityError  422
    │   ├── RateLimitError            429
    │   └── InternalServerError       500 and above
    ├── ResponseDecodeError           the answer is not what it should be
    │   └── ResponseTooLargeError     … but bigger than the limit
    ├── PaginationError               the server's pages contradict each other
    └── UnfinishedRunError            a followed run will never end

Bad arguments are ``ValueError``, raised before any request. The names are those of openai-python where it has them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final


class StepsError(Exception):
    """The base of every error that this package raises about a server or the connection to it.

    Attributes:
        message: What happened, in words.
        resume_after: In the middle of a walk: pass it as ``after`` to go on where the walk stopped.
        resume_before: In the middle of a walk: pass it as ``before`` to go on where the walk stopped.
    """

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message
        self.resume_after: str | None = None
        self.resume_before: str | None = None

    def resume_at(self, *, after: str | None, before: str | None) -> None:
        """Note from where a walk that this error stopped can be continued, and say so in the traceback.

        Args:
            after: The cursor to pass as ``after``, or None.
            before: The cursor to pass as ``before``, or None.
        """
        self.resume_after, self.resume_before = after, before
        note_where_to_resume(self, after=after, before=before)

    def __reduce__(self) -> tuple[Any, ...]:
        # The default calls the class with args alone, which loses to keyword-only parameters.
        return _rebuild, (type(self), self.args), self.__dict__


def note_where_to_resume(error: Exception, *, after: str | None, before: str | None) -> None:
    """Note in the traceback of any error, such as a credential's, where to resume the walk that it stopped."""
    cursors = {"after": after, "before": before}
    shown = ", ".join(f"{name}={cursor!r}" for name, cursor in cursors.items() if cursor is not None)
    if shown:
        error.add_note(f"The walk can be continued with {shown}.")


def _rebuild(kind: type[StepsError], args: tuple[Any, ...]) -> StepsError:
    return kind.__new__(kind, *args)


class APIConnectionError(StepsError):
    """The request got no answer: no connection, or it broke before the answer was complete.

    Attributes:
        transient: Whether a retry may help; it does not after an untrusted certificate.
    """

    def __init__(self, message: str, *, transient: bool = True) -> None:
        super().__init__(message)
        self.transient = transient


class APITimeoutError(APIConnectionError):
    """The answer did not come within the time allowed."""


class APIStatusError(StepsError):
    """The server answered with an error.

    Attributes:
        status: The HTTP status.
        code: The provider's code for the error, such as ``invalid_api_key``, or None.
        type: The provider's kind of error, such as ``invalid_request_error``, or None.
        param: The parameter at fault, or None.
        request_id: The provider's id for this request: quote it when asking for help.
        headers: The answer's headers, their names in lower case.
        body: The answer's body: decoded JSON, or text if it is not JSON.
        retry_after: Seconds to wait before another try, if the server said so.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int,
        code: str | None = None,
        type: str | None = None,  # noqa: A002 - the wire's name
        param: str | None = None,
        request_id: str | None = None,
        headers: Mapping[str, str] | None = None,
        body: Any = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.type = type
        self.param = param
        self.request_id = request_id
        self.headers: dict[str, str] = dict(headers or {})
        self.body = body
        self.retry_after = retry_after


class BadRequestError(APIStatusError):
    """400: the server did not understand the request."""


class AuthenticationError(APIStatusError):
    """401: no key, or an invalid one."""


class PermissionDeniedError(APIStatusError):
    """403: the key may not read this."""


class NotFoundError(APIStatusError):
    """404: no such thread, run or step; or no such API at this address."""


class ConflictError(APIStatusError):
    """409: the request conflicts with the state of the server."""


class UnprocessableEntityError(APIStatusError):
    """422: the server understood the request and refuses its content."""


class RateLimitError(APIStatusError):
    """429: too many requests; ``retry_after`` says how long to wait, if the server said so."""


class InternalServerError(APIStatusError):
    """500 and above: the server, or something in front of it, failed."""


CALLER_OR_MOMENT: Final = frozenset({401, 403, 408, 409, 425, 429})
"""Statuses about the caller or the moment, not about what was asked."""

ARGUMENT_REFUSED: Final = frozenset({400, 422})
"""Statuses that say that an argument of the request, such as its limit, is refused."""

STATUS_ERRORS: Final[Mapping[int, type[APIStatusError]]] = {
    400: BadRequestError,
    401: AuthenticationError,
    403: PermissionDeniedError,
    404: NotFoundError,
    409: ConflictError,
    422: UnprocessableEntityError,
    429: RateLimitError,
}


def error_class(status: int) -> type[APIStatusError]:
    """Return the class of the error that a status means."""
    return STATUS_ERRORS.get(status) or (InternalServerError if status >= 500 else APIStatusError)


class ResponseDecodeError(StepsError):
    """The server answered with success, but the body is not what it should be.

    Attributes:
        path: The path in the JSON, such as ``$.data[3].created_at``; ``$`` for the body as a whole.
        expected: What should be there, in words; None if the body is empty or not JSON.
        body: The body as received, so that nothing is lost; None if there is none.
        request_id: The provider's id for this request, or None.
    """

    def __init__(
        self,
        message: str,
        *,
        path: str = "$",
        expected: str | None = None,
        body: Any = None,
        request_id: str | None = None,
    ) -> None:
        super().__init__(message)
        self.path = path
        self.expected = expected
        self.body = body
        self.request_id = request_id


def unreadable_item(place: str, path: str, expected: str, *, body: Any = None) -> ResponseDecodeError:
    """Return the error for an item of a list that cannot be read.

    Args:
        place: The JSON path of the item, such as ``$.data[3]``.
        path: The path within the item, such as ``$.created_at``.
        expected: What should be there.
        body: The item, or all of the body.
    """
    path = f"{place}{path.removeprefix('$')}"
    message = f'{path} should be {expected}. With odd="keep" such an item is passed on as it is.'
    return ResponseDecodeError(message, path=path, expected=expected, body=body)


class ResponseTooLargeError(ResponseDecodeError):
    """An answer is bigger than ``Limits.max_body_bytes`` or ``max_values`` allow, or a file than ``max_bytes``."""


class PaginationError(StepsError):
    """The server's pages contradict each other, so that going on would lose or repeat steps."""


class UnfinishedRunError(StepsError):
    """A followed run has not ended and never will: the server says that it serves a recording."""
