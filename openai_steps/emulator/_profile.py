"""Servers by name: their dialects of paging, what they demand of a request, and how they word their errors.

They are written from the servers' code, traffic or documents. Where there is no evidence they follow the contract, and
a comment says so. myla is not among them: its list of steps is a stub that is always empty
(https://github.com/muyuworks/myla/blob/main/myla/runs.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, get_args

import attrs

from openai_steps.emulator._dialect import Dialect

ErrorShape = Literal["openai", "azure", "foundry", "dashscope", "bee", "fastapi", "swapped", "empty"]
MissingRun = Literal["not_found", "bad_request", "empty"]
Absence = Literal["unknown_url", "wrong_method", "session_key_only"]


@attrs.frozen(kw_only=True)
class Profile:
    """A provider, as far as a client can tell.

    Args:
        prefix: The path before ``/threads/…``.
        key_headers: The headers in which the server accepts a key, if it demands one.
            ``Authorization`` holds ``Bearer KEY``, any other the bare key.
        beta: The demanded value of ``OpenAI-Beta``; None demands nothing.
        api_versions: A regular expression for the values of the demanded ``api-version``
            parameter; None demands nothing.
        errors: The shape of error bodies.
        missing_run: The answer for an unknown thread or run: 404, 400, or an empty list.
        absent: What cannot be read from the server, with its answer: 404, 405, or OpenAI's 401
            for a list that a key may not read. A list is named in the plural, one thing in the
            singular: ``threads``, ``runs``, ``message``, ``file``, ``content``.
        dialect: How pages are made.

    Raises:
        ValueError: For an unknown error shape or answer.
    """

    prefix: str = "/v1"
    key_headers: tuple[str, ...] = ("Authorization",)
    beta: str | None = None
    api_versions: str | None = None
    errors: ErrorShape = "openai"
    missing_run: MissingRun = "not_found"
    absent: Mapping[str, Absence] = attrs.field(factory=dict)
    dialect: Dialect = attrs.field(factory=Dialect)

    def __attrs_post_init__(self) -> None:
        if self.errors not in get_args(ErrorShape):
            raise ValueError(f"errors must be one of {', '.join(get_args(ErrorShape))}, not {self.errors!r}.")
        if not set(self.absent.values()) <= set(get_args(Absence)):
            raise ValueError(f"absent must map to {', '.join(get_args(Absence))}.")
        if self.missing_run not in get_args(MissingRun):
            raise ValueError(f"missing_run must be one of {', '.join(get_args(MissingRun))}, not {self.missing_run!r}.")


DIALECTS: Mapping[str, Dialect] = MappingProxyType(
    {
        "contract": Dialect(),
        # The second reading of `before` that the documentation allows.
        "window": Dialect(before="window", has_more="window"),
        # `before` and unknown cursors unverified; a recording shows tied steps in the same order
        # in both directions.
        "openai": Dialect(ties="same_order", message_state="absent", times="whole"),
        # Cursors, has_more and ties unverified.
        "azure_openai": Dialect(message_state="absent", times="whole"),
        # Cursors, has_more and ties unverified; the schema has no object and no first_id. Only
        # one name can be included, so that repeated and comma-separated look alike.
        "azure_foundry": Dialect(envelope="no_object", ids="last_only", message_state="absent", times="whole"),
        # Recorded: has_more is right, equal times are in order, and an empty page has null ids.
        "azure_hub": Dialect(message_state="absent"),
        # From the documents alone, which name no run_id.
        "foundry_local": Dialect(
            message_order="asc",
            run_id="ignored",
            message_state="absent",
            shape="foundry_local",
            include="unsupported",
        ),
        # Cursors, has_more and ties unverified; the documents exclude both cursors at once.
        "dashscope": Dialect(both_cursors="refused", times="milliseconds", unset="placeholder", include="unsupported"),
        "bee": Dialect(has_more="always_with_before", envelope="no_object", total="total_count", run_id="refused"),
        "stdapi": Dialect(unknown_cursor="empty"),
        # Cursors compare ids and the list sorts by time alone: rows of equal time get lost in desc.
        # https://github.com/MLT-OSS/open-assistant-api/blob/main/app/libs/paginate.py
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
            run_id="ignored",
        ),
        # Its store in PostgreSQL compares ids, one way for both orders, where the one in memory
        # looks them up. Read, not run; ties unverified.
        # https://github.com/llamp-ai/llamphouse/blob/main/llamphouse/core/data_stores/postgres_store.py
        "llamphouse_postgres": Dialect(
            after="wrong_side",
            before="wrong_side",
            has_more="window",
            limit_over="accepted",
            limit_under="accepted",
            times="iso",
        ),
        # It compares the page's length with that of its own first page of 20: at that size has_more
        # is false on a full page, at any other size it is true on the last page.
        # https://github.com/mharrisb1/openai-responses-python
        "openai_responses": Dialect(
            before="window", has_more="unlike_default", unknown_cursor="ignored", envelope="no_object"
        ),
        "clicky_chats": Dialect(before="window", has_more="window", unknown_cursor="bad_request"),
        "llama_stack": Dialect(
            before="window",
            has_more="window",
            unknown_cursor="ignored",
            limit_over="capped",
            empty_ids="empty_text",
        ),
        # "An error" for an unknown cursor; its status is unverified.
        "letta": Dialect(before="window", has_more="window", envelope="bare_array"),
        # The adapter that stores in a database; ties unverified.
        # https://github.com/supercorp-ai/supercompat
        "supercompat": Dialect(
            before="ignored", has_more="forward", unknown_cursor="empty", envelope="no_object", ids="last_only"
        ),
        # The adapter over Azure's agents sends all that Azure has, newest first, whatever is asked.
        "supercompat_azure": Dialect(
            limit="ignored",
            order="newest_first",
            after="ignored",
            before="ignored",
            has_more="never",
            envelope="no_object",
        ),
        # The adapter over the Responses API sends all as it comes, with the present as its time.
        "supercompat_responses": Dialect(
            limit="ignored",
            order="ignored",
            after="ignored",
            before="ignored",
            has_more="never",
            stamps="anew",
            envelope="no_object",
            ids="last_only",
        ),
        # Seen on messages, not on steps. Unknown cursors unverified.
        "supercompat_messages": Dialect(before="off_by_one"),
        # Ids are random, and the list sorts by time alone; `limit` is any integer.
        # https://github.com/OpenGPTs-platform/assistants-api/blob/main/assistants_api/app/lib/db/crud.py
        "opengpts": Dialect(
            after="wrong_side",
            before="wrong_side",
            limit_over="accepted",
            envelope="no_object",
            ids="absent",
            has_more="absent",
        ),
        # `after` is Prisma's cursor, a place; `before` compares ids. Bounds of `limit` unverified.
        # https://github.com/transitive-bullshit/OpenOpenAI/blob/main/src/lib/utils.ts
        "openopenai": Dialect(
            before="wrong_side", has_more="full_page", unknown_cursor="empty", empty_ids="absent", default_limit=10
        ),
        # No ORDER BY and no LIMIT: all rows, as the database has them.
        # https://github.com/llm-edge/hal-9100/blob/main/hal-9100-core/src/run_steps.rs
        "hal_9100": Dialect(limit="ignored", order="stored", after="ignored", before="ignored", has_more="never"),
    }
)
"""Dialects by the name of the server, and `contract` and `window`."""

_BETA = "assistants=v2"
_NO_THREADS: Mapping[str, Absence] = {"threads": "unknown_url"}
_NO_FILES: Mapping[str, Absence] = {"file": "unknown_url", "content": "unknown_url"}

PROFILES: Mapping[str, Profile] = MappingProxyType(
    {
        # Nothing is demanded; any of the usual headers carries the key if one is set.
        "compatible": Profile(key_headers=("Authorization", "api-key", "x-api-key")),
        "openai": Profile(beta=_BETA, absent={"threads": "session_key_only"}, dialect=DIALECTS["openai"]),
        # Entra tokens come as Bearer. Which versions are refused is unverified: any dated one goes.
        "azure_openai": Profile(
            prefix="/openai",
            key_headers=("api-key", "Authorization"),
            api_versions=r"\d{4}-\d{2}-\d{2}(-preview)?",
            errors="azure",
            absent=_NO_THREADS,  # two preview versions were reported to have it; no body was seen
            dialect=DIALECTS["azure_openai"],
        ),
        # Whether this route demands a beta header is unverified.
        "azure_openai_v1": Profile(
            prefix="/openai/v1",
            key_headers=("api-key", "Authorization"),
            errors="azure",
            absent=_NO_THREADS,
            dialect=DIALECTS["azure_openai"],
        ),
        "azure_foundry": Profile(
            prefix="/api/projects/PROJ",
            api_versions=r"v1|2025-05-01|2025-05-15-preview",
            errors="foundry",
            dialect=DIALECTS["azure_foundry"],
        ),
        # Which versions are refused is unverified.
        "azure_hub": Profile(
            prefix=(
                "/agents/v1.0/subscriptions/SUB/resourceGroups/RG/providers/"
                "Microsoft.MachineLearningServices/workspaces/WS"
            ),
            api_versions=r"\d{4}-\d{2}-\d{2}(-preview)?",
            errors="foundry",
            dialect=DIALECTS["azure_hub"],
        ),
        # The shape of its errors is unverified.
        "foundry_local": Profile(
            prefix="", absent={"runs": "unknown_url", **_NO_FILES}, dialect=DIALECTS["foundry_local"]
        ),
        # Everything but the address, the version and the missing list of threads is unverified.
        "fabric": Profile(
            prefix="/v1/workspaces/WS/dataagents/AGENT/aiassistant/openai",
            api_versions=r"2024-02-15-preview|2024-05-01-preview",
            errors="azure",
            absent=_NO_THREADS,
            dialect=DIALECTS["azure_openai"],
        ),
        # Its files are another API.
        "dashscope": Profile(
            prefix="/api/v1",
            errors="dashscope",
            absent={**_NO_THREADS, **_NO_FILES},
            dialect=DIALECTS["dashscope"],
        ),
        "bee": Profile(errors="bee", dialect=DIALECTS["bee"]),
        "stdapi": Profile(dialect=DIALECTS["stdapi"]),
        "open_assistant_api": Profile(prefix="/api/v1", absent=_NO_THREADS, dialect=DIALECTS["open_assistant_api"]),
        # An empty run may be a 404 there; when is unverified, so it is an empty page here.
        "llamphouse": Profile(
            prefix="",
            errors="fastapi",
            absent={"threads": "wrong_method", **_NO_FILES},
            dialect=DIALECTS["llamphouse"],
        ),
        "openai_responses": Profile(beta=_BETA, errors="empty", dialect=DIALECTS["openai_responses"]),
        "clicky_chats": Profile(errors="swapped", dialect=DIALECTS["clicky_chats"]),
    }
)
"""Profiles by provider; of the self-hosted servers, prefix and auth are unverified where they
are the defaults."""
