"""Costs by step, and added up by run, thread, assistant, model, day or a key of the metadata."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Final, Literal, TypeAlias

from attrs import define, evolve, field, frozen

from openai_steps import _words
from openai_steps._models.notebook import one_line, table
from openai_steps._models.runs import Run
from openai_steps._models.steps import RunStep
from openai_steps._models.tokens import Tokens
from openai_steps._models.tool_calls import ToolCall
from openai_steps.cost._prices import Price, Pricing, ToolPrice

GroupBy: TypeAlias = Literal["run", "thread", "assistant", "model", "day"]
"""What costs are grouped by; a key of the runs' metadata is written ``metadata:KEY``."""


@frozen(kw_only=True)
class StepCost:
    """The cost of one request to a model.

    Attributes:
        thread_id: Its thread.
        run_id: Its run.
        step_id: Its step; None if no step has tokens, and the run's are priced as those of one request.
        model: The model by which it was priced; None if it is unknown.
        tokens: Its tokens; None if the server reported none.
        amount: The cost; None, never 0, if something is missing, which ``reason`` names.
        is_upper_bound: Whether it may have been less.
        reason: Why there is no amount; empty if there is one.
    """

    thread_id: str
    run_id: str
    step_id: str | None
    model: str | None
    tokens: Tokens | None
    amount: Decimal | None
    is_upper_bound: bool = False
    reason: str = ""


@frozen(kw_only=True)
class ToolFee:
    """The possible cost of a tool's uses, besides tokens. It is not in any sum.

    Attributes:
        tool: The type of its calls.
        calls: How many there were.
        price: The cost of one use; None if no price is known.
        amount: The cost, an upper bound if a session may serve many calls; None if no price is known.
    """

    tool: str
    calls: int
    price: ToolPrice | None
    amount: Decimal | None


@frozen(kw_only=True)
class CostRow:
    """The cost of a group.

    Attributes:
        key: Which group: an id, a model, a day (``2026-11-27``), a value of the metadata; empty if it is unknown.
        amount: The cost of the priced requests; None if there are none.
        tokens: The tokens of all its requests.
        requests: How many there were.
        unpriced: How many of them have no price, by the reason.
        is_upper_bound: Whether it may have been less.
        fees: The possible cost of tools, besides tokens.
    """

    key: str
    amount: Decimal | None
    tokens: Tokens
    requests: int
    unpriced: Mapping[str, int]
    is_upper_bound: bool
    fees: tuple[ToolFee, ...] = ()

    @property
    def is_complete(self) -> bool:
        """Whether all of its requests have a price."""
        return not self.unpriced


@frozen(kw_only=True)
class CostReport:
    """The cost of runs.

    Attributes:
        rows: The groups, in the order in which they came.
        total: All of them.
        steps: The cost of each request.
    """

    rows: tuple[CostRow, ...]
    total: CostRow
    steps: tuple[StepCost, ...]

    def __repr__(self) -> str:
        return one_line("CostReport", _words.count(len(self.rows), "row"), total=self.total.amount)

    def _repr_html_(self) -> str:
        """Return a row for each group, and the total, for notebooks."""
        head = ("", "cost", "requests", "without a price", "tokens")
        rows = [_cells(row, row.key or "unknown") for row in self.rows]
        return table("Costs", head, [*rows, _cells(self.total, "Total")])


def _cells(row: CostRow, name: str) -> tuple[str, ...]:
    amount = "" if row.amount is None else f"{'at most ' if row.is_upper_bound else ''}{row.amount:,.6f}"
    unpriced = _words.number(sum(row.unpriced.values()) or None)
    return (name, amount, _words.number(row.requests), unpriced, _words.number(row.tokens.total))


def report_costs(
    runs: Iterable[tuple[Run | None, Sequence[RunStep]]],
    pricing: Pricing,
    *,
    by: GroupBy | str = "run",
    models: Mapping[str, str] | Callable[[str], str | None] | None = None,
    default_model: str | None = None,
) -> CostReport:
    """Price the steps of runs, and add the costs up.

    Args:
        runs: Each run with its steps; None in place of a run of which only the steps are known.
        pricing: Gives the price of one request, such as `LitellmPrices`.
        by: What to group by: ``run``, ``thread``, ``assistant``, ``model``, ``day`` (of the step, in UTC), or
            ``metadata:KEY``.
        models: From a run's name for its model to the name in the price table: on Azure a run names the deployment.
        default_model: The model of runs that name none.

    Returns:
        The costs. They use the table's prices, which may differ from those on the day of the run.

    Raises:
        ValueError: If ``by`` is none of these.
    """
    key_of = _key_function(by)
    steps: list[StepCost] = []
    groups: dict[str, _Sum] = {}
    total = _Sum("")

    def sums_of(run: Run | None, step: RunStep | None, cost: StepCost) -> tuple[_Sum, _Sum]:
        key = key_of(run, step, cost)
        return groups.setdefault(key, _Sum(key)), total

    for run, own in runs:
        model = _model(run, models, default_model)
        priced: list[tuple[RunStep | None, StepCost]] = [(step, _price_step(step, run, model, pricing)) for step in own]
        for step, cost in priced:
            for group in sums_of(run, step, cost):
                group.add_calls(step.tool_calls if step else (), model, pricing)
        if run is not None and run.usage is not None and not any(cost.tokens for _, cost in priced):
            priced = [(None, _price_run(run, model, pricing))]
        for step, cost in priced:
            steps.append(cost)
            for group in sums_of(run, step, cost):
                group.add(cost)
    return CostReport(rows=tuple(group.row() for group in groups.values()), total=total.row(), steps=tuple(steps))


def _model(
    run: Run | None, models: Mapping[str, str] | Callable[[str], str | None] | None, default: str | None
) -> str | None:
    named = (run.model if run is not None else None) or default
    if named is None or models is None:
        return named
    found = models(named) if callable(models) else models.get(named)
    return found or named


def _price_step(step: RunStep, run: Run | None, model: str | None, pricing: Pricing) -> StepCost:
    tokens = step.usage.tokens if step.usage is not None else None
    cost = StepCost(
        thread_id=step.thread_id or (run and run.thread_id) or "",
        run_id=step.run_id or (run.id if run is not None else ""),
        step_id=step.id,
        model=model,
        tokens=tokens,
        amount=None,
    )
    return _priced(cost, pricing)


def _price_run(run: Run, model: str | None, pricing: Pricing) -> StepCost:
    """Price a run as one request, which is an upper bound, since tiers depend on the prompt of each request."""
    assert run.usage is not None
    cost = StepCost(
        thread_id=run.thread_id or "",
        run_id=run.id,
        step_id=None,
        model=model,
        tokens=run.usage.tokens,
        amount=None,
    )
    return _priced(cost, pricing, is_upper_bound=True)


def _priced(cost: StepCost, pricing: Pricing, *, is_upper_bound: bool = False) -> StepCost:
    if cost.tokens is None or (cost.tokens.prompt is None and cost.tokens.completion is None):
        return evolve(cost, tokens=None, reason="no usage")
    if cost.tokens.prompt is None or cost.tokens.completion is None:
        return evolve(cost, reason=f"no {'prompt' if cost.tokens.prompt is None else 'completion'} tokens reported")
    if cost.model is None:
        return evolve(cost, reason="no model")
    price = pricing(cost.model, cost.tokens)
    if price is None:
        return evolve(cost, reason=f"no price of {cost.model}")
    if isinstance(price, Price):
        return evolve(cost, amount=price.amount, is_upper_bound=price.is_upper_bound or is_upper_bound)
    return evolve(cost, amount=price, is_upper_bound=is_upper_bound)


_Key: TypeAlias = Callable[[Run | None, RunStep | None, StepCost], str]

_KEYS: Final[Mapping[str, _Key]] = {
    "run": lambda run, step, cost: cost.run_id,
    "thread": lambda run, step, cost: cost.thread_id,
    "model": lambda run, step, cost: cost.model or "",
    "assistant": lambda run, step, cost: (run and run.assistant_id) or (step and step.assistant_id) or "",
    "day": lambda run, step, cost: _day(step or run),
}


def _key_function(by: str) -> _Key:
    if by in _KEYS:
        return _KEYS[by]
    name = by.removeprefix("metadata:")
    if name == by or not name:
        raise ValueError(f"by must be one of {', '.join(_KEYS)} or metadata:KEY, not {by!r}.")

    def of_metadata(run: Run | None, step: RunStep | None, cost: StepCost) -> str:
        value = ((run.metadata if run is not None else None) or {}).get(name)
        return value if isinstance(value, str) else "" if value is None else str(value)

    return of_metadata


def _day(thing: RunStep | Run | None) -> str:
    created_at = thing.created_at if thing is not None else None
    return created_at.date().isoformat() if created_at is not None else ""


@define
class _Sum:
    """The running sums of a group."""

    key: str
    amount: Decimal | None = None
    tokens: Tokens = field(factory=Tokens)
    requests: int = 0
    is_upper_bound: bool = False
    unpriced: Counter[str] = field(factory=Counter)
    calls: dict[str, tuple[int, ToolPrice | None, Decimal | None]] = field(factory=dict)

    def add(self, cost: StepCost) -> None:
        self.requests += 1
        if cost.tokens is not None:
            self.tokens += cost.tokens
        if cost.amount is None:
            self.unpriced[cost.reason] += 1
        else:
            self.amount = (self.amount or Decimal()) + cost.amount
            self.is_upper_bound |= cost.is_upper_bound

    def add_calls(self, calls: Iterable[ToolCall], model: str | None, pricing: Pricing) -> None:
        for call in calls:
            tool = call.type or "unknown"
            look_up = getattr(pricing, "tool", None)
            price = look_up(model, tool) if look_up is not None and model is not None else None
            if price is None and tool in _WITHOUT_FEE:
                continue
            count, _, amount = self.calls.get(tool, (0, None, None))
            if price is not None:
                amount = (amount or Decimal()) + price.amount
            self.calls[tool] = count + 1, price, amount

    def row(self) -> CostRow:
        fees = [ToolFee(tool=tool, calls=n, price=price, amount=sum_) for tool, (n, price, sum_) in self.calls.items()]
        return CostRow(
            key=self.key,
            amount=self.amount,
            tokens=self.tokens,
            requests=self.requests,
            unpriced=dict(self.unpriced),
            is_upper_bound=self.is_upper_bound,
            fees=tuple(fees),
        )


# The caller runs these: no provider charges for them.
_WITHOUT_FEE: Final = frozenset({"function", "mcp", "openapi", "action", "connected_agent"})
