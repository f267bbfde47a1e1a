"""From a thread to items in batches, and to the list of what is lost.

Limits and shapes come from openai 3.57.0's types and from reported error messages; no server was asked. A request has
at most 20 items; call ids, names and item ids have at most 64 characters of ``A-Za-z0-9_-``; each call is answered, or
the next response fails with "No tool output found for function call".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from attrs import field, frozen

from openai_steps.conversation import ThreadHistory
from openai_steps.migration._calls import CallIds, call_items
from openai_steps.migration._lost import Lost, lost_of_message, lost_of_run, lost_of_step, lost_of_thread
from openai_steps.migration._messages import message_item
from openai_steps.turns import MessageTurn, StepTurn, Turn

LARGEST_BATCH: Final = 20
"""The most items that one request takes."""

# Of metadata: https://platform.openai.com/docs/api-reference/conversations/create
_MOST_PAIRS: Final = 16
_LONGEST_KEY: Final = 64
_LONGEST_VALUE: Final = 512


@frozen(kw_only=True)
class Migration:
    """A thread as the items of a conversation.

    Attributes:
        thread_id: The thread.
        metadata: The metadata of the conversation: the thread's, if it was read, and its id as ``thread_id``.
        batches: The items, in order, at most 20 in a batch: the first may go into ``POST /conversations``, the others
            into ``POST /conversations/{id}/items``.
        lost: What the conversation cannot hold, item by item, in the order of the thread.
    """

    thread_id: str
    metadata: dict[str, str] = field(hash=False)
    batches: list[list[dict[str, Any]]] = field(hash=False)
    lost: list[Lost] = field(hash=False)


def migrate_thread(
    history: ThreadHistory, *, native: bool = False, file_ids: Mapping[str, str] | None = None
) -> Migration:
    """Turn a thread into items of a conversation.

    Args:
        history: The thread.
        native: Whether calls of built-in tools become the items that OpenAI makes of them (``file_search_call``,
            ``mcp_call``, ``web_search_call``), instead of function calls with their outputs. It is not the default,
            since no server was tried with them.
        file_ids: From the ids of files in the thread to those of the same files at the new place, where you upload
            them. Without one, an image becomes a text that names it.

    Returns:
        The items, and what is lost.
    """
    ids, files = CallIds(), file_ids or {}
    lost: list[Lost] = []
    metadata = _metadata(history, lost)
    if history.thread is not None:
        lost.extend(lost_of_thread(history.thread))
    groups = [list(_items(turn, lost, ids=ids, files=files, native=native)) for turn in history.turns.turns]
    for orphan in history.turns.orphans:
        lost.append(Lost(what="message", step_id=orphan.id, message_id=orphan.message_id, detail="it was deleted"))
        lost.extend(lost_of_step(orphan))
    for run in history.runs:
        lost.extend(lost_of_run(run))
    return Migration(thread_id=history.thread_id, metadata=metadata, batches=list(_batches(groups)), lost=lost)


def _metadata(history: ThreadHistory, lost: list[Lost]) -> dict[str, str]:
    """Return the conversation's metadata, and note which of the thread's it cannot hold."""
    kept = {"thread_id": history.thread_id[:_LONGEST_VALUE]}
    own = history.thread.metadata if history.thread is not None else None
    for key, value in (own or {}).items():
        fits = isinstance(value, str) and len(key) <= _LONGEST_KEY and len(value) <= _LONGEST_VALUE
        if fits and key not in kept and len(kept) < _MOST_PAIRS:
            kept[key] = value
        else:
            lost.append(Lost(what="metadata", detail={key: value}))
    return kept


def _items(
    turn: Turn, lost: list[Lost], *, ids: CallIds, files: Mapping[str, str], native: bool
) -> Iterator[dict[str, Any]]:
    match turn:
        case MessageTurn():
            item = message_item(turn.message, files)
            lost.extend(lost_of_message(turn.message, files, is_empty=item is None))
            if item is not None:
                yield item
            if turn.step is not None:
                lost.extend(lost_of_step(turn.step))
        case StepTurn():
            yield from call_items(turn, lost, ids=ids, native=native)
            lost.extend(lost_of_step(turn.step))


def _batches(groups: Iterable[list[dict[str, Any]]]) -> Iterator[list[dict[str, Any]]]:
    """Pack groups into batches: a call and its output stay together if they fit."""
    batch: list[dict[str, Any]] = []
    for group in groups:
        if len(batch) + len(group) > LARGEST_BATCH and batch and len(group) <= LARGEST_BATCH:
            yield batch
            batch = []
        batch += group
        while len(batch) > LARGEST_BATCH:
            yield batch[:LARGEST_BATCH]
            batch = batch[LARGEST_BATCH:]
    if batch:
        yield batch
