"""Run one block of the documentation as its reader would, with the demo run served where the environment points.

Usage: run_block.py PROFILE python|bash < BLOCK
"""

from __future__ import annotations

import asyncio
import ipaddress
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from openai_steps.emulator import Emulator

KEY = "a-key-for-the-emulator"

# What the constructors of Endpoint read; the last one is for the command line.
ENVIRONMENT: Mapping[str, Callable[[str], dict[str, str]]] = {
    "compatible": lambda url: {"OPENAI_BASE_URL": url, "OPENAI_API_KEY": KEY},
    "openai": lambda url: {"OPENAI_BASE_URL": url, "OPENAI_API_KEY": KEY},
    "azure_openai": lambda url: {"AZURE_OPENAI_ENDPOINT": url, "AZURE_OPENAI_API_KEY": KEY},
    "azure_foundry": lambda url: {"PROJECT_ENDPOINT": url, "AZURE_AI_TOKEN": KEY},
    "foundry_local": lambda url: {},
    "fabric": lambda url: {},
    "dashscope": lambda url: {"DASHSCOPE_HTTP_BASE_URL": url, "DASHSCOPE_API_KEY": KEY},
}


def main() -> None:
    profile, kind = sys.argv[1:]
    source = sys.stdin.read()
    sys.addaudithook(_stay_on_loopback)
    with _served(profile) as base_url:
        os.environ |= {**ENVIRONMENT[profile](base_url), "BASE_URL": base_url}
        if kind == "bash":
            sys.exit(subprocess.run(["bash", "-euo", "pipefail", "-c", source], stdin=subprocess.DEVNULL).returncode)
        _put_in_credential()
        exec(compile(source, "<block>", "exec", dont_inherit=True), {"__name__": "__main__"})


@contextmanager
def _served(profile: str) -> Iterator[str]:
    """Serve the demo run from another thread."""
    emulator = Emulator.demo(profile=profile, api_key=KEY)
    ready, over = threading.Event(), asyncio.Event()
    base_urls: list[str] = []
    loops: list[asyncio.AbstractEventLoop] = []

    async def serve() -> None:
        async with emulator.serve() as base_url:
            base_urls.append(base_url)
            loops.append(asyncio.get_running_loop())
            ready.set()
            await over.wait()

    server = threading.Thread(target=asyncio.run, args=(serve(),))
    server.start()
    ready.wait()
    try:
        yield base_urls[0]
    finally:
        loops[0].call_soon_threadsafe(over.set)
        server.join()


def _stay_on_loopback(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "socket.connect" and isinstance(arguments[1], tuple):
        _check_host(arguments[1][0])
    if event == "socket.getaddrinfo":
        _check_host(arguments[0])


def _check_host(host: Any) -> None:
    name = host.decode() if isinstance(host, bytes) else host
    if name not in (None, "", "localhost") and not ipaddress.ip_address(name).is_loopback:
        raise RuntimeError(f"the documentation's samples must stay on this machine, not ask {name}")


def _put_in_credential() -> None:
    """Let azure-identity's default credential, where it is installed, give the emulator's key."""
    try:
        from azure.core.credentials import AccessToken
        from azure.identity.aio import DefaultAzureCredential
    except ImportError:
        return

    async def get_token(self: object, *scopes: str, **options: object) -> AccessToken:
        return AccessToken(KEY, int(time.time()) + 3600)

    DefaultAzureCredential.get_token = get_token  # type: ignore[method-assign]


if __name__ == "__main__":
    main()
