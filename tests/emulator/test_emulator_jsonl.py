"""JSON Lines of steps and runs."""

from pathlib import Path

import pytest

from openai_steps.emulator import Emulator, JSONLinesError, load_jsonl, read_jsonl

STEP = '{"id": "a", "thread_id": "t", "run_id": "r", "created_at": 1, "status": "completed"}'


def test_steps_make_their_run(tmp_path: Path) -> None:
    path = tmp_path / "steps.jsonl"
    path.write_text(f"\ufeff{STEP}\r\n\n" + STEP.replace('"a"', '"b"') + "\n", encoding="utf-8")
    store = load_jsonl(path)
    assert [step["id"] for step in store.steps("t", "r")] == ["a", "b"]
    run = store.run("t", "r")
    assert run is not None
    assert run["status"] == "completed"


@pytest.mark.parametrize("run_first", [True, False])
def test_a_given_run_is_kept_wherever_it_stands(run_first: bool) -> None:
    run = '{"object": "thread.run", "id": "r", "thread_id": "t", "status": "expired"}'
    store = read_jsonl([run, STEP] if run_first else [STEP, run])
    kept = store.run("t", "r")
    assert kept is not None
    assert kept["status"] == "expired"
    assert "usage" not in kept
    assert len(store.steps("t", "r")) == 1


def test_lines_say_what_they_are() -> None:
    store = read_jsonl(
        [
            '{"object": "thread.message", "id": "m", "thread_id": "t", "created_at": 3}',
            '{"object": "thread", "id": "t", "title": "T"}',
            '{"object": "file", "id": "f"}',
            STEP,
        ]
    )
    assert [message["id"] for message in store.messages("t")] == ["m"]
    thread, file = store.thread("t"), store.file("f")
    assert thread is not None
    assert (thread["title"], thread["created_at"]) == ("T", 1)
    assert file is not None
    assert len(store.steps("t", "r")) == 1


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{", "not JSON"),
        ('{"id": NaN}', "not JSON"),
        ("[]", "not a JSON object"),
        ('{"id": "b", "run_id": "r"}', "'thread_id' must be text and not empty, not None"),
        ('{"id": "b", "thread_id": "t"}', "'run_id' must be"),
        ('{"id": "", "thread_id": "t", "run_id": "r"}', "'id' must be"),
        (STEP, "step 'a' is given twice"),
        (STEP.replace('"a"', '"b"').replace("1", "true"), "'created_at' must be a number"),
        (STEP.replace('"a"', '"b"').replace("1", '"noon"'), "'created_at' must be a number"),
        ('{"object": "thread.run", "id": "r"}', "'thread_id' must be"),
        ('{"object": "thread.message", "id": "m"}', "'thread_id' must be"),
        ('{"object": "thread"}', "'id' must be"),
        ('{"object": "file"}', "'id' must be"),
        ('{"object": "thread.message", "id": "m", "thread_id": "t", "created_at": "x"}', "'created_at' must be"),
    ],
)
def test_errors_name_the_line(tmp_path: Path, line: str, reason: str) -> None:
    path = tmp_path / "steps.jsonl"
    path.write_text(f"{STEP}\n\n{line}\n")
    with pytest.raises(JSONLinesError, match=r"^steps\.jsonl, line 3: ") as caught:
        Emulator.from_jsonl(path)
    assert reason in str(caught.value)


def test_a_run_given_twice_names_both_lines() -> None:
    run = '{"object": "thread.run", "id": "r", "thread_id": "t"}'
    with pytest.raises(JSONLinesError, match="line 2: the run 'r' was given on line 1"):
        read_jsonl([run, run])


def test_times_may_be_iso_text() -> None:
    store = read_jsonl([STEP.replace("1", '"2026-11-17T08:42:06Z"')])
    assert store.steps("t", "r")[0]["created_at"] == "2026-11-17T08:42:06Z"


def test_bytes_that_are_not_utf8() -> None:
    with pytest.raises(JSONLinesError, match="line 1: not JSON"):
        read_jsonl([b'{"id": "\xff"}'])


def test_a_missing_file_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        load_jsonl(tmp_path / "none.jsonl")
