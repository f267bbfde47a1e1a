"""Ask every client the same questions, and write the answers into ``docs/comparison.md``.

Usage: measure.py [--write]

Each client that is installed reads runs from the emulator on loopback; nothing here knows what will come out.
"""

from __future__ import annotations

import asyncio
import random
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

from attrs import field, frozen
from other_clients import CLIENTS, RUN, THREAD, Client, ReturnedStatus, installed, silence

from openai_steps.emulator import PROFILES, Answer, Cut, Dialect, Emulator, Fault

PAGE = Path(__file__).parents[2] / "docs" / "comparison.md"
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"

TOTAL, CURSOR = 250, 200  # of 250 steps, 199 are before the 200th
TOO_MANY = 2 * TOTAL  # whoever yields so many goes on for ever
PATIENCE = 4.0  # seconds after which a client counts as waiting, where it has a reason to
LONG = 60.0  # seconds for what has none, on a machine that is busy


@frozen(kw_only=True)
class Outcome:
    """What a client did."""

    steps: list[Any]
    error: BaseException | None
    seconds: float
    requests: int

    @property
    def ids(self) -> list[str]:
        return [step.id for step in self.steps]


@frozen
class Question:
    """One row: what is asked, how the server behaves, and how the outcome is put into words."""

    text: str
    answer: Callable[[Client], Awaitable[str]] = field(kw_only=True)


# --- The server ---------------------------------------------------------------------------------------------------


def make_step(number: int, **changes: Any) -> dict[str, Any]:
    return {
        "id": f"step_{number:03d}",
        "object": "thread.run.step",
        "created_at": 1_790_000_000 + number,
        "run_id": RUN,
        "assistant_id": "asst_1",
        "thread_id": THREAD,
        "type": "message_creation",
        "status": "completed",
        "cancelled_at": None,
        "completed_at": 1_790_000_001 + number,
        "expires_at": None,
        "failed_at": None,
        "last_error": None,
        "step_details": {"type": "message_creation", "message_creation": {"message_id": f"msg_{number}"}},
        "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
    } | changes


def steps_of(count: int, *, a_second: int = 1, shuffled: bool = False) -> list[dict[str, Any]]:
    """A run's steps, oldest first; their ids rise with time, or are drawn at random."""
    numbers = list(range(1, count + 1))
    if shuffled:
        random.Random(count).shuffle(numbers)
    return [make_step(number, created_at=1_790_000_000 + place // a_second) for place, number in enumerate(numbers)]


async def watch(
    client: Client,
    *,
    steps: list[dict[str, Any]] | None = None,
    dialect: Mapping[str, Any] = {},
    before: str | None = None,
    fault: Fault | None = None,
) -> Outcome:
    """Let a client read a run from a server with these habits, and note what happens."""
    emulator = Emulator(profile=PROFILES[client.profile], dialect=Dialect(**dialect))
    emulator.store.add_run(THREAD, RUN, steps=[make_step(n) for n in range(1, TOTAL + 1)] if steps is None else steps)
    if fault is not None:
        emulator.inject(fault)
    seen: list[Any] = []
    error: BaseException | None = None
    async with emulator.serve() as base_url:
        start = time.monotonic()
        reading = asyncio.ensure_future(_read(client, base_url, before, seen))
        await asyncio.wait([reading], timeout=LONG if fault is None else PATIENCE)
        seconds = time.monotonic() - start
        if reading.done():
            error = reading.exception()
        else:
            reading.cancel()
            await asyncio.wait([reading])
            error = TimeoutError("still waiting")
    return Outcome(steps=seen, error=error, seconds=seconds, requests=len(emulator.requests))


async def _read(client: Client, base_url: str, before: str | None, seen: list[Any]) -> None:
    async for step in client.steps(base_url, before):
        seen.append(step)
        if len(seen) >= TOO_MANY:
            return


# --- Words ----------------------------------------------------------------------------------------------------------


def named(error: BaseException) -> str:
    return f"returns status {error}" if isinstance(error, ReturnedStatus) else f"`{type(error).__name__}`"


def in_words(outcome: Outcome, wanted: int, *, rising: bool = True) -> str:
    """Say how many of the steps wanted, which are the first so many, came out."""
    if len(outcome.steps) >= TOO_MANY:
        return "never ends"
    right = {f"step_{number:03d}" for number in range(1, wanted + 1)}
    got = set(outcome.ids)
    if outcome.error is not None:
        return named(outcome.error)
    parts = [f"all {wanted}" if got >= right else f"{len(got & right)} of {wanted}, no error"]
    if len(outcome.ids) > len(got):
        parts.append(f"{len(outcome.ids) - len(got)} twice")
    if got - right:
        parts.append(f"{len(got - right)} wrong")
    times = [step.created_at for step in outcome.steps]
    if rising and times != sorted(times):
        parts.append("in the wrong order")
    return ", ".join(parts)


def paging(text: str, steps: list[dict[str, Any]] | None = None, **dialect: Any) -> Question:
    wanted = TOTAL if steps is None else len(steps)

    async def answer(client: Client) -> str:
        told = in_words(await watch(client, steps=steps, dialect=dialect), wanted)
        warier = client.warier()
        if told.startswith("all") or warier is None:
            return told
        verified = in_words(await watch(warier, steps=steps, dialect=dialect), wanted)
        return told if verified == told else f"{told}; `verify_paging=True`: {verified}"

    return Question(text, answer=answer)


def backwards(text: str, **dialect: Any) -> Question:
    async def answer(client: Client) -> str:
        return in_words(await watch(client, dialect=dialect, before=f"step_{CURSOR:03d}"), CURSOR - 1, rising=False)

    return Question(text, answer=answer)


def waiting(text: str, seconds: int) -> Question:
    async def answer(client: Client) -> str:
        outcome = await watch(
            client,
            steps=[make_step(1)],
            fault=Answer(429, {"error": {"message": "slow down"}}, headers={"Retry-After": str(seconds)}),
        )
        if isinstance(outcome.error, TimeoutError) and outcome.requests == 1:
            return "waits"
        if outcome.error is not None:
            told = " that says so" if getattr(outcome.error, "retry_after", None) == seconds else ""
            return f"{named(outcome.error)}{told}, at once"
        return "waits" if outcome.seconds >= seconds else "asks again too early"

    return Question(text, answer=answer)


UNKNOWN_CALL = {"id": "call_1", "type": "tea_making", "tea_making": {"leaves": 3, "milk": None}}


async def unknown_tool(client: Client) -> str:
    details = {"type": "tool_calls", "tool_calls": [UNKNOWN_CALL]}
    outcome = await watch(client, steps=[make_step(1, type="tool_calls", step_details=details)])
    if outcome.error is not None:
        return named(outcome.error)
    call = client.call(outcome.steps[0])
    kept = UNKNOWN_CALL.items() <= dict(client.payload(call)).items()
    return f"`{type(call).__name__}`, {'all kept' if kept else 'not all kept'}"


async def wrong_type(client: Client) -> str:
    page = {"object": "list", "data": [make_step(1, created_at="soon")], "has_more": False, "last_id": "step_001"}
    outcome = await watch(client, fault=Answer(200, page))
    if outcome.error is not None:
        path = getattr(outcome.error, "path", None)
        return f"{named(outcome.error)}{f' at `{path}`' if path else ''}"
    return f"accepted: `{outcome.steps[0].created_at!r}`"


async def times(client: Client) -> str:
    outcome = await watch(client, steps=[make_step(1)])
    return f"`{type(outcome.steps[0].created_at).__name__}`"


async def cut_off(client: Client) -> str:
    outcome = await watch(client, steps=[make_step(1)], fault=Cut())
    return in_words(outcome, 1).replace("all 1", "asks again")


async def patience(client: Client) -> str:
    return client.patience()


QUESTIONS = (
    backwards("199 steps `before` a cursor, server adjacent"),
    backwards("the same, server cuts a window off the head", before="window", has_more="window"),
    backwards("the same, server ignores `before`", before="ignored"),
    paging("250 steps, server ignores `after`", after="ignored", has_more="always"),
    paging("250 steps, `has_more` absent", has_more="absent"),
    paging("250 steps, `has_more` always false", has_more="never"),
    paging("the same at pages of 100 only", default_limit=100, has_more="false_at_default_limit"),
    paging("250 steps, server ignores `order`: newest first", order="newest_first"),
    paging("250 steps, three a second, each page sorts them anew", steps_of(TOTAL, a_second=3), ties="unstable"),
    paging(
        "180 steps, ids at random, server compares ids", steps_of(180, shuffled=True), after="by_id", before="by_id"
    ),
    paging("the same, 250 steps", steps_of(TOTAL, shuffled=True), after="by_id", before="by_id"),
    paging("250 steps, `last_id` null", ids="null"),
    paging("250 steps, pages overlap by three", overlap=3),
    Question("a tool that it does not know", answer=unknown_tool),
    Question('`created_at: "soon"`', answer=wrong_type),
    Question("the type of `created_at`", answer=times),
    waiting("429 with `Retry-After: 2`", 2),
    waiting("429 with `Retry-After: 120`", 120),
    Question("a body that breaks off", answer=cut_off),
    Question("patience with a silent server", answer=patience),
)


# --- The table ------------------------------------------------------------------------------------------------------


async def measure(clients: list[Client]) -> list[list[str]]:
    """Return a row of answers for each question."""
    return [[question.text, *[await question.answer(client) for client in clients]] for question in QUESTIONS]


def present() -> list[Client]:
    """Return the clients that are installed."""
    return [client() for client in CLIENTS if installed(client)]


def header(clients: list[Client]) -> list[str]:
    return ["", *[f"{client.package} {installed(type(client))}" for client in clients]]


def as_markdown(rows: list[list[str]]) -> str:
    first, *rest = rows
    return "\n".join(f"| {' | '.join(row)} |" for row in [first, ["---"] * len(first), *rest])


def main() -> None:
    silence()
    clients = present()
    table = as_markdown([header(clients), *asyncio.run(measure(clients))])
    sys.stdout.write(f"{table}\n")
    if "--write" in sys.argv[1:]:
        head, _, rest = PAGE.read_text("utf-8").partition(BEGIN)
        PAGE.write_text(f"{head}{BEGIN}\n\n{table}\n\n{END}{rest.partition(END)[2]}", "utf-8")


if __name__ == "__main__":
    main()
