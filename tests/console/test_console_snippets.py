"""Each snippet is run as pasted, hostile values included: it asks for what the form says, and does nothing else."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from console_setup import KEY, Opened, console
from sample_steps import RUN, THREAD, make_step, make_steps

from openai_steps import INCLUDE_FILE_SEARCH_CONTENT
from openai_steps.console._form import Call, read_form
from openai_steps.console._snippets import TOKEN_VARIABLE, snippets, token_line

FORMS: Mapping[str, dict[str, Any]] = {
    "bare": {},
    "all": {
        "limit": "3",
        "order": "asc",
        "after": "step_0001",
        "before": "step_0009",
        "include": [INCLUDE_FILE_SEARCH_CONTENT],
    },
    "order": {"order": "desc", "limit": "2"},
}
HOSTILE = [
    *("'; touch pwned; '", '"; touch pwned; "', "$(touch pwned)", "`touch pwned`", "a\\", "${process.exit(7)}", "{}"),
    *(
        '"""',
        "'''",
        "</script>",
        "a b",
        "#x",
        "?x=1&y",
        "a&b",
        "*",
        "é😀",
        "%41",
        "!!",
        "~",
        "-rf",
        "*/",
        "//",
        "a'b\"c`d",
    ),
]


def languages() -> list[str]:
    found = ["Python"]
    if shutil.which("curl"):
        found.append("curl")
    if node_modules():
        found.append("TypeScript")
    return found


def node_modules() -> Path | None:
    """Return where openai-node is, if somebody has it: CONSOLE_NODE names the folder that holds node_modules."""
    folder = os.environ.get("CONSOLE_NODE")
    return Path(folder) / "node_modules" if folder and shutil.which("node") else None


async def paste(language: str, text: str, folder: Path, token: str) -> tuple[int, str, str]:
    """Run a snippet as a person would, with the token in the environment."""
    if language == "Python":
        command = [sys.executable, "-c", text]
    elif language == "curl":
        command = ["bash", "-euo", "pipefail", "-c", text]
    else:
        modules = node_modules()
        assert modules is not None
        (folder / "node_modules").symlink_to(modules)
        (folder / "snippet.mjs").write_text(text, "utf-8")  # it has no types in it, so that it is JavaScript, too
        command = ["node", "snippet.mjs"]
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=folder,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(sys.path), TOKEN_VARIABLE: token},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode is not None
    return process.returncode, out.decode(), err.decode()


async def made(opened: Opened, form: dict[str, Any], *, whole: bool) -> dict[str, str]:
    answer = await opened.ask("snippets", form={"thread_id": THREAD, "run_id": RUN, **form}, whole=whole)
    return dict(answer["snippets"])


@pytest.mark.parametrize("whole", [False, True], ids=["page", "whole"])
@pytest.mark.parametrize("name", FORMS)
@pytest.mark.parametrize("language", ["Python", "curl", "TypeScript"])
async def test_a_snippet_asks_for_what_the_form_says(language: str, name: str, *, whole: bool, tmp_path: Path) -> None:
    if language not in languages():
        pytest.skip(f"there is nothing to run {language} with: CONSOLE_NODE may name a folder with openai-node in it")
    form = FORMS[name]
    async with console(12) as opened:
        texts = await made(opened, form, whole=whole)
        opened.emulator.clear_requests()
        code, out, err = await paste(language, texts[language], tmp_path, opened.token)
        assert code == 0, err
        (first, *_) = opened.emulator.requests
        assert first.headers["Authorization"] == f"Bearer {KEY}"
        if not whole:
            call = read_form({"thread_id": THREAD, "run_id": RUN, **form})
            sent = {n.removesuffix("[]"): (v,) if n == "include[]" else v for n, v in first.query}
            assert sent == {n: str(v) if n == "limit" else v for n, v in call.query.items()}
        wanted = [step["id"] for step in make_steps(12)]
        if name == "all":
            wanted = wanted[2:9] if whole and language != "curl" else wanted[2:5]
        if name == "order" and (not whole or language == "curl"):
            wanted = wanted[-2:]
        assert [step["id"] for step in make_steps(12) if step["id"] in out] == wanted
        assert KEY not in out + err


@pytest.mark.parametrize("values", [HOSTILE[start : start + 4] for start in range(0, len(HOSTILE), 4)])
async def test_a_hostile_value_comes_back_whole_and_runs_nothing(values: list[str], tmp_path: Path) -> None:
    """Several values go into one call, since each program takes a moment to start."""
    thread, run, after, *include = values
    call = Call(thread_id=thread, run_id=run, after=after, include=tuple(include))
    seen: list[str] = []

    async def hear(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        seen.append(head.split()[1].decode())
        body = b'{"object":"list","data":[],"has_more":false}'
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n")
        writer.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(hear, "127.0.0.1", 0)
    async with server:
        base_url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
        texts = snippets(call, base_url=base_url, whole=False)
        for language in languages():
            folder = tmp_path / language
            folder.mkdir()
            seen.clear()
            code, _, err = await paste(language, texts[language], folder, "token")
            assert code == 0, (language, err)
            (target,) = seen
            path, _, query = target.partition("?")
            assert [unquote(part) for part in path.split("/")] == ["", "v1", "threads", thread, "runs", run, "steps"]
            sent = [tuple(map(unquote, pair.split("=", 1))) for pair in query.split("&")]
            assert sorted(sent) == sorted([("after", after), *(("include[]", name) for name in include)])
            assert not list(tmp_path.rglob("pwned"))  # noqa: ASYNC240 - a folder of this test


def test_no_key_is_in_a_snippet_but_the_name_of_a_variable() -> None:
    texts = snippets(Call(thread_id="t", run_id="r"), base_url="http://h/v1", whole=False)
    assert all(TOKEN_VARIABLE in text for text in texts.values())


def test_the_line_that_sets_the_token() -> None:
    assert token_line("abc") == f"export {TOKEN_VARIABLE}=abc"
    assert token_line("a'b") == f"export {TOKEN_VARIABLE}='a'\"'\"'b'"


async def test_a_form_that_is_not_filled_in_has_no_snippets() -> None:
    async with console([make_step(1)]) as opened:
        answer = await opened.ask("snippets", form={})
        assert (answer["ok"], set(answer["fields"])) == (False, {"thread_id", "run_id"})
