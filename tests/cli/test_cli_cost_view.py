"""``openai-steps usage --prices``: what the runs of a thread, of a file or of an archive cost."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from command_line import call, fails, invoke
from thread_samples import BODIES, OUTPUTS, make_thread_store, write_archive

from openai_steps.emulator import Emulator

TRUTH: dict[str, Any] = json.loads((OUTPUTS / "cost.json").read_text("utf-8"))
RUNS = {run["run_id"]: Decimal(run["usd"]) for run in TRUTH["runs"]}
MODELS = ("--models", "my-gpt41-deployment=gpt-4.1")
TABLE = {
    "gpt-4o": {
        "input_cost_per_token": 2.5e-06,
        "cache_read_input_token_cost": 1.25e-06,
        "output_cost_per_token": 1e-05,
    },
    "azure/eu/gpt-4o": {"input_cost_per_token": 1, "output_cost_per_token": 1},
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


@pytest.fixture
def prices(tmp_path: Path) -> tuple[str, str]:
    path = tmp_path / "prices.json"
    path.write_text(json.dumps(TABLE))
    return "--prices", str(path)


@pytest.fixture
def archive(tmp_path: Path) -> tuple[str, str]:
    return "--from", str(write_archive(tmp_path / "archive"))


def told(*arguments: str) -> dict[str, Any]:
    report: dict[str, Any] = json.loads(call("usage", *arguments, "--format", "json").stdout)
    return report


def amounts(report: dict[str, Any]) -> dict[str, Decimal | None]:
    return {row["key"]: row["amount"] and Decimal(row["amount"]) for row in report["rows"]}


def sum_of(**wanted: str) -> Decimal:
    """Return the truth of the runs that have these values."""
    runs = [run for body in BODIES.values() for run in body["runs"]]
    ((name, value),) = wanted.items()
    return sum((RUNS[run["id"]] for run in runs if run[name] == value), Decimal())


def test_an_archive_costs_what_was_worked_out(prices: tuple[str, str], archive: tuple[str, str]) -> None:
    report = told(*archive, *prices, *MODELS)
    assert amounts(report) == RUNS
    assert Decimal(report["total"]["amount"]) == sum(RUNS.values())
    assert report["total"]["unpriced"] == {}
    assert [row["key"] for row in report["rows"] if not row["is_upper_bound"]] == ["run_weather"]


@pytest.mark.parametrize(("by", "key"), [("thread", "thread_id"), ("assistant", "assistant_id")])
def test_groups_add_up_to_the_same(prices: tuple[str, str], archive: tuple[str, str], by: str, key: str) -> None:
    report = told(*archive, *prices, *MODELS, "--by", by)
    assert len(report["rows"]) == 3
    assert amounts(report) == {group: sum_of(**{key: group}) for group in amounts(report)}


def test_by_model_day_and_metadata(prices: tuple[str, str], archive: tuple[str, str]) -> None:
    everything = sum(RUNS.values())
    by_model = amounts(told(*archive, *prices, *MODELS, "--by", "model"))
    assert by_model["gpt-4.1"] == sum_of(model="my-gpt41-deployment")
    assert amounts(told(*archive, *prices, *MODELS, "--by", "day")) == {"2026-09-21": everything}
    assert amounts(told(*archive, *prices, *MODELS, "--by", "metadata:team")) == {"": everything}


def test_what_has_no_price_is_named_and_never_0(prices: tuple[str, str], archive: tuple[str, str]) -> None:
    report = told(*archive, *prices, "--by", "thread")
    assert amounts(report)["thread_report"] is None
    assert report["total"]["unpriced"] == {"no price of my-gpt41-deployment": 5}
    lines = [line.split() for line in call("usage", *archive, *prices, "--by", "thread").stdout.splitlines()]
    assert lines[:5] == [
        ["Thread", "Requests", "In", "Cached", "Out", "Cost"],
        ["thread_refund", "5", "570", "95", "≤", "0.0001425"],
        ["thread_report", "5", "3,500", "350", "?"],
        ["thread_weather", "2", "310", "128", "62", "0.001235"],
        ["all", "12", "4,380", "128", "507", "≤", "0.0013775", "+", "?"],
    ]
    assert " ".join(lines[6]) == "?: 5 requests: no price of my-gpt41-deployment."


def test_tools_are_told_apart_and_an_upper_bound_says_so(prices: tuple[str, str], archive: tuple[str, str]) -> None:
    shown = call("usage", *archive, *prices, *MODELS).stdout
    assert "≤: an upper bound." in shown
    assert "1 call of file_search (0.0025), 1 call of code_interpreter (at most 0.03)" in shown
    assert "1 call of bing_grounding (no price)" in shown


async def test_a_run_of_a_server_is_priced_by_a_prefix(prices: tuple[str, str]) -> None:
    async with Emulator(store=make_thread_store()).serve() as base_url:
        run = ("thread_weather", "run_weather", "--base-url", base_url)
        plain = await invoke("usage", *run, *prices, "--format", "json")
        regional = await invoke("usage", *run, *prices, "--price-prefix", "azure/eu/", "--format", "json")
    assert json.loads(plain.stdout)["total"]["amount"] == "0.001235"
    assert json.loads(regional.stdout)["total"]["amount"] == "372"


def test_steps_alone_need_a_model(tmp_path: Path, prices: tuple[str, str]) -> None:
    path = tmp_path / "steps.jsonl"
    path.write_text("".join(json.dumps(step) + "\n" for step in BODIES["thread_weather"]["steps"]["run_weather"]))
    assert told("--from", str(path), *prices)["total"]["unpriced"] == {"no model": 2}
    assert told("--from", str(path), *prices, "--default-model", "gpt-4o")["total"]["amount"] == "0.001235"


def test_a_map_may_be_a_file(tmp_path: Path, prices: tuple[str, str], archive: tuple[str, str]) -> None:
    path = tmp_path / "models.json"
    path.write_text(json.dumps(TRUTH["deployments"]))
    assert amounts(told(*archive, *prices, "--models", str(path))) == RUNS


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--by", "day"], "needs a price table: --prices FILE"),
        (["--models", "a=b"], "needs a price table: --prices FILE"),
        (["--by", "colour"], "'colour' is not one of run, thread"),
        (["--by", "metadata:"], "'metadata:' is not one of run, thread"),
        (["--models", "nosuchfile"], "'nosuchfile' is neither NAME=MODEL nor a file of JSON"),
    ],
)
def test_what_makes_no_sense_is_told_before_anything_is_read(options: list[str], said: str) -> None:
    assert said in " ".join(fails(2, "usage", "thread_1", "run_1", *options).stderr.split())


@pytest.mark.parametrize("content", ["[1]", "{", '{"a": 1}'])
def test_a_file_that_is_no_table_or_no_map_is_told(
    tmp_path: Path, content: str, prices: tuple[str, str], archive: tuple[str, str]
) -> None:
    path = tmp_path / "odd.json"
    path.write_text(content)
    assert "rice table" in fails(2, "usage", *archive, "--prices", str(path)).stderr
    assert "odd.json" in fails(2, "usage", *archive, *prices, "--models", str(path)).stderr
