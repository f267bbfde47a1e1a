"""What to return from web frameworks, so that no ``type`` is lost; and that it would be, otherwise."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from openai_steps import RunStep, dumps, unstructure
from openai_steps.testing import build_steps, code_step, function_step, message_step

STEPS = build_steps([message_step(1), function_step(2, "get_weather", {"city": "Rome"}, "sunny"), code_step(3)])
WIRE = json.loads(dumps(STEPS))


def types(body: Any) -> list[str]:
    """Return every type in a body, those of the parts of each step before its own."""
    if isinstance(body, dict):
        parts = [found for value in body.values() for found in types(value)]
        return [*parts, *([body["type"]] if isinstance(body.get("type"), str) else [])]
    return [found for part in body for found in types(part)] if isinstance(body, list) else []


def test_the_wire_has_types_at_every_level() -> None:
    assert {"message_creation", "tool_calls", "function", "code_interpreter", "logs"} <= {*types(WIRE)}


WAYS: list[Callable[[Any], Any]] = [unstructure, dumps]


@pytest.mark.parametrize("way", WAYS)
def test_fastapi(way: Callable[[Any], Any]) -> None:
    fastapi = pytest.importorskip("fastapi", reason="needs fastapi (dependency group examples)")
    pytest.importorskip("httpx", reason="needs httpx (dependency group examples)")
    from fastapi.testclient import TestClient

    app = fastapi.FastAPI()

    @app.get("/steps")  # type: ignore[untyped-decorator]
    async def steps() -> Any:
        body = way(STEPS)
        return fastapi.Response(body, media_type="application/json") if isinstance(body, bytes) else body

    assert TestClient(app).get("/steps").json() == WIRE


@pytest.mark.parametrize("way", WAYS)
def test_litestar(way: Callable[[Any], Any]) -> None:
    litestar = pytest.importorskip("litestar", reason="needs litestar (dependency group examples)")
    from litestar.testing import create_test_client

    @litestar.get("/steps")  # type: ignore[untyped-decorator]
    async def steps() -> Any:
        return litestar.Response(way(STEPS), media_type=litestar.MediaType.JSON)

    with create_test_client([steps], logging_config=None) as client:
        answer = client.get("/steps")
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == WIRE


def test_litestar_and_msgspec_lose_types_of_what_is_returned_as_it_is() -> None:
    """The reason for the page; if it fails, the page can be shorter."""
    msgspec = pytest.importorskip("msgspec", reason="needs msgspec (dependency group examples)")
    assert "function" not in types(json.loads(msgspec.json.encode(STEPS)))


def test_msgspec_within_a_structure() -> None:
    msgspec = pytest.importorskip("msgspec", reason="needs msgspec (dependency group examples)")
    report = msgspec.defstruct("Report", [("steps", msgspec.Raw)])
    assert json.loads(msgspec.json.encode(report(msgspec.Raw(dumps(STEPS))))) == {"steps": WIRE}
    assert isinstance(STEPS[0], RunStep)
