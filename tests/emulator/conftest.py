"""The demo, served, and its caller."""

from collections.abc import AsyncIterator

import aiohttp
import pytest
from calling import Caller

from openai_steps.emulator import Emulator


@pytest.fixture
def emulator() -> Emulator:
    return Emulator.demo()


@pytest.fixture
async def call(emulator: Emulator) -> AsyncIterator[Caller]:
    async with emulator.serve() as base_url, aiohttp.ClientSession() as session:
        yield Caller(session, base_url)
