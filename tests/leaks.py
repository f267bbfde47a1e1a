"""Everything that an exception can print, so that a test can look for a key in it."""

from __future__ import annotations

import pickle
import traceback
from collections.abc import Iterator
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
            yield from (f"{name}={value!r}" for name, value in frame.f_locals.items())


def _frames(error: BaseException) -> Iterator[FrameType]:
    for frame, _line in traceback.walk_tb(error.__traceback__):
        yield frame
