"""aiohttp as this package wants it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Any

import attrs
import pytest

from openai_steps._sending.session import stream_body


@attrs.define
class Taken:
    """A sink that notes what it was given, and when the attempt would have ended by then."""

    patience: asyncio.Timeout
    headers: Mapping[str, str] = attrs.field(factory=dict)
    status: int = 0
    chunks: list[bytes] = attrs.field(factory=list)
    ends: list[float] = attrs.field(factory=list)

    async def begin(self, status: int, headers: Mapping[str, str]) -> None:
        self.status, self.headers = status, headers

    async def write(self, chunk: bytes) -> None:
        self.chunks.append(chunk)
        when = self.patience.when()
        assert when is not None
        self.ends.append(when)


class Content:
    async def iter_any(self) -> AsyncIterator[bytes]:
        for chunk in (b"a", b"bc", b"d"):
            await asyncio.sleep(0.01)
            yield chunk


@attrs.frozen
class Response:
    status: int = 206
    headers: Mapping[str, str] = attrs.field(factory=lambda: {"ETag": '"v1"'})
    content: Any = attrs.field(factory=Content)


async def test_a_body_is_handed_on_as_it_comes_and_only_silence_ends_it() -> None:
    loop = asyncio.get_running_loop()
    began = loop.time()
    async with asyncio.timeout(60) as patience:
        sink = Taken(patience)
        await stream_body(Response(), sink, patience, 1000)  # type: ignore[arg-type]
        end = patience.when()
    assert (sink.status, sink.headers, sink.chunks) == (206, {"ETag": '"v1"'}, [b"a", b"bc", b"d"])
    first, second, third = sink.ends
    assert first < began + 1000 <= second < third
    assert end is not None
    assert end > third


async def test_what_the_sink_refuses_ends_it() -> None:
    class Full(Taken):
        async def write(self, chunk: bytes) -> None:
            raise RuntimeError("full")

    async with asyncio.timeout(60) as patience:
        with pytest.raises(RuntimeError, match="full"):
            await stream_body(Response(), Full(patience), patience, 1000)  # type: ignore[arg-type]
