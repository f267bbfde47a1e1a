"""The demo, as a process of its own."""

import asyncio

import pytest
from command_line import finish, start


@pytest.mark.parametrize("width", [80, 120])
async def test_the_demo_fits_the_terminal_and_shows_every_step(width: int) -> None:
    code, out, err = await finish(await start("demo", COLUMNS=str(width), TERM="xterm"))
    assert (code, err) == (0, "")
    table, summary, _ = out.partition("12 steps: 10 completed, 1 failed, 1 in_progress; 17,854 tokens\n")
    assert summary
    assert max(map(len, table.splitlines())) <= width
    assert sum(line[2:3] == ":" for line in table.splitlines()) == 12
    assert "openai-steps list THREAD RUN" in out


async def test_the_demo_fits_a_terminal_that_knows_ascii_alone() -> None:
    """As in the C locale: the sign of a text that is cut is one column wide there, too."""
    code, out, err = await finish(await start("demo", COLUMNS="80", TERM="xterm", PYTHONIOENCODING="ascii"))
    assert (code, err) == (0, "")
    assert out.isascii()
    table, *_ = out.partition("12 steps: ")
    assert "~  " in table
    assert max(map(len, table.splitlines())) <= 80


async def test_colour_only_where_it_is_wanted() -> None:
    _, plain, _ = await finish(await start("demo"))
    _, coloured, _ = await finish(await start("demo", FORCE_COLOR="1", NO_COLOR=""))
    _, refused, _ = await finish(await start("demo", FORCE_COLOR="1", NO_COLOR="1"))
    assert "\x1b[" not in plain
    assert "\x1b[32mcompleted" in coloured
    assert "\x1b[32m" not in refused


async def test_the_demo_needs_no_key_and_ignores_settings() -> None:
    process = await start(
        "demo", OPENAI_BASE_URL="http://127.0.0.1:1", OPENAI_API_KEY="", HTTP_PROXY="http://127.0.0.1:1"
    )
    code, _, err = await asyncio.wait_for(finish(process), 30)
    assert (code, err) == (0, "")
