"""A key that a command prints."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from openai_steps.cli._key import KeyCommand
from openai_steps.cli._terminal import Failure

SECRET = "sk-very-secret"


def counting(path: Path) -> list[str]:
    """Return a command that prints a key with the number of its run."""
    count = f"import pathlib; p = pathlib.Path({str(path)!r}); n = len(p.read_text()) if p.exists() else 0"
    return [sys.executable, "-c", f"{count}; p.write_text('x' * (n + 1)); print(f'  {SECRET}-{{n}} ')"]


async def test_it_is_run_once_for_all_who_ask_and_again_when_the_key_is_old(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1000.0
    monkeypatch.setattr("openai_steps.cli._key.time", SimpleNamespace(monotonic=lambda: now))
    key = KeyCommand(counting(tmp_path / "runs"), "work")
    assert {*await asyncio.gather(*(key() for _ in range(5)))} == {f"{SECRET}-0"}
    now += 299
    assert await key() == f"{SECRET}-0"
    now += 2
    assert await key() == f"{SECRET}-1"
    assert SECRET not in repr(key)


@pytest.mark.parametrize(
    ("program", "message"),
    [
        ("import sys; print('sk-very-secret'); sys.exit(3)", "ended with status 3."),
        ("print()", "printed nothing."),
    ],
)
async def test_a_command_that_fails_is_asked_again_the_next_time(program: str, message: str) -> None:
    key = KeyCommand([sys.executable, "-c", program], "work")
    for _ in range(2):
        with pytest.raises(Failure, match="connection 'work'") as caught:
            await key()
        assert str(caught.value).endswith(message)
        assert SECRET not in str(caught.value)


async def test_a_command_that_is_not_there() -> None:
    with pytest.raises(Failure, match="could not be run: /no/such/program"):
        await KeyCommand(["/no/such/program"], "work")()
