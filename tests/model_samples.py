"""Tool calls of every kind and server, and a page that holds every field there is."""

from builders import Body, page_body, step_body, tool_step_body

# Every kind of tool call seen anywhere: the call, and what it answers as name, arguments and output.
TOOL_CALLS: list[tuple[Body, str, str | None, str | None]] = [
    (
        {
            "type": "code_interpreter",
            "code_interpreter": {
                "input": "plot()",
                "outputs": [
                    {"type": "logs", "logs": "drawn"},
                    {"type": "image", "image": {"file_id": "file_1"}},
                    {"type": "resource", "resource": {"file_id": "file_2"}},
                ],
            },
        },
        "code_interpreter",
        "plot()",
        'drawn\n[image file_1]\n{"type": "resource", "resource": {"file_id": "file_2"}}',
    ),
    ({"type": "code_interpreter", "code_interpreter": {"input": "1", "outputs": []}}, "code_interpreter", "1", None),
    ({"type": "code_interpreter", "code_interpreter": {"input": "1"}}, "code_interpreter", "1", None),
    (
        {
            "type": "file_search",
            "file_search": {
                "ranking_options": {"ranker": "auto", "score_threshold": 0.5},
                "results": [
                    {
                        "file_id": "file_1",
                        "file_name": "a.txt",
                        "score": 0.75,
                        "attributes": {"year": 2024},
                        "content": [{"type": "text", "text": "found"}],
                    },
                    {"file_id": "file_2", "file_name": "b.txt", "score": 0.5, "content": None},
                ],
            },
        },
        "file_search",
        None,
        "a.txt\nb.txt",
    ),
    ({"type": "file_search", "file_search": {"results": []}}, "file_search", None, ""),
    ({"type": "file_search", "file_search": {}}, "file_search", None, None),
    (
        {"type": "file_search", "file_search": {"input": "q", "output": [{"content": "c", "source": "s"}]}},
        "file_search",
        "q",
        '[{"content": "c", "source": "s"}]',
    ),
    ({"type": "function", "function": {"name": "f", "arguments": "{}", "output": "42"}}, "f", "{}", "42"),
    ({"type": "function", "function": {"name": "f", "arguments": "{}", "output": None}}, "f", "{}", None),
    ({"type": "retrieval", "retrieval": {}}, "retrieval", None, None),
    ({"type": "retrieval", "retrieval": {"found": 1}}, "retrieval", None, '{"found": 1}'),
    ({"type": "mcp", "name": "n", "arguments": "{}", "output": "o", "server_label": "docs"}, "n", "{}", "o"),
    ({"type": "quark_search", "quark_search": {"input": "{}", "output": "[]"}}, "quark_search", "{}", "[]"),
    ({"type": "azure_ai_search", "azure_ai_search": {"input": "q", "output": "r"}}, "azure_ai_search", "q", "r"),
    ({"type": "azure_ai_search", "azure_ai_search": {"query": "q"}}, "azure_ai_search", "q", None),
    ({"type": "bing_grounding", "bing_grounding": {"requesturl": "u"}}, "bing_grounding", "u", None),
    ({"type": "bing_custom_search", "bing_custom_search": {"requesturl": "u"}}, "bing_custom_search", "u", None),
    (
        {"type": "sharepoint_grounding", "sharepoint_grounding": {"query": "q", "output": {"documents": []}}},
        "sharepoint_grounding",
        "q",
        '{"documents": []}',
    ),
    (
        {"type": "fabric_dataagent", "fabric_dataagent": {"input": "q", "output": {"rows": []}}},
        "fabric_dataagent",
        "q",
        '{"rows": []}',
    ),
    ({"type": "openapi", "openapi": {"name": "weather", "arguments": "{}", "output": "o"}}, "weather", "{}", "o"),
    ({"type": "azure_function", "azure_function": {"name": "g", "arguments": "{}", "output": "o"}}, "g", "{}", "o"),
    (
        {
            "type": "connected_agent",
            "connected_agent": {
                "name": "helper",
                "arguments": "{}",
                "output": "o",
                "run_id": "r",
                "thread_id": "t",
                "assistant_id": "a",
            },
        },
        "helper",
        "{}",
        "o",
    ),
    ({"type": "deep_research", "deep_research": {"input": "q", "output": "o"}}, "deep_research", "q", "o"),
    (
        {
            "type": "browser_automation",
            "browser_automation": {
                "input": "buy",
                "output": "bought",
                "steps": [{"last_step_result": "1", "current_state": "2", "next_step": "3"}],
            },
        },
        "browser_automation",
        "buy",
        "bought",
    ),
    (
        {
            "type": "computer_use_preview",
            "computer_use_preview": {
                "action": {"type": "click", "x": 1, "y": 2, "button": "left"},
                "pending_safety_checks": [{"id": "c", "code": None, "message": None}],
                "acknowledged_safety_checks": [],
                "output": {"type": "computer_screenshot", "file_id": "f", "image_url": "u"},
            },
        },
        "computer_use_preview",
        '{"type": "click", "x": 1, "y": 2, "button": "left"}',
        '{"type": "computer_screenshot", "file_id": "f", "image_url": "u"}',
    ),
    ({"type": "user", "user": {"tool": {"id": "u"}, "arguments": "{}", "output": None}}, "user", "{}", None),
    ({"type": "system", "system": {"id": "weather", "input": {"q": 1}, "output": 7}}, "system", '{"q": 1}', "7"),
    ({"type": "hologram"}, "hologram", None, None),
    ({"type": None, "output": "o"}, "unknown", None, "o"),
    ({}, "unknown", None, None),
]
for _body, *_ in TOOL_CALLS:
    _body["id"] = "call_1"

EVERYTHING = page_body(
    tool_step_body(
        *({**body, "index": 3} for body, *_ in TOOL_CALLS),
        expired_at=1,
        expires_at=2,
        cancelled_at=3,
        failed_at=4,
        started_at=5,
        updated_at=6,
        last_error={"code": "server_error", "message": "m"},
        usage={
            "prompt_tokens": 1,
            "completion_tokens": 2,
            "total_tokens": 3,
            "input_tokens": 4,
            "output_tokens": 5,
            "prompt_token_details": {"cached_tokens": 6},
            "completion_tokens_details": {"reasoning_tokens": 7},
            "prompt_tokens_details": {"cached_tokens": 8, "audio_tokens": 9},
        },
        metadata={"a": "b"},
        message_id="msg_1",
    ),
    step_body(step_details={"type": "activities", "activities": [{"type": "mcp_list_tools", "tools": {}}]}),
    step_body(step_details={"type": "thought", "thought": {"content": "hm"}}),
    step_body(step_details={"type": "step", "name": "n", "input": 1, "output": [2]}),
    step_body(),
    first_id="step_1",
    last_id="step_1",
    total_count=5,
    total=5,
)
