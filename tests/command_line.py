"""The command line, in this process or as one of its own, and a server for it."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import attrs
from click.testing import CliRunner, Result
from sample_steps import RUN, THREAD, make_steps

from openai_steps.cli._app import app
from openai_steps.emulator import Dialect, Emulator

SETTINGS = {"COLUMNS": "120", "NO_COLOR": "1", "PYTHONDONTWRITEBYTECODE": "1"}


@attrs.frozen
class Served:
    """An emulator, and the arguments that name its run and itself."""

    emulator: Emulator
    base_url: str

    @property
    def server(self) -> list[str]:
        return ["--provider", "compatible", "--base-url", self.base_url]

    @property
    def run(self) -> list[str]:
        return [THREAD, RUN, *self.server]


@asynccontextmanager
async def serving(
    steps: int | Iterable[Mapping[str, Any]] = 5, *, dialect: Dialect | None = None, api_key: str | None = None
) -> AsyncIterator[Served]:
    emulator = Emulator(dialect=dialect, api_key=api_key)
    emulator.store.add_run(THREAD, RUN, steps=make_steps(steps) if isinstance(steps, int) else steps)
    async with emulator.serve() as base_url:
        yield Served(emulator, base_url)


def call(*arguments: str, **environment: str) -> Result:
    """Run a command in this process."""
    return CliRunner().invoke(app, arguments, prog_name="openai-steps", env={**SETTINGS, **environment})


def fails(code: int, *arguments: str, **environment: str) -> Result:
    """Run a command in this process that must end with this exit status."""
    result = call(*arguments, **environment)
    assert result.exit_code == code, result.output
    return result


async def invoke(*arguments: str, **environment: str) -> Result:
    """Run a command in a thread of this process, beside the server that it asks."""
    return await asyncio.to_thread(lambda: call(*arguments, **environment))


async def start(*arguments: str, **environment: str) -> asyncio.subprocess.Process:
    """Start a command as a process."""
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "openai_steps.cli",
        *arguments,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, **SETTINGS, **environment},
    )


async def finish(process: asyncio.subprocess.Process) -> tuple[int, str, str]:
    """Wait for its end; return the exit code and what else it wrote."""
    out, err = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode is not None
    return process.returncode, out.decode(), err.decode()
