"""Errors for missing optional libraries, with the extra to install."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def needing(library: str, install: str, *, what: str = "This") -> Iterator[None]:
    """Say what to install if an import within the block finds that a library is missing.

    Args:
        library: What is imported.
        install: What to install, as ``pip install`` takes it.
        what: What needs it.

    Raises:
        ModuleNotFoundError: With that in its text. The error for any other missing module is left as it is: a bug.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != library:
            raise
        raise ModuleNotFoundError(f"{what} needs {library}: pip install {install!r}", name=library) from None
