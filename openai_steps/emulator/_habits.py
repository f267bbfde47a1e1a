"""Servers that keep the contract except for one habit each.

A real server has several habits at once, and one may hide another. ``docs/reference/emulator.md`` lists which server
has which.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from openai_steps.emulator._dialect import Dialect

HABITS: Mapping[str, Dialect] = MappingProxyType(
    {
        "limit_ignored": Dialect(limit="ignored"),
        "limit_capped": Dialect(max_limit=10, limit_over="capped"),
        "limit_capped_with_a_lie": Dialect(max_limit=10, limit_over="capped", has_more="full_page_as_asked"),
        "order_ignored": Dialect(order="ignored"),
        "order_newest_first": Dialect(order="newest_first"),
        "order_on_the_first_page_only": Dialect(order="first_page_only"),
        "order_unsteady": Dialect(order="unsteady"),
        "ties_in_the_same_order": Dialect(ties="same_order"),
        "ties_unstable": Dialect(ties="unstable"),
        "asc_lags": Dialect(lag_asc=2),
        "desc_lags": Dialect(lag_desc=2),
        "has_more_on_full_pages": Dialect(has_more="full_page"),
        "has_more_unlike_the_default": Dialect(has_more="unlike_default"),
        "has_more_false_at_20": Dialect(has_more="false_at_default_limit"),
        "has_more_inverted": Dialect(has_more="inverted"),
        "has_more_always": Dialect(has_more="always"),
        "has_more_never": Dialect(has_more="never"),
        "has_more_absent": Dialect(has_more="absent"),
        "after_inclusive": Dialect(after="inclusive"),
        "after_off_by_one": Dialect(after="off_by_one"),
        "after_from_time": Dialect(after="from_time"),
        "after_later_only": Dialect(after="later_only"),
        "after_ignored": Dialect(after="ignored"),
        "after_by_id": Dialect(after="by_id"),
        "after_by_id_one_way": Dialect(after="wrong_side"),
        "before_window": Dialect(before="window", has_more="window"),
        "before_ignored": Dialect(before="ignored", has_more="forward"),
        "before_off_by_one": Dialect(before="off_by_one"),
        "before_by_id": Dialect(before="by_id"),
        "before_by_id_one_way": Dialect(before="wrong_side"),
        "before_earlier_only": Dialect(before="earlier_only"),
        "pages_overlap": Dialect(overlap=1),
        "unknown_cursor_ignored": Dialect(unknown_cursor="ignored"),
        "unknown_cursor_empty": Dialect(unknown_cursor="empty"),
        "clock_behind": Dialect(clock=-600),
        "clock_ahead": Dialect(clock=600),
        "stamped_anew": Dialect(stamps="anew"),
    }
)
"""Dialects that differ from the contract in one habit, by its name."""
