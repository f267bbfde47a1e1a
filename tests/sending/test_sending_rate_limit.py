"""The rate limit in a simulation: a clock that jumps, 64 clients, and servers that count requests in different ways."""

from __future__ import annotations

import heapq
import itertools
import math
import random
import sys
from collections import deque
from collections.abc import Callable
from typing import Any

import pytest
from attrs import Factory, define

from openai_steps._sending.rate_limit import FIRST_CONCURRENCY, RateLimit

CLIENTS = 64
PER_SECOND = 10


@define
class FixedWindow:
    """So many in each second of the clock."""

    limit: int = PER_SECOND
    second: int = -1
    count: int = 0

    def ask(self, now: float) -> float | None:
        """Count a request; seconds to wait if it is one too many."""
        if math.floor(now) != self.second:
            self.second, self.count = math.floor(now), 0
        self.count += 1
        return None if self.count <= self.limit else self.second + 1 - now


@define
class SlidingWindow:
    """So many in any second."""

    limit: int = PER_SECOND
    times: deque[float] = Factory(deque)

    def ask(self, now: float) -> float | None:
        while self.times and self.times[0] <= now - 1:
            self.times.popleft()
        if len(self.times) < self.limit:
            self.times.append(now)
            return None
        return self.times[0] + 1 - now


@define
class TokenBucket:
    """A bucket of tokens that fills evenly."""

    limit: int = PER_SECOND
    tokens: float = PER_SECOND
    filled_at: float = 0

    def ask(self, now: float) -> float | None:
        self.tokens = min(self.limit, self.tokens + (now - self.filled_at) * self.limit)
        self.filled_at = now
        if self.tokens < 1:
            return (1 - self.tokens) / self.limit
        self.tokens -= 1
        return None


@define
class Lottery:
    """A gateway over many backends: it rejects some at random, however slowly it is asked."""

    share: float
    seed: int = 0
    chance: random.Random = Factory(lambda self: random.Random(self.seed), takes_self=True)

    def ask(self, _now: float) -> float | None:
        return 0.001 if self.chance.random() < self.share else None


@define
class NoLimit:
    def ask(self, _now: float) -> float | None:
        return None


HINTS: dict[str, Callable[[float], float | None]] = {
    "whole seconds": math.ceil,
    "milliseconds": lambda seconds: round(seconds, 3),
    "nothing": lambda _: None,
}


class Simulation:
    """Clients that each send the next request when the last was answered, through one rate limit, to one server.

    It does what the transport does: a slot, then its turn, then the request.
    """

    def __init__(self, server: Any, *, hint: str, latency: float, seed: int = 0) -> None:
        self._server, self._hint, self._latency = server, HINTS[hint], latency
        self._random = random.Random(seed)
        self._rate_limit = RateLimit()
        self._slots = FIRST_CONCURRENCY
        self._for_slot: deque[None] = deque()
        self._for_turn: deque[None] = deque()
        self._events: list[tuple[float, int, Callable[..., None], tuple[Any, ...]]] = []
        self._numbers = itertools.count()
        self._to_do = 0
        self.now = 0.0
        self.served = self.rejected = 0

    def run(self, requests: int) -> None:
        self._to_do += requests
        for _ in range(min(CLIENTS, requests)):
            self._next_request()
        while self._events:
            self.now, _, action, arguments = heapq.heappop(self._events)
            action(*arguments)

    def _after(self, seconds: float, action: Callable[..., None], *arguments: Any) -> None:
        heapq.heappush(self._events, (self.now + seconds, next(self._numbers), action, arguments))

    def _next_request(self) -> None:
        if self._to_do:
            self._to_do -= 1
            self._ask_for_slot()

    def _ask_for_slot(self) -> None:
        if self._slots:
            self._slots -= 1
            self._queue_for_turn()
        else:
            self._for_slot.append(None)

    def _queue_for_turn(self) -> None:
        self._for_turn.append(None)
        if len(self._for_turn) == 1:
            self._take_turn()

    def _take_turn(self) -> None:
        if wait := self._rate_limit.wait(self.now):
            self._after(wait, self._take_turn)
            return
        self._rate_limit.sent(self.now)
        self._after(self._half_way(), self._arrive, self.now)
        self._for_turn.popleft()
        if self._for_turn:
            self._after(0, self._take_turn)

    def _half_way(self) -> float:
        return self._latency / 2 * (1 + 0.2 * self._random.random())

    def _arrive(self, sent_at: float) -> None:
        self._after(self._half_way(), self._answer, sent_at, self._server.ask(self.now))

    def _answer(self, sent_at: float, too_early: float | None) -> None:
        if too_early is None:
            self.served += 1
            for _ in range(1 + self._rate_limit.served(self.now, sent_at=sent_at)):
                self._leave_slot()
            self._next_request()
            return
        self.rejected += 1
        told = self._hint(too_early)
        self._rate_limit.rejected(self.now, sent_at=sent_at, retry_after=told)
        self._leave_slot()
        again = 0.5 if told is None else told
        self._after(again + self._random.random() * min(1, 0.1 + again / 10), self._ask_for_slot)

    def _leave_slot(self) -> None:
        self._slots += 1
        if self._for_slot:
            self._for_slot.popleft()
            self._slots -= 1
            self._queue_for_turn()


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("latency", [0.002, 0.02, 0.1])
@pytest.mark.parametrize("hint", HINTS)
@pytest.mark.parametrize("server", [FixedWindow, SlidingWindow, TokenBucket])
def test_fewer_than_a_tenth_are_rejected(server: type[Any], hint: str, latency: float, seed: int) -> None:
    """From the first 64 requests of all, and as it goes on."""
    simulation = Simulation(server(), hint=hint, latency=latency, seed=seed)
    simulation.run(CLIENTS)
    assert simulation.served == CLIENTS
    assert simulation.rejected * 10 < simulation.served
    simulation.run(10 * CLIENTS)
    assert simulation.served == 11 * CLIENTS
    assert simulation.rejected * 10 < simulation.served


@pytest.mark.parametrize("latency", [0.002, 0.02, 0.05, 0.1])
@pytest.mark.parametrize("hint", HINTS)
def test_a_second_that_ends_amid_the_burst_misleads_seldom(hint: str, latency: float) -> None:
    """Both seconds' allowances are then served at once. The burst begins at each fiftieth of the server's second."""
    bursts: list[Simulation] = []
    for fiftieth in range(50):
        simulation = Simulation(FixedWindow(), hint=hint, latency=latency, seed=fiftieth)
        simulation.now = fiftieth / 50
        simulation.run(CLIENTS)
        assert simulation.served == CLIENTS
        bursts.append(simulation)
    too_many = [burst for burst in bursts if burst.rejected * 10 >= burst.served]
    assert len(too_many) <= 2
    assert all(burst.rejected * 4 < burst.served for burst in too_many)
    assert sum(burst.rejected for burst in bursts) * 15 < sum(burst.served for burst in bursts)


@pytest.mark.parametrize("latency", [0.002, 0.02, 0.1, 0.3])
@pytest.mark.parametrize("server", [SlidingWindow, TokenBucket])
def test_at_other_limits_the_first_cost_up_to_a_sixth_and_all_less_than_a_tenth(
    server: type[Any], latency: float
) -> None:
    """All are under way when the limit is first met; nobody who does not know it can do better."""
    for limit, hint in itertools.product([100, 300], ["milliseconds", "nothing"]):
        simulation = Simulation(server(limit=limit), hint=hint, latency=latency)
        simulation.run(11 * CLIENTS)
        assert simulation.rejected * 6 < simulation.served
        simulation.run(44 * CLIENTS)
        assert simulation.rejected * 10 < simulation.served


@pytest.mark.parametrize("hint", HINTS)
@pytest.mark.parametrize("server", [FixedWindow, SlidingWindow, TokenBucket])
def test_where_answers_are_slow_a_first_burst_costs_up_to_two_fifths(server: type[Any], hint: str) -> None:
    for seed in range(10):
        simulation = Simulation(server(), hint=hint, latency=0.3, seed=seed)
        simulation.run(CLIENTS)
        assert simulation.rejected * 5 < simulation.served * 2


@pytest.mark.parametrize("server", [FixedWindow, SlidingWindow, TokenBucket])
def test_the_servers_limit_is_used(server: type[Any]) -> None:
    simulation = Simulation(server(), hint="whole seconds", latency=0.05)
    simulation.run(1000)
    assert simulation.now < 1.4 * 1000 / PER_SECOND


def test_a_server_that_gets_faster_is_used_better() -> None:
    server = TokenBucket()
    simulation = Simulation(server, hint="milliseconds", latency=0.05)
    simulation.run(200)
    server.limit = 100
    before = simulation.now
    simulation.run(2000)
    assert simulation.now - before < 0.5 * 2000 / PER_SECOND


@pytest.mark.parametrize("latency", [0.0064, 0.1])  # with 64 clients: 10,000 and 640 a second
@pytest.mark.parametrize(("share", "of_the_pace"), [(0.01, 1 / 3), (0.05, 1 / 10)])
@pytest.mark.parametrize("seed", range(3))
def test_what_is_rejected_at_random_costs_little_pace(
    share: float, of_the_pace: float, latency: float, seed: int
) -> None:
    """From the first request of all, and for good."""
    requests = 10_000
    free = Simulation(NoLimit(), hint="milliseconds", latency=latency, seed=seed)
    free.run(requests)
    unlucky = Simulation(Lottery(share, seed), hint="milliseconds", latency=latency, seed=seed)
    unlucky.run(requests // 4)
    assert unlucky.now * of_the_pace < free.now / 4
    unlucky.run(requests * 3 // 4)
    assert unlucky.now * of_the_pace < free.now


@pytest.mark.parametrize("clients", [16, CLIENTS, 256])
@pytest.mark.parametrize(("share", "of_the_pace"), [(0.01, 1 / 3), (0.05, 1 / 10)])
def test_nor_do_rejections_at_an_unlucky_moment(
    share: float, of_the_pace: float, clients: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the dice say while no pace is known: the first 2,000 requests, sixty times."""
    monkeypatch.setattr(sys.modules[__name__], "CLIENTS", clients)
    free = Simulation(NoLimit(), hint="milliseconds", latency=0.0064)
    free.run(2000)
    for seed in range(60):
        unlucky = Simulation(Lottery(share, seed), hint="milliseconds", latency=0.0064, seed=seed)
        unlucky.run(2000)
        assert unlucky.now * of_the_pace < free.now, seed


def cut(*, served: int, rejected: int, told: float) -> RateLimit:
    """A rate limit that has slowed down from 100 a second, and then heard of those that were under way."""
    rate_limit = RateLimit()
    for number in range(100):
        rate_limit.sent(number / 100)
        rate_limit.served(number / 100, sent_at=number / 100)
    use_up_tolerance(rate_limit, 1.0, retry_after=told)
    for _ in range(rejected):
        rate_limit.rejected(1.1, sent_at=0.99, retry_after=told)
    for _ in range(served):
        rate_limit.served(1.1, sent_at=0.99)
    return rate_limit


def interval(rate_limit: RateLimit, now: float) -> float:
    rate_limit.sent(now)
    return rate_limit.wait(now)


def test_where_those_under_way_are_served_the_pace_is_as_before() -> None:
    assert interval(cut(served=5, rejected=0, told=1), 3.0) > 0.005
    assert interval(cut(served=6, rejected=0, told=1), 3.0) == 0


def test_where_those_under_way_are_rejected_the_pace_stays_low() -> None:
    assert interval(cut(served=10, rejected=1, told=1), 3.0) > 0.005
    assert interval(cut(served=16, rejected=1, told=1), 3.0) == 0


def test_whatever_becomes_of_those_under_way_all_wait_as_asked() -> None:
    assert cut(served=6, rejected=0, told=7).wait(1.1) == pytest.approx(6.9)


def test_a_pace_that_was_known_is_taken_up_again() -> None:
    def after(served: int) -> float:
        rate_limit = cut(served=0, rejected=0, told=1)
        use_up_tolerance(rate_limit, 4.0, retry_after=1)
        for _ in range(served):
            rate_limit.served(4.1, sent_at=3.99)
        return interval(rate_limit, 6.0)

    known = interval(cut(served=0, rejected=0, told=1), 3.0)
    assert after(0) > 1.05 * known
    assert after(6) == pytest.approx(known)
    assert after(60) == pytest.approx(known)


@pytest.mark.parametrize("limit", [300, 1500])
@pytest.mark.parametrize("hint", HINTS)
@pytest.mark.parametrize("server", [FixedWindow, SlidingWindow, TokenBucket])
def test_a_high_limit_is_kept_as_well(server: type[Any], hint: str, limit: int) -> None:
    simulation = Simulation(server(limit=limit), hint=hint, latency=0.02)
    simulation.run(8000)
    assert simulation.rejected * 20 < simulation.served
    assert simulation.served / simulation.now > 0.5 * limit


def test_a_server_without_limits_costs_a_few_round_trips() -> None:
    simulation = Simulation(NoLimit(), hint="nothing", latency=0.1)
    simulation.run(CLIENTS)
    assert simulation.now < 10 * 0.12
    before = simulation.now
    simulation.run(10 * CLIENTS)
    assert simulation.now - before < 11 * 0.12  # all at once from now on


def test_a_rejection_puts_off_that_more_are_under_way() -> None:
    rate_limit = RateLimit()

    def widened() -> bool:
        return rate_limit.served(1.0, sent_at=1.0) > 0

    assert not any(widened() for _ in range(21))
    rate_limit.rejected(1.0, sent_at=1.0, retry_after=0.001)
    assert not any(widened() for _ in range(5))
    assert widened()
    rate_limit.rejected(1.0, sent_at=1.0, retry_after=0.001)  # what is under way is many by now
    assert widened()


def test_rejections_at_the_very_start_put_it_off_by_no_more_than_there_were_answers() -> None:
    rate_limit = RateLimit()
    for _ in range(9):
        rate_limit.rejected(1.0, sent_at=1.0, retry_after=0.001)
    assert not any(rate_limit.served(1.0, sent_at=1.0) for _ in range(21))
    assert rate_limit.served(1.0, sent_at=1.0) > 0


def test_nothing_is_held_back_before_the_first_rejection() -> None:
    rate_limit = RateLimit()
    for now in range(1000):
        assert rate_limit.wait(now) == 0
        rate_limit.sent(now)
        rate_limit.served(now, sent_at=now)


def use_up_tolerance(rate_limit: RateLimit, now: float, *, retry_after: float | None) -> None:
    """Reject what is sent until it slows down."""
    while rate_limit.wait(now) == 0:
        rate_limit.rejected(now, sent_at=now, retry_after=retry_after)


@pytest.mark.parametrize("told", [0.0, 1.0, 3600.0, None])
def test_a_lone_rejection_among_many_answers_holds_back_nobody(told: float | None) -> None:
    """It is its own request's: of a backend that is full, or of one thread's limit."""
    rate_limit = RateLimit()
    for number in range(100):
        rate_limit.served(number / 10, sent_at=number / 10)
        if number % 25 == 24:
            rate_limit.rejected(number / 10, sent_at=number / 10, retry_after=told)
            assert rate_limit.wait(number / 10) == 0


def test_rejections_in_a_row_hold_back_all_however_many_were_served_before() -> None:
    rate_limit = RateLimit()
    for number in range(100_000):
        rate_limit.served(number / 10, sent_at=number / 10)
    for _ in range(5):
        rate_limit.rejected(10_000.0, sent_at=10_000.0, retry_after=7)
    assert rate_limit.wait(10_000.0) == 7


def test_what_was_served_long_ago_tells_nothing_about_the_pace() -> None:
    """Eight hundred in a second, a quarter of an hour of quiet, a rejection: that is not 800 a second."""
    rate_limit = RateLimit()
    for number in range(800):
        rate_limit.served(number / 800, sent_at=number / 800)
    use_up_tolerance(rate_limit, 900.0, retry_after=1)
    rate_limit.sent(901.0)
    assert rate_limit.wait(901.0) > 1 / FIRST_CONCURRENCY


def test_during_a_long_hold_one_request_probes_each_half_minute() -> None:
    rate_limit = RateLimit()
    rate_limit.rejected(0.0, sent_at=0.0, retry_after=86_400)
    first = rate_limit.wait(0.0)
    assert 10 < first <= 30
    rate_limit.sent(first)
    second = rate_limit.wait(first)
    assert 10 < second <= 30  # the others go on waiting
    rate_limit.rejected(first + 0.1, sent_at=first, retry_after=86_000)
    assert 10 < rate_limit.wait(first + 0.1) <= 30


def test_a_probe_that_is_served_ends_the_hold() -> None:
    rate_limit = RateLimit()
    rate_limit.rejected(0.0, sent_at=0.0, retry_after=86_400)
    rate_limit.served(1.0, sent_at=-1.0)  # sent before
    probe_at = rate_limit.wait(1.0)
    assert probe_at > 10
    rate_limit.sent(1.0 + probe_at)
    rate_limit.served(1.1 + probe_at, sent_at=1.0 + probe_at)
    assert rate_limit.wait(1.1 + probe_at) < 1


@pytest.mark.parametrize("told", [1.0, 20.0, 60.0, 300.0])
def test_what_is_asked_for_by_the_minute_is_waited_out(told: float) -> None:
    rate_limit = RateLimit()
    rate_limit.rejected(0.0, sent_at=0.0, retry_after=told)
    assert rate_limit.wait(0.0) == told


@pytest.mark.parametrize(("told", "held"), [(7.0, 7.0), (0.0, 0.0), (None, 1.0)])
def test_all_wait_as_long_as_the_server_asked(told: float | None, held: float) -> None:
    rate_limit = RateLimit()
    rate_limit.rejected(100.0, sent_at=99.0, retry_after=told)
    assert rate_limit.wait(100.0) == held
    assert rate_limit.wait(100.0 + held) == 0


def test_a_shorter_hint_does_not_shorten_a_longer() -> None:
    rate_limit = RateLimit()
    rate_limit.rejected(100.0, sent_at=99.0, retry_after=7)
    rate_limit.rejected(100.5, sent_at=99.5, retry_after=1)
    assert rate_limit.wait(101.0) == 6


def test_a_burst_of_rejections_slows_down_once() -> None:
    def interval_after(rejections: int) -> float:
        rate_limit = RateLimit()
        for tenth in range(10):
            rate_limit.served(tenth / 10, sent_at=tenth / 10)
        for number in range(rejections):
            rate_limit.rejected(1 + number / 1000, sent_at=0.9, retry_after=1)
        rate_limit.sent(5)
        return rate_limit.wait(5)

    assert interval_after(30) == interval_after(1)


def test_a_long_hold_counts_as_part_of_the_servers_window() -> None:
    """600 a minute served in one second, then held for 59: that is ten a second."""
    rate_limit = RateLimit()
    for number in range(600):
        rate_limit.served(number / 600, sent_at=number / 600)
    use_up_tolerance(rate_limit, 1.0, retry_after=59)
    rate_limit.sent(60.0)
    assert 1 / rate_limit.wait(60.0) == pytest.approx(10, rel=0.25)


@pytest.mark.parametrize("served", [0, FIRST_CONCURRENCY - 1])
@pytest.mark.parametrize("told", [1, 5, 50, 3600])
def test_a_rejection_before_a_pace_is_known_makes_no_walk_crawl(told: float, served: int) -> None:
    rate_limit, now = RateLimit(), 100.0
    for _ in range(served):
        rate_limit.sent(now)
        rate_limit.served(now, sent_at=now)
    rate_limit.rejected(now, sent_at=now, retry_after=told)
    now += told
    assert rate_limit.wait(now) == 0
    for _ in range(50):
        now += rate_limit.wait(now)
        rate_limit.sent(now)
    assert now - 100 - told < 50 / FIRST_CONCURRENCY + 2


def test_the_pace_is_given_up_when_it_holds_nothing_back() -> None:
    rate_limit = RateLimit()
    rate_limit.rejected(0.0, sent_at=0.0, retry_after=0)
    now = 0.0
    for _ in range(20_000):
        now += rate_limit.wait(now)
        rate_limit.sent(now)
    for _ in range(1000):  # at once
        assert rate_limit.wait(now) == 0
        rate_limit.sent(now)


def test_time_without_requests_does_not_speed_up() -> None:
    rate_limit = RateLimit()
    rate_limit.rejected(0.0, sent_at=0.0, retry_after=0)
    rate_limit.sent(1.0)
    busy = rate_limit.wait(1.0)
    rate_limit.sent(10_000.0)
    assert rate_limit.wait(10_000.0) == pytest.approx(busy, rel=0.05)
