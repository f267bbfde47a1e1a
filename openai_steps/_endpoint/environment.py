"""Defaults for arguments that are left out: environment variables, and the version in a URL."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from openai_steps._arguments import ArgumentError
from openai_steps._endpoint.base_url import VERSION_PARAMETER, Query
from openai_steps._endpoint.credentials import ApiKey, AsyncTokenCredential
from openai_steps._secrets import hide


def find(given: str | None, name: str, *variables: str) -> tuple[str | None, str]:
    """Return the argument, or else the first variable that is set, and its name in an error."""
    if given is not None:
        return given, name
    found = ((os.environ.get(variable, "").strip(), variable) for variable in variables)
    return next((pair for pair in found if pair[0]), (None, name))


def token_or_key(
    api_key: ApiKey | None,
    credential: AsyncTokenCredential | None,
    *,
    scope: str | None,
    variables: tuple[str, ...] = (),
    file: Callable[[], tuple[str | None, str]] | None = None,
    missing: ArgumentError | None = None,
) -> dict[str, Any]:
    """Return the credential or the key, as arguments of `Endpoint`.

    Args:
        api_key: The key that was given.
        credential: The credential that was given.
        scope: What the credential's tokens are for.
        variables: Where else to look for a key.
        file: Looks for it in a file, after that.
        missing: The error to raise if there is no key; None: send no credentials.
    """
    if credential is not None and api_key is not None:
        raise ArgumentError("api_key", "and credential are given: pass one, not both.")
    if credential is not None:
        source = f"the credential ({type(credential).__name__})"
        return {"credential": credential, "scope": scope, "key_source": source}
    if api_key is not None:
        return {"api_key": api_key, "key_source": "the api_key argument"}
    key, variable = find(None, "", *variables)
    source = f"the environment variable {variable}"
    if key is None and file is not None:
        key, source = file()
    if key is not None:
        return {"api_key": hide(key), "key_source": source}
    if missing is not None:
        raise missing
    return {"key_source": "none"}


def key_file(variable: str, default: str) -> tuple[str | None, str]:
    """Return the key in a file, and where it is from, in words; None if there is no file.

    Args:
        variable: The variable that names the file.
        default: The file to read if the variable is not set; it may be missing.
    """
    named, _ = find(None, "", variable)
    path = Path(named or default).expanduser()
    if named is None and not path.exists():
        return None, "none"
    try:
        key = hide(path.read_text("utf-8").strip())
        reason = "" if key else "it is empty"
    except OSError as error:
        reason = error.strerror or type(error).__name__
    except UnicodeDecodeError:
        reason = "it is not text"
    if reason:
        from_variable = f" that {variable} names" if named else ""
        raise ArgumentError("api_key", f"cannot be read from the file {str(path)!r}{from_variable}: {reason}.")
    return key, f"the file {path}"  # pyright: ignore[reportPossiblyUnboundVariable]


def with_version(query: Query, version: str | None) -> Query:
    """Return the query with this version of the API instead of its own; None leaves it out."""
    rest = tuple(pair for pair in query if pair[0] != VERSION_PARAMETER)
    return rest if version is None else (*rest, (VERSION_PARAMETER, version))
