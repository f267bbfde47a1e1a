"""Text that cannot harm a terminal, and how a program ends."""

import errno
import json
import unicodedata

import click
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from openai_steps import NotFoundError
from openai_steps.cli._app import Application
from openai_steps.cli._terminal import safe, safe_json, safe_line, safe_lines

JOINERS = "\u200c\u200d"
HOSTILE = "\x1b]0;title\x07 \x1b[31mred\x9b2J \u202egnirts\u2066 \r\b\x7f \u2028 \U000e0041 \ufeff \udc80"


def is_harmless(character: str) -> bool:
    """Whether a terminal shows this character and does nothing else."""
    if unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp"):
        return False
    return unicodedata.bidirectional(character) not in {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}


@given(st.text(st.characters()) | st.just(HOSTILE))
def test_safe_text_has_no_control_characters(text: str) -> None:
    assert all(map(is_harmless, safe(text)))
    assert all(map(is_harmless, safe_line(text)))
    assert all(map(is_harmless, safe_lines(text).replace("\n", "")))


@given(st.text(st.characters().filter(str.isprintable)))
def test_safe_text_leaves_what_can_be_printed(text: str) -> None:
    assert safe(text) == text


@pytest.mark.parametrize("text", ["👩\u200d🔬", "क्\u200dष", "naïve 日本語"])
def test_joiners_stay(text: str) -> None:
    assert safe(text) == text


def test_escapes_are_readable() -> None:
    assert safe("a\x1b[31m\u202e") == r"a\x1b[31m\u202e"
    assert safe_lines("a\tb\n\x1b") == "a   b\n\\x1b"
    assert safe_line("  two\n\n  lines ") == "two lines"


JSON = st.recursive(st.text(st.characters(exclude_categories=["Cs"])), lambda inner: st.dictionaries(st.text(), inner))


@given(JSON)
def test_safe_json_means_the_same(value: object) -> None:
    safe_text = safe_json(json.dumps(value, ensure_ascii=False))
    assert json.loads(safe_text) == value
    assert all(map(is_harmless, safe_text))


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (NotFoundError("404: no\nsuch \x1b[31mrun", status=404), 1, "Error: 404: no such \\x1b[31mrun\n"),
        (OSError(errno.ENOSPC, "No space left on device"), 1, "Error: No space left on device\n"),
        (KeyboardInterrupt(), 130, ""),
        (BrokenPipeError(errno.EPIPE, "Broken pipe"), 141, ""),
        (click.ClickException("wrong"), 1, "Error: wrong\n"),
    ],
)
def test_exit_codes(error: BaseException, code: int, message: str) -> None:
    @click.group(cls=Application)
    def group() -> None:
        pass

    @group.command("fail")
    def fail() -> None:
        raise error

    result = CliRunner().invoke(group, ["fail"])
    assert (result.exit_code, result.stderr, result.stdout) == (code, message, "")


def test_a_bug_is_not_hidden() -> None:
    @click.group(cls=Application)
    def group() -> None:
        pass

    @group.command("fail")
    def fail() -> None:
        raise LookupError

    assert isinstance(CliRunner().invoke(group, ["fail"]).exception, LookupError)
