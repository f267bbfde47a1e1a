"""The layout of an archive's folder, and the values that describe its objects.

    ARCHIVE/
    ├── manifest.json          what was asked, of whom, when; how much came; what is missing, and why
    ├── objects-0001.json …    JSON values, one after the other: what the server sent, byte by byte
    ├── index.sqlite           where each object is, and its checksum; can be made anew from the objects
    └── files/SHA256           the content of files, by their checksum

Objects come in groups: a thread; its messages; a run; its steps. Before each group there is a header line of our own:
an object with the only key `HEADER`, which says where the group belongs and the id and length of each object in it. So
the index can be rebuilt, whatever ids a server leaves out of its objects.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final, Literal, TypeAlias

from attrs import frozen

Kind: TypeAlias = Literal["thread", "message", "run", "step", "file"]
"""The kind of an object."""

KINDS: Final[tuple[Kind, ...]] = ("thread", "message", "run", "step", "file")

HEADER: Final = "openai_steps"
"""The only key of a header in the files of objects: ``jq 'select(has("openai_steps") | not)'`` leaves headers out."""

VERSION: Final = 1
"""The version of the layout."""

MANIFEST: Final = "manifest.json"
INDEX: Final = "index.sqlite"
FILES: Final = "files"


class ArchiveError(Exception):
    """An archive that cannot be read or continued; the message says what to do."""


@frozen
class Group:
    """Where a group of objects belongs.

    Attributes:
        kind: The kind of the objects.
        thread_id: Their thread, or the thread itself; empty for files.
        run_id: Their run, or the run itself; empty for threads, messages and files.
    """

    kind: Kind
    thread_id: str = ""
    run_id: str = ""


@frozen
class Place:
    """Where an object is, and the checksum of its bytes.

    Attributes:
        file: The number of the file of objects.
        offset: Where in it the object begins.
        length: How many bytes it has.
        sha256: Their checksum.
    """

    file: int
    offset: int
    length: int
    sha256: bytes


@frozen
class Entry:
    """An object of a group.

    Attributes:
        group: Where it belongs.
        number: Its place in the group, from 0, oldest first.
        id: Its id; empty if it has no text id.
        place: Where it is.
    """

    group: Group
    number: int
    id: str
    place: Place


def objects_file(folder: Path, number: int) -> Path:
    """Return the path of a file of objects, by its number from 1."""
    return folder / f"objects-{number:04}.json"


def content_file(folder: Path, sha256: str) -> Path:
    """Return the path of a file's content, by its checksum: never a name that a server chose."""
    return folder / FILES / sha256
