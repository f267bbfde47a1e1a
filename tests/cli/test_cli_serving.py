"""What the commands share that serve until they are stopped."""

from __future__ import annotations

import asyncio
import errno
import os
import signal
from pathlib import Path

import click
import pytest

from openai_steps.cli._serving import listening_errors, read_token, stop_signals, tls_context
from openai_steps.cli._terminal import Failure


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_a_signal_sets_the_event(number: signal.Signals) -> None:
    with stop_signals() as stopped:
        os.kill(os.getpid(), number)
        await asyncio.wait_for(stopped.wait(), 20)


def test_an_address_that_can_not_be_had_is_one_line() -> None:
    told = r"Cannot listen on here: Address already in use\. --port 0"
    with pytest.raises(Failure, match=told), listening_errors("here"):
        raise OSError(errno.EADDRINUSE, "Address already in use")
    with pytest.raises(BrokenPipeError), listening_errors("here"):
        raise BrokenPipeError(errno.EPIPE, "Broken pipe")


def test_tls_is_off_unless_it_is_wanted(tmp_path: Path) -> None:
    assert tls_context(None, None) is None
    with pytest.raises(click.UsageError, match="both"):
        tls_context(None, tmp_path)


def test_a_token_of_a_file_goes_before_the_environments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert read_token(None, "A_TOKEN") is None
    monkeypatch.setenv("A_TOKEN", "")
    assert read_token(None, "A_TOKEN") is None
    monkeypatch.setenv("A_TOKEN", "of-the-environment")
    file = tmp_path / "token"
    file.write_text("of-the-file\n")
    assert read_token(None, "A_TOKEN") == "of-the-environment"
    assert read_token(file, "A_TOKEN") == "of-the-file"
    with pytest.raises(click.UsageError, match="cannot be read"):
        read_token(tmp_path / "none", "A_TOKEN")
