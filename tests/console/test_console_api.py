"""What the page asks for, and gets."""

from __future__ import annotations

import json
from typing import Any

import pytest
from console_setup import FORM, KEY, console
from sample_steps import RUN, THREAD, make_step, make_steps

from openai_steps import AsyncStepsClient, Endpoint
from openai_steps.console import Console
from openai_steps.doctor._evidence import MOST_REQUESTS
from openai_steps.emulator import DIALECTS, Answer, Reset


def ids(answer: dict[str, Any]) -> list[str]:
    return [row["id"] for row in answer["rows"]]


async def test_the_state_tells_of_connections_and_no_key() -> None:
    async with console() as opened:
        state = await opened.ask("state")
        (connection,) = state["connections"]
        assert connection["name"] == "server"
        assert connection["key"] == "the api_key argument"
        assert connection["base_url"] == f"{opened.origin}/v1"
        assert state["runs"] == [[THREAD, RUN]]
        assert len(state["parameters"]) == 7
        assert opened.token in state["token_line"]
        assert KEY not in json.dumps(state)


async def test_a_call_is_one_request_just_as_the_form_says() -> None:
    async with console(30) as opened:
        answer = await opened.ask("call", form={**FORM, "limit": "3", "order": "asc", "after": "step_0001"})
        (request,) = opened.emulator.requests
        assert dict(request.query) == {"limit": "3", "order": "asc", "after": "step_0001"}
        assert ids(answer) == ["step_0002", "step_0003", "step_0004"]
        assert (answer["ok"], answer["status"], answer["has_more"]) == (True, 200, True)
        assert answer["request_id"] == "req_00000001"
        assert answer["milliseconds"] > 0
        assert answer["asked"]["url"].endswith("steps?limit=3&order=asc&after=step_0001")
        names = {"Accept", "Accept-Encoding", "User-Agent", "OpenAI-Beta", "Authorization"}
        assert set(answer["asked"]["headers"]) == names
        assert ["x-request-id", "req_00000001"] in answer["headers"]
        assert len(answer["raw"].encode()) == answer["bytes"]


async def test_raw_is_the_servers_own_text() -> None:
    body = '{"object":"list","data":[], "has_more": false, "n": 12345678901234567890123, "n": 1.0, "__proto__": {}}'
    async with console() as opened:
        opened.emulator.inject(Answer(200, body))
        answer = await opened.ask("call")
        assert answer["raw"] == body
        saved = await opened.ask("save", kind="raw", view=answer["view"])
        assert saved["text"] == body


async def test_a_long_answer_is_cut_and_saved_whole() -> None:
    steps = [make_step(number, metadata={"long": "x" * 30_000}) for number in range(100)]
    async with console(steps) as opened:
        answer = await opened.ask("call", form={**FORM, "limit": "100"})
        assert answer["raw_is_cut"]
        assert len(answer["raw"]) == 2 * 1024 * 1024
        saved = await opened.ask("save", kind="raw", view=answer["view"])
        assert len(json.loads(saved["text"])["data"]) == 100


@pytest.mark.parametrize("name", ["call", "page", "run", "timeline", "doctor", "save", "snippets", "step"])
async def test_an_empty_form_sends_nothing(name: str) -> None:
    async with console() as opened:
        answer = await opened.ask(name, form={})
        assert not answer["ok"]
        assert set(answer["fields"]) == {"thread_id", "run_id"}
        assert answer["fields"]["thread_id"] == "Fill in thread_id."
        assert opened.emulator.requests == ()


async def test_no_connection_of_that_name() -> None:
    async with console() as opened:
        answer = await opened.ask("call", connection="http://evil.example/v1")
        assert answer["fields"] == {"connection": "There is no such connection."}


async def test_a_servers_error_is_told_whole() -> None:
    async with console() as opened:
        body = {"error": {"message": "no such thing", "code": "gone", "param": "run_id", "type": "t"}}
        opened.emulator.inject(Answer(404, body, headers={"Retry-After": "3"}))
        error = (answer := await opened.ask("call"))["error"]
        assert (error["status"], error["code"], error["param"]) == (404, "gone", "run_id")
        assert error["request_id"] == "req_00000001"
        assert "no such thing" in error["message"]
        assert json.loads(error["body"]) == body
        assert ["retry-after", "3"] in answer["headers"]


async def test_an_answer_that_is_no_json_is_shown_as_text() -> None:
    async with console() as opened:
        opened.emulator.inject(Answer(200, "<html>log in</html>"))
        answer = await opened.ask("call")
        assert (answer["ok"], answer["raw"]) == (False, "<html>log in</html>")
        assert "not JSON" in answer["error"]["message"]
        opened.emulator.inject(Answer(502, "<html>bad gateway</html>"), times=3)
        assert (await opened.ask("call"))["error"]["body"] == "<html>bad gateway</html>"


async def test_a_server_that_goes_away_comes_back() -> None:
    async with console() as opened:
        opened.emulator.inject(Reset(), times=3)
        assert "No answer from 127.0.0.1" in (await opened.ask("call"))["error"]["message"]
        assert (await opened.ask("call"))["ok"]


@pytest.mark.parametrize("name", ["call", "page", "run", "save", "timeline", "step"])
async def test_a_key_that_the_server_echoes_is_nowhere(name: str) -> None:
    echo = {"metadata": {"echo": KEY}, "step_details": {"type": "odd", "echo": KEY}}
    async with console([make_step(1, **echo)]) as opened:
        answer = await opened.post(f"/api/{name}", {"form": FORM, "direction": "first", "step": "step_0001"})
        assert answer.json["ok"]
        assert KEY.encode() not in answer.raw
        assert json.dumps(KEY)[1:-1].replace("/", "\\/").encode() not in answer.raw
        if name == "timeline":
            frame = await opened.send("GET", answer.json["path"])
            assert KEY.encode() not in frame.raw
        opened.emulator.inject(
            Answer(400, {"error": {"message": KEY, "code": KEY}}, headers={"x-request-id": KEY}), times=9
        )
        assert KEY.encode() not in (await opened.post(f"/api/{name}", {"form": FORM, "step": "none"})).raw


# --- Paging -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dialect", ["contract", "window", "openai_responses", "dashscope"])
@pytest.mark.parametrize("order", ["asc", "desc"])
async def test_pages_are_exact_in_both_directions(dialect: str, order: str) -> None:
    assert dialect in DIALECTS
    wanted = [step["id"] for step in make_steps(23)]
    wanted = wanted if order == "asc" else wanted[::-1]
    async with console(23, dialect=dialect) as opened:
        form = {**FORM, "limit": "10", "order": order}
        first = await opened.ask("page", form=form, direction="first")
        assert (ids(first), first["more"]) == (wanted[:10], True)
        second = await opened.ask("page", form=form, direction="next", cursor=ids(first)[-1])
        assert (ids(second), second["more"]) == (wanted[10:20], True)
        third = await opened.ask("page", form=form, direction="next", cursor=ids(second)[-1])
        assert (ids(third), third["more"]) == (wanted[20:], False)
        back = await opened.ask("page", form=form, direction="previous", cursor=ids(third)[0])
        assert (ids(back), back["more"]) == (wanted[10:20], True)
        start = await opened.ask("page", form=form, direction="previous", cursor=ids(back)[0])
        assert (ids(start), start["more"]) == (wanted[:10], False)
        last = await opened.ask("page", form=form, direction="last")
        assert (ids(last), last["more"]) == (wanted[13:], True)


async def test_the_whole_run() -> None:
    async with console(250) as opened:
        answer = await opened.ask("run")
        assert ids(answer) == [step["id"] for step in make_steps(250)]
        assert answer["count"] == 250
        assert answer["summary"].startswith("completed · 250 steps")
        assert answer["run"]["status"] == "completed"


async def test_one_step_that_can_not_be_read_costs_only_itself() -> None:
    async with console(1) as opened:
        page = {"object": "list", "data": [make_step(0), make_step(1, created_at="no time")], "has_more": False}
        opened.emulator.inject(Answer(200, page), times=99, matching=lambda request: "/steps" in request.raw_path)
        answer = await opened.ask("run")
        assert (ids(answer), answer["unreadable"]) == (["step_0000"], 1)
        sent = await opened.ask("call")
        assert (ids(sent), sent["unreadable"]) == (["step_0000"], 1)
        assert '"no time"' in sent["raw"]


async def test_retries_are_counted() -> None:
    async with console(3) as opened:
        opened.emulator.inject(Answer(500, {"error": {"message": "again"}}))
        assert (await opened.ask("call"))["attempts"] == 2
        assert (await opened.ask("call"))["attempts"] == 1


async def test_broken_paging_is_refused_in_words() -> None:
    async with console(30, dialect="opengpts") as opened:
        for order in ("asc", "desc"):
            answer = await opened.ask("run", form={**FORM, "order": order})
            assert answer["ok"] or answer["error"]["paging"] == "refused"


async def test_a_step_beside_the_table_is_the_one_that_was_shown() -> None:
    async with console(3) as opened:
        await opened.ask("call")
        opened.emulator.clear_requests()
        step = (await opened.ask("step", step="step_0001"))["step"]
        assert step["title"] == "Message"
        assert json.loads(step["json"])["id"] == "step_0001"
        assert opened.emulator.requests == ()
        assert (await opened.ask("step", form={**FORM, "limit": "5", "after": "gone"}, step="step_0001"))["ok"]


async def test_a_step_that_was_not_shown_is_asked_for() -> None:
    async with console(3) as opened:
        assert (await opened.ask("step", step="step_0002"))["ok"]
        assert len(opened.emulator.requests) == 1


async def test_a_threads_runs_newest_first() -> None:
    async with console(2) as opened:
        for number in range(25):
            opened.emulator.store.add_run(THREAD, f"run_more_{number:02}", created_at=1_800_000_000 + number)
        first = await opened.ask("runs", form={"thread_id": THREAD})
        assert [run["id"] for run in first["runs"]][:2] == ["run_more_24", "run_more_23"]
        assert (len(first["runs"]), first["more"]) == (20, True)
        rest = await opened.ask("runs", form={"thread_id": THREAD}, after=first["runs"][-1]["id"])
        assert [run["id"] for run in rest["runs"]] == [*(f"run_more_{number:02}" for number in range(4, -1, -1)), RUN]
        assert not rest["more"]
        assert (await opened.ask("runs", form={}))["fields"] == {"thread_id": "Fill in thread_id."}


async def test_the_doctors_findings() -> None:
    async with console(30) as opened:
        answer = await opened.ask("doctor")
        assert answer["requests"] <= MOST_REQUESTS
        assert ["before", "sound"] in [finding[:2] for finding in answer["findings"]]


async def test_steps_are_saved_as_json_lines_that_can_be_served() -> None:
    async with console(3) as opened:
        saved = await opened.ask("save", kind="jsonl")
        lines = [json.loads(line) for line in saved["text"].splitlines()]
        assert lines == make_steps(3)
        assert saved["name"] == "steps.jsonl"
        assert (await opened.ask("save", kind="timeline"))["text"].startswith("<!doctype html>")
        picture = await opened.ask("save", kind="svg")
        assert picture["name"] == "timeline.svg"
        assert picture["text"].startswith("<svg")


async def test_what_is_pasted_fills_the_form() -> None:
    async with console() as opened:
        answer = await opened.ask("paste", text="curl https://h/v1/threads/t/runs/r/steps?limit=2")
        assert answer["form"] == {"thread_id": "t", "run_id": "r", "limit": "2"}


async def test_a_key_that_is_typed_is_used_and_never_given_back() -> None:
    async with console() as opened:
        opened.emulator.inject(Answer(401, {"error": {"message": "wrong"}}))
        assert not (await opened.ask("call"))["ok"]
        answer = await opened.ask("key", key="another-key-of-mine")
        assert answer["connections"][0]["key"] == "typed into this console"
        await opened.ask("call")
        assert opened.emulator.requests[-1].headers["Authorization"] == "Bearer another-key-of-mine"
        through = await opened.send("GET", f"/v1/threads/{THREAD}/runs/{RUN}", headers={"api-key": opened.token})
        assert through.status == 502  # the emulator does not know that key: it is used here, too
        for name in opened.console._api.functions:
            told = await opened.post(f"/api/{name}", {"form": FORM})
            assert b"another-key-of-mine" not in told.raw


@pytest.mark.parametrize("key", ["", "two words", "a\nb", "é"])
async def test_a_key_that_no_header_can_carry(key: str) -> None:
    async with console() as opened:
        answer = await opened.ask("key", key=key)
        assert set(answer["fields"]) == {"key"}
        assert not key or key not in answer["fields"]["key"]
        assert (await opened.ask("call"))["ok"]


async def test_a_credential_that_fails_is_not_quoted() -> None:
    def fails() -> str:
        raise RuntimeError(f"the vault says {KEY}")

    made = Console({"one": Endpoint.compatible("http://127.0.0.1:9/v1", api_key=fails)})
    async with made.serve():
        answer = json.loads(await made._api.answer("call", {"form": FORM}))
    assert answer["error"]["message"] == "RuntimeError: a key or token may be missing."


async def test_several_connections_each_with_its_own_gateway() -> None:
    async with console(3) as one, console(5) as two:
        first, second = (opened.console._endpoints["server"] for opened in (one, two))
        made = Console({"a": first, "b": second})
        async with made.serve() as origin:
            state = json.loads(await made._api.answer("state", {}))
            urls = {about["name"]: about["base_url"] for about in state["connections"]}
            assert urls == {"a": f"{origin}/v1", "b": f"{origin}/via/1/v1"}
            for name, count in (("a", 3), ("b", 5)):
                called = json.loads(await made._api.answer("call", {"form": FORM, "connection": name}))
                assert len(called["rows"]) == count
                async with AsyncStepsClient(base_url=urls[name], api_key=made._token) as client:
                    assert len(await client.collect_steps(THREAD, RUN)) == count


def test_a_console_needs_a_connection() -> None:
    with pytest.raises(ValueError, match="needs a connection"):
        Console({})
