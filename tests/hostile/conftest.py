"""What the hostile tests share: asyncio's debug mode, a small heap, and a certificate that nobody trusts."""

from __future__ import annotations

import asyncio
import gc
import ssl
from collections.abc import Iterator

import pytest
from certificates import make_certificate


@pytest.fixture(autouse=True)
async def _debug_mode() -> None:
    asyncio.get_running_loop().set_debug(True)
    asyncio.get_running_loop().slow_callback_duration = 60  # a busy machine is no mistake


@pytest.fixture(scope="package", autouse=True)
def _older_objects_set_aside() -> Iterator[None]:
    """Spare the collector, which is called often here, the search of all that other tests have imported."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.fixture(scope="session")
def self_signed(tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    return make_certificate(tmp_path_factory.mktemp("tls"))[0]
