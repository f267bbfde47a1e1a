"""The dialects of servers, from their code, their traffic or their documents.

What nobody could show follows the contract; a comment says so.
"""

from collections.abc import Mapping
from types import MappingProxyType

from ._dialect import Dialect

DIALECTS: Mapping[str, Dialect] = MappingProxyType(
    {
        "contract": Dialect(),
        # The second reading of `before` that the documentation allows, kept soundly.
        "window": Dialect(before="window", has_more="window"),
        # `before` and unknown cursors unverified; a recording shows tied steps in the same order
        # in both directions.
        "openai": Dialect(ties="same_order"),
        # Cursors, has_more and ties unverified.
        "azure_openai": Dialect(),
        # Cursors, has_more and ties unverified; the schema has no object and no first_id. Only
        # one name can be included, so that repeated and comma-separated look alike.
        "azure_foundry": Dialect(envelope="no_object", ids="last_only"),
        # Cursors, has_more and ties unverified; the documents exclude both cursors at once.
        "dashscope": Dialect(both_cursors="refused", times="milliseconds", unset="placeholder", include="unsupported"),
        "bee": Dialect(has_more="always_with_before", envelope="no_object", total="total_count"),
        "stdapi": Dialect(unknown_cursor="empty"),
        # Cursors compare ids and the list sorts by time: rows of equal time get lost in desc.
        "open_assistant_api": Dialect(
            after="by_id", before="by_id", ties="same_order", has_more="window", times="float"
        ),
        "llamphouse": Dialect(
            before="window",
            has_more="window",
            unknown_cursor="ignored",
            limit_over="accepted",
            limit_under="accepted",
            total="total",
            times="iso",
        ),
        "openai_responses": Dialect(
            before="window", has_more="inverted", unknown_cursor="ignored", envelope="no_object"
        ),
        "clicky_chats": Dialect(before="window", has_more="window", unknown_cursor="bad_request"),
        "llama_stack": Dialect(
            before="window",
            has_more="window",
            unknown_cursor="ignored",
            limit_over="capped",
            empty_ids="empty_text",
        ),
        # "An error" for an unknown cursor, of unverified status.
        "letta": Dialect(before="window", has_more="window", envelope="bare_array"),
        # Unknown cursors unverified.
        "supercompat": Dialect(before="ignored", has_more="forward"),
        # Unknown cursors unverified. Seen on messages, not on steps.
        "supercompat_messages": Dialect(before="off_by_one"),
        "opengpts": Dialect(
            after="wrong_side",
            before="wrong_side",
            envelope="no_object",
            ids="absent",
            has_more="absent",
        ),
        # What `after` does is unverified.
        "openopenai": Dialect(before="wrong_side", has_more="full_page"),
        # No ORDER BY: rows come as they were stored.
        "hal_9100": Dialect(before="ignored", order="ignored", has_more="never", unknown_cursor="ignored"),
        # What `after` does is unverified.
        "myla": Dialect(before="earlier_only", has_more="never"),
    }
)
"""Dialects by the name of the server, and `contract` and `window`."""
