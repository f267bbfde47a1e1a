"""The prices of tokens and tools: a caller's price table in litellm's format."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from os import PathLike
from pathlib import Path
from typing import Any, Final, TypeAlias

from attrs import frozen

from openai_steps._models.tokens import Tokens


@frozen(kw_only=True)
class Price:
    """The cost of the tokens of one request.

    Attributes:
        amount: In the currency of the table, US dollars in litellm's.
        is_upper_bound: Whether it may be less: cached tokens have a lower price, and the server did not report how
            many there were.
    """

    amount: Decimal
    is_upper_bound: bool = False


Pricing: TypeAlias = Callable[[str, Tokens], Price | Decimal | None]
"""Gives the price of one request, from the model's name and the request's tokens; None if it has none."""


@frozen(kw_only=True)
class ToolPrice:
    """The cost of one use of a tool.

    Attributes:
        unit: What is counted: ``call`` or ``session``. A session of the code interpreter may serve many calls, so a
            price of its calls is an upper bound.
        amount: The cost of one.
    """

    unit: str
    amount: Decimal


class LitellmPrices:
    """A price table as litellm publishes it (``model_prices_and_context_window_backup.json`` in its wheel).

    It is a `Pricing`. It uses the prices of cached tokens, of reasoning tokens and of long prompts
    (``…_above_200k_tokens``, ``tiered_pricing``) if the table has them. Tiers depend on the prompt of one request, so
    call it once for each step.

    Args:
        table: From a model's name to its prices.
        prefixes: Prefixes to try before a model's name, in this order, such as ``("azure/eu/", "azure/", "")``.

    Raises:
        ValueError: If the table is not a mapping of mappings.
    """

    def __init__(self, table: Mapping[str, Mapping[str, Any]], *, prefixes: Sequence[str] = ("",)) -> None:
        if not isinstance(table, Mapping) or not all(isinstance(entry, Mapping) for entry in table.values()):
            raise ValueError("A price table must be a JSON object with an object for each model, as litellm's has.")
        self._table = table
        self._prefixes = tuple(prefixes)

    @classmethod
    def from_file(cls, path: str | PathLike[str], *, prefixes: Sequence[str] = ("",)) -> LitellmPrices:
        """Read a table from a JSON file.

        Args:
            path: The file.
            prefixes: See the class.

        Raises:
            OSError: If the file cannot be read.
            ValueError: If it is not such a table.
        """
        where = Path(path)
        try:
            table = json.loads(where.read_text("utf-8"), parse_float=Decimal)
        except (ValueError, RecursionError) as error:
            raise ValueError(f"{where.name} is not a price table: {error}.") from None
        return cls(table, prefixes=prefixes)

    def __call__(self, model: str, tokens: Tokens) -> Price | None:
        """Return the price of one request.

        Args:
            model: The model's name.
            tokens: The request's tokens.

        Returns:
            The price; None if the table lacks the model or a price of its tokens, or if the tokens read or written were
            not reported.
        """
        prompt, completion = tokens.prompt, tokens.completion
        if prompt is None or completion is None:
            return None
        entry = _at_tier(self._entry(model), prompt)
        price_in = _price(entry, "input_cost_per_token", prompt)
        price_out = _price(entry, "output_cost_per_token", prompt)
        if price_in is None or price_out is None:
            return None
        price_cached = _price(entry, "cache_read_input_token_cost", prompt)
        price_thought = _price(entry, "output_cost_per_reasoning_token", prompt)
        cached = min(tokens.cached or 0, prompt) if price_cached is not None else 0
        thought = min(tokens.reasoning or 0, completion) if price_thought is not None else 0
        amount = (
            price_in * (prompt - cached)
            + (price_cached or 0) * cached
            + price_out * (completion - thought)
            + (price_thought or 0) * thought
        )
        may_be_less = price_cached is not None and price_cached < price_in and tokens.cached is None and prompt > 0
        return Price(amount=amount, is_upper_bound=may_be_less)

    def tool(self, model: str, tool: str) -> ToolPrice | None:
        """Return the cost of a use of a tool, besides tokens.

        Args:
            model: The model that called it.
            tool: The type of the tool call.

        Returns:
            The price; None if the table has none.
        """
        known = _TOOLS.get(tool)
        if known is None:
            return None
        key, unit, share = known
        entry = self._entry(model)
        container = self._table.get(f"{entry.get('litellm_provider')}/container", {})  # where code interpreters run
        amount = _decimal(entry.get(key, container.get(key)))
        return None if amount is None else ToolPrice(unit=unit, amount=amount / share)

    def _entry(self, model: str) -> Mapping[str, Any]:
        found = (self._table.get(f"{prefix}{model}") for prefix in self._prefixes)
        return next((entry for entry in found if entry is not None), {})


# The key of a tool's price, what is counted, and for how many of them the price is.
_TOOLS: Final[Mapping[str, tuple[str, str, int]]] = {
    "code_interpreter": ("code_interpreter_cost_per_session", "session", 1),
    "file_search": ("file_search_cost_per_1k_calls", "call", 1000),
}

_TIER: Final = re.compile(r"_above_(\d+)k_tokens$")


def _at_tier(entry: Mapping[str, Any], prompt: int) -> Mapping[str, Any]:
    """Return the prices of the tier for a prompt of this length, if the table has tiers as a list.

    All tokens of a request cost the same: https://help.aliyun.com/zh/model-studio/billing-for-model-studio
    """
    tiers = {}
    for tier in entry.get("tiered_pricing") or ():
        match tier:
            case {"range": [_, int() | float() | Decimal() as end]}:
                tiers[end] = tier
    if not tiers:
        return entry
    found: Mapping[str, Any] = tiers[min((end for end in tiers if prompt <= end), default=max(tiers))]
    return found if "output_cost_per_token" in found else {**entry, **found}


def _price(entry: Mapping[str, Any], key: str, prompt: int) -> Decimal | None:
    """Return a price, that of the highest tier which the prompt exceeds."""
    tiers = {0: key}
    for name in entry:
        if name.startswith(f"{key}_above_") and (found := _TIER.search(name)):
            tiers[int(found[1]) * 1000] = name
    reached = max(threshold for threshold in tiers if prompt > threshold or threshold == 0)
    return _decimal(entry.get(tiers[reached]))


def _decimal(value: Any) -> Decimal | None:
    """Return a number exactly as written; as a float, 0.0000025 would be another."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal | str):
        return None
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    return number if number.is_finite() and number >= 0 else None
