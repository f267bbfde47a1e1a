"""Walks on a known server: page after page, each proven by what it repeats."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from openai_steps._walks.pages import Lane, P, Script, is_cursor, size_of, times_of
from openai_steps._walks.proofs import SMALLEST_PAGE, Proofs, contradiction
from openai_steps._walks.stretch import Cut, Stretch, Verdict
from openai_steps._walks.trust import Trust
from openai_steps._walks.walk import Sink

_MAY_VANISH = 3  # items may be deleted between two pages


class Reading(Proofs[P]):
    """One walk through a list.

    Args:
        trust: What is known of the server.
        sink: Takes the items to pass on.
        lane: The order and the cursor parameter of the walk.
    """

    def __init__(self, trust: Trust, sink: Sink[P], lane: Lane) -> None:
        super().__init__(trust, sink.page_size)
        self.sink = sink
        self.lane = lane
        self.rising = lane.rising
        self.longest = 0  # page so far: servers silently cap pages
        self.is_capped = False  # large limits were seen to give no larger pages

    def is_known(self, stretch: Stretch | None = None) -> bool:
        """Return whether order and cursors are known; for this list, too, if its first items are given."""
        trust, lane = self.trust, self.lane
        if not trust.believing or lane.order not in trust.orders or not trust.follows(lane):
            return False
        return stretch is None or trust.suits(lane, stretch)

    def next_limit(self, overlap: int) -> int:
        """Return the limit to ask for, if ``overlap`` items come again."""
        size = max(self.page_size, SMALLEST_PAGE + self.trust.skips.get(self.lane, 0))
        left = self.sink.left
        return size if left is None or not self.sink.started else min(size, left + overlap)

    def room(self, limit: int) -> int:
        """Return how many held items a page can repeat and still have a new one."""
        return max(min(limit, self.longest), 1) - 1

    def is_stuck(self, page: P, verdict: Verdict, limit: int) -> bool:
        """Return whether a page only repeats, and is full, so that it does not show the end."""
        only_repeats = verdict.cut_off or (verdict.continues and not verdict.fresh)
        return only_repeats and size_of(page) >= min(limit, self.longest)

    # --- A known server ---------------------------------------------------------------------------------------

    def go_on(
        self,
        stretch: Stretch,
        page: P,
        limit: int,
        *,
        lane: Lane | None = None,
        fallback: Callable[[], Script[P, None]] | None = None,
    ) -> Script[P, None]:
        """Read page after page.

        Args:
            stretch: What has been read.
            page: Its last page.
            limit: That page's limit.
            lane: How to go on. Default: the walk's.
            fallback: What to do if already the next page leads nowhere.
        """
        trust, sink, lane = self.trust, self.sink, lane or self.lane
        self.longest = max(self.longest, size_of(page))
        self.note_ties(stretch)
        unproven: list[tuple[P, Sequence[Any]]] = []
        since: Any = None  # the last proven time
        while not sink.done:
            stretch.in_doubt = not trust.proves(lane, stretch)
            if self.is_believed_end(page, limit, lane):
                break
            self.check_last(stretch)
            claim, claimed_with = page.has_more, limit
            cut, limit = self._next_cut(stretch, lane)
            since = since if unproven else stretch.last_time
            answer, verdict = yield from self.next_page(stretch, lane, cut, limit)
            stuck = self.is_stuck(answer, verdict, limit)
            self.is_capped = self.is_capped or stuck
            ended = (yield from self.end(stretch)) if stuck else None
            if ended == "proven":
                break  # then the page has all that there is
            if trust.unsteady and fallback is not None:
                return (yield from fallback())
            if trust.unsteady:
                raise contradiction("The server lists the same items in another order at each request.")
            if stuck or not verdict.continues:
                again, verdict, limit = yield from self.try_again(stretch, lane, answer, cut)
                if again is not None and not verdict.fresh:
                    # If another page contradicted this one, it need not be right.
                    is_end = ended != "more" if stuck else (yield from self.end(stretch)) == "proven"
                    again = again if is_end else None
                if again is None and fallback is not None:
                    return (yield from fallback())
                if again is None:
                    return (yield from self._from_other_side(stretch, lane, proven=not unproven))
                answer = again
            fallback = None
            self.note(lane, claimed_with, claim, bool(verdict.fresh))
            if stretch.in_doubt:
                self.learn(lane, stretch, verdict)
            if verdict.fresh:
                unproven.append((answer, verdict.fresh))
            if trust.proves(lane, stretch):
                for proven in unproven:
                    sink.put(*proven)
                unproven.clear()
            if not verdict.fresh and (yield from self.hides_more(stretch, lane, answer)):
                raise contradiction("Items have changed their places, so that others may be behind them now.")
            if not verdict.fresh:
                break
            self.longest = max(self.longest, size_of(answer))
            page = answer
        if unproven:
            shown = yield from self.shown_at_end(stretch, lane, since)
            if shown is None:
                raise contradiction("The ids of this list do not go with its times, and the server may compare ids.")
            for proven in (*unproven, shown):
                sink.put(*proven)
        self.finish()

    def _next_cut(self, stretch: Stretch, lane: Lane) -> tuple[Cut, int]:
        """Return the cut of the next page, and its limit."""
        skip = self.trust.skips.get(lane, 0)
        room = self.room(max(self.page_size, SMALLEST_PAGE + skip))
        cut = self.doubtful_cut(stretch, lane, room) if stretch.in_doubt else stretch.cut(room, skip=skip)
        limit = max(self.next_limit(cut.overlap), SMALLEST_PAGE + skip)
        if stretch.is_within(cut) and self.largest_limit > limit and not self.is_capped:
            # Items of one second that fill a page may be in another order on the next one: all must come again.
            limit = self.largest_limit
            cut = stretch.cut(limit - 1, skip=skip)
        return cut, limit

    def is_believed_end(self, page: P, limit: int, lane: Lane) -> bool:
        """Return whether the page says that it is the last, and the server is trusted."""
        # Between two cursors the end is the second one, whatever the server says.
        says_so = page.has_more is False and self.sink.stop is None
        return says_so and self.trust.is_end(lane, limit, size_of(page))

    def check_last(self, stretch: Stretch) -> None:
        """Raise an error if the list cannot be continued after the last item."""
        if not is_cursor(stretch.ids[-1]):
            raise contradiction(f"The page ends with an id that cannot be sent as a cursor: {stretch.ids[-1][:80]!r}.")

    def note(self, lane: Lane, limit: int, claim: bool | None, followed: bool) -> None:
        """Note whether has_more was right."""
        if claim is None:
            return
        end = self.trust.end(lane, limit)
        if claim is not followed:
            end.lied = True
        elif claim:
            end.kept = True

    def try_again(
        self, stretch: Stretch, lane: Lane, page: P | None, before: Cut
    ) -> Script[P, tuple[P | None, Any, int]]:
        """Ask from an earlier cut for more: an item may have been deleted, or many share one time."""
        limit, asked = self.largest_limit, before
        for cut in stretch.cuts_further_up(self.room(limit)):
            gone = frozenset[str]()
            if page is not None and cut.place < asked.place:
                gone = self._gone(stretch, lane, page, asked)
            page, verdict = yield from self.next_page(stretch, lane, cut, limit, gone)
            asked = cut
            if verdict.continues and not self.is_stuck(page, verdict, limit):
                if verdict.skipped:
                    self.trust.skips[lane] = verdict.skipped
                return page, verdict, limit
        return None, None, limit

    def _gone(self, stretch: Stretch, lane: Lane, page: P, cut: Cut) -> frozenset[str]:
        """Return the ids that a page behind a cut lacks, if they may have been deleted.

        Where ids are compared, any may be missing; and of the cursor's own time, any may stand ahead of it now.
        """
        there = {item.id for item in page.data}
        times = times_of(lane.along(page.data))
        missing = [place for place in range(cut.place + 1, len(stretch.ids)) if stretch.ids[place] not in there]
        if len(missing) > _MAY_VANISH or self.trust.cursors.get(lane) != "places":
            return frozenset()
        if any(stretch.times[place] == stretch.times[cut.place] for place in missing):
            return frozenset()
        if (
            missing
            and times
            and size_of(page) >= self.longest
            and not stretch.is_ahead(stretch.times[missing[-1]], times[-1])
        ):
            return frozenset()  # they may come on the next page
        return frozenset(stretch.ids[place] for place in missing)

    def _from_other_side(self, stretch: Stretch, lane: Lane, *, proven: bool) -> Script[P, None]:
        met = (yield from self.other_side(stretch, lane)) if proven else None
        if met is None:
            raise contradiction(
                f"The server repeats itself or leaves steps out: the page {lane.param} {stretch.ids[-1]!r} does not "
                "continue the list."
            )
        self.sink.put(met[0], met[1], ties_known=met[2])
        self.finish()

    def finish(self) -> None:
        """Check at the end of the list that the cursors were in it."""
        sink = self.sink
        if sink.done:
            return
        for name, cursor, met in (("after", sink.start, sink.started), ("before", sink.stop, False)):
            if cursor is not None and not met:
                raise contradiction(
                    f"The list ended before the step {cursor!r}, given as {name!r}, came up. "
                    "Check that it belongs to this run."
                )
