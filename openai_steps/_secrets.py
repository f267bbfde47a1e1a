"""Keeps keys out of texts: values with a hidden repr, calls without traceback frames, and masks."""

from __future__ import annotations

import base64
import binascii
import functools
import re
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any, Final, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

# --- Values with a hidden repr ------------------------------------------------------------------------------------


class Hidden(str):
    """Text whose repr does not show it, so that tracebacks with locals and aiohttp's errors do not, either."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "'***'"


def hide(value: T) -> T:
    """Return text as `Hidden`, and anything else as it is."""
    return Hidden(value) if isinstance(value, str) else value  # type: ignore[return-value]


def hide_values(headers: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the headers with their values hidden."""
    return {name: hide(value) for name, value in (headers or {}).items()}


# --- Calls without traceback frames -------------------------------------------------------------------------------


def without_trace(function: Callable[P, T]) -> Callable[P, T]:
    """Keep the frames of a function out of the traceback of what it raises.

    Frames have locals, and tools such as Sentry and rich show them. The function's arguments and locals are then in no
    frame; its error says in words what was wrong.
    """

    @functools.wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return function(*args, **kwargs)
        except Exception as error:
            failure = error.with_traceback(None)
        failure.__cause__ = failure.__context__ = None  # they have frames of their own
        del args, kwargs
        raise failure

    return call


# --- Which values are secret --------------------------------------------------------------------------------------

_SECRET_NAME: Final = re.compile(r"auth|cookie|key|password|secret|token|credential|session", re.IGNORECASE)
_HARMLESS_NAME: Final = re.compile(r"accept.*|user-agent|content-.*|openai-beta|.*request-id|trace.*", re.IGNORECASE)
_LIKE_A_SECRET: Final = re.compile(r"(?=\S*[0-9])(?=\S*[A-Za-z])\S{12,}")


def secrets_in(headers: Mapping[str, str]) -> tuple[str, ...]:
    """Return the parts of these headers, or parameters, that must not be shown if a server echoes them.

    These are values whose name says key, token or cookie, and values under any name that look like one. The key in
    ``Bearer KEY`` is a secret by itself, too, as is each value of a cookie, and what ``Basic …`` encodes.
    """
    found: dict[str, None] = {}
    for name, value in headers.items():
        if _SECRET_NAME.search(name):
            found |= dict.fromkeys((value, *_parts(value)))
        elif _LIKE_A_SECRET.fullmatch(value) and not _HARMLESS_NAME.fullmatch(name):
            found[value] = None
    return tuple(hide(secret) for secret in found if secret)


def _parts(value: str) -> Iterable[str]:
    scheme, _, rest = value.partition(" ")
    yield rest
    if scheme.lower() == "basic":
        try:
            pair = base64.b64decode(rest, validate=True).decode()
        except (binascii.Error, ValueError):
            return
        yield from (pair, pair.partition(":")[2])
    for cookie in value.split(";") if "=" in value else ():
        yield cookie.partition("=")[2].strip()


# --- Masks --------------------------------------------------------------------------------------------------------

_SHORTEST_SECRET: Final = 6

MASK: Final = "***"
"""What stands where a secret was."""


def mask(text: str, secrets: Iterable[str]) -> str:
    """Return the text with every secret in it made unreadable, however JSON, a URL, HTML or Python spells it."""
    escaped = any(sign in text for sign in "\\%&=")
    in_one_piece = _BETWEEN.sub("", text)
    for secret in secrets:
        if len(secret) < _SHORTEST_SECRET:
            continue  # a placeholder such as "x" or "none" is not secret, and is a part of many words
        for encoded in _encodings(secret):
            text = text.replace(encoded, MASK)
            if encoded in in_one_piece:
                text = _in_pieces(encoded).sub(MASK, text)
        if escaped:
            text = _spelled(secret).sub(MASK, text)
    return text


def mask_json(value: Any, secrets: Iterable[str]) -> Any:
    """Return decoded JSON with every secret made unreadable in its texts and names, however deep."""
    secrets = tuple(secrets)
    if not secrets:
        return value
    outside = [value]
    containers: list[Any] = [outside]
    while containers:  # a thousand levels are more than Python's stack has
        here = containers.pop()
        if isinstance(here, dict):
            items = [(mask(name, secrets), here[name]) for name in here]
            here.clear()
            here.update(items)
        for key, inside in here.items() if isinstance(here, dict) else enumerate(here):
            if isinstance(inside, str):
                here[key] = mask(inside, secrets)
            elif isinstance(inside, dict | list):
                containers.append(inside)
    return outside[0]


@lru_cache(maxsize=64)
def _encodings(secret: str) -> tuple[str, ...]:
    """Return the encodings of the whole secret: itself, and its bytes in hexadecimal and base64."""
    content = secret.encode("utf-8", "surrogatepass")
    shifted = [base64.b64encode(b"\0" * before + content).decode() for before in range(3)]
    # The characters at both ends also hold bits of the bytes beside the secret.
    inner = [text[-(-before * 8 // 6) : len(b"\0" * before + content) * 8 // 6] for before, text in enumerate(shifted)]
    in_base64 = {*inner, *(text.replace("+", "-").replace("/", "_") for text in inner)}
    return (secret, content.hex(), content.hex().upper(), *sorted(in_base64))


@lru_cache(maxsize=64)
def _spelled(secret: str) -> re.Pattern[str]:
    """Return a pattern of the secret with each of its characters spelled in any way, also escaped twice."""
    return re.compile("".join(f"(?:{'|'.join(_spellings(character))})" for character in secret))


# What may stand between two characters without hiding the secret: the zeros of UTF-16, the end of a line, colours of a
# terminal, control and invisible characters (Unicode's Default_Ignorable_Code_Point), a tag, and separators of
# hexadecimal bytes.
_BETWEEN: Final = re.compile(
    r"""\x1b\[[0-9;]{0,20}m|[\s\0-\x1f\x7f\xad\u034f\u061c\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f:,]"""
    r"""|[\ufe00-\ufe0f\ufeff\U000e0000-\U000e0fff]|=\r?\n|\b0x|<[^<>]{0,60}>"""
    r"""|\\{1,4}(?:x00|0|[rnt]|u(?i:0000|00ad|001b\[[0-9;]{0,20}m|200[b-f]|202[a-e]|206[0-9a-f]|fe0[0-9a-f]|feff))"""
)


@lru_cache(maxsize=64)
def _in_pieces(encoded: str) -> re.Pattern[str]:
    """Return what matches the text with anything between its characters that does not keep a reader from it."""
    return re.compile(f"(?:{_BETWEEN.pattern}){{0,8}}".join(map(re.escape, encoded)))


def _spellings(character: str) -> Iterable[str]:
    # Each begins with a literal character, so that the search can skip all other places. Every repetition is bounded,
    # so that a text of backslashes cannot stall the search.
    code, in_url = ord(character), character.encode("utf-8", "surrogatepass")
    yield re.escape(character)
    yield rf"\\\\{{0,3}}{re.escape(character)}"  # JSON's \/ and \", Python's \' and a backslash itself, once or twice
    yield rf"\\\\{{0,3}}[uUx]\{{?0{{0,6}}(?i:{code:x})\}}?"  # JSON, Python, nginx' logs, JavaScript
    if code > 0xFFFF:
        yield "".join(rf"\\\\{{0,3}}u(?i:{half})" for half in _utf16(character))  # JSON
    yield "".join(f"%(?:25){{0,3}}(?i:{byte:02x})" for byte in in_url)
    yield rf"&(?:amp;){{0,3}}#(?:0{{0,8}}{code}|[xX]0{{0,8}}(?i:{code:x}));?"  # HTML
    yield rf"\\\\{{0,3}}0{{0,2}}{code:o}"  # C and shells, in octal
    if not character.isalnum():
        yield f"%(?:25){{0,3}}u(?i:{code:04x})"  # JavaScript's escape()
        yield "".join(f"=(?i:{byte:02x})" for byte in in_url)  # mails
    for name in _entities().get(character, ()):
        yield f"&(?:amp;){{0,3}}{re.escape(name)}"


def _utf16(character: str) -> Iterable[str]:
    units = character.encode("utf-16-be", "surrogatepass")
    return (units[at : at + 2].hex() for at in range(0, len(units), 2))


@lru_cache(maxsize=1)
def _entities() -> dict[str, list[str]]:
    from html.entities import html5  # here, since most clients never see an error

    names: dict[str, list[str]] = {}
    for name, text in html5.items():
        if name.endswith(";") and len(text) == 1 and text.isascii():
            names.setdefault(text, []).append(name)
    return names
