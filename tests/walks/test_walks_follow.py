"""Following a live run: the state machine against runs of all fates, and the client against a server that changes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import aclosing
from typing import Any

import pytest
import stamina
from attrs import define, field, frozen
from hypothesis import given
from hypothesis import strategies as st

from openai_steps import (
    APITimeoutError,
    AsyncStepsClient,
    Endpoint,
    InternalServerError,
    NotFoundError,
    PollInterval,
    RetryPolicy,
    RunStep,
    Timeouts,
    structure_page,
    structure_run,
)
from openai_steps._walks.follow import Follower, FollowQuery, RunQuery
from openai_steps.emulator import DIALECTS, PROFILES, Answer, Dialect, Emulator, Profile, Query, list_steps

EPOCH = 1_700_000_000
LATENCY = 0.05


def wire_step(step_id: str, created: float, finished: float | None = None, **fields: Any) -> dict[str, Any]:
    """A step in the wire shape; times in seconds from the beginning of the run."""
    return {
        "id": step_id,
        "object": "thread.run.step",
        "thread_id": "thread_1",
        "run_id": "run_1",
        "assistant_id": "asst_1",
        "type": "tool_calls",
        "status": "in_progress" if finished is None else "completed",
        "created_at": EPOCH + int(created),
        "completed_at": None if finished is None else EPOCH + int(finished),
        "step_details": {"type": "tool_calls", "tool_calls": []},
        **fields,
    }


# --- The machine, against scripted runs -----------------------------------------------------------------------------


@frozen(kw_only=True)
class Life:
    """What becomes of one step: seconds from the beginning of the run; ``finished`` None: it never finishes."""

    created: int
    listed: int  # when the server begins to list it
    changes: tuple[int, ...] = ()
    finished: int | None = None

    def at(self, now: float, step_id: str) -> dict[str, Any] | None:
        if now < self.listed:
            return None
        finished = self.finished if self.finished is not None and self.finished <= now else None
        version = sum(change <= now for change in self.changes)
        return wire_step(step_id, self.created, finished, metadata={"version": str(version)})


@define
class Script:
    """A run on a fake clock, answered by the emulator's pure server."""

    lives: list[Life]
    end: float
    dialect: Dialect = field(factory=Dialect)
    now: float = 0.0
    patience: float = 60.0
    began: float = field(init=False)
    asked: list[FollowQuery] = field(factory=list)

    def __attrs_post_init__(self) -> None:
        self.began = self.now
        self.lives.sort(key=lambda life: life.created)

    def steps(self) -> list[dict[str, Any]]:
        lives = enumerate(self.lives)
        return [step for number, life in lives if (step := life.at(self.now, f"step_{number:03d}"))]

    def final(self) -> dict[str, RunStep]:
        listed = list_steps(self.steps(), Query(limit=len(self.lives) + 1, order="asc"), Dialect(limit_over="accepted"))
        return {step.id: step for step in structure_page(listed).data}

    def follow(self, follower: Follower, *, jitter: float = 0.0) -> list[RunStep]:
        met: list[RunStep] = []
        while not follower.over:
            assert self.now < max(self.end, self.began) + self.patience, "the end was not noticed"
            query = follower.query
            if query is None:
                self.now += follower.next_round(jitter=jitter)
                continue
            self.asked.append(query)
            self.now += LATENCY
            if isinstance(query, RunQuery):
                follower.feed_run(
                    structure_run(
                        {
                            "id": "run_1",
                            "status": "completed" if self.now >= self.end else "requires_action",
                            "created_at": 0,
                        }
                    )
                )
            else:
                asked = Query(limit=query.limit, order="asc", after=query.after)
                met += follower.feed_page(structure_page(list_steps(self.steps(), asked, self.dialect)))
        return met

    def run_queries(self) -> int:
        return sum(isinstance(query, RunQuery) for query in self.asked)


def follower(**options: Any) -> Follower:
    return Follower(interval=options.pop("interval", PollInterval()), **options)


@st.composite
def lives(draw: st.DrawFn, *, punctual: bool) -> Life:
    created = draw(st.integers(0, 40))
    listed = created if punctual else created + draw(st.sampled_from([0, 0, 0, 1, 5, 30]))
    moments = st.integers(created, created + 25)
    return Life(
        created=created,
        listed=listed,
        changes=tuple(draw(st.lists(moments, max_size=3))),
        finished=draw(st.none() | moments),
    )


def scripts(*, punctual: bool) -> st.SearchStrategy[list[Life]]:
    return st.lists(lives(punctual=punctual), max_size=12)


intervals = st.builds(
    lambda initial, growth, factor, jitter: PollInterval(
        initial=initial, maximum=initial * growth, factor=factor, jitter=jitter
    ),
    st.floats(0.2, 3),
    st.floats(1, 10),
    st.floats(1, 3),
    st.floats(0, 1).map(lambda part: part / 2),
)

# Every dialect in which a walk forward reaches everything; has_more is a lie only where there are several pages.
dialects = st.sampled_from([d for d in DIALECTS.values() if d.after == "exclusive" and d.order == "honoured"])


@given(scripts(punctual=False), dialects, intervals, st.floats(0, 0.999), st.integers(0, 30))
def test_each_step_is_met_in_its_final_state(
    run: list[Life], dialect: Dialect, interval: PollInterval, jitter: float, end: int
) -> None:
    script = Script(run, end=75 + end, dialect=dialect, patience=60 + 3 * interval.maximum)
    met = script.follow(follower(interval=interval), jitter=jitter)
    assert {step.id: step for step in met} == script.final()


@given(scripts(punctual=False), dialects)
def test_a_step_comes_again_only_when_it_has_changed(run: list[Life], dialect: Dialect) -> None:
    last: dict[str, RunStep] = {}
    for step in Script(run, end=75, dialect=dialect).follow(follower()):
        assert last.get(step.id) != step
        last[step.id] = step


@given(scripts(punctual=True), dialects)
def test_first_appearances_are_in_order_of_creation(run: list[Life], dialect: Dialect) -> None:
    met = Script(run, end=75, dialect=dialect).follow(follower())
    created = {step.id: step.created_at for step in met}  # a dict keeps the place of the first
    assert list(created.values()) == sorted(created.values())


@given(scripts(punctual=False), intervals, st.floats(0, 0.999))
def test_polls_are_bounded_by_time(run: list[Life], interval: PollInterval, jitter: float) -> None:
    script = Script(run, end=75, patience=60 + 3 * interval.maximum)
    script.follow(follower(interval=interval), jitter=jitter)
    shortest = interval.initial * (1 - jitter * interval.jitter)
    assert len(script.asked) <= 2 * (script.now / shortest + 1)


@given(scripts(punctual=False), st.integers(75, 300))
def test_the_end_is_noticed_soon(run: list[Life], end: int) -> None:
    script = Script(run, end=end)
    script.follow(follower())
    # The longest wait while no step goes on is the ceiling; three times that while one does, for it never finishes.
    assert script.now - end <= 3 * PollInterval().maximum + 6 * LATENCY


@given(scripts(punctual=False))
def test_pages_begin_behind_the_settled_steps(run: list[Life]) -> None:
    """What a round leaves out had finished, and something newer was listed."""
    script = Script(run, end=75)
    machine = follower()
    while not machine.over:
        query = machine.query
        if not isinstance(query, RunQuery) and query is not None and query.after is not None:
            known = script.final()
            before = [step for step in known.values() if step.id <= query.after]
            late = [life.listed > life.created for life in script.lives]
            assert any(late) or all(step.is_finished for step in before)
            assert max(step.created_at for step in known.values()) > known[query.after].created_at
        Script.follow(script, _Once(machine))  # type: ignore[arg-type]
        if machine.query is None and not machine.over:
            script.now += machine.next_round(jitter=0)


class _Once:
    """A follower that is over after one answer."""

    def __init__(self, machine: Follower) -> None:
        self._machine = machine
        self.over = False

    def __getattr__(self, name: str) -> Any:
        self.over = name.startswith("feed")
        return getattr(self._machine, name)


@pytest.mark.parametrize(("seconds_per_step", "without_jitter", "at_most"), [(60, 19, 23), (10, 45, 52), (1, 98, 121)])
def test_sixty_seconds_cost_what_the_docs_say(seconds_per_step: int, without_jitter: int, at_most: int) -> None:
    """The numbers of docs/howto/follow.md: requests for a run of 60 s whose steps follow each other closely."""
    steps = [Life(created=at, listed=at, finished=at + seconds_per_step) for at in range(0, 60, seconds_per_step)]
    script, hurried = Script(list(steps), end=60), Script(list(steps), end=60)
    script.follow(follower())
    hurried.follow(follower(), jitter=0.999)
    assert len(script.asked) == without_jitter
    assert len(hurried.asked) <= at_most


def test_a_finished_run_costs_two_requests() -> None:
    script = Script([Life(created=0, listed=0, finished=1)], end=5, now=100)
    assert [step.id for step in script.follow(follower())] == ["step_000"]
    assert len(script.asked) == 2


def test_thousands_of_steps_are_read_page_by_page_once() -> None:
    many = [Life(created=at, listed=at, finished=at + 1) for at in range(1000)]
    script = Script(many, end=1030, now=1010)
    assert len(script.follow(follower(interval=PollInterval.every(10)))) == 1000
    assert sum(not isinstance(query, RunQuery) for query in script.asked) <= 10 + 3 + 10


def test_has_more_is_not_believed_if_told_so() -> None:
    many = [Life(created=at, listed=at, finished=at + 1) for at in range(250)]
    script = Script(many, end=1, now=300, dialect=Dialect(has_more="never"))
    assert len(script.follow(follower(verify_paging=True))) == 250


def test_following_on_leaves_out_what_is_settled() -> None:
    three = [Life(created=at, listed=at, finished=at + 1) for at in range(3)]
    script = Script(three, end=1, now=10)
    assert [step.id for step in script.follow(follower(after="step_000"))] == ["step_001", "step_002"]


# --- The client, against a live server -------------------------------------------------------------------------------

QUICK = PollInterval(initial=0.01, maximum=0.05)


@pytest.fixture
def emulator() -> Emulator:
    emulator = Emulator()
    emulator.store.add_run("thread_1", "run_1", status="in_progress", steps=[wire_step("step_1", 0)])
    return emulator


@pytest.fixture
async def client(emulator: Emulator) -> AsyncIterator[AsyncStepsClient]:
    async with emulator.serve() as base_url:
        retry = RetryPolicy(attempts=2, wait_initial=0.01)
        async with AsyncStepsClient(Endpoint.compatible(base_url), retry=retry) as client:
            yield client


@pytest.fixture
def no_waiting() -> Iterator[None]:
    with stamina.set_testing(True, attempts=2, cap=True):
        yield


async def each(steps: AsyncIterator[RunStep], act: Callable[[RunStep], object]) -> None:
    async for step in steps:
        act(step)


def finish(emulator: Emulator, step_id: str, at: int, **changes: Any) -> None:
    emulator.store.update_step("thread_1", "run_1", step_id, status="completed", completed_at=EPOCH + at, **changes)


async def test_a_run_is_followed_to_its_end(emulator: Emulator, client: AsyncStepsClient) -> None:
    seen: list[tuple[str, str | None]] = []
    async with asyncio.timeout(60):
        async for step in client.follow_steps("thread_1", "run_1", poll_interval=QUICK):
            seen.append((step.id, step.status))
            match step.id, step.status:
                case "step_1", "in_progress":
                    emulator.store.set_run_status("thread_1", "run_1", "requires_action")
                    finish(emulator, "step_1", 2)
                case "step_1", "completed":
                    emulator.store.set_run_status("thread_1", "run_1", "in_progress")
                    emulator.store.append_step("thread_1", "run_1", wire_step("step_2", 3))
                case "step_2", "in_progress":
                    finish(emulator, "step_2", 4)
                    emulator.store.set_run_status("thread_1", "run_1", "completed")
    assert seen == [
        ("step_1", "in_progress"),
        ("step_1", "completed"),
        ("step_2", "in_progress"),
        ("step_2", "completed"),
    ]


async def test_a_step_listed_late_comes_with_the_last_look(emulator: Emulator, client: AsyncStepsClient) -> None:
    finish(emulator, "step_1", 1)
    emulator.store.append_step("thread_1", "run_1", wire_step("step_2", 5, 6))
    emulator.store.append_step("thread_1", "run_1", wire_step("step_3", 9))
    ids: list[str] = []
    async for step in client.follow_steps("thread_1", "run_1", poll_interval=QUICK):
        ids.append(step.id)
        if ids == ["step_1", "step_2", "step_3"]:
            emulator.store.append_step("thread_1", "run_1", wire_step("step_late", 4, 5))
            finish(emulator, "step_3", 10)
            emulator.store.set_run_status("thread_1", "run_1", "failed")
    assert ids == ["step_1", "step_2", "step_3", "step_3", "step_late"] or ids[3:] == ["step_late", "step_3"]


@pytest.mark.parametrize("name", sorted(PROFILES))
async def test_every_profile_is_followed(name: str) -> None:
    emulator = Emulator(profile=Profile(prefix="/v1", errors=PROFILES[name].errors, dialect=PROFILES[name].dialect))
    steps = [wire_step(f"step_{number:03d}", number, number + 1) for number in range(120)]
    emulator.store.add_run("thread_1", "run_1", status="in_progress", steps=steps)
    emulator.store.append_step("thread_1", "run_1", wire_step("step_live", 200))
    met: dict[str, str | None] = {}
    async with emulator.serve() as base_url, AsyncStepsClient(Endpoint.compatible(base_url)) as client:
        async for step in client.follow_steps(
            "thread_1", "run_1", poll_interval=QUICK, verify_paging=True, max_duration=20
        ):
            met[step.id] = step.status
            if met.get("step_live") == "in_progress":
                finish(emulator, "step_live", 201)
                emulator.store.set_run_status("thread_1", "run_1", "completed")
    assert len(met) == 121
    assert set(met.values()) == {"completed"}


async def test_a_run_that_is_not_there(client: AsyncStepsClient) -> None:
    with pytest.raises(NotFoundError) as caught:
        await anext(client.follow_steps("thread_1", "run_none"))
    assert not getattr(caught.value, "__notes__", [])


async def test_a_run_that_vanishes(emulator: Emulator, client: AsyncStepsClient) -> None:
    with pytest.raises(NotFoundError) as caught:
        await each(
            client.follow_steps("thread_1", "run_1", poll_interval=QUICK),
            lambda _: emulator.store.remove_run("thread_1", "run_1"),
        )
    assert any("deleted since" in note for note in caught.value.__notes__)


async def test_the_deadline_is_an_error_that_says_where_to_go_on(emulator: Emulator, client: AsyncStepsClient) -> None:
    finish(emulator, "step_1", 1)
    emulator.store.append_step("thread_1", "run_1", wire_step("step_2", 5))
    met: list[str] = []
    with pytest.raises(APITimeoutError, match=r"'run_1' has not ended within 0\.2 s") as caught:
        await each(
            client.follow_steps("thread_1", "run_1", poll_interval=QUICK, max_duration=0.2),
            lambda step: met.append(step.id),
        )
    assert met == ["step_1", "step_2"]
    assert caught.value.resume_after == "step_1"


async def test_a_predicate_ends_the_following(emulator: Emulator, client: AsyncStepsClient) -> None:
    emulator.store.append_step("thread_1", "run_1", wire_step("step_2", 5))
    steps = client.follow_steps("thread_1", "run_1", stop_when=lambda step: step.id == "step_1")
    assert [step.id async for step in steps] == ["step_1"]


async def test_a_failing_server_is_asked_again_and_then_the_error_says_where_to_go_on(
    emulator: Emulator, client: AsyncStepsClient
) -> None:
    finish(emulator, "step_1", 1)
    emulator.store.append_step("thread_1", "run_1", wire_step("step_2", 5))
    with pytest.raises(InternalServerError) as caught:
        await each(
            client.follow_steps("thread_1", "run_1", poll_interval=QUICK),
            lambda _: emulator.inject(Answer(500), times=2, matching=lambda asked: "after=step_1" in asked.raw_query),
        )
    assert caught.value.resume_after == "step_1"


async def test_retry_after_is_honoured(emulator: Emulator, client: AsyncStepsClient) -> None:
    loop = asyncio.get_running_loop()
    began = loop.time()
    emulator.inject(Answer(429, headers={"Retry-After": "0.3"}))
    async with aclosing(client.follow_steps("thread_1", "run_1")) as steps:
        assert (await anext(steps)).id == "step_1"
    assert loop.time() - began >= 0.3


async def test_a_wait_longer_than_a_request_may_take_is_waited(emulator: Emulator, client: AsyncStepsClient) -> None:
    loop = asyncio.get_running_loop()
    began = loop.time()
    emulator.inject(Answer(429, headers={"Retry-After": "1.2"}))
    steps = client.follow_steps("thread_1", "run_1", poll_interval=QUICK, timeout=Timeouts(attempt=1, total=1))
    async with aclosing(steps):
        assert (await anext(steps)).id == "step_1"
    assert loop.time() - began >= 1.2


@pytest.mark.usefixtures("no_waiting")
async def test_after_a_long_wait_the_same_is_asked(emulator: Emulator, client: AsyncStepsClient) -> None:
    finish(emulator, "step_1", 1)
    emulator.store.append_step("thread_1", "run_1", wire_step("step_2", 5))
    asked: list[str] = []

    def later(step: RunStep) -> None:
        if step.id == "step_2" and not asked:
            asked.append(step.id)
            emulator.store.set_run_status("thread_1", "run_1", "completed")
            emulator.clear_requests()
            emulator.inject(Answer(503, headers={"Retry-After": "3600"}))

    await each(client.follow_steps("thread_1", "run_1", poll_interval=QUICK), later)
    refused, again, *_ = emulator.requests
    assert (refused.raw_path, refused.raw_query) == (again.raw_path, again.raw_query)


@pytest.mark.usefixtures("no_waiting")
@pytest.mark.parametrize(("max_duration", "requests"), [(None, 2), (100, 1)], ids=["as often as a request", "no time"])
async def test_a_long_wait_too_many_is_an_error_that_says_where_to_go_on(
    emulator: Emulator, client: AsyncStepsClient, max_duration: float | None, requests: int
) -> None:
    finish(emulator, "step_1", 1)
    emulator.store.append_step("thread_1", "run_1", wire_step("step_2", 5))

    def later(step: RunStep) -> None:
        if step.id == "step_2":
            emulator.clear_requests()
            emulator.inject(Answer(503, headers={"Retry-After": "3600"}), times=9)

    with pytest.raises(InternalServerError) as caught:
        await each(client.follow_steps("thread_1", "run_1", poll_interval=QUICK, max_duration=max_duration), later)
    assert caught.value.resume_after == "step_1"
    assert len(emulator.requests) == requests


@pytest.mark.usefixtures("no_waiting")
async def test_staminas_test_mode_does_not_wait(emulator: Emulator, client: AsyncStepsClient) -> None:
    async with asyncio.timeout(60):
        steps = client.follow_steps("thread_1", "run_1", poll_interval=3600)
        await each(steps, lambda _: emulator.store.set_run_status("thread_1", "run_1", "cancelled"))


async def test_closing_early_leaves_nothing_behind(emulator: Emulator, client: AsyncStepsClient) -> None:
    await client.get_run("thread_1", "run_1")  # the connection, and the server's task for it
    before = asyncio.all_tasks()
    async with aclosing(client.follow_steps("thread_1", "run_1", poll_interval=QUICK)) as steps:
        await anext(steps)
    assert asyncio.all_tasks() == before


@pytest.mark.parametrize(
    "arguments",
    [{"max_duration": 0}, {"max_duration": -1}, {"poll_interval": 0}, {"after": ""}, {"include": "a name"}],
    ids=str,
)
async def test_bad_arguments_cost_no_request(
    emulator: Emulator, client: AsyncStepsClient, arguments: dict[str, Any]
) -> None:
    with pytest.raises(ValueError, match=next(iter(arguments)).replace("poll_interval", "PollInterval")):
        await anext(client.follow_steps("thread_1", "run_1", **arguments))
    assert emulator.requests == ()


@pytest.mark.parametrize(
    "arguments",
    [{"initial": 0}, {"initial": 2, "maximum": 1}, {"factor": 0.5}, {"jitter": 1.5}],
    ids=str,
)
def test_bad_intervals(arguments: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="PollInterval"):
        PollInterval(**arguments)
