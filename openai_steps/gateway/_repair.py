"""Reads a run as a whole, to cut pages from it that the server itself would get wrong.

A run is read with verification, in both orders, until two readings have the same ids. That is exact on every known kind
of server for runs of up to two pages; longer ones are refused if cursors compare random ids, since no walk can know
what it has missed. A repair page by page was exact on fewer servers in measurements.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from openai_steps._errors import APIStatusError, APITimeoutError, PaginationError, ResponseTooLargeError
from openai_steps._models.runs import Order
from openai_steps._models.steps import RunStep
from openai_steps._words import duration, size
from openai_steps.gateway._contract import whole_run
from openai_steps.gateway._readings import MAX_BYTES, Key, Reading

if TYPE_CHECKING:
    from openai_steps import AsyncStepsClient

_SECONDS: Final = 120.0

# Two readings of a growing run may differ. It is read in alternate orders, until two in a row agree.
_MOST_READINGS: Final = 5


async def read_whole(client: AsyncStepsClient, key: Key) -> Reading:
    """Read a run until two readings, one in each order, agree in their ids.

    Raises:
        PaginationError: If no two did: the server's pages cannot be repaired.
        ResponseTooLargeError: If the run is larger than the limit.
        APITimeoutError: If it took too long.
        StepsError: If a request failed.
    """
    try:
        async with asyncio.timeout(_SECONDS):
            return await _read_until_equal(client, key)
    except TimeoutError:
        raise APITimeoutError(f"The run as a whole could not be read within {duration(_SECONDS)}.") from None


async def _read_until_equal(client: AsyncStepsClient, key: Key) -> Reading:
    has_ended = await _has_ended(client, key)
    oldest_first: list[RunStep] = []
    before: set[str] | None = None
    for number in range(_MOST_READINGS):
        order: Order = "desc" if number % 2 else "asc"
        steps = await _read(client, key, order)
        oldest_first = steps if order == "asc" else oldest_first
        ids = {step.id for step in steps}
        if ids == before:
            run = whole_run(oldest_first, secrets=await client._transport.authorize())
            if run.size > MAX_BYTES:
                raise ResponseTooLargeError(f"The run has {size(run.size)}: too many to be repaired as a whole.")
            return Reading(run, has_ended)
        before = ids
    raise PaginationError(
        f"The server's pages differ with the order in which they are read, {_MOST_READINGS} times in a row: "
        "some steps may be out of reach."
    )


async def _read(client: AsyncStepsClient, key: Key, order: Order) -> list[RunStep]:
    thread_id, run_id, include = key
    return await client.collect_steps(thread_id, run_id, order=order, include=include, verify_paging=True)


async def _has_ended(client: AsyncStepsClient, key: Key) -> bool:
    """Return whether the run had ended before it was read, so that the reading is final."""
    try:
        return (await client.get_run(key[0], key[1])).is_finished
    except APIStatusError:  # a server that has steps only; for an unknown run it sends the error again
        return False
