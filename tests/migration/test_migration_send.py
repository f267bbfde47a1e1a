"""The lines of the docs that make a conversation, run with the official SDK against an imitation of the API."""

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve
from thread_samples import HISTORIES

from openai_steps.conversation import ThreadHistory
from openai_steps.migration import Migration, migrate_thread

openai = pytest.importorskip("openai", reason="the group peers has it")

PAGE = Path(__file__).parents[2] / "docs" / "howto" / "migrate-threads.md"


class Conversations:
    """What ``/conversations`` keeps, and what it refuses, as its documentation and its error messages say."""

    def __init__(self) -> None:
        self.metadata: dict[str, str] = {}
        self.items: list[dict[str, Any]] = []
        self.requests: list[int] = []

    def take(self, path: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        items = body.get("items", [])
        if len(items) > 20:
            return _refusal(f"Invalid 'items': array too long. Expected 20 at most, got {len(items)}.")
        for item in items:
            if "id" in item and not str(item["id"]).startswith(_PREFIXES.get(item["type"], "?")):
                return _refusal(f"Invalid id: {item['id']!r}.")
        self.items += items
        self.requests.append(len(items))
        if path.endswith("/conversations"):
            self.metadata = body["metadata"]
            return 200, {"id": "conv_1", "object": "conversation", "created_at": 1, "metadata": self.metadata}
        assert path.endswith("/conversations/conv_1/items")
        return 200, {"object": "list", "data": [], "has_more": False, "first_id": "", "last_id": ""}


_PREFIXES = {
    "message": "msg",
    "function_call": "fc",
    "file_search_call": "fs",
    "mcp_call": "mcp",
    "web_search_call": "ws",
}


def _refusal(message: str) -> tuple[int, dict[str, Any]]:
    return 400, {"error": {"message": message, "type": "invalid_request_error", "param": None, "code": None}}


@contextmanager
def serving(api: Conversations) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            status, answer = api.take(self.path, body)
            data = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def send(migration: Migration) -> Conversations:
    """Run the function of the page."""
    (block,) = re.findall(r"```python\n(def send\(.*?)```", PAGE.read_text("utf-8"), re.S)
    page: dict[str, Any] = {}
    exec(block, page)
    api = Conversations()
    with serving(api) as base_url, openai.OpenAI(base_url=base_url, api_key="x", max_retries=0) as client:
        assert page["send"](client, migration) == "conv_1"
    return api


@pytest.mark.parametrize("native", [False, True])
@pytest.mark.parametrize("thread_id", HISTORIES)
def test_a_thread_arrives_whole(thread_id: str, native: bool) -> None:
    migration = migrate_thread(HISTORIES[thread_id], native=native)
    api = send(migration)
    assert api.items == [item for batch in migration.batches for item in batch]
    assert api.metadata == {"thread_id": thread_id}


def many_messages(count: int) -> ThreadHistory:
    history = HISTORIES["thread_weather"]
    messages = [evolve(history.messages[0], id=f"msg_{number}") for number in range(count)]
    return evolve(history, messages=messages, runs=(), steps={})


def test_a_long_thread_arrives_in_order_20_items_at_a_time() -> None:
    api = send(migrate_thread(many_messages(45)))
    assert api.requests == [20, 20, 5]
    assert len(api.items) == 45


def test_an_empty_thread_is_a_conversation_without_items() -> None:
    assert send(migrate_thread(many_messages(0))).requests == [0]


def test_the_imitation_refuses_what_the_api_does() -> None:
    item = {"type": "message", "role": "user", "content": "Hi"}
    with serving(Conversations()) as base_url, openai.OpenAI(base_url=base_url, api_key="x", max_retries=0) as client:
        with pytest.raises(openai.BadRequestError, match="got 21"):
            client.conversations.create(items=[item] * 21, metadata={})
        with pytest.raises(openai.BadRequestError, match="Invalid id"):
            client.conversations.create(items=[{**item, "id": "step_1"}], metadata={})
