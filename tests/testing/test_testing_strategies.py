"""Whatever the strategies give is what a server may send: it is read, served, and comes back."""

from typing import Any

import pytest
from finding import kinds
from hypothesis import given, settings

from openai_steps import (
    MessagePage,
    RunPage,
    StepPage,
    ThreadPage,
    structure_file,
    structure_message,
    structure_page,
    structure_run,
    structure_step,
    structure_thread,
    unstructure,
)
from openai_steps.testing import strategies

READERS: dict[str, tuple[Any, Any]] = {
    "steps": (strategies.steps(), structure_step),
    "messages": (strategies.messages(), structure_message),
    "runs": (strategies.runs(), structure_run),
    "threads": (strategies.threads(), structure_thread),
    "files": (strategies.files(), structure_file),
    "a page of steps": (strategies.pages(strategies.steps()), lambda body: structure_page(body, StepPage)),
    "a page of messages": (strategies.pages(strategies.messages()), lambda body: structure_page(body, MessagePage)),
    "a page of runs": (strategies.pages(strategies.runs()), lambda body: structure_page(body, RunPage)),
    "a page of threads": (strategies.pages(strategies.threads()), lambda body: structure_page(body, ThreadPage)),
}


def without_nulls(value: Any) -> Any:
    match value:
        case {"last_error": {"code": "", "message": ""}}:  # DashScope's way to say that there is none
            return without_nulls({**value, "last_error": None})
        case dict():
            return {key: without_nulls(one) for key, one in value.items() if one is not None}
        case list():
            return [without_nulls(one) for one in value]
        case _:
            return value


@pytest.mark.parametrize("name", READERS)
def test_what_is_given_is_read_and_comes_back(name: str) -> None:
    strategy, read = READERS[name]

    @given(strategy)
    @settings(max_examples=50)
    def comes_back(body: Any) -> None:
        back = without_nulls(unstructure(read(body)))
        assert back == without_nulls({"data": body} if isinstance(body, list) else body)

    comes_back()


def test_there_is_something_of_every_kind() -> None:
    kinds(
        strategies.tool_calls(),
        lambda call: call["type"] == "function" and call["function"]["output"] is None,
        lambda call: call["type"] == "function" and call["function"]["output"] == "",
        lambda call: call["type"] == "unheard_of",
    )
    kinds(strategies.steps(), lambda step: "unheard_of" in step, lambda step: step["type"] == "message_creation")
    kinds(strategies.runs(), lambda run: (run.get("required_action") or {}).get("type") == "submit_tool_approval")
    kinds(strategies.files(), lambda file: file.get("filename", "").startswith("../"))
    kinds(
        strategies.pages(strategies.steps()),
        lambda page: isinstance(page, list) and len(page) > 1,
        lambda page: isinstance(page, dict) and page.get("first_id") == "none",
    )
