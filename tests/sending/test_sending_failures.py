"""aiohttp's exceptions in our words; over real sockets in ``hostile/test_hostile_replies``."""

from __future__ import annotations

from unittest import mock

import aiohttp
import pytest
from aiohttp.client_reqrep import ConnectionKey
from aiohttp.http_exceptions import BadStatusLine, ContentEncodingError, HttpProcessingError, InvalidHeader, LineTooLong
from yarl import URL

from openai_steps import APIConnectionError, APITimeoutError, ResponseDecodeError, StepsError, Timeouts
from openai_steps._http.requests import Request
from openai_steps._sending.failures import to_steps_error
from openai_steps._sending.pending import PendingRequest

KEY = "sk-5ecret-5ecret-5ecret"
PENDING = PendingRequest(Request("https://h/v1/threads/t?sig=secret", "/threads/t"), Timeouts(connect=3))
CONNECTION = ConnectionKey("h", 443, True, True, None, None, None)
REQUEST = mock.Mock(real_url=URL("https://h/v1/threads/t?sig=secret"))


def parsed(cause: HttpProcessingError) -> aiohttp.ClientResponseError:
    """What aiohttp raises where it cannot read an answer."""
    error = aiohttp.ClientResponseError(REQUEST, (), status=400, message=cause.message)
    error.__cause__ = HttpProcessingError(code=400, message=cause.message)
    error.__cause__.__cause__ = cause
    return error


CASES: dict[str, tuple[Exception, type[StepsError], str, bool]] = {
    "no connection in time": (
        aiohttp.ConnectionTimeoutError("Connection timeout to host https://h/v1?sig=secret"),
        APITimeoutError,
        "No connection to h within 3s, the time to connect",
        True,
    ),
    "no answer in time": (TimeoutError(), APITimeoutError, "No complete answer within 30s", True),
    "closed": (aiohttp.ServerDisconnectedError(), APIConnectionError, "No answer from h: Server disconnected", True),
    "the system": (OSError(9, "Bad file"), APIConnectionError, r"No answer from h: \[Errno 9\] Bad file", True),
    "cut": (aiohttp.ClientPayloadError("cut"), APIConnectionError, "The answer from h broke off: cut", True),
    "a header": (
        parsed(InvalidHeader("X\x01")),
        APIConnectionError,
        r"The answer from h cannot be read as HTTP: Invalid HTTP header",
        True,
    ),
    "no HTTP": (
        parsed(BadStatusLine("SSH-2.0")),
        APIConnectionError,
        "The answer from h cannot be read as HTTP: Bad status line",
        False,
    ),
    "too long": (
        parsed(LineTooLong(b"aaa", 8190)),
        APIConnectionError,
        "The answer from h cannot be read as HTTP: Got more than 8190",
        False,
    ),
    "no library": (
        parsed(ContentEncodingError("Cannot decode content-encoding: br. Please install `Brotli`")),
        ResponseDecodeError,
        "The body cannot be decompressed: .* Please install `Brotli`",
        False,
    ),
    "a proxy": (
        aiohttp.ClientHttpProxyError(REQUEST, (), status=407, message="Proxy Authentication Required"),
        APIConnectionError,
        "The proxy on the way to h refused: 407 Proxy Authentication Required",
        False,
    ),
    "a proxy that is busy": (
        aiohttp.ClientHttpProxyError(REQUEST, (), status=503, message="Busy"),
        APIConnectionError,
        "The proxy on the way to h refused: 503 Busy",
        True,
    ),
    "a proxy that is not there": (
        aiohttp.ClientProxyConnectionError(CONNECTION, OSError(111, "Connection refused")),
        APIConnectionError,
        "No answer from the proxy on the way to h: .*Connection refused",
        True,
    ),
    "a certificate": (
        aiohttp.ClientConnectorCertificateError(CONNECTION, Exception("self-signed certificate")),
        APIConnectionError,
        r"No answer from h: .*self-signed certificate.*SSL_CERT_FILE",
        False,
    ),
    "TLS": (
        aiohttp.ClientConnectorSSLError(CONNECTION, OSError(1, "wrong version number")),
        APIConnectionError,
        "No answer from h: .*wrong version number",
        False,
    ),
    "a URL": (aiohttp.InvalidURL("https://h?sig=secret"), APIConnectionError, "the URL is malformed", False),
    "nothing said": (aiohttp.ClientError(), APIConnectionError, "No answer from h: ClientError", True),
    "an echo": (aiohttp.ClientPayloadError(f"not {KEY}\n here"), APIConnectionError, r"not \*\*\* here", True),
}


@pytest.mark.parametrize("name", CASES)
def test_each_is_told_and_tried_again_where_that_may_help(name: str) -> None:
    error, kind, match, transient = CASES[name]
    failure = to_steps_error(error, PENDING, host="h", secrets=[KEY])
    assert type(failure) is kind
    with pytest.raises(kind, match=match):
        raise failure
    assert "(GET /threads/t)" in str(failure)
    assert "secret" not in str(failure)
    assert getattr(failure, "transient", False) is transient
