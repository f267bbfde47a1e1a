"""The store: runs and steps that can be added, grown, changed and removed."""

import pytest

from openai_steps.emulator import Store


@pytest.fixture
def store() -> Store:
    store = Store()
    store.add_run("t", "r", steps=[{"id": "a", "created_at": 1, "status": "completed"}])
    return store


def test_steps_keep_their_order_and_get_the_ids_of_their_run(store: Store) -> None:
    store.append_step("t", "r", {"id": "b"})
    assert [step["id"] for step in store.steps("t", "r")] == ["a", "b"]
    assert store.step("t", "r", "b") == {"id": "b", "thread_id": "t", "run_id": "r"}
    assert store.runs() == [("t", "r")]


def test_a_run_follows_its_steps_until_its_status_is_set(store: Store) -> None:
    def status() -> str:
        run = store.run("t", "r")
        assert run is not None
        return str(run["status"])

    assert status() == "completed"
    store.append_step("t", "r", {"id": "b", "created_at": 2, "status": "in_progress"})
    assert status() == "in_progress"
    store.update_step("t", "r", "b", status="failed", last_error={"code": "x", "message": "y"})
    assert status() == "failed"
    store.set_run_status("t", "r", "requires_action", required_action={"type": "x"})
    store.update_step("t", "r", "b", status="completed")
    assert status() == "requires_action"


def test_a_run_without_steps_is_in_progress() -> None:
    run = Store().add_run("t", "r", model="m")
    assert (run["id"], run["thread_id"], run["object"]) == ("r", "t", "thread.run")
    assert (run["status"], run["model"]) == ("in_progress", "m")


def test_the_latest_step_by_time_decides_on_a_run_stored_newest_first() -> None:
    store = Store()
    new = {"id": "b", "created_at": 9, "status": "in_progress", "thread_id": "t", "run_id": "r"}
    old = {"id": "a", "created_at": 1, "status": "completed", "thread_id": "t", "run_id": "r"}
    store.add_steps([new, old])
    run = store.run("t", "r")
    assert run is not None
    assert (run["status"], run["created_at"]) == ("in_progress", 1)


def test_a_run_given_as_a_whole_is_kept_as_it_is(store: Store) -> None:
    given = {"id": "r", "thread_id": "t", "status": "expired", "odd": [1]}
    store.set_run(given)
    assert store.run("t", "r") == given
    assert store.steps("t", "r")


def test_an_update_leaves_the_old_dict_alone(store: Store) -> None:
    before = store.step("t", "r", "a")
    assert before is not None
    store.update_step("t", "r", "a", status="failed")
    assert before["status"] == "completed"
    after = store.step("t", "r", "a")
    assert after is not None
    assert after["status"] == "failed"


def test_a_removed_run_is_gone(store: Store) -> None:
    assert store.has_thread("t")
    store.remove_run("t", "r")
    assert store.run("t", "r") is None
    assert store.steps("t", "r") == []
    assert store.step("t", "r", "a") is None
    assert store.has_thread("t")
    assert store.runs_of("t") == []


def test_what_is_not_there_is_named(store: Store) -> None:
    with pytest.raises(LookupError, match="no run 'x' in the thread 't'"):
        store.append_step("t", "x", {"id": "b"})
    with pytest.raises(LookupError, match="no run 'x'"):
        store.set_run_status("t", "x", "completed")
    with pytest.raises(LookupError, match="no run 'x'"):
        store.remove_run("t", "x")
    with pytest.raises(LookupError, match="no step 'x' in the run 'r'"):
        store.update_step("t", "r", "x")


def test_what_cannot_be_is_refused(store: Store) -> None:
    with pytest.raises(ValueError, match="run 'r' of the thread 't' exists"):
        store.add_run("t", "r")
    with pytest.raises(ValueError, match="step 'a' is given twice"):
        store.append_step("t", "r", {"id": "a"})
    with pytest.raises(ValueError, match="'id' must be text"):
        store.append_step("t", "r", {})
    with pytest.raises(ValueError, match="another thread or run"):
        store.append_step("t", "r", {"id": "b", "run_id": "other"})
    with pytest.raises(ValueError, match="'run_id' must be text"):
        store.add_steps([{"id": "b", "thread_id": "t"}])
