"""Runs as data for evaluation: one row for each run, for azure-ai-evaluation, DeepEval, Ragas, promptfoo, or as chat.

    history = await read_thread(client, "thread_abc")
    rows = evaluation_rows(history, "azure")

None of these libraries is needed.
"""

from openai_steps._public import publish
from openai_steps.evaluation._rows import EvaluationFormat, evaluation_rows, write_rows

__all__ = ["EvaluationFormat", "evaluation_rows", "write_rows"]

publish(__name__, globals())
