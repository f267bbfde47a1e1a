"""Tokens are counted once: whatever shows them, in whichever vocabulary they came, shows the same numbers."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from typing import Any

import pytest
from builders import step_body
from hypothesis import given
from hypothesis import strategies as st

from openai_steps import Run, RunStep, Tokens, Usage, structure_step
from openai_steps.cli._console import make_console
from openai_steps.cli._steps_table import StepsTable
from openai_steps.console._rows import run_row
from openai_steps.tables import STEP_COLUMNS
from openai_steps.tables._rows import step_row
from openai_steps.timeline import build_timeline

counts = st.none() | st.integers(0, 4_999_999)
names = ("prompt_tokens", "completion_tokens", "total_tokens", "input_tokens", "output_tokens")
usages = st.fixed_dictionaries(
    dict.fromkeys(names, counts),
    optional={
        "prompt_token_details": st.fixed_dictionaries({"cached_tokens": counts}),
        "completion_tokens_details": st.fixed_dictionaries({"reasoning_tokens": counts}),
    },
)


@pytest.mark.parametrize(
    ("usage", "tokens"),
    [
        (Usage(), Tokens()),
        (Usage(prompt_tokens=1, completion_tokens=2, total_tokens=4), Tokens(prompt=1, completion=2, total=4)),
        (Usage(prompt_tokens=1, completion_tokens=2), Tokens(prompt=1, completion=2, total=3)),
        (Usage(input_tokens=3, output_tokens=4), Tokens(prompt=3, completion=4, total=7)),
        (
            Usage(prompt_tokens=10, completion_tokens=5, input_tokens=10, output_tokens=5),
            Tokens(prompt=10, completion=5, total=15),
        ),
        (Usage(output_tokens=0), Tokens(completion=0, total=0)),
        (Usage(total_tokens=9), Tokens(total=9)),
    ],
)
def test_both_vocabularies_are_counted_once(usage: Usage, tokens: Tokens) -> None:
    assert usage.tokens == tokens


@given(usages)
def test_all_that_show_tokens_show_the_same(usage: dict[str, Any]) -> None:
    step = structure_step(step_body(usage=usage))
    tokens = step.usage.tokens if step.usage else Tokens()
    assert (tokens.prompt, tokens.completion, tokens.total) == in_export(step)
    assert tokens == build_timeline([step]).totals.tokens
    assert ("" if tokens.total is None else f"{tokens.total:,}") == in_list(step)
    run = Run(id="run_1", created_at=step.created_at, usage=step.usage)
    assert (tokens.total or 0) == run_row(run)["tokens"]
    assert {"input": tokens.prompt, "output": tokens.completion} == in_trace(step)


def in_export(step: RunStep) -> tuple[int | None, ...]:
    row = {column.name: column.value for column in STEP_COLUMNS}
    return tuple(row[name](step_row(step)) for name in ("prompt_tokens", "completion_tokens", "total_tokens"))


def in_list(step: RunStep) -> str:
    file = io.StringIO()
    StepsTable(make_console(file, width=100)).show(step)
    return file.getvalue().splitlines()[-2][-11:].strip()  # the last line is the id


def in_trace(step: RunStep) -> dict[str, int | None]:
    pytest.importorskip("opentelemetry.trace", reason="needs opentelemetry-api")
    from openai_steps.otel._plan import Settings, plan_run

    run = Run(id=step.run_id or "", status="completed", created_at=datetime(2026, 1, 1, tzinfo=UTC))
    planned = plan_run(run, [step], settings=Settings())
    of_step, of_run = planned.children[0].attributes, planned.attributes
    for kind in ("input", "output"):
        assert of_step.get(f"gen_ai.usage.{kind}_tokens") == of_run.get(f"openai_steps.run.usage.{kind}_tokens")
    told = of_step
    return {kind: told.get(f"gen_ai.usage.{kind}_tokens") for kind in ("input", "output")}  # type: ignore[misc]


@given(st.lists(st.builds(Tokens, total=counts, prompt=counts), max_size=5))
def test_what_is_not_told_adds_nothing(spent: list[Tokens]) -> None:
    total = sum(spent, Tokens())
    assert (total.total or 0) == sum(tokens.total or 0 for tokens in spent)
    assert (total.total is None) == all(tokens.total is None for tokens in spent)
    assert total.completion is None
