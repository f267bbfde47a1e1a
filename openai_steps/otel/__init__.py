"""Finished runs as OpenTelemetry traces, written after the fact.

The spans follow the semantic conventions for generative AI. When a run has ended::

    run = await client.get_run(thread_id, run_id)
    steps = await client.collect_steps(thread_id, run_id)
    write_run(run, steps, endpoint=client.endpoint)
"""

from openai_steps._extras import needing as _needing

with _needing("opentelemetry", "openai-steps[otel]", what=__name__):
    import opentelemetry.trace  # noqa: F401 - to say early what is missing

from openai_steps.otel._ids import run_context
from openai_steps.otel._write import write_run

__all__ = ["run_context", "write_run"]
