"""Work on a Dask cluster: shares for the workers, and one rate limit for all of them."""

from __future__ import annotations

import asyncio
import inspect
import time
from collections.abc import Callable, Coroutine, Generator, Iterable, Mapping
from contextlib import AbstractContextManager, ExitStack, nullcontext
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, Final, Protocol, TypeVar, cast

from openai_steps._arguments import check_bound, check_positive
from openai_steps._client.client import AsyncStepsClient
from openai_steps._extras import needing
from openai_steps.export._failures import ExportError
from openai_steps.export._pace import burst_period, make_limiter, useful_concurrency

with needing("distributed", "openai-steps[dask]", what="openai_steps.export.cluster"):
    from distributed import Client, Future, Semaphore, as_completed
    from distributed.protocol.pickle import dumps as dumps_pickle
    from distributed.protocol.pickle import loads as loads_pickle

_MOST_WAITED: Final = 5.0  # seconds: a scheduler that exists answers at once


class Connect(Protocol):
    """Makes a client on a worker, such as `AsyncStepsClient` itself, or a ``functools.partial`` of it.

    For example, with a key that each worker reads from a file of its own::

        def connect(*, rate_limiter):
            key = Path("/run/secrets/openai").read_text().strip()
            return AsyncStepsClient(Endpoint.openai(api_key=key), rate_limiter=rate_limiter)
    """

    def __call__(self, *, rate_limiter: Any) -> AsyncStepsClient:
        """Return a new client with this limiter (None: without)."""
        ...


def check_work(connect: Connect, *, concurrency: int, max_per_second: float | None, share_size: int) -> None:
    """Check the arguments here, not on each worker, without making a client, whose key only workers may have."""
    check_positive("concurrency", concurrency)
    check_bound("max_per_second", max_per_second)
    check_positive("share_size", share_size)
    called = "call it as connect(rate_limiter=…), and get a new AsyncStepsClient"
    if not callable(connect) or inspect.iscoroutinefunction(connect):
        raise ValueError(f"connect must be a function that workers {called}, not {connect!r}.")
    try:
        inspect.signature(connect).bind(rate_limiter=None)
    except TypeError as error:
        raise ValueError(f"connect must be a function that workers {called}: {error}.") from None
    try:
        loads_pickle(dumps_pickle(connect))
    except Exception as error:  # an object's own pickling raises anything
        raise ValueError(f"connect cannot travel to the workers: {error}") from error


class Share(Protocol):
    """Work for one worker."""

    @property
    def part(self) -> Path:
        """The path of its result, which is complete if it exists."""
        ...


AnyShare = TypeVar("AnyShare", bound=Share)
Report = TypeVar("Report")


def reach(address: str) -> Client:
    try:
        return Client(address, timeout=_MOST_WAITED)
    except (OSError, ValueError) as error:
        raise ExportError(f"There is no scheduler at {address}: {error}") from error


def reports(
    cluster: Client,
    shares: Iterable[AnyShare],
    *,
    write: Callable[[AnyShare, AsyncStepsClient, int], Coroutine[Any, Any, None]],
    report: Callable[[AnyShare], Report],
    connect: Connect,
    concurrency: int,
    max_per_second: float | None,
) -> Generator[Report, None, None]:
    """Run shares on workers, and yield the report of each as soon as it is done.

    Args:
        cluster: The cluster.
        shares: The shares. Only a few more than there are threads are submitted at a time, so that the scheduler never
            holds all of them.
        write: Writes a share's result, on a worker, with a client and the given concurrency.
        report: Reads a result, on the worker, too.
        connect: Makes a client.
        concurrency: The most requests at once of each thread of a worker.
        max_per_second: The most requests per second by all workers together.
    """
    lanes = _lanes(cluster, max_per_second)
    cluster.submit(_try_once, connect, pure=False).result()  # a wrong one fails before there is work to lose
    with ExitStack() as stack:
        lane = None
        if max_per_second is not None:
            lane = Semaphore(max_leases=lanes)
            stack.callback(_close, lane)
        work = partial(
            _do,
            write=write,
            report=report,
            connect=connect,
            lane=lane,
            max_per_second=None if max_per_second is None else max_per_second / lanes,
            concurrency=concurrency,
        )
        rest = iter(shares)

        def submit(count: int) -> list[Future[Report]]:
            # Not pure: a second export does a share again, even while the scheduler remembers the first.
            return [cluster.submit(work, share, pure=False) for share in islice(rest, count)]

        running = as_completed(submit(2 * _threads(cluster)))
        try:
            for future in running:
                done: Report = future.result()
                for another in submit(1):
                    running.add(another)
                yield done
        finally:
            cluster.cancel(list(running.futures))


# A lane is the right to send a part of the requests; a share needs one. Each lane should have enough of the rate to be
# worth a worker, and there should be no more lanes than threads, since the rate of an unused one is lost.
_LEAST_PER_LANE: Final = 10.0


def _lanes(cluster: Client, max_per_second: float | None) -> int:
    if max_per_second is None:
        return 0
    return max(1, min(_threads(cluster), int(max_per_second / _LEAST_PER_LANE)))


def _close(lane: Semaphore) -> None:
    # A worker that was lost holds its lease until it runs out, and to close a semaphore that is held warns. Left alone,
    # it costs the scheduler a few bytes.
    if lane.get_value():
        lane.refresh_callback.stop()
    else:
        lane.close()


def _threads(cluster: Client) -> int:
    cluster.wait_for_workers(1)
    return sum(cast(Mapping[str, int], cluster.nthreads()).values())


def _do(
    share: AnyShare,
    *,
    write: Callable[[AnyShare, AsyncStepsClient, int], Coroutine[Any, Any, None]],
    report: Callable[[AnyShare], Report],
    connect: Connect,
    lane: AbstractContextManager[Any] | None,
    max_per_second: float | None,
    concurrency: int,
) -> Report:
    """Run a share, on a worker."""
    if not share.part.exists():
        with lane or nullcontext():
            limiter = None if max_per_second is None else make_limiter(max_per_second)
            at_once = useful_concurrency(concurrency, max_per_second)
            asyncio.run(write(share, _connected(connect, limiter), at_once))
            if max_per_second is not None:  # the next share on this lane begins with a burst of its own
                time.sleep(burst_period(max_per_second))
    return report(share)


def _connected(connect: Connect, limiter: Any) -> AsyncStepsClient:
    """Make a client, on a worker, which alone may have the key."""
    client = connect(rate_limiter=limiter)
    if not isinstance(client, AsyncStepsClient):
        raise TypeError(f"connect must return an AsyncStepsClient, not {client!r}.")
    return client


def _try_once(connect: Connect) -> None:
    _connected(connect, None)
