"""JSON objects to models: a public function for each kind, beside `dumps` and `unstructure`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar, overload

from openai_steps._errors import unreadable_item
from openai_steps._json.converter import structure
from openai_steps._models.messages import Message
from openai_steps._models.pages import Page, StepPage
from openai_steps._models.runs import Run
from openai_steps._models.steps import RunStep
from openai_steps._models.threads import File, Thread

AnyPage = TypeVar("AnyPage", bound=Page[Any])


def structure_step(data: Mapping[str, Any]) -> RunStep:
    """Turn a step's JSON object into a RunStep.

    Args:
        data: The object as ``json.loads`` gives it. Parts of it go into the step: do not change it afterwards.

    Raises:
        ResponseDecodeError: If it has no text ``id`` or no readable ``created_at``. Whatever else does not fit is kept:
            see ``problems``, and ``problem`` of the ``Other…`` classes.
    """
    return structure(data, RunStep)


def structure_thread(data: Mapping[str, Any]) -> Thread:
    """Turn a thread's JSON object into a Thread.

    Args:
        data: See `structure_step`.

    Raises:
        ResponseDecodeError: See `structure_step`.
    """
    return structure(data, Thread)


def structure_message(data: Mapping[str, Any]) -> Message:
    """Turn a message's JSON object into a Message.

    Args:
        data: See `structure_step`.

    Raises:
        ResponseDecodeError: See `structure_step`.
    """
    return structure(data, Message)


def structure_file(data: Mapping[str, Any]) -> File:
    """Turn the JSON object that describes a file into a File.

    Args:
        data: See `structure_step`.

    Raises:
        ResponseDecodeError: See `structure_step`.
    """
    return structure(data, File)


def structure_run(data: Mapping[str, Any]) -> Run:
    """Turn a run's JSON object into a Run.

    Args:
        data: See `structure_step`.

    Raises:
        ResponseDecodeError: See `structure_step`.
    """
    return structure(data, Run)


@overload
def structure_page(data: Mapping[str, Any] | Sequence[Any]) -> StepPage: ...


@overload
def structure_page(data: Mapping[str, Any] | Sequence[Any], kind: type[AnyPage]) -> AnyPage: ...


def structure_page(data: Mapping[str, Any] | Sequence[Any], kind: type[Page[Any]] = StepPage) -> Page[Any]:
    """Turn a page's JSON into a StepPage, or a page of another kind.

    Args:
        data: The list object, or the bare array that some servers send. Do not change it afterwards.
        kind: `StepPage`, `RunPage`, `MessagePage` or `ThreadPage`.

    Raises:
        ResponseDecodeError: If ``data`` is not an array, or an item has no text ``id`` or no readable ``created_at``;
            its ``path`` says where.
    """
    page = structure(data, kind)
    for item in page.unreadable:
        place = f"$.data[{item.index}]" if isinstance(data, Mapping) else f"$[{item.index}]"
        raise unreadable_item(place, item.problem.path, item.problem.expected, body=data)
    return page
