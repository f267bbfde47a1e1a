"""Why a request is refused, in OpenAI's own terms; each profile words the body in its own shape.

Texts of errors that have been seen on the wire are the recorded ones.
"""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import attrs

from openai_steps.emulator._profile import ErrorShape
from openai_steps.emulator._wire import JSONObject

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
# Only InvalidApiKey has been seen on the wire; the others are from its documentation.
_DASHSCOPE_CODES = {400: "InvalidParameter", 401: "InvalidApiKey", 404: "NotFound", 405: "MethodNotAllowed"}
_BEE_CODES = {400: "invalid_input", 401: "auth_error", 404: "not_found", 405: "method_not_allowed"}


def error_body(refusal: Refusal, shape: ErrorShape, request_id: str) -> JSONObject | None:
    """Return the body that answers a refused request.

    Args:
        refusal: Why it is refused.
        shape: The kind of server.
        request_id: The request id, which some bodies carry.

    Returns:
        The JSON body; None if the answer has no body.
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


@attrs.frozen(kw_only=True)
class Refusal(Exception):
    """A request that the server answers with an error.

    Args:
        status: HTTP status.
        message: What is wrong, for people.
        code: OpenAI's error code, if it has one.
        param: The parameter at fault, if there is one.
        at_gateway: Whether a gateway in front of the service answers, as Azure's do for
            credentials, API versions and paths.
    """

    status: int
    message: str
    code: str | None = None
    param: str | None = None
    at_gateway: bool = False

    def __str__(self) -> str:
        return f"{self.status}: {self.message}"


def no_key() -> Refusal:
    message = "You didn't provide an API key. Provide it in the Authorization header."
    return Refusal(status=401, message=message, at_gateway=True)


def wrong_key() -> Refusal:
    message = (
        "Incorrect API key provided: ****. You can find your API key at https://platform.openai.com/account/api-keys."
    )
    return Refusal(status=401, message=message, code="invalid_api_key", at_gateway=True)


def bad_beta(sent: str | None, demanded: str) -> Refusal:
    opening = (
        "The v1 Assistants API has been deprecated."
        if sent == "assistants=v1"
        else "You must provide the 'OpenAI-Beta' header to access the Assistants API."
    )
    message = f"{opening} Please try again by setting the header 'OpenAI-Beta: {demanded}'."
    return Refusal(status=400, message=message, code="invalid_beta")


def no_version() -> Refusal:
    message = "The api-version query parameter (?api-version=) is required for all requests."
    return Refusal(status=400, message=message, code="MissingApiVersionParameter", at_gateway=True)


def bad_version(version: str) -> Refusal:
    message = f"Unsupported api-version '{version}'."
    return Refusal(status=400, message=message, code="UnsupportedApiVersionValue", at_gateway=True)


def unknown_url(method: str, path: str) -> Refusal:
    return Refusal(status=404, message=f"Invalid URL ({method} {path})", at_gateway=True)


def not_found(kind: str, ident: str, *, status: int = 404, param: str | None = None) -> Refusal:
    return Refusal(status=status, message=f"No {kind} found with id '{ident}'.", param=param)


def limit_not_a_number(text: str) -> Refusal:
    message = f"Invalid type for 'limit': expected an integer, but got '{text}' instead."
    return Refusal(status=400, message=message, code="invalid_type", param="limit")


def limit_over(limit: int, most: int) -> Refusal:
    message = f"Invalid 'limit': integer above maximum value. Expected a value <= {most}, but got {limit} instead."
    return Refusal(status=400, message=message, code="integer_above_max_value", param="limit")


def limit_under(limit: int) -> Refusal:
    message = f"Invalid 'limit': integer below minimum value. Expected a value >= 1, but got {limit} instead."
    return Refusal(status=400, message=message, code="integer_below_min_value", param="limit")


def bad_value(param: str, value: Any, supported: tuple[str, ...]) -> Refusal:
    choices = " and ".join(f"'{one}'" for one in supported)
    message = f"Invalid value: '{value}'. Supported values are: {choices}."
    return Refusal(status=400, message=message, code="invalid_value", param=param)


def unknown_parameter(param: str) -> Refusal:
    return Refusal(status=400, message=f"Unknown parameter: '{param}'.", code="unknown_parameter", param=param)


def session_key_only(path: str) -> Refusal:
    message = (
        f"Your request to GET {path} must be made with a session key (that is, it can only be made from the "
        "browser). You made it with the following key type: secret."
    )
    return Refusal(status=401, message=message, code="missing_scope")


def wrong_method() -> Refusal:
    return Refusal(status=405, message="Method Not Allowed", at_gateway=True)


def no_such_range() -> Refusal:
    return Refusal(status=416, message="The requested range cannot be satisfied.")


def both_cursors() -> Refusal:
    message = "'after' and 'before' are mutually exclusive."
    return Refusal(status=400, message=message, code="invalid_value", param="before")
