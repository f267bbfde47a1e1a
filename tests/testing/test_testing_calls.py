"""Tool calls built for tests."""

from openai_steps.testing import (
    build_steps,
    code_call,
    function_call,
    tool_step,
)


def test_calls_can_be_put_together() -> None:
    calls = [function_call("a", id="call_a"), code_call("1", None, id="call_b")]
    (step,) = build_steps([tool_step(1, calls)])
    assert [(call.id, call.output) for call in step.tool_calls] == [("call_a", None), ("call_b", None)]
