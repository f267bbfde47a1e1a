"""Everything that an exception can print, so that a test can look for a key in it."""

from __future__ import annotations

import pickle
import traceback
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import FrameType

import openai_steps

PACKAGE = str(Path(openai_steps.__file__).parent)


def printed(error: BaseException) -> str:
    """All texts of an exception and of those behind it, with the locals of our frames, as Sentry would send them."""
    return "\n".join(text for link in _chain(error) for text in _texts(link))


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    waiting = [error]
    while waiting:
        link = waiting.pop()
        if link is None or id(link) in seen:
            continue
        seen.add(id(link))
        yield link
        waiting += [link.__cause__, link.__context__, *getattr(link, "exceptions", ())]


def _texts(error: BaseException) -> Iterator[str]:
    yield from (str(error), repr(error), repr(error.args), repr(error.__dict__))
    yield "".join(traceback.format_exception(error))
    for attribute in vars(error).values():
        yield str(attribute)
    if isinstance(error, openai_steps.StepsError):
        yield pickle.dumps(error).decode("latin-1")
    for frame in _frames(error):
        if frame.f_code.co_filename.startswith(PACKAGE):
            yield from (text for name, value in frame.f_locals.items() for text in (name, *_shown(value)))


def _shown(value: object, depth: int = 3) -> Iterator[str]:
    """All that a tool may make of a local: also text that only its repr hides, and what containers and objects hold."""
    if isinstance(value, str):
        yield str(value)
    elif isinstance(value, Mapping) and depth:
        for pair in value.items():
            yield from _shown(pair, depth - 1)
    elif isinstance(value, list | tuple | set | frozenset) and depth:
        for inside in value:
            yield from _shown(inside, depth - 1)
    else:
        yield from (repr(value), str(value), f"{value}", repr(getattr(value, "__dict__", "")))


def _frames(error: BaseException) -> Iterator[FrameType]:
    for frame, _line in traceback.walk_tb(error.__traceback__):
        yield frame
