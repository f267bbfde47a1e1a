"""Whole threads: their messages, runs and steps, read with as few requests as possible.

async for history in read_threads(client, ["thread_abc", "thread_def"]):
print(history.thread_id, len(history.turns.turns))
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterable, Iterable
from contextlib import aclosing
from typing import TYPE_CHECKING

from attrs import frozen

from openai_steps import RunRef, RunStep
from openai_steps._arguments import check_list, check_positive
from openai_steps._tasks.fleet import run_fleet
from openai_steps.conversation import ThreadHistory

if TYPE_CHECKING:
    from openai_steps import AsyncStepsClient

__all__ = ["FailedThread", "read_thread", "read_threads"]


@frozen(kw_only=True)
class FailedThread:
    """A thread that could not be read.

    Attributes:
        thread_id: The thread.
        error: The reason.
    """

    thread_id: str
    error: Exception


async def read_thread(
    client: AsyncStepsClient, thread_id: str, *, include: Iterable[str] = (), with_object: bool = False
) -> ThreadHistory:
    """Read a thread: the list of its runs, the list of its messages, and the list of each run's steps.

    Args:
        client: Reads them; three requests for a thread of one run, one more for each further run.
        thread_id: The thread.
        include: More to send with steps, such as `INCLUDE_FILE_SEARCH_CONTENT`.
        with_object: Whether to read the thread's own object, too, which has its metadata: one request more.

    Returns:
        The thread.

    Raises:
        NotFoundError: If there is no such thread.
        StepsError: If anything else went wrong.
        ValueError: If an argument makes no sense.
    """
    names = tuple(include)
    thread = await client.get_thread(thread_id) if with_object else None
    runs = await client.collect_runs(thread_id, order="asc")
    messages = await client.collect_messages(thread_id, order="asc")
    steps: dict[str, tuple[RunStep, ...]] = {}
    refs = [RunRef(thread_id, run.id) for run in runs]
    async with aclosing(client.read_runs(refs, include=names, in_order=True)) as results:
        async for result in results:
            if result.error is not None:
                raise result.error
            steps[result.run_id] = result.steps
    return ThreadHistory(thread_id=thread_id, messages=messages, runs=runs, steps=steps, thread=thread)


async def read_threads(
    client: AsyncStepsClient,
    thread_ids: Iterable[str] | AsyncIterable[str],
    *,
    concurrency: int = 8,
    include: Iterable[str] = (),
    with_object: bool = False,
) -> AsyncGenerator[ThreadHistory | FailedThread, None]:
    """Read many threads, several at once. A thread that cannot be read does not stop the others.

    Args:
        client: Reads them; its ``rate_limiter`` bounds the requests.
        thread_ids: Which threads.
        concurrency: The most threads to read at once.
        include: More to send with steps, such as `INCLUDE_FILE_SEARCH_CONTENT`.
        with_object: Whether to read each thread's own object, too, which has its metadata: one request more.

    Yields:
        The threads in the order of the given ids, each one read or with its error.

    Raises:
        ValueError: If an argument makes no sense.
        Exception: Whatever ``thread_ids`` itself raises, after the threads before it have been yielded.
    """
    check_positive("concurrency", concurrency)
    check_list("thread_ids", thread_ids, "ids")
    check_list("include", include, "names")
    names = tuple(include)

    async def read(thread_id: str) -> ThreadHistory | FailedThread:
        try:
            return await read_thread(client, thread_id, include=names, with_object=with_object)
        except RuntimeError:  # the client is closed, which is no thread's error
            raise
        except Exception as error:  # any other error is this thread's
            return FailedThread(thread_id=thread_id, error=error)

    async with aclosing(run_fleet(thread_ids, read, concurrency=concurrency, in_order=True)) as results:
        async for result in results:
            yield result
