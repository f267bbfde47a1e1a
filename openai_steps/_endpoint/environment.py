"""What a constructor finds where an argument is left out: environment variables, and the version in a URL."""

from __future__ import annotations

import os
from typing import Any

from openai_steps._arguments import ArgumentError
from openai_steps._endpoint.base_url import Query
from openai_steps._endpoint.credentials import ApiKey, AsyncTokenCredential
from openai_steps._secrets import hide


def find(given: str | None, name: str, *variables: str) -> tuple[str | None, str]:
    """Return the argument, or else the first variable that is set, and what to call it in an error."""
    if given is not None:
        return given, name
    found = ((os.environ.get(variable, "").strip(), variable) for variable in variables)
    return next((pair for pair in found if pair[0]), (None, name))


def find_key(given: ApiKey | None, *variables: str) -> tuple[ApiKey | None, str]:
    """Return the key and where it is from, in words."""
    if given is not None:
        return given, "the api_key argument"
    key, variable = find(None, "", *variables)
    return hide(key), "none" if key is None else f"the environment variable {variable}"


def entra_or_key(
    api_key: ApiKey | None,
    credential: AsyncTokenCredential | None,
    *,
    scope: str,
    variables: tuple[str, ...],
    missing: ArgumentError,
) -> dict[str, Any]:
    """Return who asks, as arguments of `Endpoint`: the credential or the key; without, raise ``missing``."""
    if credential is not None and api_key is not None:
        raise ArgumentError("api_key", "and credential are given: pass one, not both.")
    if credential is not None:
        source = f"the credential ({type(credential).__name__})"
        return {"credential": credential, "scope": scope, "key_source": source}
    key, source = find_key(api_key, *variables)
    if key is None:
        raise missing
    return {"api_key": key, "key_source": source}


def with_version(query: Query, version: str | None) -> Query:
    """Return the query with this version of the API instead of its own; None leaves it out."""
    rest = tuple(pair for pair in query if pair[0] != "api-version")
    return rest if version is None else (*rest, ("api-version", version))
