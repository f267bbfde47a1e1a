"""The manifest: the server, what was asked for and when, the counts, and what is missing and why."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from attrs import Factory, asdict, define, field

from openai_steps._files import replacing
from openai_steps._sending.clock import utc_now
from openai_steps._words import iso
from openai_steps.archive._index import Missing
from openai_steps.archive._layout import MANIFEST, VERSION, ArchiveError

_MARK: Final = "openai_steps_archive"
_CHECKSUM: Final = "sha256"


@define(kw_only=True)
class Manifest:
    """The content of ``manifest.json``.

    Attributes:
        server: The provider and the base URL that were asked; no key, and no value of a header.
        asked: What was asked for: threads, or all; ``include``; whether files.
        redacted: The JSON paths whose values were taken out, so that these objects are not the bytes the server sent.
        masked: How many objects echoed a key of the client, which was masked.
        sessions: The exports into this archive: ``started``, ``ended`` and ``result`` of each.
        counts: How many objects there are of each kind.
        unfinished_runs: How many runs had not ended when they were read.
        missing: What could not be read, and why.
    """

    server: dict[str, str]
    asked: dict[str, Any]
    redacted: Sequence[str] = ()
    masked: int = 0
    sessions: list[dict[str, str | None]] = field(factory=list)
    counts: Mapping[str, int] = Factory(dict)
    unfinished_runs: int = 0
    missing: Sequence[Missing] = ()

    @property
    def is_complete(self) -> bool:
        """Whether the last session was completed."""
        return bool(self.sessions) and self.sessions[-1]["result"] == "complete"

    def begin_session(self) -> None:
        """Note the start of a session."""
        self.sessions.append({"started": _now(), "ended": None, "result": "interrupted"})

    def end_session(self, *, complete: bool) -> None:
        """Note the end and the result of the session."""
        self.sessions[-1] |= {"ended": _now(), "result": "complete" if complete else "interrupted"}

    def write(self, folder: Path) -> None:
        """Write the manifest atomically, and sync it to the disk."""
        said = asdict(self)
        data = json.dumps({_MARK: VERSION, _CHECKSUM: _checksum(said), **said}, indent=2, ensure_ascii=False)
        with replacing(folder / MANIFEST, over=True) as temporary:
            temporary.write_text(data + "\n", encoding="utf-8", errors="backslashreplace")


def read_manifest(folder: Path) -> Manifest:
    """Read the manifest of an archive.

    Raises:
        ArchiveError: If the folder is not an archive, or the manifest is damaged.
    """
    path = folder / MANIFEST
    try:
        said = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise ArchiveError(f"{folder.name} is not an archive: it has no {MANIFEST}.") from None
    except (OSError, ValueError, RecursionError) as error:
        raise ArchiveError(f"{MANIFEST} cannot be read: {error}.") from error
    if not isinstance(said, dict) or _MARK not in said:
        raise ArchiveError(f"{folder.name} is not an archive of openai-steps: its {MANIFEST} says something else.")
    if said.pop(_MARK) != VERSION:
        raise ArchiveError(f"{folder.name} has another layout than {VERSION}: a newer openai-steps may read it.")
    written = said.pop(_CHECKSUM, None)  # older manifests have none
    if written not in (None, _checksum(said)):
        raise ArchiveError(
            f"{MANIFEST} is damaged, or was edited: it does not fit its {_CHECKSUM}. Put it back, or remove the line "
            f'"{_CHECKSUM}" to use it as it is.'
        )
    try:
        said["missing"] = [Missing(**one) for one in said.get("missing", ())]
        manifest = Manifest(**said)
    except TypeError as error:
        raise ArchiveError(f"{MANIFEST} is damaged: {error}.") from error
    for name, wanted in (("server", _SERVER), ("sessions", _SESSION)):
        told = getattr(manifest, name)
        for one in told if isinstance(told, list) else [told]:
            if not isinstance(one, dict) or not wanted <= one.keys():
                raise ArchiveError(f"{MANIFEST} is damaged: {name} lacks {', '.join(sorted(wanted))}.")
    return manifest


def _checksum(said: dict[str, Any]) -> str:
    """Return the checksum of what a manifest says, however it is laid out."""
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


_SERVER: Final = frozenset({"provider", "base_url"})
_SESSION: Final = frozenset({"started", "ended", "result"})


def _now() -> str:
    return iso(utc_now(), "seconds")
