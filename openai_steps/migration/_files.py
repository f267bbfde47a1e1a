"""Migrations as files, one for each thread."""

from __future__ import annotations

import hashlib
import json
import re
from os import PathLike
from pathlib import Path
from typing import Any, Final

from openai_steps.migration._migrate import Migration

_PLAIN: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")


def write_migration(migration: Migration, folder: str | PathLike[str]) -> Path:
    """Write a migration into a new file: ``{"thread_id", "conversation", "batches", "lost"}``.

    Args:
        migration: The migration.
        folder: The folder, which is made if need be. The file's name is ``THREAD.json``, or a checksum if the thread's
            id is not a plain name.

    Returns:
        The file.

    Raises:
        FileExistsError: If it exists already.
        OSError: If it cannot be written.
    """
    where = Path(folder)
    where.mkdir(parents=True, exist_ok=True)
    name = migration.thread_id
    if not _PLAIN.fullmatch(name):
        name = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()
    path = where / f"{name}.json"
    body: dict[str, Any] = {
        "thread_id": migration.thread_id,
        "conversation": {"metadata": migration.metadata},
        "batches": migration.batches,
        "lost": [lost.as_json() for lost in migration.lost],
    }
    text = json.dumps(body, indent=1, ensure_ascii=False)
    with open(path, "x", encoding="utf-8", errors="backslashreplace") as file:
        file.write(text + "\n")
    return path
