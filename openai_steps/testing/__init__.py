"""For the tests of your own code: a real server on a loopback port, and steps of every kind to put into it.

With pytest there is nothing to import: the fixture ``steps_server`` is a running `StepsServer`::

    async def test_report(steps_server):
        steps_server.add_run("thread_1", "run_1", steps=[message_step(1), function_step(2, "get_weather")])
        async with steps_server.client() as client:
            assert await my_report(client, "thread_1", "run_1") == "1 message, 1 tool call"
"""

from openai_steps.testing._calls import code_call, file_search_call, function_call, mcp_call, other_call, retrieval_call
from openai_steps.testing._server import StepsServer
from openai_steps.testing._steps import (
    Status,
    build_steps,
    code_step,
    failed_step,
    file_search_step,
    function_step,
    mcp_step,
    message_step,
    other_step,
    tool_step,
)

__all__ = [
    "Status",
    "StepsServer",
    "build_steps",
    "code_call",
    "code_step",
    "failed_step",
    "file_search_call",
    "file_search_step",
    "function_call",
    "function_step",
    "mcp_call",
    "mcp_step",
    "message_step",
    "other_call",
    "other_step",
    "retrieval_call",
    "tool_step",
]
