"""The index: where each object is, the state of each run, and what could not be read. An SQLite file."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final

from attrs import frozen

from openai_steps.archive._layout import INDEX, VERSION, ArchiveError, Entry, Group, Place

_SCHEMA: Final = f"""
CREATE TABLE object (
    kind TEXT, thread_id TEXT, run_id TEXT, number INTEGER, id TEXT,
    file INTEGER, offset INTEGER, length INTEGER, sha256 BLOB,
    PRIMARY KEY (kind, thread_id, run_id, number)
) WITHOUT ROWID;
CREATE TABLE run (
    thread_id TEXT, run_id TEXT, status TEXT, finished INTEGER, steps INTEGER, place INTEGER,
    PRIMARY KEY (thread_id, run_id)
) WITHOUT ROWID;
CREATE TABLE thread (thread_id TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE missing (
    kind TEXT, thread_id TEXT, run_id TEXT, id TEXT, error TEXT, message TEXT,
    PRIMARY KEY (kind, thread_id, run_id, id)
) WITHOUT ROWID;
CREATE TABLE content (file_id TEXT PRIMARY KEY, sha256 TEXT, bytes INTEGER) WITHOUT ROWID;
CREATE TABLE objects_file (number INTEGER PRIMARY KEY, end INTEGER);
PRAGMA user_version = {VERSION};
"""


@frozen
class Missing:
    """Something that could not be read, and why.

    Attributes:
        kind: What it is: ``thread``, ``messages``, ``runs``, ``run``, ``file`` or ``content``.
        thread_id: Its thread; empty for a file.
        run_id: Its run, if it has one.
        id: Its own id, if that is another.
        error: The name of the error.
        message: The error's message.
    """

    kind: str
    thread_id: str = ""
    run_id: str = ""
    id: str = ""
    error: str = ""
    message: str = ""


@frozen
class RunState:
    """The state of a run in the archive.

    Attributes:
        thread_id: Its thread.
        run_id: Its id.
        status: Its status when it was read, if the server sent one.
        finished: Whether that status is final.
        steps: How many steps there are.
    """

    thread_id: str
    run_id: str
    status: str | None
    finished: bool
    steps: int


class Index:
    """The index of an archive.

    Args:
        folder: The archive.
        write: Whether to write, which locks out other writers.

    Raises:
        ArchiveError: If there is no index, it is damaged, or another process writes it.
    """

    def __init__(self, folder: Path, *, write: bool = False) -> None:
        path = folder / INDEX
        if not write and not path.exists():
            raise ArchiveError(f"{folder.name} has no {INDEX}: `openai-steps verify --rebuild` makes one.")
        with _as_archive_errors():
            self._db = sqlite3.connect(path, timeout=0, isolation_level=None) if write else _open_to_read(path)
        try:
            self._begin(write=write)
        except BaseException:
            self._db.close()
            raise

    def _begin(self, *, write: bool) -> None:
        with _as_archive_errors():
            if write:
                self._prepare()
            version = self._db.execute("PRAGMA user_version").fetchone()[0]
        if version == 0:
            raise ArchiveError(f"{INDEX} is empty: the export was broken off as it began. Start it again.")
        if version != VERSION:
            raise ArchiveError(f"{INDEX} has the layout {version}, and this version of openai-steps knows {VERSION}.")

    def _prepare(self) -> None:
        """Lock the file until it is closed, and make the tables if there are none."""
        self._db.executescript("PRAGMA locking_mode = EXCLUSIVE; PRAGMA synchronous = FULL;")
        self._db.execute("BEGIN EXCLUSIVE")  # the lock stays when this transaction ends
        if not self._db.execute("PRAGMA user_version").fetchone()[0]:
            self._db.execute("COMMIT")
            self._db.executescript(f"BEGIN EXCLUSIVE; {_SCHEMA}")
        self._db.execute("COMMIT")

    def close(self) -> None:
        """Close the file, and release the lock."""
        self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit all changes of the block to the disk, or none."""
        with _as_archive_errors():
            self._db.execute("BEGIN")
            try:
                yield
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    # --- Writing --------------------------------------------------------------------------------------------------

    def replace(self, group: Group, entries: Iterable[Entry]) -> None:
        """Replace the objects of a group."""
        self._db.execute("DELETE FROM object WHERE (kind, thread_id, run_id) = (?, ?, ?)", _key(group))
        self._db.executemany(
            "INSERT INTO object VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                (*_key(group), e.number, e.id, e.place.file, e.place.offset, e.place.length, e.place.sha256)
                for e in entries
            ),
        )

    def set_run(self, state: RunState) -> None:
        """Note the state of a run; a new one is placed after the others."""
        self._db.execute(
            "INSERT INTO run VALUES (?, ?, ?, ?, ?, (SELECT COALESCE(MAX(place), 0) + 1 FROM run)) "
            "ON CONFLICT DO UPDATE SET status = excluded.status, finished = excluded.finished, steps = excluded.steps",
            (state.thread_id, state.run_id, state.status, state.finished, state.steps),
        )
        self._db.execute(
            "DELETE FROM missing WHERE (kind, thread_id, run_id) = ('run', ?, ?)", (state.thread_id, state.run_id)
        )

    def set_thread(self, thread_id: str) -> None:
        """Note that a thread was read completely."""
        self._db.execute("INSERT OR IGNORE INTO thread VALUES (?)", (thread_id,))
        for kind in ("thread", "messages"):
            self.clear_missing(kind, thread_id)

    def is_whole(self, thread_id: str) -> bool:
        """Return whether a thread was read completely, with all its runs."""
        read = self._all("SELECT 1 FROM thread WHERE thread_id = ?", (thread_id,))
        return bool(read) and not self._all("SELECT 1 FROM missing WHERE thread_id = ?", (thread_id,))

    def set_missing(self, missing: Missing) -> None:
        """Note what could not be read."""
        values = (missing.kind, missing.thread_id, missing.run_id, missing.id, missing.error, missing.message)
        self._db.execute("INSERT OR REPLACE INTO missing VALUES (?, ?, ?, ?, ?, ?)", values)

    def clear_missing(self, kind: str, thread_id: str = "", object_id: str = "") -> None:
        """Note that something could be read after all."""
        self._db.execute("DELETE FROM missing WHERE (kind, thread_id, id) = (?, ?, ?)", (kind, thread_id, object_id))

    def set_content(self, file_id: str, sha256: str, size: int) -> None:
        """Note which content a file has."""
        self._db.execute("INSERT OR REPLACE INTO content VALUES (?, ?, ?)", (file_id, sha256, size))

    def set_end(self, number: int, end: int) -> None:
        """Note the end of the valid part of a file of objects."""
        self._db.execute("INSERT OR REPLACE INTO objects_file VALUES (?, ?)", (number, end))

    # --- Reading --------------------------------------------------------------------------------------------------

    def entries(self, group: Group) -> list[Entry]:
        """Return the objects of a group, oldest first."""
        rows = self._all(
            "SELECT number, id, file, offset, length, sha256 FROM object "
            "WHERE (kind, thread_id, run_id) = (?, ?, ?) ORDER BY number",
            _key(group),
        )
        return [Entry(group, number, object_id, Place(*place)) for number, object_id, *place in rows]

    def groups(self, kind: str) -> list[Group]:
        """Return the groups of a kind that have objects."""
        rows = self._all("SELECT DISTINCT kind, thread_id, run_id FROM object WHERE kind = ?", (kind,))
        return [Group(*row) for row in rows]

    def thread_ids(self) -> list[str]:
        """Return the id of each thread that has an object or a run, in the order of the ids."""
        query = "SELECT thread_id FROM object WHERE thread_id <> '' UNION SELECT thread_id FROM run ORDER BY 1"
        return [row[0] for row in self._all(query)]

    def runs(self, thread_id: str | None = None) -> list[RunState]:
        """Return the state of each run, of one thread or of all, in the order in which they were added."""
        columns = "SELECT thread_id, run_id, status, finished, steps FROM run"
        if thread_id is None:
            rows = self._all(f"{columns} ORDER BY place")
        else:
            rows = self._all(f"{columns} WHERE thread_id = ? ORDER BY place", (thread_id,))
        return [RunState(thread, run, status, bool(finished), steps) for thread, run, status, finished, steps in rows]

    def missing(self) -> list[Missing]:
        """Return what could not be read."""
        return [Missing(*row) for row in self._all("SELECT * FROM missing")]

    def contents(self) -> dict[str, tuple[str, int]]:
        """Return the checksum and the size of each file's content, by the file's id."""
        return {file_id: (sha256, size) for file_id, sha256, size in self._all("SELECT * FROM content")}

    def ends(self) -> dict[int, int]:
        """Return the end of the valid part of each file of objects, by its number."""
        return dict(self._all("SELECT number, end FROM objects_file"))

    def counts(self) -> dict[str, int]:
        """Return how many objects there are of each kind."""
        return dict(self._all("SELECT kind, COUNT(*) FROM object GROUP BY kind"))

    def _all(self, query: str, values: tuple[Any, ...] = ()) -> list[Any]:
        with _as_archive_errors():
            return self._db.execute(query, values).fetchall()


def _key(group: Group) -> tuple[str, str, str]:
    return group.kind, group.thread_id, group.run_id


def _open_to_read(path: Path) -> sqlite3.Connection:
    address = f"{path.absolute().as_uri()}?mode=ro"
    database = sqlite3.connect(address, uri=True, timeout=0, check_same_thread=False)
    try:
        database.execute("PRAGMA user_version").fetchone()
    except sqlite3.DatabaseError as error:
        database.close()
        if "readonly" not in str(error):
            raise
        # A process was killed within a transaction, and only a writer can roll that back.
        with closing(sqlite3.connect(path, timeout=0)) as writable:
            writable.execute("PRAGMA user_version").fetchone()
        return sqlite3.connect(address, uri=True, timeout=0, check_same_thread=False)
    return database


@contextmanager
def _as_archive_errors() -> Iterator[None]:
    """Turn SQLite's errors into an ArchiveError with what to do."""
    try:
        yield
    except sqlite3.OperationalError as error:
        if "locked" in str(error):
            raise ArchiveError(f"Another process is writing this archive ({INDEX} is locked).") from None
        raise ArchiveError(f"{INDEX} cannot be used: {error}.") from error
    except sqlite3.DatabaseError as error:
        raise ArchiveError(
            f"{INDEX} is damaged: {error}. `openai-steps verify ARCHIVE --rebuild` makes it anew from the objects."
        ) from error
