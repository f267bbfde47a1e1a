"""Following a live run: the state machine against runs of all fates, and the client against a server that changes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import aclosing
from itertools import pairwise
from typing import Any

import pytest
import stamina
from attrs import define, evolve, field, frozen
from hypothesis import given
from hypothesis import strategies as st
from walk_servers import full_trust

from openai_steps import (
    APITimeoutError,
    AsyncStepsClient,
    Endpoint,
    IncompleteDetails,
    InternalServerError,
    NotFoundError,
    PollInterval,
    RetryPolicy,
    Run,
    RunStep,
    StepPage,
    Timeouts,
    UnfinishedRunError,
    structure_page,
    structure_run,
)
from openai_steps._walks.follow import Follower, FollowQuery, RunQuery
from openai_steps._walks.pages import PageQuery
from openai_steps.emulator import DIALECTS, HABITS, PROFILES, Answer, Dialect, Emulator, Profile, Query, list_steps
from openai_steps.testing import function_step

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


UNREST: dict[str, Callable[[int], dict[str, Any]]] = {
    "stamped anew": lambda look: {"created_at": EPOCH + look, "expires_at": EPOCH + look},
    "a counter": lambda look: {"looked_at": look},
    "metadata": lambda look: {"metadata": {"look": str(look)}},
    "growing output": lambda look: {
        "step_details": {
            "type": "tool_calls",
            "tool_calls": [
                {
                    "id": "c",
                    "type": "code_interpreter",
                    "code_interpreter": {"input": "", "outputs": [{"type": "logs", "logs": f"{look} lines"}]},
                }
            ],
        }
    },
}
"""What makes a step another at each look, on servers that are like this."""


@frozen(kw_only=True)
class Life:
    """What becomes of one step: seconds from the beginning of the run; ``finished`` None: it never finishes."""

    created: int
    listed: int  # when the server begins to list it
    changes: tuple[int, ...] = ()
    finished: int | None = None
    unrest: str | None = None

    def at(self, now: float, step_id: str) -> dict[str, Any] | None:
        if now < self.listed:
            return None
        finished = self.finished if self.finished is not None and self.finished <= now else None
        version = sum(change <= now for change in self.changes)
        step = wire_step(step_id, self.created, finished, metadata={"version": str(version)})
        return step | UNREST[self.unrest](int(now / LATENCY)) if self.unrest else step


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
    asked_at: list[tuple[float, FollowQuery]] = field(factory=list)

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
            self.asked_at.append((self.now, query))
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
                asked = Query(limit=query.limit, order=query.order, after=query.after)
                met += follower.feed_page(structure_page(list_steps(self.steps(), asked, self.dialect)))
        return met

    def run_queries(self) -> int:
        return sum(isinstance(query, RunQuery) for query in self.asked)


def follower(**options: Any) -> Follower:
    return Follower(**{"interval": PollInterval(), "trust": full_trust(), **options})


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
    return st.lists(lives(punctual=punctual), min_size=1, max_size=12)


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
# Foundry Local tells less of a step than the script knows.
dialects = st.sampled_from(
    [d for d in DIALECTS.values() if (d.after, d.order, d.shape) == ("exclusive", "honoured", "openai")]
)


@given(scripts(punctual=False), dialects, intervals, st.floats(0, 0.999), st.integers(0, 30))
def test_each_step_is_met_in_its_final_state(
    run: list[Life], dialect: Dialect, interval: PollInterval, jitter: float, end: int
) -> None:
    script = Script(run, end=75 + end, dialect=dialect, patience=60 + 3 * interval.maximum)
    met = script.follow(follower(interval=interval), jitter=jitter)
    assert {step.id: step for step in met} == script.final()


def test_a_run_without_steps_is_followed_to_its_end() -> None:
    script = Script([], end=75)
    assert script.follow(follower()) == []
    assert script.now - 75 <= 2 * PollInterval().maximum


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


@given(scripts(punctual=False), st.sampled_from([None, *UNREST]), intervals, st.floats(0, 0.999), st.integers(75, 300))
def test_the_end_is_noticed_soon(
    run: list[Life], unrest: str | None, interval: PollInterval, jitter: float, end: int
) -> None:
    """Whatever the steps do: also where one never finishes, or differs at each look."""
    lives = [evolve(life, unrest=unrest) for life in run]
    script = Script(lives, end=end, patience=60 + 3 * interval.maximum)
    script.follow(follower(interval=interval), jitter=jitter)
    assert script.now - end <= 2 * interval.maximum + 6 * LATENCY


@pytest.mark.parametrize("unrest", sorted(UNREST))
@pytest.mark.parametrize("finished", [None, 30])
def test_the_run_is_asked_for_at_bounded_intervals_whatever_the_steps_do(unrest: str, finished: int | None) -> None:
    script = Script([Life(created=0, listed=0, finished=finished, unrest=unrest)], end=600)
    script.follow(follower())
    times = [at for at, query in script.asked_at if isinstance(query, RunQuery)]
    longest = max(later - earlier for earlier, later in pairwise(times))
    assert longest <= 2 * PollInterval().maximum + 4 * LATENCY
    assert len(times) <= 600 / PollInterval().maximum + 5


@pytest.mark.parametrize(("unrest", "looks"), [("stamped anew", 90), ("a counter", 90), ("metadata", 90)])
def test_a_step_that_only_looks_busy_is_not_looked_at_more_often(unrest: str, looks: int) -> None:
    script = Script([Life(created=0, listed=0, unrest=unrest)], end=600)
    script.follow(follower())
    assert len(script.asked) - script.run_queries() <= looks


def test_where_only_times_differ_a_step_comes_when_it_is_new_and_at_the_end() -> None:
    script = Script([Life(created=0, listed=0, unrest="stamped anew")], end=60)
    met = script.follow(follower())
    assert len(met) == 2
    assert {met[-1].id: met[-1]} == script.final()


@pytest.mark.parametrize("unrest", ["a counter", "metadata", "growing output"])
def test_other_changes_come_at_each_look(unrest: str) -> None:
    script = Script([Life(created=0, listed=0, unrest=unrest)], end=60)
    met = script.follow(follower())
    assert len(met) == len(script.asked) - script.run_queries()


def test_a_call_without_output_may_mean_that_the_run_waits() -> None:
    """The next look asks for the run, once; a call that has its output is no reason to."""
    waiting, answered = (
        wire_step("step_1", 0, step_details=function_step(1, "f", output=output)["step_details"])
        for output in (None, "rain")
    )
    for step, asked in ((waiting, RunQuery), (answered, PageQuery)):
        machine = follower()
        machine.feed_run(a_run("in_progress"))
        machine.feed_page(one_page(step))
        machine.next_round(jitter=0)
        assert isinstance(machine.query, asked)
    machine = follower()
    machine.feed_run(a_run("in_progress"))
    machine.feed_page(one_page(waiting))
    machine.next_round(jitter=0)
    machine.feed_run(a_run("requires_action"))
    machine.feed_page(one_page(waiting))
    machine.next_round(jitter=0)
    assert isinstance(machine.query, PageQuery)


def test_the_status_of_the_run_is_news_once() -> None:
    machine = follower()
    calls = [{"type": "submit_tool_outputs", "submit_tool_outputs": {"tool_calls": [call]}} for call in CALLS]
    told = [
        machine.feed_run(a_run(status, **fields))
        for status, fields in (
            ("queued", {}),
            ("queued", {"metadata": {"a": "b"}}),
            ("in_progress", {"started_at": EPOCH}),
            ("in_progress", {}),
            ("requires_action", {"required_action": calls[0]}),
            ("requires_action", {"required_action": calls[0]}),
            ("requires_action", {"required_action": calls[1]}),  # what was between was not seen
            ("completed", {}),
        )
    ]
    assert told == [True, False, True, False, True, False, True, True]


def test_a_recording_of_a_run_that_goes_on_is_read_once_and_then_told() -> None:
    machine = follower()
    machine.feed_run(a_run("in_progress"), immutable=True)
    (step,) = machine.feed_page(one_page(wire_step("step_1", 0)))
    assert (step.id, machine.over) == ("step_1", True)
    with pytest.raises(UnfinishedRunError, match=r"'run_1' is in_progress, and will not change any more"):
        machine.finish()


@pytest.mark.parametrize("immutable", [False, True])
def test_a_run_that_has_ended_is_no_error(immutable: bool) -> None:
    machine = follower()
    machine.feed_run(a_run("failed"), immutable=immutable)
    machine.feed_page(one_page())
    assert machine.over
    machine.finish()


def test_each_look_begins_behind_what_had_settled_in_the_look_before() -> None:
    """What a look has listed is forgotten with it: as it stood then, it would hold the cursor for ever."""
    machine = follower()
    machine.feed_run(a_run("in_progress"))
    machine.feed_page(one_page(wire_step("step_1", 0), wire_step("step_2", 1)))
    assert machine.resume_after is None
    machine.next_round(jitter=0)
    machine.feed_page(one_page(wire_step("step_1", 0, 2), wire_step("step_2", 1)))
    assert machine.resume_after == "step_1"
    machine.next_round(jitter=0)
    assert isinstance(machine.query, PageQuery)
    assert machine.query.after == "step_1"
    machine.feed_page(one_page(wire_step("step_2", 1, 3), wire_step("step_3", 4)))
    assert machine.resume_after == "step_2"


def test_no_look_begins_within_a_second() -> None:
    """Some servers leave out what else is of the cursor's time."""
    machine = follower()
    machine.feed_run(a_run("in_progress"))
    machine.feed_page(one_page(wire_step("step_1", 0, 1), wire_step("step_2", 1, 2), wire_step("step_3", 1)))
    machine.next_round(jitter=0)
    assert machine.resume_after == "step_1"
    machine.feed_page(one_page(wire_step("step_2", 1, 2), wire_step("step_3", 1, 3), wire_step("step_4", 2)))
    assert machine.resume_after == "step_3"


CALLS = [{"id": f"call_{n}", "type": "function", "function": {"name": "f", "arguments": "{}"}} for n in (1, 2)]


def a_run(status: str, **fields: Any) -> Run:
    return structure_run({"id": "run_1", "created_at": EPOCH, "status": status, **fields})


def one_page(*steps: dict[str, Any]) -> StepPage:
    return structure_page({"data": list(steps), "has_more": False})


@given(st.booleans().flatmap(lambda punctual: scripts(punctual=punctual)))
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


@pytest.mark.parametrize(("seconds_per_step", "without_jitter", "at_most"), [(60, 21, 22), (10, 44, 48), (1, 104, 126)])
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
    assert len(script.follow(follower(trust=None))) == 250


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


async def test_each_status_of_the_run_is_told_before_the_steps_that_are_read_next(
    emulator: Emulator, client: AsyncStepsClient
) -> None:
    """A run that waits says for what; it is told again when it waits for something else."""
    actions = [{"type": "submit_tool_outputs", "submit_tool_outputs": {"tool_calls": [call]}} for call in CALLS]
    life: list[tuple[str, dict[str, Any]]] = [
        ("in_progress", {}),
        ("requires_action", {"required_action": actions[0]}),
        ("requires_action", {"required_action": actions[1]}),
        ("incomplete", {"required_action": None, "incomplete_details": {"reason": "max_completion_tokens"}}),
    ]
    emulator.store.set_run_status("thread_1", "run_1", "queued")
    seen: list[Run] = []
    order: list[str | None] = []

    def on_run(run: Run) -> None:
        seen.append(run)
        order.append(run.status)
        if life:
            status, fields = life.pop(0)
            emulator.store.set_run_status("thread_1", "run_1", status, **fields)

    steps = client.follow_steps("thread_1", "run_1", on_run=on_run, poll_interval=QUICK, max_duration=30)
    await each(steps, lambda step: order.append(step.id))
    assert order == ["queued", "step_1", "in_progress", "requires_action", "requires_action", "incomplete"]
    waiting = [run.required_action for run in seen[2:4]]
    assert [action and [call.id for call in action.tool_calls] for action in waiting] == [["call_1"], ["call_2"]]
    assert seen[-1].incomplete_details == IncompleteDetails("max_completion_tokens")


async def test_what_on_run_raises_ends_the_following(emulator: Emulator, client: AsyncStepsClient) -> None:
    def on_run(run: Run) -> None:
        raise KeyError(run.id)

    with pytest.raises(KeyError, match="run_1"):
        await anext(client.follow_steps("thread_1", "run_1", on_run=on_run))
    assert len(emulator.requests) == 1


async def test_a_recording_is_read_once_and_its_error_says_so() -> None:
    emulator = Emulator(recorded=True)
    emulator.store.add_run("thread_1", "run_1", status="requires_action", steps=[wire_step("step_1", 0)])
    met: list[str] = []
    async with emulator.serve() as base_url, AsyncStepsClient(Endpoint.compatible(base_url)) as client:
        with pytest.raises(UnfinishedRunError, match="requires_action"):
            await each(client.follow_steps("thread_1", "run_1"), lambda step: met.append(step.id))
        emulator.store.set_run_status("thread_1", "run_1", "completed")
        assert [step.id async for step in client.follow_steps("thread_1", "run_1")] == met == ["step_1"]


@pytest.mark.parametrize("dialect", ["supercompat_responses", "stamped_anew"])
async def test_a_server_that_stamps_each_look_anew_is_followed_to_the_end(dialect: str) -> None:
    emulator = Emulator(dialect={**DIALECTS, **HABITS}[dialect])
    emulator.store.add_run("thread_1", "run_1", status="in_progress", steps=[wire_step("step_1", 0)])
    met: list[RunStep] = []
    async with emulator.serve() as base_url, AsyncStepsClient(Endpoint.compatible(base_url)) as client:
        async for step in client.follow_steps("thread_1", "run_1", poll_interval=QUICK, max_duration=30):
            met.append(step)
            emulator.store.set_run_status("thread_1", "run_1", "expired")  # the step stays as it was
    assert {step.id for step in met} == {"step_1"}
    assert len(met) <= 2


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
            if step.id == "step_live" and step.id not in met:
                finish(emulator, "step_live", 201)
                emulator.store.set_run_status("thread_1", "run_1", "completed")
            met[step.id] = step.status
    assert len(met) == 121
    assert set(met.values()) == {None if name == "foundry_local" else "completed"}  # it tells no status


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
    with pytest.raises(APITimeoutError, match=r"'run_1' has not ended within 200ms") as caught:
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
