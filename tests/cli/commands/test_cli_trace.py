"""``openai-steps trace``: the finished runs of threads, sent to a collector."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from command_line import call, fails
from thread_samples import write_archive

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


def test_a_collector_that_refuses_is_told(tmp_path: Path) -> None:
    archive = write_archive(tmp_path / "a")
    with collector(400) as (url, got):
        result = fails(1, "trace", "--from", str(archive), "--otlp", url)
    assert "did not take the spans of" in result.stderr
    assert len(got) == 1
