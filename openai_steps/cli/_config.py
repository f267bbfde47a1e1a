"""Connections by name: ``~/.config/openai-steps/config.toml``, which says where keys are and holds none.

default = "bakery"

[connections.bakery]
provider = "azure_foundry"
base_url = "https://bakery.services.ai.azure.com/api/projects/orders"
api_key_command = "pass show bakery"
"""

from __future__ import annotations

import os
import stat
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import attrs

from openai_steps._secrets import hide, secrets_in
from openai_steps.cli._connection import PROVIDER_OPTIONS
from openai_steps.cli._terminal import Failure, in_words

# The settings of a connection and their types; the names are those of the options.
_KEYS: Final[Mapping[str, type | tuple[type, ...]]] = {
    "provider": str,
    **dict.fromkeys((name for name in PROVIDER_OPTIONS if name != "api_key"), str),
    "headers": dict,
    "api_key_env": str,
    "api_key_command": (str, list),
    "proxy": str,
    "cacert": str,
    "timeout": (int, float),
    "retries": int,
}
_NO_PLACE: Final = "No keys in this file: name the variable that holds it (api_key_env), or a command (api_key_command)"


def config_file() -> Path:
    """Return the path of the file: below ``XDG_CONFIG_HOME``, or its default."""
    home = os.environ.get("XDG_CONFIG_HOME", "")
    if not os.path.isabs(home):  # as the XDG specification demands
        home = os.environ.get("APPDATA", "") if sys.platform == "win32" else ""
    return Path(home or Path.home() / ".config") / "openai-steps" / "config.toml"


def connection_names() -> list[str]:
    """Return the names in the file; an empty list if it cannot be read."""
    try:
        return [*_Config.read(config_file()).connections]
    except Failure:
        return []


def read_connection(name: str | None) -> dict[str, Any]:
    """Return a connection's settings, by the names of the options.

    Args:
        name: Its name. None is the default one, if there is one.

    Raises:
        Failure: If there is no such connection, or the file is malformed, holds a key, or belongs to another user.
    """
    file = config_file()
    if name is None and not file.exists():
        return {}
    config = _Config.read(file)
    name = config.default if name is None else name
    if name is None:
        return {}
    if name not in config.connections:
        known = ", ".join(config.connections) or "no connections"
        raise Failure(f"{file} has no connection {name!r}; it has {known}.")
    return _checked(config.connections[name], place=f"{file}, connection {name!r}", name=name)


@attrs.frozen
class _Config:
    default: str | None
    connections: Mapping[str, Any]

    @classmethod
    def read(cls, file: Path) -> _Config:
        try:
            with open(file, "rb") as stream:
                _check_owner(os.fstat(stream.fileno()), file)
                content = tomllib.load(stream)
        except FileNotFoundError:
            raise Failure(f"There are no connections by name: {file} does not exist.") from None
        except OSError as error:
            raise Failure(in_words(error)) from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise Failure(f"{file}: {error}") from None
        default, connections = content.pop("default", None), content.pop("connections", {})
        tables = isinstance(connections, dict) and all(isinstance(each, dict) for each in connections.values())
        if content or not tables or not isinstance(default, str | None):
            raise Failure(f'{file} may hold default = "NAME" and tables [connections.NAME], nothing else.')
        return cls(default, connections)


def _check_owner(status: os.stat_result, file: Path) -> None:
    """Refuse a file that others can write: commands in it are run."""
    if sys.platform == "win32":
        return
    if status.st_uid not in (0, os.getuid()):
        raise Failure(f"{file} belongs to another user, and may name commands to run.")
    if status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise Failure(f"Others can write {file}, which may name commands to run.", hint=f"chmod go-w {file}")


def _checked(table: dict[str, Any], *, place: str, name: str) -> dict[str, Any]:
    """Return the checked settings, with the key itself in place of its source."""
    for key, value in table.items():
        if key == "api_key":
            raise Failure(f"{place}: {_NO_PLACE}.")
        if key not in _KEYS:
            raise Failure(f"{place} says {key!r}, which is not one of {', '.join(_KEYS)}.")
        if not isinstance(value, _KEYS[key]) or isinstance(value, bool):
            raise Failure(f"{place}: {key} is of the wrong type.")
    headers = table.get("headers", {})
    if not all(isinstance(value, str) for value in headers.values()):
        raise Failure(f"{place}: headers are text.")
    if secrets_in(headers) or table.get("key_header", "").lower() in map(str.lower, headers):
        raise Failure(f"{place}: {_NO_PLACE}.")
    if "@" in table.get("proxy", ""):
        raise Failure(f"{place}: No password of a proxy in this file: set HTTPS_PROXY instead.")
    settings = dict(table)
    variable, command = settings.pop("api_key_env", None), settings.pop("api_key_command", None)
    if variable is not None and command is not None:
        raise Failure(f"{place} says api_key_env and api_key_command: one of them is enough.")
    if variable is not None:
        settings |= {
            "api_key": hide(os.environ.get(variable, "")),
            "key_source": f"the environment variable {variable}",
        }
        if not settings["api_key"]:
            raise Failure(f"{place} takes its key from the environment variable {variable}, which is not set.")
    if command is not None:
        from openai_steps.cli._key import KeyCommand

        settings |= {"api_key": KeyCommand(command, name), "key_source": f"the command of the connection {name}"}
    return settings
