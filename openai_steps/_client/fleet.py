"""The verb for many runs at once."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterable, Iterable
from contextlib import aclosing
from typing import Any

from openai_steps._arguments import MAX_PAGE_SIZE, ArgumentError, check_positive
from openai_steps._client.lists import Reading
from openai_steps._client.requests import Names, names_of
from openai_steps._client.steps import StepVerbs
from openai_steps._http.replies import Reply
from openai_steps._models.pages import Page, StepPage
from openai_steps._models.raw import RawStepPage, RunTexts
from openai_steps._models.runs import Order, RunRef, RunSteps
from openai_steps._models.steps import UnreadableStep
from openai_steps._settings import Timeouts
from openai_steps._tasks.fleet import run_fleet
from openai_steps._tasks.prefetch import PageReader
from openai_steps._walks.start import check_walk
from openai_steps._walks.unreadable import Odd, check_odd


class _StepTexts:
    """Keeps the texts of a run's steps by id, since a walk may pass on only a part of a page."""

    def __init__(self) -> None:
        self.of_step: dict[str, bytes] = {}

    def note(self, reply: Reply, model: Any) -> None:
        """Note a page."""
        if isinstance(model, StepPage):
            self.of_step.update(zip((step.id for step in model.data), model.raw or (), strict=True))


class FleetVerbs(StepVerbs):
    """Reads the steps of many runs."""

    async def read_runs(
        self,
        runs: Iterable[RunRef] | AsyncIterable[RunRef],
        *,
        concurrency: int = 16,
        order: Order = "asc",
        include: Iterable[str] = (),
        in_order: bool = False,
        page_size: int = MAX_PAGE_SIZE,
        verify_paging: bool = False,
        timeout: Timeouts | float | None = None,
        odd: Odd = "raise",
        raw: bool = False,
    ) -> AsyncGenerator[RunSteps, None]:
        """Read the steps of many runs, several at once. A run that cannot be read does not stop the others.

        Args:
            runs: Which runs. They are taken one by one, as there is room, and may be endless.
            concurrency: The most runs to read at once. Those that wait for you count, too: while you take none, no
                more are read.
            order: The order of each run's steps. ``asc``: oldest first, ``desc``: newest first.
            include: More to send, such as `INCLUDE_FILE_SEARCH_CONTENT`.
            in_order: Whether to yield in the order of ``runs``, instead of each run as soon as it is read. Up to twice
                ``concurrency`` runs are then held.
            page_size: The most steps in one answer, 1 to 100.
            verify_paging: Trust nothing about the server's pages, at the cost of more requests for each run.
            timeout: Instead of the client's, for each request.
            odd: What to do with a step that cannot be read: ``raise``: it ends its run, with the steps before it and
                an error; ``keep``: it goes into ``unreadable``.
            raw: Whether to keep the server's text of each step, in ``raw``.

        Yields:
            Each run with all its steps, or with its error and the steps read before it.

        Raises:
            ValueError: If an argument makes no sense. A malformed id is its run's error instead.
            Exception: Whatever ``runs`` itself raises, after the runs before it have been yielded.
        """
        check_walk(order=order, page_size=page_size)  # before any run fails for it
        names = self._check_fleet(concurrency, include, odd)
        how = Reading(order=order, page_size=page_size, verify_paging=verify_paging, timeout=timeout, odd=odd)

        async def read(run: RunRef) -> RunSteps:
            texts = _StepTexts() if raw else None
            client = self if texts is None else self._keeping(texts)
            steps, unreadable, failure = await client._read_run(StepPage, run, names, how)
            return RunSteps(
                thread_id=run.thread_id,
                run_id=run.run_id,
                steps=tuple(steps),
                unreadable=tuple(unreadable),
                error=failure,
                raw=None if texts is None else tuple([texts.of_step[step.id] for step in steps]),
            )

        async with aclosing(run_fleet(runs, read, concurrency=concurrency, in_order=in_order)) as results:
            async for result in results:
                yield result

    async def _read_texts(
        self, runs: Iterable[RunRef] | AsyncIterable[RunRef], *, concurrency: int, include: Iterable[str]
    ) -> AsyncGenerator[RunTexts, None]:
        """Read the steps of many runs as the server's own texts, oldest first; see `read_runs` for the rest."""
        names = self._check_fleet(concurrency, include, "keep")
        how = Reading(order="asc", odd="keep")

        async def read(run: RunRef) -> RunTexts:
            steps, unreadable, failure = await self._read_run(RawStepPage, run, names, how)
            return RunTexts(
                thread_id=run.thread_id,
                run_id=run.run_id,
                texts=() if failure is not None else tuple([step.raw for step in steps]),
                unreadable=tuple(unreadable),
                error=failure,
                steps_read=len(steps),
            )

        async with aclosing(run_fleet(runs, read, concurrency=concurrency)) as results:
            async for result in results:
                yield result

    def _check_fleet(self, concurrency: int, include: Iterable[str], odd: Odd) -> Names:
        check_positive("concurrency", concurrency)
        names = names_of(include)
        check_odd(odd)
        self._steps_of("thread", "run", names).build()
        self._transport.check_usable()  # raises its error before tasks are made
        return names

    async def _read_run(
        self, kind: type[Page[Any]], run: RunRef, names: Names, how: Reading
    ) -> tuple[list[Any], list[UnreadableStep], Exception | None]:
        """Return the steps of a run as the kind of page has them, and what ended the reading too early."""
        if not isinstance(run, RunRef):
            raise ArgumentError("runs", f"must be RunRef(thread_id, run_id), not {run!r}.")
        listing = self._listing_of(kind, run.thread_id, run.run_id, names)
        walk, odd_steps = self._start(listing, how)
        reader = PageReader(walk, self._fetcher(listing, how.timeout, odd_steps), prefetch=False)
        steps: list[Any] = []
        unreadable: list[UnreadableStep] = []
        try:
            while pages := await reader.read():
                for page in pages:
                    odd_steps.sort(page.data, steps, unreadable)
            unreadable.extend(odd_steps.rest())
        except Exception as error:  # any other error, such as a credential's, is this run's, too
            return steps, unreadable, error
        return steps, unreadable, None
