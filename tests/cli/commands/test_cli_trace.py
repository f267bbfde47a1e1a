"""``openai-steps trace``: the finished runs of threads, sent to a collector."""

import gzip
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from command_line import call, fails, invoke
from thread_samples import make_thread_store, write_archive

from openai_steps.emulator import Emulator, Store

pytest.importorskip("opentelemetry.exporter.otlp.proto.http", reason="needs the OTLP exporter")


@contextmanager
def collector(status: int) -> Iterator[tuple[str, list[bytes]]]:
    """Give the address of a server that takes traces, and what it got."""
    got: list[bytes] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1/traces", got
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize("content", [False, True])
def test_the_runs_of_an_archive_are_sent(tmp_path: Path, content: bool) -> None:
    archive = write_archive(tmp_path / "a")
    with collector(200) as (url, got):
        result = call("trace", "--from", str(archive), "--otlp", url, *["--content"] * content)
    assert result.stderr == f"5 runs sent to {url}.\n"
    assert len(got) == 5  # one export for each run
    assert (b"Refund order 7" in b"".join(got)) is content


async def test_what_utf_8_does_not_have_stops_nothing() -> None:
    store = make_thread_store()
    half = {"type": "text", "text": {"value": "half \ud83d", "annotations": []}}
    store.add_message("thread_weather", {"id": "msg_half", "role": "user", "created_at": 1, "content": [half]})
    run = {
        "id": "run_half",
        "thread_id": "thread_weather",
        "status": "failed",
        "created_at": 1,
        "model": "m\ud83d",
    }
    store.set_run({**run, "last_error": {"code": "\ud83d", "message": "\ud83d"}})
    with collector(200) as (url, got):
        async with Emulator(store=store).serve() as base_url:
            told = await invoke("trace", "thread_weather", "--content", "--otlp", url, "--base-url", base_url)
    assert told.stderr == f"2 runs sent to {url}.\n"
    assert rb"half \ud83d" in b"".join(got)


async def test_a_run_of_more_spans_than_a_batch_processor_holds_is_sent_whole() -> None:
    store = Store()
    store.add_thread(thread_id="t")
    store.set_run({"id": "r", "thread_id": "t", "status": "completed", "created_at": 1})
    store.add_steps({"id": f"step_{n}", "thread_id": "t", "run_id": "r", "created_at": n} for n in range(2_100))
    with collector(200) as (url, got):
        async with Emulator(store=store).serve() as base_url:
            await invoke("trace", "t", "r", "--otlp", url, "--base-url", base_url)
    sent = b"".join(map(gzip.decompress, got)) if got[0].startswith(b"\x1f\x8b") else b"".join(got)
    assert sent.count(b"openai_steps.step.id") == 2_100
    assert len(got) == 5


def test_a_collector_that_refuses_is_told(tmp_path: Path) -> None:
    archive = write_archive(tmp_path / "a")
    with collector(400) as (url, got):
        result = fails(1, "trace", "--from", str(archive), "--otlp", url)
    assert "did not take the spans of" in result.stderr
    assert len(got) == 1


async def test_one_run_of_a_server_costs_a_request_for_it_and_one_for_its_steps() -> None:
    emulator = Emulator(store=make_thread_store())
    with collector(200) as (url, got):
        async with emulator.serve() as base_url:
            result = await invoke("trace", "thread_report", "run_report2", "--otlp", url, "--base-url", base_url)
            asked = {request.raw_path.partition("/threads/")[2] for request in emulator.requests}
    assert result.stderr == f"1 run sent to {url}.\n"
    assert asked == {"thread_report/runs/run_report2", "thread_report/runs/run_report2/steps"}
    assert b"vacation_days" in got[0]
    assert b"server.address" in got[0]


async def test_with_content_the_messages_of_its_thread_are_there() -> None:
    with collector(200) as (url, got):
        async with Emulator(store=make_thread_store()).serve() as base_url:
            run = ("thread_report", "run_report2", "--base-url", base_url)
            await invoke("trace", *run, "--otlp", url, "--content")
    (sent,) = got
    assert b"And the news?" in sent
    assert b"Plot our revenue" not in sent  # that is the first run's


@pytest.mark.parametrize(
    ("missing", "install"),
    [("opentelemetry.exporter", "opentelemetry-exporter-otlp-proto-http"), ("openai_steps.otel", "openai-steps[otel]")],
)
def test_what_is_missing_is_one_line(
    missing: str, install: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in sys.modules if name.startswith(missing)]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, missing if missing.startswith("opentelemetry") else "opentelemetry", None)
    result = call("trace", "--from", str(write_archive(tmp_path / "archive")), "--otlp", "http://127.0.0.1:9/v1/traces")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.count("\n") == 1
    assert result.stderr.endswith(f"needs opentelemetry: pip install {install!r}\n")


def test_one_run_of_an_archive(tmp_path: Path) -> None:
    archive = write_archive(tmp_path / "a")
    with collector(200) as (url, got):
        result = call("trace", "thread_report", "run_report1", "--from", str(archive), "--otlp", url)
        gone = fails(1, "trace", "thread_report", "run_x", "--from", str(archive), "--otlp", url)
    assert result.stderr == f"1 run sent to {url}.\n"
    assert "The thread has no run run_x." in gone.stderr
    assert len(got) == 1
    assert b"server.address" in got[0]  # of which the manifest tells


def test_several_threads_of_an_archive(tmp_path: Path) -> None:
    archive = write_archive(tmp_path / "a")
    with collector(200) as (url, _):
        threads = ("thread_report", "--thread", "thread_weather")
        result = call("trace", *threads, "--from", str(archive), "--otlp", url)
        mixed = fails(2, "trace", "thread_1", "run_1", "--thread", "thread_2", "--otlp", url)
    assert result.stderr == f"3 runs sent to {url}.\n"
    assert "Name one run" in mixed.stderr
