"""A real server on a loopback port for the tests of your own code, and steps and threads to put into it.

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
from openai_steps.testing._threads import (
    RunStatus,
    assistant_message,
    file_citation,
    image_part,
    text_part,
    thread_file,
    thread_run,
    user_message,
    waiting_run,
)

__all__ = [
    "RunStatus",
    "Status",
    "StepsServer",
    "assistant_message",
    "build_steps",
    "code_call",
    "code_step",
    "failed_step",
    "file_citation",
    "file_search_call",
    "file_search_step",
    "function_call",
    "function_step",
    "image_part",
    "mcp_call",
    "mcp_step",
    "message_step",
    "other_call",
    "other_step",
    "retrieval_call",
    "text_part",
    "thread_file",
    "thread_run",
    "tool_step",
    "user_message",
    "waiting_run",
]
