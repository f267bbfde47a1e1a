"""`export_threads`: whole threads into an archive, whatever happens on the way."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterable, Callable, Iterable
from contextlib import aclosing
from os import PathLike
from pathlib import Path

from attrs import evolve, frozen

from openai_steps._arguments import check_list
from openai_steps._client.client import AsyncStepsClient
from openai_steps._errors import NotFoundError, StepsError
from openai_steps._files import replace
from openai_steps._models.extra import UnreadableItem
from openai_steps._models.messages import Message
from openai_steps._models.runs import Run, RunSteps
from openai_steps._models.steps import RunStep
from openai_steps._models.tool_calls import CodeInterpreterToolCall, ImageOutput
from openai_steps._tasks.fleet import run_fleet
from openai_steps.archive import ArchiveWriter, Missing, RunState
from openai_steps.archive._layout import content_file
from openai_steps.archive._redact import Redaction
from openai_steps.export._failures import Streak
from openai_steps.export._files import local_path
from openai_steps.export._own_texts import Texts


@frozen(kw_only=True)
class ThreadsProgress:
    """The progress or the result of an export of threads.

    Attributes:
        threads: Threads that were read completely, now or before.
        runs: Runs that were read.
        steps: Their steps.
        messages: Messages that were read.
        files: Files whose content was fetched.
        failures: Threads, runs and files that could not be read; the manifest names each.
        found: Threads that were complete before.
    """

    threads: int = 0
    runs: int = 0
    steps: int = 0
    messages: int = 0
    files: int = 0
    failures: int = 0
    found: int = 0

    def __add__(self, other: ThreadsProgress) -> ThreadsProgress:
        """Add each count."""
        return ThreadsProgress(
            threads=self.threads + other.threads,
            runs=self.runs + other.runs,
            steps=self.steps + other.steps,
            messages=self.messages + other.messages,
            files=self.files + other.files,
            failures=self.failures + other.failures,
            found=self.found + other.found,
        )


async def export_threads(
    client: AsyncStepsClient,
    thread_ids: Iterable[str] | AsyncIterable[str],
    out: str | PathLike[str],
    *,
    files: bool = False,
    update: bool = False,
    redact: Iterable[str] = (),
    concurrency: int = 8,
    include: Iterable[str] = (),
    on_progress: Callable[[ThreadsProgress], None] | None = None,
    give_up_after: int | None = 20,
) -> ThreadsProgress:
    """Read whole threads into an archive: threads, messages, runs and steps, each byte for byte as the server sent it.

    The same call goes on where an earlier one broke off, and reads what is missing. What cannot be read is named in the
    archive's manifest, and does not stop the rest.

    Args:
        client: Reads them; its ``rate_limiter`` bounds the requests.
        thread_ids: Which threads.
        out: The archive's folder, which is made if need be.
        files: Whether to fetch the files that messages and code interpreters name, too.
        update: Whether to read complete threads once more: what is new in them, and runs that had not ended.
        redact: JSON paths whose values are taken out, such as ``$.metadata.email``; see `openai_steps.archive`.
        concurrency: The most threads to read at once.
        include: More to ask for, such as `INCLUDE_FILE_SEARCH_CONTENT`.
        on_progress: Called after each thread.
        give_up_after: How many threads or runs in a row may fail in the same way before it stops. None: any number.

    Returns:
        The counts.

    Raises:
        ArchiveError: If ``out`` holds something else, or was begun with other settings, or another process uses it.
        ExportError: If too many in a row failed in the same way. The same call goes on.
        OSError: If a file cannot be written.
        RuntimeError: If the client was closed meanwhile.
        ValueError: If an argument makes no sense.
        Exception: Whatever ``thread_ids`` itself raises. What was read before is kept.
    """
    check_list("thread_ids", thread_ids, "ids")
    check_list("include", include, "names")
    check_list("redact", redact, "JSON paths")
    redaction = Redaction(tuple(redact))
    server = {"provider": client.endpoint.provider, "base_url": client.endpoint.base_url}
    asked = {"include": sorted(include), "files": files, "update": update}
    progress = ThreadsProgress()
    with ArchiveWriter(local_path(out), server=server, asked=asked, redacted=redaction.paths) as writer:
        reading = _Reading(client, writer, redaction, tuple(sorted(include)), Streak(give_up_after), files, update)
        jobs = run_fleet(thread_ids, reading.read_thread, concurrency=concurrency)
        async with aclosing(jobs) as results:
            async for done in results:
                progress += done
                if on_progress is not None:
                    on_progress(progress)
        progress += await reading.read_missing_files()
        writer.complete()
    return progress


class _Reading:
    """Reads threads into an archive."""

    def __init__(
        self,
        client: AsyncStepsClient,
        writer: ArchiveWriter,
        redaction: Redaction,
        include: tuple[str, ...],
        streak: Streak,
        files: bool,
        update: bool,
    ) -> None:
        self._client = client
        self._writer = writer
        self._redaction = redaction
        self._include = include
        self._streak = streak
        self._files = files
        self._update = update
        self._known_files = set(writer.index.contents())

    async def read_thread(self, thread_id: str) -> ThreadsProgress:
        """Read a thread, and return the counts."""
        if not self._update and self._writer.index.is_whole(thread_id):
            return ThreadsProgress(threads=1, found=1)
        texts = Texts(self._redaction)
        client = self._client._keeping(texts)
        done = ThreadsProgress()
        wanted: dict[str, None] = {}
        try:
            thread = await self._thread(client, texts, thread_id)
            known = {run.run_id: run for run in self._writer.index.runs(thread_id)}
            messages: list[tuple[str, bytes]] = []
            async with aclosing(client.iter_messages(thread_id, order="asc", odd="keep")) as found:
                async for message in found:
                    messages.append(texts.take(message))
                    if isinstance(message, Message):
                        wanted.update(dict.fromkeys(message.files))
            async with aclosing(client.iter_runs(thread_id, order="asc", odd="keep")) as runs:
                async for run in runs:
                    text = texts.take(run)
                    state = known.get(run.id or "")
                    if isinstance(run, Run) and not (state is not None and state.finished):
                        done += await self._run(client, texts, thread_id, run, text[1], wanted)
        except (StepsError, ValueError) as error:
            self._missing(Missing("thread", thread_id, error=type(error).__name__, message=str(error)), error)
            return evolve(done, failures=done.failures + 1)
        self._writer.manifest.masked += texts.masked
        for file_id in wanted if self._files else ():
            done += await self._file(client, texts, file_id)
        self._writer.add_thread(thread_id, thread, messages)
        return done + ThreadsProgress(threads=1, messages=len(messages))

    async def _thread(self, client: AsyncStepsClient, texts: Texts, thread_id: str) -> bytes | None:
        """Return a thread's object; None if the server has no such request, though it has the thread."""
        try:
            return texts.take(await client.get_thread(thread_id))[1]
        except (NotFoundError, ValueError):  # its messages and runs show whether it exists
            return None

    async def _run(
        self,
        client: AsyncStepsClient,
        texts: Texts,
        thread_id: str,
        run: Run,
        text: bytes,
        wanted: dict[str, None],
    ) -> ThreadsProgress:
        steps: list[tuple[str, bytes]] = []
        reader = client.iter_steps(thread_id, run.id, order="asc", include=self._include, odd="keep")
        try:
            async with aclosing(reader) as found:
                async for step in found:
                    steps.append(texts.take(step))
                    if self._files and not isinstance(step, UnreadableItem):
                        wanted.update(dict.fromkeys(_images(step)))
        except StepsError as error:
            self._missing(Missing("run", thread_id, run.id, error=type(error).__name__, message=str(error)), error)
            return ThreadsProgress(failures=1)
        self._streak.note(RunSteps(thread_id=thread_id, run_id=run.id, steps=()))
        state = RunState(thread_id, run.id, run.status, run.is_finished, len(steps))
        self._writer.add_run(state, text, steps)
        return ThreadsProgress(runs=1, steps=len(steps))

    async def read_missing_files(self) -> ThreadsProgress:
        """Fetch files that an earlier call could not."""
        done, texts = ThreadsProgress(), Texts(self._redaction)
        client = self._client._keeping(texts)
        for missing in self._writer.index.missing() if self._files else ():
            if missing.kind == "content":
                done += await self._file(client, texts, missing.id)
        return done

    async def _file(self, client: AsyncStepsClient, texts: Texts, file_id: str) -> ThreadsProgress:
        if file_id in self._known_files:
            return ThreadsProgress()
        self._known_files.add(file_id)
        # Never the server's name for it: a checksum of the id until that of the content is known.
        name = hashlib.sha256(file_id.encode("utf-8", "replace")).hexdigest()
        part = content_file(self._writer.folder, f"{name}.part")
        try:
            text = texts.take(await client.get_file(file_id))[1]
            part.unlink(missing_ok=True)
            await client.download_file(file_id, part)
        except (StepsError, ValueError) as error:
            self._missing(Missing("content", id=file_id, error=type(error).__name__, message=str(error)), None)
            return ThreadsProgress(failures=1)
        sha256, size = await asyncio.to_thread(_checksum, part)
        await asyncio.to_thread(replace, part, content_file(self._writer.folder, sha256))
        self._writer.add_file(file_id, text, sha256=sha256, size=size)
        return ThreadsProgress(files=1)

    def _missing(self, missing: Missing, error: Exception | None) -> None:
        self._writer.note_missing(missing)
        if error is not None:
            failed = missing.run_id or missing.thread_id
            self._streak.note(RunSteps(thread_id=missing.thread_id, run_id=failed, steps=(), error=error))


def _checksum(path: Path) -> tuple[str, int]:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest(), path.stat().st_size


def _images(step: RunStep) -> list[str]:
    """Return the ids of the images that a step's code drew."""
    return [
        output.image.file_id
        for call in step.tool_calls
        if isinstance(call, CodeInterpreterToolCall)
        for output in call.code_interpreter.outputs or ()
        if isinstance(output, ImageOutput)
    ]
