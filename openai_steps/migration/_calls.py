"""Tool calls as items: each with its output, and with an id that servers accept."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from openai_steps import FileSearchToolCall, McpToolCall
from openai_steps.conversation import Call, calls_of
from openai_steps.migration._lost import Lost
from openai_steps.turns import StepTurn

LONGEST: Final = 64
"""The most characters of an id or a name."""

_NOT_IN_A_NAME: Final = re.compile(r"[^A-Za-z0-9_-]")


class CallIds:
    """Gives each call an id that servers accept and that is unique in the thread."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def of(self, call: Call) -> str:
        """Return the id for a call: its own, if it can be kept."""
        own = call.call.id
        if not own or len(own) > LONGEST or _NOT_IN_A_NAME.search(own) or own in self._taken:
            # By its number in the thread: unique, and the same in each migration of the thread.
            content = json.dumps([call.step.id, own, len(self._taken)])
            own = f"call_{hashlib.sha256(content.encode()).hexdigest()[:40]}"
        self._taken.add(own)
        return own


def call_items(turn: StepTurn, lost: list[Lost], *, ids: CallIds, native: bool) -> Iterator[dict[str, Any]]:
    """Yield the calls of a step, then their outputs; and note what is lost.

    Args:
        turn: The step.
        lost: The list of what is lost.
        ids: Gives ids to the calls.
        native: Whether built-in tools get items of their own.
    """
    outputs: list[dict[str, Any]] = []
    for call in calls_of(turn.step):
        call_id = ids.of(call)
        if call_id != call.call.id:
            lost.append(Lost(what="call_id", step_id=turn.step.id, call_id=call_id, detail=call.call.id))
        item = _native(call, call_id) if native else None
        if item is not None:
            yield item
            continue
        name = _NOT_IN_A_NAME.sub("_", call.call.name)[:LONGEST] or "unknown"
        if name != call.call.name:
            lost.append(Lost(what="name", call_id=call_id, detail=call.call.name))
        yield {"type": "function_call", "call_id": call_id, "name": name, "arguments": call.arguments_text}
        output = call.result_text
        if not call.is_answered:
            status = turn.run.status if turn.run is not None else turn.step.status
            output = f"(no output: the run ended as {status})"
            lost.append(Lost(what="output", call_id=call_id, detail=f"the run ended as {status}"))
        outputs.append({"type": "function_call_output", "call_id": call_id, "output": output})
    yield from outputs


def _native(call: Call, call_id: str) -> dict[str, Any] | None:
    match call.call:
        case FileSearchToolCall():
            results = [
                {
                    "file_id": result.file_id,
                    "filename": result.file_name,
                    "score": result.score,
                    "text": "\n".join(part.text for part in result.content or () if part.text is not None),
                }
                for result in call.call.file_search.results or ()
            ]
            # Queries are required there, and threads never have them.
            own = {"queries": [], "status": _status(call), "results": results}
            return {"type": "file_search_call", "id": _item_id("fs", call_id), **own}
        case McpToolCall():
            return {
                "type": "mcp_call",
                "id": _item_id("mcp", call_id),
                "server_label": call.call.server_label or "unknown",
                "name": call.call.name,
                "arguments": call.call.arguments,
                "output": call.call.output,
                "status": _status(call),
            }
        case _ if call.call.type == "bing_grounding":
            query = parse_qs(urlsplit(str(call.arguments.get("requesturl", ""))).query).get("q", [""])[0]
            action = {"type": "search", "query": query}
            return {"type": "web_search_call", "id": _item_id("ws", call_id), "status": _status(call), "action": action}
        case _:
            return None  # a code interpreter's item needs a container, which threads do not have


def _status(call: Call) -> str:
    return "completed" if call.step.status == "completed" else "failed"


def _item_id(kind: str, call_id: str) -> str:
    """Return an id that begins with the item's kind, as servers demand."""
    item_id = f"{kind}_{call_id}"
    return item_id if len(item_id) <= LONGEST else f"{kind}_{hashlib.sha256(call_id.encode()).hexdigest()[:40]}"
