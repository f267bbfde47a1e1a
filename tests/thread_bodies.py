"""Wire-shape bodies of runs, messages, threads and files: recorded ones, and small ones with every field."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from builders import Body

WIRE = Path(__file__).parent / "wire-threads"


def recorded_threads(*kinds: str) -> Iterator[tuple[str, Any]]:
    """Yield the name and content of each recorded body of these kinds, as file names tell them; of all if none."""
    for path in sorted(WIRE.glob("*.json")):
        if not kinds or not set(kinds).isdisjoint(path.stem.split(".")):
            yield path.stem, json.loads(path.read_text("utf-8"))


def run_body(**changes: Any) -> Body:
    return {
        "id": "run_1",
        "object": "thread.run",
        "created_at": 1700000000,
        "assistant_id": "asst_1",
        "thread_id": "thread_1",
        "status": "completed",
        **changes,
    }


FUNCTION_CALL: Body = {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
MCP_CALL: Body = {"id": "call_2", "type": "mcp", "name": "g", "arguments": "{}", "server_label": "docs"}

ACTIONS: list[Body] = [
    {"type": "submit_tool_outputs", "submit_tool_outputs": {"tool_calls": [FUNCTION_CALL], "news": 1}},
    {"type": "submit_tool_approval", "submit_tool_approval": {"tool_calls": [MCP_CALL]}},
    {"type": "submit_tool_approvals", "submit_tool_approvals": {"tool_calls": [FUNCTION_CALL, 7]}},
    {"type": "wait", "details": {"seconds": 4}},
    {"details": None, "type": 7},
]

EVERY_RUN: list[Body] = [
    run_body(
        agent_id="asst_2",
        started_at=1,
        completed_at=2,
        failed_at=3,
        cancelled_at=4,
        expires_at=5,
        required_action=action,
        last_error={"code": "server_error", "message": "m"},
        incomplete_details={"reason": "max_prompt_tokens", "news": None},
        model="gpt-4o",
        instructions="Be brief.",
        tools=[{"type": "code_interpreter"}, {"type": "mcp", "server_label": "docs", "allowed_tools": None}],
        tool_resources={"mcp": [{"require_approval": {"never": {"tool_names": ["g"]}}}]},
        metadata={"a": "b"},
        temperature=1.5,
        top_p=1,
        max_prompt_tokens=256,
        max_completion_tokens=16,
        truncation_strategy={"type": "last_messages", "last_messages": 3},
        tool_choice=choice,
        response_format=choice,
        parallel_tool_calls=False,
        reasoning_effort="medium",
        usage={"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3},
        config_values=None,
    )
    for action in ACTIONS
    for choice in ("auto", {"type": "function", "function": {"name": "f"}})
]


def message_body(**changes: Any) -> Body:
    return {
        "id": "msg_1",
        "object": "thread.message",
        "created_at": 1700000000,
        "thread_id": "thread_1",
        "role": "assistant",
        "content": [text_content("Hello.")],
        **changes,
    }


def text_content(value: str, *annotations: Body) -> Body:
    return {"type": "text", "text": {"value": value, "annotations": list(annotations)}}


ANNOTATIONS: list[Body] = [
    {
        "type": "file_citation",
        "text": "【4:0†a.txt】",
        "start_index": 1,
        "end_index": 12,
        "file_citation": {"file_id": "file_1", "quote": "q", "news": 1},
    },
    {"type": "file_citation", "file_citation": {"file_id": "file_2"}},
    {"type": "file_path", "text": "sandbox:/mnt/data/b.csv", "file_path": {"file_id": "file_3", "news": 1}},
    {"type": "url_citation", "text": "【3:0†source】", "url_citation": {"url": "https://host/", "title": "T ..."}},
    {"type": "url_citation", "start_index": 0, "url_citation": {"url": "https://host/", "news": 1}, "news": None},
    {"type": "hologram", "text": "x"},
    {"type": None},
]

CONTENT: list[Body] = [
    text_content("One ", *ANNOTATIONS),
    {"type": "text", "text": {"value": "two"}, "news": 1},
    {"type": "image_file", "image_file": {"file_id": "file_4", "detail": "high", "news": 1}},
    {"type": "image_file", "image_file": {"file_id": "file_1"}},
    {"type": "image_url", "image_url": {"url": "https://host/a.png", "detail": "auto"}},
    {"type": "refusal", "refusal": "No."},
    {"type": "MessageContent"},
    {"type": "thought", "text": "Hm."},
]

EVERY_MESSAGE: list[Body] = [
    message_body(
        agent_id="asst_2",
        assistant_id="asst_1",
        run_id="run_1",
        status="incomplete",
        completed_at=1,
        incomplete_at=2,
        incomplete_details={"reason": "content_filter"},
        content=CONTENT,
        attachments=[
            {"file_id": "file_5", "tools": [{"type": "file_search"}]},
            {"file_id": "file_5", "tools": [{"type": "code_interpreter"}], "news": 1},
            {"data_source": {"uri": "u", "type": "uri_asset"}},
        ],
        file_ids=["file_6", "file_3"],
        metadata={"a": "b"},
        parts=[],
    ),
    message_body(content=[]),
]


def thread_body(**changes: Any) -> Body:
    return {"id": "thread_1", "object": "thread", "created_at": 1700000000, **changes}


EVERY_THREAD: list[Body] = [
    thread_body(
        title="Billing",
        tool_resources={"code_interpreter": {"file_ids": []}, "mcp": None},
        metadata={"a": "b"},
        owner_id="o",
    )
]


def file_body(**changes: Any) -> Body:
    return {"id": "file_1", "object": "file", "created_at": 1700000000, **changes}


EVERY_FILE: list[Body] = [
    file_body(
        bytes=5,
        filename="../a.txt",
        purpose="assistants_output",
        expires_at=1700000100,
        status="processed",
        status_details="ok",
        depends_on={"thread": {"id": "thread_1"}},
    )
]
