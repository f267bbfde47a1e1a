"""Refusals in the shape that each kind of server gives its error bodies."""

from collections.abc import Callable
from http import HTTPStatus

from ._profile import ErrorShape
from ._refusal import Refusal
from ._wire import JSONObject

_AZURE_CODES = {401: "Unauthorized"}
_AZURE_401 = (
    "Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide "
    "a valid key for an active subscription and use a correct regional API endpoint for your "
    "resource."
)
_FOUNDRY_401 = (
    "The principal lacks the required data action "
    "Microsoft.CognitiveServices/accounts/AIServices/agents/read to perform GET /api/projects/"
    "{projectName}/threads/{threadId}/runs/{runId}/steps operation. For instructions on granting "
    "the necessary permissions, see https://aka.ms/FoundryPermissions."
)
# Only InvalidApiKey has been seen on the wire; the others are words of its documentation.
_DASHSCOPE_CODES = {400: "InvalidParameter", 401: "InvalidApiKey", 404: "NotFound"}
_BEE_CODES = {400: "invalid_input", 401: "auth_error", 404: "not_found"}


def error_body(refusal: Refusal, shape: ErrorShape, request_id: str) -> JSONObject | None:
    """The body that answers a refused request.

    Args:
        refusal: Why it is refused.
        shape: The kind of server.
        request_id: The request id, which some bodies carry.

    Returns:
        The JSON body; None for none at all.
    """
    return _SHAPES[shape](refusal, request_id)


def _openai(refusal: Refusal, _request_id: str) -> JSONObject:
    return {
        "error": {
            "message": refusal.message,
            "type": "invalid_request_error",
            "param": refusal.param,
            "code": refusal.code,
        }
    }


def _azure(refusal: Refusal, request_id: str) -> JSONObject:
    if not refusal.at_gateway:
        return _openai(refusal, request_id)
    messages = {401: _AZURE_401, 404: "Resource not found"}
    code = _AZURE_CODES.get(refusal.status) or refusal.code or str(refusal.status)
    return {"error": {"code": code, "message": messages.get(refusal.status, refusal.message)}}


def _foundry(refusal: Refusal, request_id: str) -> JSONObject:
    if refusal.status == HTTPStatus.UNAUTHORIZED:
        return {"error": {"code": "PermissionDenied", "message": _FOUNDRY_401}}
    return _azure(refusal, request_id)


def _dashscope(refusal: Refusal, request_id: str) -> JSONObject:
    code = _DASHSCOPE_CODES[refusal.status]
    message = "Invalid API-key provided." if code == "InvalidApiKey" else refusal.message
    return {"code": code, "message": message, "request_id": request_id}


def _bee(refusal: Refusal, _request_id: str) -> JSONObject:
    return {"error": {"code": _BEE_CODES[refusal.status], "message": refusal.message}}


def _fastapi(refusal: Refusal, _request_id: str) -> JSONObject:
    return {"detail": refusal.message}


def _swapped(refusal: Refusal, _request_id: str) -> JSONObject:
    body = _openai(refusal, "")
    error = body["error"]
    error["message"], error["type"] = error["type"], error["message"]
    return body


def _empty(_refusal: Refusal, _request_id: str) -> None:
    return None


_SHAPES: dict[ErrorShape, Callable[[Refusal, str], JSONObject | None]] = {
    "openai": _openai,
    "azure": _azure,
    "foundry": _foundry,
    "dashscope": _dashscope,
    "bee": _bee,
    "fastapi": _fastapi,
    "swapped": _swapped,
    "empty": _empty,
}
