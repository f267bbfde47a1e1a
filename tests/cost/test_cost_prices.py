"""Prices as litellm writes them: cached, thought and long are priced as such; what has no price has none."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openai_steps.cost import LitellmPrices, Price, Tokens

TABLE: dict[str, dict[str, Any]] = {
    "gpt-4o": {
        "input_cost_per_token": 2.5e-06,
        "cache_read_input_token_cost": 1.25e-06,
        "output_cost_per_token": 1e-05,
        "code_interpreter_cost_per_session": 0.03,
        "file_search_cost_per_1k_calls": 2.5,
    },
    "azure/eu/gpt-4o": {"input_cost_per_token": 3, "output_cost_per_token": 4},
    "thinks": {"input_cost_per_token": 1, "output_cost_per_token": 2, "output_cost_per_reasoning_token": 5},
    "long": {
        "input_cost_per_token": 1,
        "input_cost_per_token_above_128k_tokens": 2,
        "input_cost_per_token_above_272k_tokens": 4,
        "output_cost_per_token": 10,
        "output_cost_per_token_above_128k_tokens": 20,
    },
    "listed": {
        "tiered_pricing": [
            {"range": [256, 512], "input_cost_per_token": 3, "output_cost_per_token": 30},
            {
                "range": [0, 256.0],
                "input_cost_per_token": 1,
                "cache_read_input_token_cost": 0,
                "output_cost_per_token": 10,
                "output_cost_per_reasoning_token": 20,
            },
            {"range": None, "input_cost_per_token": 1000, "output_cost_per_token": 1000},
            "odd",
        ],
    },
    "only input is listed": {
        "output_cost_per_token": 10,
        "tiered_pricing": [{"range": [0, 256], "input_cost_per_token": 1}],
    },
    "in a container": {"litellm_provider": "azure", "input_cost_per_token": 1, "output_cost_per_token": 1},
    "azure/container": {"code_interpreter_cost_per_session": 0.033},
    "image": {"input_cost_per_image": 1},
    "odd": {"input_cost_per_token": True, "output_cost_per_token": 1},
    "negative": {"input_cost_per_token": -1, "output_cost_per_token": 1},
}


@pytest.mark.parametrize(
    ("model", "tokens", "amount", "is_upper_bound"),
    [
        ("gpt-4o", Tokens(prompt=190, completion=22, cached=128), "0.000535", False),
        ("gpt-4o", Tokens(prompt=190, completion=22), "0.000695", True),
        ("gpt-4o", Tokens(prompt=190, completion=22, cached=0), "0.000695", False),
        ("gpt-4o", Tokens(prompt=0, completion=22), "0.00022", False),
        ("gpt-4o", Tokens(prompt=100, completion=0, cached=900), "0.000125", False),
        ("thinks", Tokens(prompt=1, completion=10, reasoning=4), "33", False),
        ("long", Tokens(prompt=128_000, completion=1), "128010", False),
        ("long", Tokens(prompt=128_001, completion=1), "256022", False),
        ("long", Tokens(prompt=272_001, completion=1), "1088024", False),
        ("listed", Tokens(prompt=0, completion=1, cached=0), "10", False),
        ("listed", Tokens(prompt=256, completion=4, cached=56, reasoning=1), "250", False),
        ("listed", Tokens(prompt=256, completion=0), "256", True),
        ("listed", Tokens(prompt=257, completion=4, cached=57, reasoning=1), "891", False),
        ("listed", Tokens(prompt=513, completion=1), "1569", False),
        ("only input is listed", Tokens(prompt=9, completion=1), "19", False),
    ],
)
def test_prices(model: str, tokens: Tokens, amount: str, is_upper_bound: bool) -> None:
    assert LitellmPrices(TABLE)(model, tokens) == Price(amount=Decimal(amount), is_upper_bound=is_upper_bound)


@pytest.mark.parametrize("model", ["my-deployment", "image", "odd", "negative", ""])
def test_what_has_no_price_is_not_free(model: str) -> None:
    assert LitellmPrices(TABLE)(model, Tokens(prompt=1, completion=1)) is None


@pytest.mark.parametrize("tokens", [Tokens(), Tokens(total=9), Tokens(prompt=1), Tokens(completion=1)])
def test_what_is_not_told_is_not_free(tokens: Tokens) -> None:
    assert LitellmPrices(TABLE)("gpt-4o", tokens) is None


def test_prefixes_are_tried_in_order() -> None:
    prices = LitellmPrices(TABLE, prefixes=("azure/eu/", ""))
    assert prices("gpt-4o", Tokens(prompt=1, completion=1)) == Price(amount=Decimal(7))
    assert prices("thinks", Tokens(prompt=1, completion=1)) == Price(amount=Decimal(3))


def test_prices_of_tools() -> None:
    prices = LitellmPrices(TABLE)
    for tool, unit, amount in (("code_interpreter", "session", "0.03"), ("file_search", "call", "0.0025")):
        found = prices.tool("gpt-4o", tool)
        assert found is not None
        assert (found.unit, found.amount) == (unit, Decimal(amount))
    session = prices.tool("in a container", "code_interpreter")
    assert session is not None
    assert session.amount == Decimal("0.033")
    assert prices.tool("thinks", "code_interpreter") is None
    assert prices.tool("thinks", "file_search") is None
    assert prices.tool("gpt-4o", "bing_grounding") is None


@given(st.integers(0, 10**9), st.integers(0, 10**9), st.integers(0, 10**9))
def test_cached_tokens_never_cost_more(prompt: int, completion: int, cached: int) -> None:
    prices = LitellmPrices(TABLE)
    less = prices("gpt-4o", Tokens(prompt=prompt, completion=completion, cached=cached))
    more = prices("gpt-4o", Tokens(prompt=prompt, completion=completion, cached=0))
    assert less is not None
    assert more is not None
    assert Decimal(0) <= less.amount <= more.amount


def test_a_table_from_a_file_is_exact(tmp_path: Path) -> None:
    path = tmp_path / "prices.json"
    path.write_text(json.dumps({"m": {"input_cost_per_token": 1.1e-07, "output_cost_per_token": 0}}))
    prices = LitellmPrices.from_file(path)
    assert prices("m", Tokens(prompt=3, completion=1)) == Price(amount=Decimal("3.3e-7"))


@pytest.mark.parametrize("text", ["", "[]", '{"m": 1}', "[" * 100_000, "\ud800"])
def test_what_is_no_table_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "prices.json"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    with pytest.raises(ValueError, match=r"price table"):
        LitellmPrices.from_file(path)
