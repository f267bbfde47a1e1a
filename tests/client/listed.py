"""Lists of every kind, served, and the verbs that read them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import attrs
import pytest

from openai_steps import AsyncStepsClient, Endpoint, RetryPolicy
from openai_steps.emulator import Dialect, Emulator, Store
from openai_steps.testing import assistant_message

T = "thread_1"


def no_of(item: Any) -> int:
    return int(item.id.rpartition("_")[2])


def add_run(store: Store, number: int, thread_id: str) -> None:
    store.add_run(thread_id, f"run_{number}", created_at=1_700_000_000 + number)


def add_message(store: Store, number: int, thread_id: str) -> None:
    store.add_message(thread_id, assistant_message(id=f"msg_{number}", created_at=1_700_000_000 + number))


def add_thread(store: Store, number: int, _: str) -> None:
    store.add_thread(f"thread_{number}", created_at=1_700_000_000 + number)


@attrs.frozen
class Kind:
    """A kind of thing, and the verbs for it."""

    one: str
    add: Callable[[Store, int, str], None]
    parent: tuple[str, ...]

    def iter(self, client: AsyncStepsClient, **options: Any) -> AsyncIterator[Any]:
        return getattr(client, f"iter_{self.one}s")(*self.parent, **options)  # type: ignore[no-any-return]

    def pages(self, client: AsyncStepsClient, **options: Any) -> AsyncIterator[Any]:
        return getattr(client, f"iter_{self.one}_pages")(*self.parent, **options)  # type: ignore[no-any-return]

    async def collect(self, client: AsyncStepsClient, **options: Any) -> list[Any]:
        return await getattr(client, f"collect_{self.one}s")(*self.parent, **options)  # type: ignore[no-any-return]

    async def page(self, client: AsyncStepsClient, **options: Any) -> Any:
        return await getattr(client, f"list_{self.one}s_page")(*self.parent, **options)

    def id(self, number: int) -> str:
        return f"{'msg' if self.one == 'message' else self.one}_{number}"


KINDS = [Kind("run", add_run, (T,)), Kind("message", add_message, (T,)), Kind("thread", add_thread, ())]
every_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.one)


@asynccontextmanager
async def listed(
    kind: Kind, count: int = 45, dialect: Dialect | None = None, **options: Any
) -> AsyncIterator[tuple[AsyncStepsClient, Emulator]]:
    emulator = Emulator(dialect=dialect)
    for number in range(1, count + 1):
        kind.add(emulator.store, number, T)
    async with (
        emulator.serve() as base_url,
        AsyncStepsClient(Endpoint.compatible(base_url), **{"retry": RetryPolicy(attempts=1), **options}) as client,
    ):
        yield client, emulator
