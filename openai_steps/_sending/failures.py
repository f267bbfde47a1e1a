"""Turns aiohttp's exceptions into this package's errors, and says whether a retry may help."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

import aiohttp
from aiohttp.http_exceptions import BadStatusLine, ContentEncodingError, HttpProcessingError, LineTooLong

from openai_steps._errors import APIConnectionError, APITimeoutError, ResponseDecodeError, StepsError
from openai_steps._secrets import mask
from openai_steps._sending.pending import PendingRequest
from openai_steps._words import duration

# A retry does not help against these: a wrong setup, and what is not HTTP at all.
_LASTING: Final = (
    aiohttp.ClientSSLError,
    aiohttp.ServerFingerprintMismatch,
    aiohttp.InvalidURL,
    BadStatusLine,
    LineTooLong,
)
_CERTIFICATES: Final = (
    " Where a company's proxy signs certificates, name the file with its own in SSL_CERT_FILE, or pass ssl=."
)


def to_steps_error(error: Exception, pending: PendingRequest, *, host: str, secrets: Iterable[str]) -> StepsError:
    """Return this package's error for an exception of aiohttp or of the system."""
    causes = list(_causes(error))
    if isinstance(error, aiohttp.ConnectionTimeoutError):
        within = duration(min(pending.timeouts.connect, pending.timeouts.attempt))
        return APITimeoutError(f"No connection to {host} within {within}, the time to connect ({pending.shown}).")
    if isinstance(error, TimeoutError):
        return pending.timed_out()
    problem, shown = mask(describe(error), secrets), f"({pending.shown})"
    if any(isinstance(cause, ContentEncodingError) for cause in causes):
        return ResponseDecodeError(f"The body cannot be decompressed: {problem} {shown}.")
    transient = not any(isinstance(cause, _LASTING) for cause in causes)
    if isinstance(error, aiohttp.ClientHttpProxyError):
        transient = error.status >= 500
    return APIConnectionError(
        f"{_what_happened(error, causes, host)}: {problem} {shown}.{_hint(error)}", transient=transient
    )


def _what_happened(error: Exception, causes: list[BaseException], host: str) -> str:
    if isinstance(error, aiohttp.ClientHttpProxyError):
        return f"The proxy on the way to {host} refused"
    if isinstance(error, aiohttp.ClientProxyConnectionError):
        return f"No answer from the proxy on the way to {host}"
    if isinstance(error, aiohttp.ClientPayloadError):
        return f"The answer from {host} broke off"
    if any(isinstance(cause, HttpProcessingError) for cause in causes):
        return f"The answer from {host} cannot be read as HTTP"
    return f"No answer from {host}"


def _hint(error: Exception) -> str:
    return _CERTIFICATES if isinstance(error, aiohttp.ClientConnectorCertificateError) else ""


def describe(error: Exception) -> str:
    """Return what happened in words, without the request's URL, which aiohttp puts into some of its texts."""
    if isinstance(error, aiohttp.InvalidURL):
        return "the URL is malformed"
    text = str(error)
    if isinstance(error, aiohttp.ClientResponseError):
        parsed = isinstance(error.__cause__, HttpProcessingError)  # aiohttp sets a status of 400 for these
        text = error.message if parsed else f"{error.status} {error.message}"
    return " ".join(text.split()).rstrip(".") or type(error).__name__


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__
