"""Why a request is refused, in OpenAI's own terms; each profile words the body in its own shape.

The texts of the errors that have been seen on the wire are the recorded ones.
"""

from typing import Any

import attrs

FILE_SEARCH_CONTENT = "step_details.tool_calls[*].file_search.results[*].content"


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


def include_unsupported() -> Refusal:
    message = "Unknown parameter: 'include[]'."
    return Refusal(status=400, message=message, code="unknown_parameter", param="include[]")


def both_cursors() -> Refusal:
    message = "'after' and 'before' are mutually exclusive."
    return Refusal(status=400, message=message, code="invalid_value", param="before")
