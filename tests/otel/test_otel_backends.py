"""Real backends count each token once. ``nox -s backends`` installs Phoenix and MLflow; elsewhere this is skipped."""

import os
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from thread_samples import HISTORIES

pytest.importorskip("opentelemetry.exporter.otlp.proto.http", reason="needs the OTLP exporter")
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from openai_steps import Endpoint
from openai_steps.otel import write_run
from openai_steps.otel.sdk import RunIdGenerator

RUNS = [(run, history) for history in HISTORIES.values() for run in history.runs]
TRUTH = sorted((run.usage.tokens.prompt, run.usage.tokens.completion) for run, _ in RUNS if run.usage)
BIN = Path(sys.executable).parent


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@contextmanager
def running(*command: str, health: str, folder: Path, **variables: str) -> Iterator[None]:
    """Run a server until the end of the block; it may take minutes to start."""
    with open(folder / "log.txt", "wb") as log:
        server = subprocess.Popen(
            command, cwd=folder, stdout=log, stderr=log, env={**os.environ, **variables}, start_new_session=True
        )
        try:
            eventually(lambda: urllib.request.urlopen(health, timeout=5).status == 200)
            yield
        finally:
            os.killpg(server.pid, 15)
            server.wait()


def eventually(check: Callable[[], bool]) -> None:
    for _ in range(300):
        try:
            if check():
                return
        except (OSError, sqlite3.Error):
            pass
        time.sleep(1)
    pytest.fail("it did not come true within five minutes")


def send(url: str, *, openinference: bool, **headers: str) -> None:
    provider = TracerProvider(id_generator=RunIdGenerator())
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=url, headers=headers)))
    endpoint = Endpoint.azure_foundry("https://res.services.ai.azure.com/api/projects/p", api_key="k")
    for run, history in RUNS:
        write_run(
            run,
            history.steps[run.id],
            endpoint=endpoint,
            content=True,
            history=history,
            openinference=openinference,
            tracer_provider=provider,
        )
        assert provider.force_flush()
    provider.shutdown()


@pytest.mark.parametrize("openinference", [False, True])
def test_phoenix(tmp_path: Path, openinference: bool) -> None:
    pytest.importorskip("phoenix", reason="nox -s backends installs arize-phoenix")
    port, grpc_port = free_port(), free_port()
    with running(
        *(str(BIN / "phoenix"), "serve"),
        health=f"http://127.0.0.1:{port}/healthz",
        folder=tmp_path,
        PHOENIX_WORKING_DIR=str(tmp_path),
        PHOENIX_HOST="127.0.0.1",
        PHOENIX_PORT=str(port),
        PHOENIX_GRPC_PORT=str(grpc_port),
        PHOENIX_TELEMETRY_ENABLED="false",
    ):
        send(f"http://127.0.0.1:{port}/v1/traces", openinference=openinference)

        def sums() -> list[Any]:
            # What Phoenix sums up of a trace: the spans of requests to a model.
            (file,) = tmp_path.glob("*.db")
            database = sqlite3.connect(f"file:{file}?mode=ro", uri=True)
            rows = database.execute(
                "SELECT SUM(llm_token_count_prompt), SUM(llm_token_count_completion) FROM spans "
                "WHERE span_kind = 'LLM' GROUP BY trace_rowid"
            ).fetchall()
            database.close()
            return sorted(rows)

        eventually(lambda: sums() == TRUTH)


def test_mlflow(tmp_path: Path) -> None:
    mlflow = pytest.importorskip("mlflow", reason="nox -s backends installs mlflow")
    port = free_port()
    with running(
        *(str(BIN / "mlflow"), "server", "--host", "127.0.0.1", "--port", str(port)),
        *("--backend-store-uri", f"sqlite:///{tmp_path}/mlflow.db"),
        health=f"http://127.0.0.1:{port}/health",
        folder=tmp_path,
    ):
        send(f"http://127.0.0.1:{port}/v1/traces", openinference=False, **{"x-mlflow-experiment-id": "0"})
        client = mlflow.MlflowClient(tracking_uri=f"http://127.0.0.1:{port}")

        def sums() -> list[Any]:
            usages = [trace.info.token_usage or {} for trace in client.search_traces(locations=["0"])]
            return sorted((usage.get("input_tokens"), usage.get("output_tokens")) for usage in usages)

        eventually(lambda: sums() == TRUTH)
        costs = [trace.info.cost for trace in client.search_traces(locations=["0"]) if trace.info.cost]
        totals = sorted(round(Decimal(cost["total_cost"]), 9) for cost in costs)
        assert totals == [Decimal("0.0000345"), Decimal("0.000108"), Decimal("0.001235")]  # the others are deployments
