"""The recorded bodies, decoded by the other clients' models and by these: the same, field by field, or told why not."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import attrs
import pytest
from builders import WIRE, step_body, tool_step_body

from openai_steps import CodeInterpreterToolCall, ToolCall, ToolCallsDetails, structure_step, unstructure

# --- The peers, as their own clients make a step of a body -------------------------------------------------------

MODULES = {
    "openai": "openai.types.beta.threads.runs",
    "azure-ai-agents": "azure.ai.agents.models",
    "dashscope": "dashscope.threads.thread_types",
}
MAKERS: dict[str, Callable[[Any, dict[str, Any]], Any]] = {
    "openai": lambda module, body: module.RunStep.construct(**body),
    "azure-ai-agents": lambda module, body: module.RunStep(body),
    "dashscope": lambda module, body: module.RunStep(**body),
}


def decoded_by(peer: str, body: dict[str, Any]) -> Any:
    """The peer's step, of a copy of the body: some take it apart."""
    module = pytest.importorskip(MODULES[peer], reason=f"{peer} is of the group peers")
    return MAKERS[peer](module, json.loads(json.dumps(body)))


every_peer = pytest.mark.parametrize("peer", MODULES)


# --- The bodies --------------------------------------------------------------------------------------------------


def bodies() -> Iterator[tuple[str, dict[str, Any]]]:
    """Each recorded step, and each recorded tool call in a step."""
    for path in sorted(WIRE.glob("*.json")):
        body = json.loads(path.read_text("utf-8"))
        if isinstance(body, list):
            yield path.stem, tool_step_body(*body)
        elif "step_details" in body:
            yield path.stem, body
        elif ".tool_call." in path.stem:
            yield path.stem, tool_step_body(body)
        elif "data" in body:
            yield from ((f"{path.stem}[{index}]", step) for index, step in enumerate(body["data"]))


BODIES = dict(bodies())


def test_there_are_bodies_of_every_provider() -> None:
    assert {name.partition(".")[0].partition("_sdk")[0] for name in BODIES} == {"openai", "azure_foundry", "dashscope"}
    assert len(BODIES) > 15


# --- Field by field ----------------------------------------------------------------------------------------------

NOT_KNOWN = object()
OURS_ALONE = {"extra", "data"}  # where these models keep what has no field; the peers have nothing like it


def differences(ours: Any, theirs: Any, path: str = "$") -> Iterator[tuple[str, Any]]:
    """What they made of the fields that both know and that differ, by JSON path."""
    if theirs is NOT_KNOWN:
        return
    if attrs.has(type(ours)):
        for field in attrs.fields(type(ours)):
            if field.name not in OURS_ALONE:
                value = getattr(ours, field.name)
                yield from differences(value, attribute(theirs, field.name), f"{path}.{field.name}")
    elif isinstance(ours, tuple) and isinstance(theirs, list) and len(ours) == len(theirs):
        for index, (one, other) in enumerate(zip(ours, theirs, strict=True)):
            yield from differences(one, other, f"{path}[{index}]")
    elif isinstance(ours, datetime):
        moment = theirs if isinstance(theirs, datetime) else datetime.fromtimestamp(0, UTC)
        if theirs != ours.timestamp() and moment != ours:
            yield path, theirs
    elif ours != theirs:
        yield path, theirs


def attribute(value: Any, name: str) -> Any:
    return value.get(name, NOT_KNOWN) if isinstance(value, dict) else getattr(value, name, NOT_KNOWN)


# What they make of DashScope's ways: times in milliseconds, and -1, {} and empty texts for "none".
UNSET = ("$.completed_at", "$.failed_at", "$.cancelled_at", "$.last_error", "$.usage")
WRONG = {name: ("$.created_at", *UNSET) for name in BODIES if name.startswith("dashscope.")}


@every_peer
@pytest.mark.parametrize("name", BODIES)
def test_what_both_know_is_the_same_but_for_what_the_peer_has_wrong(peer: str, name: str) -> None:
    ours = structure_step(BODIES[name])
    found = dict(differences(ours, decoded_by(peer, BODIES[name])))
    assert sorted(found) == sorted(WRONG.get(name, ()))


@every_peer
def test_a_difference_is_found(peer: str) -> None:
    """The comparison above can fail: of a step, every field that it knows is compared."""
    body = tool_step_body({"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{}"}})
    other = structure_step(json.loads(json.dumps(body).replace("1", "2").replace('"f"', '"g"')))
    found = dict(differences(other, decoded_by(peer, body)))
    assert {"$.id", "$.run_id", "$.created_at", "$.step_details.tool_calls[0].function.name"} <= set(found)


# --- Where the peers are wrong -----------------------------------------------------------------------------------


UNSET_TIME = {"openai": -1, "azure-ai-agents": datetime(1969, 12, 31, 23, 59, 59, tzinfo=UTC), "dashscope": -1}


@every_peer
def test_a_time_that_is_not_set_is_a_time_with_them(peer: str) -> None:
    body = step_body(failed_at=-1)
    assert structure_step(body).failed_at is None
    assert decoded_by(peer, body).failed_at == UNSET_TIME[peer]


# By the value on the wire: milliseconds (DashScope), text (LLAMPHouse).
TIMES = {
    1_712_909_007_434: datetime(2024, 4, 12, 8, 3, 27, 434_000, UTC),
    "2024-04-12T08:03:27Z": datetime(2024, 4, 12, 8, 3, 27, tzinfo=UTC),
}


@every_peer
@pytest.mark.parametrize("sent", TIMES)
def test_a_time_in_another_form_is_left_as_it_came_by_them(peer: str, sent: int | str) -> None:
    body = step_body(created_at=sent)
    assert structure_step(body).created_at == TIMES[sent]
    assert decoded_by(peer, body).created_at == sent


@pytest.mark.parametrize("peer", ["openai", "dashscope"])
def test_a_time_in_seconds_stays_a_number_with_them(peer: str) -> None:
    assert decoded_by(peer, step_body(created_at=1_700_000_000)).created_at == 1_700_000_000
    assert structure_step(step_body(created_at=1_700_000_000)).created_at == datetime(
        2023, 11, 14, 22, 13, 20, tzinfo=UTC
    )


UNKNOWN_CALLS: list[dict[str, Any]] = [
    {"id": "call_1", "type": "quark_search", "quark_search": {"search_query": "q", "output": "o"}},
    {"id": "call_1", "type": "bing_grounding", "bing_grounding": {"requesturl": "https://a"}},
    {"id": "call_1", "type": "mcp", "name": "n", "arguments": "{}", "output": "o", "server_label": "s"},
]


@pytest.mark.parametrize("call", UNKNOWN_CALLS, ids=lambda call: str(call["type"]))
def test_openai_turns_an_unknown_tool_into_the_code_interpreter(call: dict[str, Any]) -> None:
    [theirs] = decoded_by("openai", tool_step_body(call)).step_details.tool_calls
    assert type(theirs).__name__ == "CodeInterpreterToolCall"
    with pytest.raises(AttributeError):  # what its type promises is not there
        _ = theirs.code_interpreter.input
    ours = our_call(call)
    assert ours.type == call["type"]
    assert ours.name is not None
    assert unstructure(ours) == call


def test_openai_turns_an_unknown_output_into_logs_without_logs() -> None:
    output = {"type": "resource", "resource": {"file_id": "f"}}
    call = {"id": "c", "type": "code_interpreter", "code_interpreter": {"input": "i", "outputs": [output]}}
    [theirs] = decoded_by("openai", tool_step_body(call)).step_details.tool_calls
    assert type(theirs.code_interpreter.outputs[0]).__name__ == "CodeInterpreterOutputLogs"
    assert theirs.code_interpreter.outputs[0].logs is None
    assert our_output(call) == output


def test_dashscope_can_not_read_any_output_of_the_code_interpreter() -> None:
    output = {"type": "logs", "logs": "42"}
    call = {"id": "c", "type": "code_interpreter", "code_interpreter": {"input": "i", "outputs": [output]}}
    with pytest.raises(TypeError, match=r"Union"):
        decoded_by("dashscope", tool_step_body(call))
    assert our_output(call) == output


def our_call(call: dict[str, Any]) -> ToolCall:
    details = structure_step(tool_step_body(call)).step_details
    assert isinstance(details, ToolCallsDetails)
    [ours] = details.tool_calls
    return ours


def our_output(call: dict[str, Any]) -> Any:
    ours = our_call(call)
    assert isinstance(ours, CodeInterpreterToolCall)
    assert ours.code_interpreter.outputs is not None
    [output] = ours.code_interpreter.outputs
    return unstructure(output)


@pytest.mark.parametrize(("peer", "kind"), [("azure-ai-agents", "RunStepToolCall"), ("dashscope", "dict")])
def test_the_others_leave_an_unknown_tool_without_a_name_or_output(peer: str, kind: str) -> None:
    [theirs] = decoded_by(peer, tool_step_body(UNKNOWN_CALLS[0])).step_details.tool_calls
    assert type(theirs).__name__ == kind
    assert attribute(theirs, "output") is NOT_KNOWN
    ours = our_call(UNKNOWN_CALLS[0])
    assert (ours.name, ours.output) == ("quark_search", "o")


DETAILS: list[dict[str, Any]] = [
    {"type": "activities", "activities": [{"type": "mcp_list_tools", "id": "a"}]},  # Foundry's preview
    {"type": "thought", "thought": {"content": "hm"}},  # bee-api
    {"type": "step", "name": "n", "input": 1, "output": 2},  # LLAMPHouse
]


@pytest.mark.parametrize("details", DETAILS, ids=lambda details: str(details["type"]))
def test_openai_turns_unknown_details_into_a_message_without_a_message(details: dict[str, Any]) -> None:
    body = step_body(type=details["type"], step_details=details)
    theirs = decoded_by("openai", body).step_details
    assert type(theirs).__name__ == "MessageCreationStepDetails"
    assert theirs.message_creation is None
    assert unstructure(structure_step(body))["step_details"] == details


def test_openai_can_not_give_an_unknown_tool_back_without_a_warning() -> None:
    body = tool_step_body(UNKNOWN_CALLS[0])
    with pytest.warns(UserWarning, match="Pydantic serializer warnings"):
        decoded_by("openai", body).to_dict()
    assert unstructure(structure_step(body))["step_details"] == body["step_details"]  # and any warning is an error
