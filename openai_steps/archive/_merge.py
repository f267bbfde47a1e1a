"""Adds one archive to another."""

from __future__ import annotations

import shutil
from pathlib import Path

from openai_steps._files import replacing
from openai_steps.archive._archive import Archive
from openai_steps.archive._layout import Group, content_file
from openai_steps.archive._writer import ArchiveWriter


def add_archive(writer: ArchiveWriter, folder: Path) -> None:
    """Copy an archive into another one: objects byte for byte, what is missing, and the content of files.

    Args:
        writer: The archive to add to.
        folder: The archive to copy, which is left as it is.

    Raises:
        ArchiveError: If it is damaged.
        OSError: If a file cannot be read or written.
    """
    with Archive(folder) as source:
        for state in source.runs():
            steps = source._items(Group("step", state.thread_id, state.run_id))
            writer.add_run(state, source.run(state.thread_id, state.run_id), steps)
        for thread_id in source.thread_ids():
            if source.is_whole(thread_id):
                messages = source._items(Group("message", thread_id))
                writer.add_thread(thread_id, source.thread(thread_id), messages)
        for file_id in source.file_ids():
            _add_file(writer, source, file_id)
        for missing in source.missing:
            writer.note_missing(missing)
        writer.manifest.masked += source.manifest.masked


def _add_file(writer: ArchiveWriter, source: Archive, file_id: str) -> None:
    content, data = source.content(file_id), source.file(file_id)
    if data is None:
        return
    if content is None:
        writer.add_file(file_id, data, sha256=None)
        return
    target = content_file(writer.folder, content.name)
    if not target.exists():
        with replacing(target) as temporary:
            shutil.copyfile(content, temporary)
    writer.add_file(file_id, data, sha256=content.name, size=target.stat().st_size)
