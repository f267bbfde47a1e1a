"""Costs are those worked out by hand; what has no price is named and never 0."""

import json
import re
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from prices_of_others import sources_of

from openai_steps import Run, RunStep, Usage, structure_step
from openai_steps._json.converter import structure
from openai_steps.cost import LitellmPrices, Tokens, report_costs

OUTPUTS = Path(__file__).parents[1] / "outputs"
THREADS: list[dict[str, Any]] = json.loads((OUTPUTS / "threads.json").read_text("utf-8"))
TRUTH: dict[str, Any] = json.loads((OUTPUTS / "cost.json").read_text("utf-8"))
PRICES = LitellmPrices(
    {
        "gpt-4o": {
            "input_cost_per_token": 2.5e-06,
            "cache_read_input_token_cost": 1.25e-06,
            "output_cost_per_token": 1e-05,
            "code_interpreter_cost_per_session": 0.03,
        },
        "gpt-4.1": {
            "input_cost_per_token": 2e-06,
            "cache_read_input_token_cost": 5e-07,
            "output_cost_per_token": 8e-06,
            "code_interpreter_cost_per_session": 0.03,
            "file_search_cost_per_1k_calls": 2.5,
        },
        "gpt-4o-mini": {
            "input_cost_per_token": 1.5e-07,
            "cache_read_input_token_cost": 7.5e-08,
            "output_cost_per_token": 6e-07,
        },
    }
)
MODELS: dict[str, str] = TRUTH["deployments"]


def all_runs() -> list[tuple[Run, list[RunStep]]]:
    return [
        (structure(run, Run), [structure_step(step) for step in thread["steps"][run["id"]]])
        for thread in THREADS
        for run in thread["runs"]
    ]


def by_key(by: str, runs: Sequence[tuple[Run | None, Sequence[RunStep]]]) -> dict[str, Decimal | None]:
    return {row.key: row.amount for row in report_costs(runs, PRICES, by=by, models=MODELS).rows}


def test_the_costs_of_runs_are_the_truth() -> None:
    report = report_costs(all_runs(), PRICES, models=MODELS)
    truth = {run["run_id"]: Decimal(run["usd"]) for run in TRUTH["runs"]}
    assert {row.key: row.amount for row in report.rows} == truth
    assert report.total.amount == sum(truth.values())
    assert report.total.is_complete
    assert {row.key: row.is_upper_bound for row in report.rows} == {
        "run_weather": False,
        "run_report1": True,  # these servers do not tell how many tokens came from a cache
        "run_report2": True,
        "run_refund1": True,
        "run_refund2": True,
    }


def test_without_the_cache_it_would_be_too_much() -> None:
    (run, steps), *_ = all_runs()
    blind = [evolve(step, usage=step.usage and evolve(step.usage, prompt_token_details=None)) for step in steps]
    row = report_costs([(run, blind)], PRICES).total
    assert (row.amount, row.is_upper_bound) == (Decimal(TRUTH["runs"][0]["usd_without_cache"]), True)


def test_groups() -> None:
    runs = all_runs()
    assert by_key("thread", runs)["thread_report"] == Decimal("0.0098")
    assert set(by_key("model", runs)) == {"gpt-4o", "gpt-4.1", "gpt-4o-mini"}
    assert len(by_key("assistant", runs)) >= 1
    days = by_key("day", runs)
    assert all(len(day) == len("2026-09-21") for day in days)
    tagged = [(evolve(run, metadata={"team": "a" if n else 7}), steps) for n, (run, steps) in enumerate(runs)]
    assert set(by_key("metadata:team", tagged)) == {"a", "7"}
    assert set(by_key("metadata:none", tagged)) == {""}
    for by in ("run", "thread", "assistant", "model", "day", "metadata:team"):
        amounts = [amount for amount in by_key(by, tagged).values() if amount is not None]
        assert sum(amounts) == sum(Decimal(run["usd"]) for run in TRUTH["runs"])


@pytest.mark.parametrize("by", ["", "metadata:", "week", "runs"])
def test_another_group_is_refused(by: str) -> None:
    with pytest.raises(ValueError, match=r"by must be one of run, .*metadata:KEY"):
        report_costs([], PRICES, by=by)


def test_what_has_no_price_is_named() -> None:
    (run, steps), *_ = all_runs()
    for changed, own, reason in (
        (run, [evolve(step, usage=None) for step in steps], None),
        (evolve(run, usage=None), [evolve(step, usage=None) for step in steps], "no usage"),
        (evolve(run, model="my-gpt41-deployment"), steps, "no price of my-gpt41-deployment"),
        (evolve(run, model=None), steps, "no model"),
        (None, steps, "no model"),
        (run, [evolve(step, usage=Usage(completion_tokens=3)) for step in steps], "no prompt tokens reported"),
        (run, [evolve(step, usage=Usage(prompt_tokens=3)) for step in steps], "no completion tokens reported"),
    ):
        total = report_costs([(changed, own)], PRICES).total
        if reason is None:  # the run's own usage, as if of one request
            assert (total.amount, total.is_upper_bound, total.requests) == (Decimal("0.001235"), True, 1)
        else:
            assert (total.amount, total.unpriced) == (None, {reason: 2})
    mixed = report_costs([(run, steps), (evolve(run, model="other"), steps)], PRICES).total
    assert (mixed.amount, mixed.unpriced, mixed.is_complete) == (Decimal("0.001235"), {"no price of other": 2}, False)


def test_a_step_that_names_neither_run_nor_thread_is_of_the_run_it_came_with() -> None:
    (run, steps), *_ = all_runs()
    nameless = [evolve(step, run_id=None, thread_id=None) for step in steps]
    for by in ("run", "thread"):
        assert by_key(by, [(run, nameless)]) == by_key(by, [(run, steps)])


def test_models_by_function_and_by_default() -> None:
    (run, steps), *_ = all_runs()
    amounts = {
        report_costs([(evolve(run, model="d"), steps)], PRICES, models={"d": "gpt-4o"}.get).total.amount,
        report_costs([(None, steps)], PRICES, default_model="gpt-4o").total.amount,
        report_costs([(None, steps)], PRICES, models={"d": "gpt-4o"}, default_model="d").total.amount,
    }
    assert amounts == {Decimal("0.001235")}


def test_any_function_can_price() -> None:
    (run, steps), *_ = all_runs()
    seen: list[tuple[str, Tokens]] = []

    def pricing(model: str, tokens: Tokens) -> Decimal:
        seen.append((model, tokens))
        return Decimal(1)

    report = report_costs([(run, steps)], pricing)
    assert report.total.amount == 2
    assert [tokens.prompt for _, tokens in seen] == [120, 190]  # one call for each request: tiers go by its prompt


def test_tool_fees_are_named_apart() -> None:
    report = report_costs(all_runs(), PRICES, models=MODELS, by="thread")
    fees = {fee.tool: (fee.calls, fee.amount) for row in report.rows for fee in row.fees if row.key == "thread_report"}
    assert fees["code_interpreter"] == (1, Decimal("0.03"))
    assert fees["file_search"] == (1, Decimal("0.0025"))
    assert fees["bing_grounding"] == (1, None)
    assert "mcp" not in fees
    assert report.total.amount == sum(Decimal(run["usd"]) for run in TRUTH["runs"])


usages = st.none() | st.builds(
    Usage, prompt_tokens=st.none() | st.integers(0, 10**7), completion_tokens=st.none() | st.integers(0, 10**7)
)


@given(st.lists(st.lists(usages, max_size=4), max_size=4))
def test_rows_add_up_to_the_total(runs: list[list[Usage | None]]) -> None:
    (run, (step, *_)), *_ = all_runs()
    given_runs = [
        (
            evolve(run, id=f"run_{n}", usage=None),
            [evolve(step, id=f"step_{n}_{m}", run_id=f"run_{n}", usage=usage) for m, usage in enumerate(own)],
        )
        for n, own in enumerate(runs)
    ]
    report = report_costs(given_runs, PRICES)
    amounts = [row.amount for row in report.rows if row.amount is not None]
    assert report.total.amount == (sum(amounts) if amounts else None)
    assert report.total.requests == sum(len(own) for own in runs) == len(report.steps)
    assert sum(report.total.unpriced.values()) == sum(cost.amount is None for cost in report.steps)


# --- The tables of others: the group prices ---------------------------------------------------------------------------


def test_litellms_own_table() -> None:
    """Its table is read where it lies: importing litellm takes seconds, and asks a server for a newer one."""
    path = Path(str(sources_of("litellm").locate_file("litellm/model_prices_and_context_window_backup.json")))
    prices = LitellmPrices.from_file(path)
    report = report_costs(all_runs(), prices, models=MODELS)
    assert {row.key: row.amount for row in report.rows} == {run["run_id"]: Decimal(run["usd"]) for run in TRUTH["runs"]}
    assert {fee.tool: fee.amount for fee in report.total.fees}["code_interpreter"] == Decimal("0.03")
    short, long = (prices("dashscope/qwen-plus-latest", Tokens(prompt=n, completion=1)) for n in (256_000, 256_001))
    assert short is not None
    assert long is not None
    assert long.amount > 2 * short.amount


def test_the_recipe_for_genai_prices() -> None:
    pytest.importorskip("genai_prices", reason="genai-prices is of the group prices")
    page = (Path(__file__).parents[2] / "docs" / "howto" / "cost.md").read_text("utf-8")
    (recipe,) = (block for block in re.findall(r"```python\n(.*?)```", page, re.DOTALL) if "genai_prices" in block)
    names: dict[str, Any] = {}
    exec(dedent("  " + recipe.lstrip()), names)  # the page's own text, executed as its reader would
    report = report_costs(all_runs(), names["pricing"], models=MODELS)
    assert {row.key: row.amount for row in report.rows} == {
        run["run_id"]: Decimal(run["genai_prices"]) for run in TRUTH["runs"]
    }
    assert [row.is_upper_bound for row in report.rows] == [False, True, True, True, True]
    assert names["pricing"]("my-gpt41-deployment", Tokens(prompt=1, completion=1)) is None
    assert names["pricing"]("gpt-4o", Tokens(prompt=1, completion=1, cached=9)) is None
