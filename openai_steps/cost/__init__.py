"""The cost of runs: a caller's price table, joined with the tokens of each step.

    prices = LitellmPrices.from_file("model_prices_and_context_window_backup.json")
    report = report_costs([(run, steps)], prices, models={"my-deployment": "gpt-4.1"})
    print(report.total.amount, report.total.unpriced)

No table is shipped: prices change, and an old table is silently wrong.
"""

from openai_steps._models.tokens import Tokens
from openai_steps._public import publish
from openai_steps.cost._prices import LitellmPrices, Price, Pricing, ToolPrice
from openai_steps.cost._report import CostReport, CostRow, GroupBy, StepCost, ToolFee, report_costs

__all__ = [
    "CostReport",
    "CostRow",
    "GroupBy",
    "LitellmPrices",
    "Price",
    "Pricing",
    "StepCost",
    "Tokens",
    "ToolFee",
    "ToolPrice",
    "report_costs",
]

publish(__name__, globals())
