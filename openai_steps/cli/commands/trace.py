"""``openai-steps trace``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import click

from openai_steps.cli._command import Command, option
from openai_steps.cli._options import include_option
from openai_steps.cli._terminal import Failure, safe, safe_line
from openai_steps.cli._threads_source import ThreadsSource, threads_or_run_options

if TYPE_CHECKING:
    from openai_steps.conversation import ThreadHistory

_LARGEST_EXPORT: Final = 512
"""The most spans in one request, as in OpenTelemetry's own batches."""


def _read_headers(_context: click.Context, _option: click.Parameter, given: tuple[str, ...]) -> dict[str, str]:
    pairs = [pair.partition("=") for pair in given]
    if not all(name and equals for name, equals, _ in pairs):
        raise click.BadParameter("a header has the form NAME=VALUE.")
    return {name: value for name, _, value in pairs}


@click.command("trace", cls=Command)
@option("--otlp", metavar="URL", required=True, help="Where traces are sent, such as http://localhost:4318/v1/traces.")
@option(
    "--otlp-header",
    "otlp_headers",
    metavar="NAME=VALUE",
    multiple=True,
    callback=_read_headers,
    help="A header for it, such as a key; may be repeated.",
)
@option("--content", is_flag=True, help="Send messages, arguments and results, besides names, times and tokens.")
@option("--openinference", is_flag=True, help="Write OpenInference's names as well.")
@option("--agent-name", metavar="NAME", help="The assistant's name, which runs do not have.")
@include_option
@threads_or_run_options
def command(
    otlp: str,
    otlp_headers: dict[str, str],
    content: bool,
    openinference: bool,
    agent_name: str | None,
    include: tuple[str, ...],
    source: ThreadsSource,
) -> None:
    """Send a finished run, those of a thread (without RUN) or those of an archive, as OpenTelemetry traces.

    Ids of spans are made from the runs', so that backends that know a span by its id keep one of each.
    """
    from openai_steps._extras import needing
    from openai_steps._words import count

    try:
        with needing("opentelemetry", "openai-steps[otel]", what="A trace"):
            from openai_steps.otel import write_run
        with needing("opentelemetry", "opentelemetry-exporter-otlp-proto-http", what="Sending traces"):
            from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
            from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider
            from opentelemetry.sdk.trace.export import SpanExportResult

            from openai_steps.otel.sdk import RunIdGenerator
    except ModuleNotFoundError as error:
        raise Failure(str(error)) from error

    class _Held(SpanProcessor):
        """Holds the spans of a run. A batch processor would drop those that do not fit into its queue."""

        def on_end(self, span: ReadableSpan) -> None:
            spans.append(span)

    spans: list[ReadableSpan] = []
    provider = TracerProvider(id_generator=RunIdGenerator(), shutdown_on_exit=False)
    provider.add_span_processor(_Held())
    exporter = OTLPSpanExporter(endpoint=otlp, headers=otlp_headers)

    def send(run_id: str) -> None:
        # Each run in exports of its own: some backends count a span twice if both copies come in one export.
        while spans:
            if exporter.export(spans[:_LARGEST_EXPORT]) is not SpanExportResult.SUCCESS:
                raise Failure(f"{otlp} did not take the spans of {run_id}.", hint=f"{count(sent, 'run')} were sent.")
            del spans[:_LARGEST_EXPORT]

    endpoint = source.endpoint
    sent = left = 0

    def take(history: ThreadHistory) -> None:
        nonlocal sent, left
        runs = [run for run in history.runs if source.run in (None, run.id)]
        if not runs and source.run is not None:
            raise Failure(f"The thread has no run {safe_line(source.run)}.")
        for run in runs:
            if not run.is_finished:
                left += 1
                continue
            write_run(
                run,
                history.steps.get(run.id, ()),
                endpoint=endpoint,
                agent_name=agent_name,
                content=content,
                history=history,
                openinference=openinference,
                tracer_provider=provider,
            )
            send(run.id)
            sent += 1

    try:
        source.each(take, include=include, whole=content)
    finally:
        exporter.shutdown()  # type: ignore[no-untyped-call]  # it has no annotations
    unfinished = f"; {count(left, 'run')} still going on" if left else ""
    click.echo(safe(f"{count(sent, 'run')} sent to {otlp}{unfinished}."), err=True)
