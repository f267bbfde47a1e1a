"""A server of run steps in memory, to try the client without an account and to test against.

It shares no code with the client, so that it does not repeat the mistakes of the code that it tests. It imitates
real servers: their paths, credentials and errors (`PROFILES`), and their habits with cursors and pages (`DIALECTS`).
`HABITS` has the habits one at a time.
"""

from openai_steps.emulator._dialect import Dialect, Query
from openai_steps.emulator._faults import Answer, CloseAfter, Cut, Delay, Exchange, Fault, Reset, Stall
from openai_steps.emulator._habits import HABITS
from openai_steps.emulator._jsonl import JSONLinesError, load_jsonl, read_jsonl
from openai_steps.emulator._listing import list_steps
from openai_steps.emulator._profile import DIALECTS, PROFILES, Profile
from openai_steps.emulator._refusal import Refusal
from openai_steps.emulator._requests import RecordedRequest
from openai_steps.emulator._server import DEMO_RUN, DEMO_THREAD, Emulator
from openai_steps.emulator._store import ReadableStore, Store

__all__ = [
    "DEMO_RUN",
    "DEMO_THREAD",
    "DIALECTS",
    "HABITS",
    "PROFILES",
    "Answer",
    "CloseAfter",
    "Cut",
    "Delay",
    "Dialect",
    "Emulator",
    "Exchange",
    "Fault",
    "JSONLinesError",
    "Profile",
    "Query",
    "ReadableStore",
    "RecordedRequest",
    "Refusal",
    "Reset",
    "Stall",
    "Store",
    "list_steps",
    "load_jsonl",
    "read_jsonl",
]
