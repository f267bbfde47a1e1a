"""How a server reads cursors and shapes its pages: one value with a knob for each habit seen."""

from typing import Literal, get_args

import attrs

Kind = Literal["thread", "message", "run", "run step", "file", "content"]
"""What a request is about."""

Order = Literal["asc", "desc"]

After = Literal["exclusive", "inclusive", "off_by_one", "from_time", "later_only", "ignored", "by_id", "wrong_side"]
Before = Literal["adjacent", "window", "ignored", "off_by_one", "by_id", "wrong_side", "earlier_only"]
BothCursors = Literal["between", "refused"]
UnknownCursor = Literal["not_found", "bad_request", "ignored", "empty"]
LimitParameter = Literal["honoured", "ignored"]
OrderParameter = Literal["honoured", "ignored", "newest_first", "stored", "first_page_only", "unsteady"]
Ties = Literal["reversed", "same_order", "unstable"]
HasMore = Literal[
    "directional",
    "forward",
    "window",
    "full_page",
    "full_page_as_asked",
    "unlike_default",
    "false_at_default_limit",
    "inverted",
    "always_with_before",
    "always",
    "never",
    "absent",
    "null",
]
Ids = Literal["true", "last_only", "null", "absent", "empty_text", "none_text", "unrelated"]
EmptyIds = Literal["null", "absent", "empty_text", "none_text"]
Envelope = Literal["list", "no_object", "bare_array", "data_null_when_empty"]
Total = Literal["absent", "total_count", "total"]
OutOfRange = Literal["refused", "capped", "accepted"]
Times = Literal["seconds", "whole", "float", "milliseconds", "iso"]
Stamps = Literal["kept", "anew"]
Unset = Literal["null", "placeholder"]
Include = Literal["repeated", "comma", "unsupported"]
RunFilter = Literal["honoured", "ignored", "refused"]
ThreadId = Literal["honoured", "ignored"]
MessageState = Literal["sent", "absent", "declared"]
Shape = Literal["openai", "foundry_local"]
Content = Literal["ranges", "whole", "json_text", "null"]


@attrs.frozen(kw_only=True)
class Dialect:
    """The habits of one server; the defaults are the documented contract.

    "The list" below is all steps of the run in the asked order; "the cut" is the part of it that the
    cursors keep.

    Args:
        after: What ``after=X`` keeps. ``exclusive``: what follows X in the list. ``inclusive``: X as
            well. ``off_by_one``: what follows X but for the first of it. ``from_time``: the time of X
            and what lies beyond it, so that others of its time may precede X. ``later_only``:
            what lies beyond the time of X, and none of the same time. ``ignored``: everything.
            ``by_id``: ids that compare beyond X in the direction of the list. ``wrong_side``: ids
            greater than X, whatever the order.
        before: What ``before=X`` keeps, and from which end of it the page is taken. ``adjacent``: what
            precedes X in the list; the page is the ``limit`` items next to X. ``window``: the same; the
            page is the first ``limit`` items. ``off_by_one``: adjacent, with the item next to X
            missing. ``ignored``: everything, from the head. ``by_id``: ids that compare short of X in
            the direction of the list, from the head. ``wrong_side``: ids smaller than X whatever the
            order, from the head. ``earlier_only``: steps created before X whatever the order, from
            the head.
        both_cursors: With both, ``between``: what both keep, from the ``after`` end. ``refused``: 400.
        unknown_cursor: ``not_found`` (404), ``bad_request`` (400), ``ignored`` (as if not given) or
            ``empty`` (an empty page). Habits that compare ids, or ignore a cursor, never look it up.
        overlap: How many items of the page before each next page repeats, within its limit.
        order: Whether the parameter is ``honoured``. ``ignored`` lists in ascending order always,
            ``newest_first`` in descending order, and ``stored`` as the steps were added.
            ``first_page_only``: honoured without a cursor, ascending behind one. ``unsteady``: each
            combination of limit and cursors has an order of its own, unrelated to any time.
        ties: How steps of equal ``created_at`` are sorted in descending order: ``reversed`` against the
            ascending one, or in the ``same_order``. Each direction is one fixed order either way.
            ``unstable``: each combination of order, limit and cursors sorts them anew.
        lag_asc: How many of the newest steps are missing where ascending order is asked for, as
            if a replica that lags behind answered.
        lag_desc: The same for descending order.
        has_more: ``directional``: the page left out something of the cut. ``forward``: something of the
            list follows the page, even if only the ``before`` cursor itself. ``window``: something of the cut
            follows the page. ``full_page``: the page has ``limit`` items; ``full_page_as_asked``: it has
            as many as the request asked for, though the server's own bound may be lower.
            ``unlike_default``: its length is not that of the page sent where no limit is asked for.
            ``false_at_default_limit``: directional, but false at that one page size.
            ``inverted``: the opposite of directional. ``always_with_before``: true if ``before`` was given, else
            directional. True ``always``, true ``never``, ``null``, or ``absent``.
        ids: ``first_id`` and ``last_id``: ``true``, ``last_only`` (no ``first_id``), ``null``, ``absent``, the
            text ``""`` or ``"none"``, or ids ``unrelated`` to the data.
        empty_ids: What ``true`` and ``last_only`` say on an empty page.
        envelope: ``list``, the same with ``no_object``, a ``bare_array``, or ``data_null_when_empty``.
        total: The name under which the length of the list is given, if it is.
        limit: Whether the parameter is ``honoured``, or ``ignored``: everything that the cursors keep
            is on one page.
        default_limit: The page size where none is asked for.
        max_limit: The largest page size of the contract.
        limit_over: Limits above ``max_limit``: ``refused`` (400), ``capped`` silently or ``accepted``.
        limit_under: Limits below 1: ``refused`` (400), ``capped`` to 1 or ``accepted`` (an empty page).
        times: How times leave the server: ``seconds`` (as stored), ``whole`` seconds, ``float`` seconds,
            ``milliseconds`` or ``iso`` text.
        clock: How many seconds the server's clock is ahead, or behind if negative; all times that
            it sends are shifted by as much.
        stamps: Times are ``kept``, or each time that is set is made ``anew``: the time of the request.
        unset: What stands for a missing time, error or usage: ``null``, or the ``placeholder`` values
            -1, two empty texts and ``{}``.
        include: ``repeated`` (``include[]=a&include[]=b``), ``comma`` (``include[]=a,b``, ``include=a,b``) or
            ``unsupported`` (400).
        run_id: Whether messages can be listed by run: the parameter is ``honoured``, ``ignored``,
            or ``refused`` (400).
        thread_id: Lists of runs and messages are of the thread that is asked for, or, ``ignored``, of
            all threads.
        message_order: The order of messages where none is asked for.
        message_state: Whether messages have their status, and the fields that go with it. The schema
            requires them, and no hosted server sends them; ``declared``: also on messages that lack them.
        shape: Which fields each thing has, and their names: as OpenAI sends them, or as Foundry
            Local, which leaves out much.
        content: How a file's content is sent: ``ranges``, with an ETag and in parts where a Range is
            asked for; ``whole``, whatever is asked for; as ``json_text``, or ``null``.

    Raises:
        ValueError: If a knob has an unknown value.
    """

    after: After = "exclusive"
    before: Before = "adjacent"
    both_cursors: BothCursors = "between"
    unknown_cursor: UnknownCursor = "not_found"
    overlap: int = attrs.field(default=0, validator=attrs.validators.ge(0))
    order: OrderParameter = "honoured"
    ties: Ties = "reversed"
    lag_asc: int = attrs.field(default=0, validator=attrs.validators.ge(0))
    lag_desc: int = attrs.field(default=0, validator=attrs.validators.ge(0))
    has_more: HasMore = "directional"
    ids: Ids = "true"
    empty_ids: EmptyIds = "null"
    envelope: Envelope = "list"
    total: Total = "absent"
    limit: LimitParameter = "honoured"
    default_limit: int = attrs.field(default=20, validator=attrs.validators.ge(1))
    max_limit: int = attrs.field(default=100, validator=attrs.validators.ge(1))
    limit_over: OutOfRange = "refused"
    limit_under: OutOfRange = "refused"
    times: Times = "seconds"
    clock: int = 0
    stamps: Stamps = "kept"
    unset: Unset = "null"
    include: Include = "repeated"
    run_id: RunFilter = "honoured"
    thread_id: ThreadId = "honoured"
    message_order: Order = "desc"
    message_state: MessageState = "sent"
    shape: Shape = "openai"
    content: Content = "ranges"

    def __attrs_post_init__(self) -> None:
        for knob in attrs.fields(type(self)):
            choices = get_args(knob.type)
            value = getattr(self, knob.name)
            if choices and value not in choices:
                raise ValueError(f"{knob.name} must be one of {', '.join(choices)}, not {value!r}.")


@attrs.frozen(kw_only=True)
class Query:
    """One list request, already read from the URL.

    Args:
        limit: The asked page size; None asks for the server's default.
        order: The asked order of ``created_at``.
        after: Id of the item after which to go on.
        before: Id of the item before which to stop.
        include: Names of the additional fields asked for.
        run_id: The run whose messages are asked for; None asks for those of all.
    """

    limit: int | None = None
    order: Order = "desc"
    after: str | None = None
    before: str | None = None
    include: tuple[str, ...] = ()
    run_id: str | None = None


FILE_SEARCH_CONTENT = "step_details.tool_calls[*].file_search.results[*].content"
