"""Builders of messages, runs and files: as a client gives them."""

from typing import Any

import pytest

from openai_steps import (
    FileCitationAnnotation,
    SubmitToolApprovalAction,
    SubmitToolOutputsAction,
    TextContent,
    structure_file,
    structure_message,
    structure_run,
)
from openai_steps.testing import (
    assistant_message,
    file_citation,
    function_call,
    image_part,
    mcp_call,
    message_step,
    text_part,
    thread_file,
    thread_run,
    user_message,
    waiting_run,
)


def test_a_message_of_a_user_and_its_answer() -> None:
    question, answer = structure_message(user_message(1, "How warm?")), structure_message(assistant_message(2, "21 °C"))
    assert (question.id, question.role, question.run_id, question.text) == ("msg_1", "user", None, "How warm?")
    assert (answer.id, answer.role, answer.run_id, answer.text) == ("msg_2", "assistant", "run_1", "21 °C")
    assert question.created_at < answer.created_at


def test_messages_have_the_clock_of_the_steps_that_write_them() -> None:
    step, message = message_step(3), assistant_message(3)
    assert step["step_details"]["message_creation"]["message_id"] == message["id"]
    assert step["created_at"] == message["created_at"]


def test_a_message_posted_in_the_assistant_s_name_is_of_no_run() -> None:
    message = assistant_message(run_id=None)
    assert (message["role"], message["run_id"], message["assistant_id"]) == ("assistant", None, None)


def test_parts_and_annotations() -> None:
    text = "Open from 6:30【4:0†a.md】."
    parts = [text_part(text, file_citation(text, "【4:0†a.md】", "file_1")), image_part("file_2")]
    message = structure_message(user_message(1, parts))
    assert message.files == ("file_1", "file_2")
    assert message.content is not None
    first = message.content[0]
    assert isinstance(first, TextContent)
    assert first.text.annotations is not None
    (citation,) = first.text.annotations
    assert isinstance(citation, FileCitationAnnotation)
    assert text[citation.start_index : citation.end_index] == citation.text


@pytest.mark.parametrize(
    ("status", "ended"),
    [("completed", True), ("incomplete", True), ("failed", True), ("cancelled", True), ("in_progress", False)],
)
def test_a_run_has_the_times_of_its_status(status: Any, ended: bool) -> None:
    run = structure_run(thread_run(2, status=status))
    assert (run.id, run.status, run.is_finished) == ("run_2", status, ended)
    assert (run.finished_at is not None) is ended
    assert (run.usage is not None) is ended


def test_a_queued_run_has_not_started() -> None:
    assert thread_run(status="queued")["started_at"] is None


def test_a_run_that_waits_for_outputs_or_approval() -> None:
    outputs = structure_run(waiting_run(1, [function_call("f", {"a": 1}, "known already")])).required_action
    approval = structure_run(waiting_run(1, [mcp_call("g")], approval=True)).required_action
    assert isinstance(outputs, SubmitToolOutputsAction)
    assert [(call.name, call.arguments, call.output) for call in outputs.tool_calls] == [("f", '{"a": 1}', None)]
    assert isinstance(approval, SubmitToolApprovalAction)
    assert [call.name for call in approval.tool_calls] == ["g"]


def test_a_file() -> None:
    file = structure_file(thread_file("file_2", bytes=5))
    assert (file.id, file.filename, file.bytes, file.purpose) == ("file_2", "plot.png", 5, "assistants_output")


def test_fields_replace_what_was_built() -> None:
    assert user_message(1, id="a", news=1)["id"] == "a"
    assert assistant_message(1, role="user")["role"] == "user"
    assert waiting_run(required_action=None)["required_action"] is None
    assert thread_run(1, model="m", news=1)["news"] == 1
