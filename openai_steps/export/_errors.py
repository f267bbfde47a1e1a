"""What stops an export as a whole. A run that cannot be read does not."""

from __future__ import annotations


class ExportError(Exception):
    """An export that cannot begin, or go on; the message says what to do."""


class RunsFileError(ExportError):
    """A line that names no run; the message says which line, and what it should be."""
