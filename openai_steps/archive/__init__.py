"""Archives: threads, runs, messages, steps and files byte for byte as sent, with an index and checksums.

``export_threads`` of `openai_steps.export` and ``openai-steps export -o DIR`` write one; `Archive` reads it, and
``openai-steps serve`` answers from it as the API did.
"""

from openai_steps._public import publish
from openai_steps.archive._archive import Archive
from openai_steps.archive._index import Missing, RunState
from openai_steps.archive._layout import ArchiveError
from openai_steps.archive._manifest import Manifest
from openai_steps.archive._store import ArchiveStore
from openai_steps.archive._verify import VerifyReport, rebuild_index, verify_archive
from openai_steps.archive._writer import ArchiveWriter

__all__ = [
    "Archive",
    "ArchiveError",
    "ArchiveStore",
    "ArchiveWriter",
    "Manifest",
    "Missing",
    "RunState",
    "VerifyReport",
    "rebuild_index",
    "verify_archive",
]

publish(__name__, globals())
