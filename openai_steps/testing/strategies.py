"""Hypothesis strategies for what servers send, to test code that takes steps, messages and whole threads.

    @given(strategies.steps().map(structure_step))
    def test_any_step_can_be_shown(step):
        assert show(step)

They give JSON objects in the wire shape, as the builders of `openai_steps.testing` do, and are unkind: ids do not rise
with time, times tie, fields are null or missing, and there are unknown kinds and keys. Needs the extra ``testing``.
"""

from __future__ import annotations

from typing import Any, Final

from openai_steps.testing._calls import WireObject
from openai_steps.testing._whole_threads import WholeThread, ids, texts, times, whole_threads

from hypothesis import strategies as st  # isort: skip - _whole_threads says what to install

__all__ = [
    "WholeThread",
    "files",
    "ids",
    "messages",
    "pages",
    "runs",
    "steps",
    "threads",
    "tool_calls",
    "whole_threads",
]

_anything: Final = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | texts,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(texts, inner, max_size=2),
    max_leaves=4,
)
_unknown: Final = st.dictionaries(st.just("unheard_of"), _anything, max_size=1)
_json_texts: Final = st.sampled_from(["{}", '{"city": "Paris"}', '{"city": "Pa', "", "21 °C"])
_outputs: Final = st.none() | _json_texts


def _merged(*parts: st.SearchStrategy[WireObject]) -> st.SearchStrategy[WireObject]:
    return st.tuples(*parts).map(lambda objects: {key: value for one in objects for key, value in one.items()})


def _tool_call(kind: str, payload: st.SearchStrategy[Any]) -> st.SearchStrategy[WireObject]:
    return st.fixed_dictionaries({"id": ids("call"), "type": st.just(kind), kind: payload})


def tool_calls() -> st.SearchStrategy[WireObject]:
    """Give tool calls of every kind, known and unknown, answered and not, with arguments that may be broken."""
    code_outputs = st.fixed_dictionaries({"type": st.just("logs"), "logs": texts}) | st.fixed_dictionaries(
        {"type": st.just("image"), "image": st.fixed_dictionaries({"file_id": ids("file")})}
    )
    found = st.fixed_dictionaries({"file_id": ids("file"), "file_name": texts, "score": st.floats(0, 1)})
    return st.one_of(
        _tool_call(
            "function",
            st.fixed_dictionaries({"name": texts, "arguments": _json_texts, "output": _outputs}),
        ),
        _tool_call(
            "code_interpreter", st.fixed_dictionaries({"input": texts, "outputs": st.lists(code_outputs, max_size=2)})
        ),
        _tool_call("file_search", st.fixed_dictionaries({"results": st.lists(found, max_size=2)})),
        st.fixed_dictionaries(
            {"id": ids("call"), "type": st.just("mcp"), "name": texts, "arguments": _json_texts},
            optional={"output": _json_texts, "server_label": texts},
        ),
        _tool_call("bing_grounding", st.fixed_dictionaries({"requesturl": texts})),
        _tool_call("unheard_of", st.dictionaries(texts, _anything, max_size=2)),
    )


def steps(*, thread_id: str = "thread_1", run_id: str = "run_1") -> st.SearchStrategy[WireObject]:
    """Give steps of every kind and status.

    Args:
        thread_id: Their thread.
        run_id: Their run.
    """
    details = st.one_of(
        ids("msg").map(lambda one: {"type": "message_creation", "message_creation": {"message_id": one}}),
        st.lists(tool_calls(), max_size=3).map(lambda calls: {"type": "tool_calls", "tool_calls": calls}),
        st.dictionaries(texts, _anything, max_size=2).map(lambda data: {"type": "unheard_of", "unheard_of": data}),
    )
    known = st.fixed_dictionaries(
        {
            "id": ids("step"),
            "object": st.just("thread.run.step"),
            "created_at": times,
            "assistant_id": ids("asst"),
            "thread_id": st.just(thread_id),
            "run_id": st.just(run_id),
            "status": st.sampled_from(["in_progress", "completed", "failed", "cancelled", "expired", "unheard_of"]),
            "step_details": details,
        },
        optional={
            **dict.fromkeys(("completed_at", "failed_at", "cancelled_at", "expires_at"), st.none() | times),
            "last_error": st.none() | _errors,
            "usage": st.none() | _usage,
            "metadata": st.none() | _metadata,
        },
    )
    return _merged(known, _unknown).map(lambda step: {**step, "type": step["step_details"]["type"]})


def messages(*, thread_id: str = "thread_1") -> st.SearchStrategy[WireObject]:
    """Give messages with parts and annotations of every kind.

    Args:
        thread_id: Their thread.
    """
    return _merged(
        st.fixed_dictionaries(
            {
                "id": ids("msg"),
                "object": st.just("thread.message"),
                "created_at": times,
                "thread_id": st.just(thread_id),
                "role": st.sampled_from(["user", "assistant"]),
                "content": st.lists(_parts, max_size=3),
            },
            optional={
                "assistant_id": st.none() | ids("asst"),
                "run_id": st.none() | ids("run"),
                "attachments": st.none() | st.lists(_attachments, max_size=2),
                "metadata": st.none() | _metadata,
            },
        ),
        _unknown,
    )


def runs(*, thread_id: str = "thread_1") -> st.SearchStrategy[WireObject]:
    """Give runs of every status, including those that wait for outputs or approval.

    Args:
        thread_id: Their thread.
    """
    actions = st.sampled_from(["submit_tool_outputs", "submit_tool_approval", "unheard_of"]).flatmap(
        lambda kind: st.lists(tool_calls(), max_size=2).map(lambda calls: {"type": kind, kind: {"tool_calls": calls}})
    )
    statuses = ["queued", "in_progress", "requires_action", "cancelling", "cancelled", "failed", "completed"]
    return _merged(
        st.fixed_dictionaries(
            {
                "id": ids("run"),
                "object": st.just("thread.run"),
                "created_at": times,
                "thread_id": st.just(thread_id),
                "status": st.sampled_from([*statuses, "incomplete", "expired", "unheard_of"]),
            },
            optional={
                "assistant_id": ids("asst"),
                **dict.fromkeys(("started_at", "completed_at", "failed_at", "expires_at"), st.none() | times),
                "required_action": st.none() | actions,
                "last_error": st.none() | _errors,
                "incomplete_details": st.none() | st.fixed_dictionaries({"reason": texts}),
                "model": texts,
                "instructions": st.none() | texts,
                "tools": st.lists(st.fixed_dictionaries({"type": texts}), max_size=2),
                "usage": st.none() | _usage,
                "tool_choice": texts | st.fixed_dictionaries({"type": texts}),
                "metadata": st.none() | _metadata,
            },
        ),
        _unknown,
    )


def threads() -> st.SearchStrategy[WireObject]:
    """Give thread objects; `whole_threads` gives threads with everything in them."""
    return _merged(
        st.fixed_dictionaries(
            {"id": ids("thread"), "object": st.just("thread"), "created_at": times},
            optional={"metadata": st.none() | _metadata, "tool_resources": st.none() | st.just({}), "title": texts},
        ),
        _unknown,
    )


def files() -> st.SearchStrategy[WireObject]:
    """Give file objects, some with names that would lead out of a directory."""
    return _merged(
        st.fixed_dictionaries(
            {"id": ids("file"), "object": st.just("file"), "created_at": times},
            optional={
                "bytes": st.integers(0, 2**40),
                "filename": texts | st.sampled_from(["../../etc/passwd", "/etc/passwd", "C:\\x", "a/b", ".", ""]),
                "purpose": st.sampled_from(["assistants", "assistants_output", "vision"]),
                "expires_at": st.none() | times,
                "status": texts,
            },
        ),
        _unknown,
    )


def pages(items: st.SearchStrategy[WireObject], *, max_size: int = 5) -> st.SearchStrategy[Any]:
    """Give pages as different servers make them: with and without ids and has_more, and as bare arrays.

    Args:
        items: Their items, such as ``steps()``; each id occurs once.
        max_size: The most items on one page.
    """
    data = st.lists(items, max_size=max_size, unique_by=lambda item: item["id"])
    return data | _merged(
        st.fixed_dictionaries(
            {"data": data},
            optional={
                "object": st.just("list"),
                "has_more": st.none() | st.booleans(),
                "first_id": st.sampled_from([None, "", "none"]) | ids("step"),
                "last_id": st.sampled_from([None, "", "none"]) | ids("step"),
            },
        ),
        _unknown,
    )


_errors: Final = st.fixed_dictionaries({"code": texts, "message": texts})
_usage: Final = st.fixed_dictionaries(
    dict.fromkeys(("prompt_tokens", "completion_tokens", "total_tokens"), st.integers(0, 10**9))
)
_metadata: Final = st.dictionaries(texts, texts, max_size=2)
_places: Final = {"text": texts, "start_index": st.integers(0, 100), "end_index": st.integers(0, 100)}
_annotations: Final = st.one_of(
    st.fixed_dictionaries(
        {"type": st.just("file_citation"), "file_citation": st.fixed_dictionaries({"file_id": ids("file")})},
        optional=_places,
    ),
    st.fixed_dictionaries(
        {"type": st.just("file_path"), "file_path": st.fixed_dictionaries({"file_id": ids("file")})},
        optional=_places,
    ),
    st.fixed_dictionaries(
        {"type": st.just("url_citation"), "url_citation": st.fixed_dictionaries({"url": texts})}, optional=_places
    ),
    st.fixed_dictionaries({"type": st.just("unheard_of")}),
)
_parts: Final = st.one_of(
    st.fixed_dictionaries(
        {
            "type": st.just("text"),
            "text": st.fixed_dictionaries(
                {"value": texts}, optional={"annotations": st.lists(_annotations, max_size=2)}
            ),
        }
    ),
    st.fixed_dictionaries(
        {"type": st.just("image_file"), "image_file": st.fixed_dictionaries({"file_id": ids("file")})}
    ),
    st.fixed_dictionaries({"type": st.just("image_url"), "image_url": st.fixed_dictionaries({"url": texts})}),
    st.fixed_dictionaries({"type": st.just("refusal"), "refusal": texts}),
    st.fixed_dictionaries({"type": st.just("unheard_of"), "unheard_of": _anything}),
)
_attachments: Final = st.fixed_dictionaries(
    {"file_id": ids("file"), "tools": st.lists(st.just({"type": "code_interpreter"}), max_size=1)}
)
