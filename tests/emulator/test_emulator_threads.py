"""What the emulator keeps of threads, messages and files."""

import pytest

from openai_steps.emulator import Store


@pytest.fixture
def store() -> Store:
    store = Store()
    store.add_message("t", {"id": "m2", "created_at": 7})
    store.add_message("t", {"id": "m1", "created_at": 5, "role": "assistant", "run_id": "r"})
    store.add_file({"id": "f", "filename": "a.txt"}, b"text")
    return store


def test_a_thread_is_as_old_as_the_oldest_thing_in_it(store: Store) -> None:
    store.add_run("t", "r", steps=[{"id": "s", "created_at": 3}])
    store.add_run("alone", "r", steps=[{"id": "s", "created_at": 4}])
    assert [(thread["id"], thread["created_at"]) for thread in store.threads()] == [("t", 3), ("alone", 4)]
    assert store.thread("t") == {"id": "t", "object": "thread", "created_at": 3, "metadata": {}, "tool_resources": {}}


def test_what_is_said_of_a_thread_goes_before(store: Store) -> None:
    store.add_thread("t", created_at=1, metadata={"a": "b"})
    store.add_thread("t", title="T")
    thread = store.thread("t")
    assert thread is not None
    assert (thread["created_at"], thread["metadata"], thread["title"]) == (1, {"a": "b"}, "T")
    assert [message["id"] for message in store.messages("t")] == ["m2", "m1"]


def test_messages_are_filled_up_and_kept_in_order(store: Store) -> None:
    assert store.messages("t")[0] == {
        "id": "m2",
        "object": "thread.message",
        "created_at": 7,
        "assistant_id": None,
        "thread_id": "t",
        "run_id": None,
        "status": "completed",
        "incomplete_details": None,
        "completed_at": None,
        "incomplete_at": None,
        "role": "user",
        "content": [],
        "attachments": [],
        "metadata": {},
    }
    assert store.messages("other") == []


def test_a_change_leaves_the_message_handed_out_before_as_it_was(store: Store) -> None:
    before = store.message("t", "m1")
    after = store.update_message("t", "m1", content=[{"type": "x"}])
    assert before is not None
    assert (before["content"], after["content"]) == ([], [{"type": "x"}])
    assert store.message("t", "m1") == after


def test_a_removed_message_is_gone(store: Store) -> None:
    store.remove_message("t", "m1")
    assert store.message("t", "m1") is None
    assert [message["id"] for message in store.messages(None)] == ["m2"]


def test_a_file_has_its_size_and_content(store: Store) -> None:
    file = store.file("f")
    assert file is not None
    assert (file["object"], file["bytes"], file["filename"]) == ("file", 4, "a.txt")
    assert store.content("f") == b"text"


def test_runs_of_a_thread_are_those_alone(store: Store) -> None:
    for thread, run in [("t", "r2"), ("t", "r1"), ("u", "r2")]:
        store.add_run(thread, run)
    assert [run["id"] for run in store.runs_of("t")] == ["r2", "r1"]
    assert [run["thread_id"] for run in store.runs_of(None)] == ["t", "t", "u"]
    store.remove_run("t", "r2")
    assert [run["id"] for run in store.runs_of("t")] == ["r1"]
    assert store.runs_of("other") == []


def test_what_is_not_there_is_none_or_named(store: Store) -> None:
    assert (store.thread("x"), store.message("x", "m1"), store.message("t", "x")) == (None, None, None)
    assert (store.file("x"), store.content("x"), store.has_thread("x")) == (None, None, False)
    for thread_id, message_id in [("t", "x"), ("x", "m1")]:
        with pytest.raises(LookupError, match=f"no message '{message_id}' in the thread '{thread_id}'"):
            store.update_message(thread_id, message_id)
        with pytest.raises(LookupError, match=f"no message '{message_id}' in the thread '{thread_id}'"):
            store.remove_message(thread_id, message_id)


def test_malformed_things_are_refused(store: Store) -> None:
    with pytest.raises(ValueError, match="message 'm1' is given twice"):
        store.add_message("t", {"id": "m1"})
    with pytest.raises(ValueError, match="message 'm3' names another thread than 't'"):
        store.add_message("t", {"id": "m3", "thread_id": "u"})
    for wrong in ({}, {"id": ""}, {"id": 7}):
        with pytest.raises(ValueError, match="'id' must be"):
            store.add_message("t", wrong)
        with pytest.raises(ValueError, match="'id' must be"):
            store.add_file(wrong)
    with pytest.raises(ValueError, match="'thread_id' must be"):
        store.add_thread("")
