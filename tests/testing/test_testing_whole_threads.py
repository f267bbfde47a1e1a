"""Threads with all that is in them."""

from finding import kinds
from hypothesis import given, settings

from openai_steps.testing import StepsServer, strategies
from openai_steps.testing.strategies import WholeThread


def test_whole_threads_have_the_things_that_happen_to_threads() -> None:
    def tie(whole: WholeThread) -> bool:
        times = [message["created_at"] for message in whole.messages]
        return len(set(times)) < len(times)

    def silent_run(whole: WholeThread) -> bool:
        wrote = {message["run_id"] for message in whole.messages}
        return any(whole.steps[run["id"]] and run["id"] not in wrote for run in whole.runs)

    kinds(strategies.whole_threads(), tie, silent_run, lambda whole: len(whole.orphans) > 0)


@given(strategies.whole_threads())
@settings(max_examples=10)
def test_a_whole_thread_can_be_served(whole: WholeThread) -> None:
    with StepsServer() as server:
        server.add_whole_thread(whole)
        store = server._emulator.store
        assert [message["id"] for message in store.messages("thread_1")] == [one["id"] for one in whole.messages]
        assert [run["id"] for run in store.runs_of("thread_1")] == [run["id"] for run in whole.runs]
        for run_id, steps in whole.steps.items():
            assert store.steps("thread_1", run_id) == steps
