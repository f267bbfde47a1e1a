import csv
import io
from pathlib import Path

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openai_steps import RunRef
from openai_steps.export import RunsFileError, read_run_refs
from openai_steps.export._runs import Unseen

ids = st.text(st.characters(exclude_categories=["Cs", "Cc", "Z"]), min_size=1, max_size=12)


refs = st.lists(st.builds(RunRef, ids, ids), max_size=8)


@given(refs)
def test_json_lines(runs: list[RunRef]) -> None:
    lines = [orjson.dumps({"thread_id": r.thread_id, "run_id": r.run_id, "more": 1}).decode() + "\n" for r in runs]
    assert list(read_run_refs(lines)) == runs


@given(refs)
def test_csv(runs: list[RunRef]) -> None:
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    writer.writerow(["when", "run_id", "thread_id"])
    writer.writerows(["today", run.run_id, run.thread_id] for run in runs)
    file.seek(0)
    assert list(read_run_refs(file)) == runs


def test_run_objects_of_the_api() -> None:
    line = '{"object": "thread.run", "id": "run_1", "thread_id": "thread_1", "status": "completed"}'
    assert list(read_run_refs([line])) == [RunRef("thread_1", "run_1")]


def test_empty_lines_and_a_byte_order_mark_are_skipped() -> None:
    lines = ["\ufeff", "\n", '{"thread_id": "t", "run_id": "r"}\n', "  \n"]
    assert list(read_run_refs(lines)) == [RunRef("t", "r")]
    assert list(read_run_refs(["\ufeffthread_id, run_id\r\n", "t, r\r\n"])) == [RunRef("t", "r")]
    assert list(read_run_refs([])) == []


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (['{"thread_id": "t", "run_id": "r"}', "{oops"], "ids.txt, line 2: not JSON"),
        (['{"thread_id": "t", "run_id": "r"}', "", "[]"], "ids.txt, line 3: not a JSON object"),
        (['{"thread_id": "t"}'], "ids.txt, line 1: run_id must be a text"),
        (['{"thread_id": 7, "run_id": "r"}'], "ids.txt, line 1: thread_id must be a text that is not empty, not 7"),
        (["thread_id,run_id", "t,r", "t,"], "ids.txt, row 3: run_id must be"),
        (["thread_id,run_id", "t"], "ids.txt, row 2: run_id must be"),
        (["thread,run", "t,r"], "neither JSON Lines nor CSV with the columns"),
    ],
)
def test_wrong_lines_are_named(lines: list[str], told: str) -> None:
    with pytest.raises(RunsFileError, match=told.replace("[", r"\[")):
        list(read_run_refs(lines, name="ids.txt"))


def test_unseen_says_yes_once() -> None:
    unseen = Unseen({("t", "known")})
    runs = [RunRef("t", "known"), RunRef("t", "new"), RunRef("t", "new"), RunRef("u", "known")]
    assert [run for run in runs if unseen(run)] == [RunRef("t", "new"), RunRef("u", "known")]


def test_bytes_that_are_no_text_are_told_with_their_line(tmp_path: Path) -> None:
    path = tmp_path / "ids.txt"
    path.write_bytes(b'{"thread_id": "t", "run_id": "r"}\n' * 3 + b'{"thread_id": "\xff", "run_id": "r"}\n')
    with open(path, encoding="utf-8") as lines, pytest.raises(RunsFileError, match=r"ids\.txt, line \d.*not UTF-8"):
        list(read_run_refs(lines, name="ids.txt"))


def test_where_bytes_are_escaped_their_line_is_told_exactly(tmp_path: Path) -> None:
    path = tmp_path / "ids.csv"
    path.write_bytes("thread_id,run_id\né,r\n".encode() + b"t,r\n" * 3 + b"\xff,r\n" + b"t,r\n")
    with open(path, encoding="utf-8", errors="surrogateescape", newline="") as lines:
        refs = read_run_refs(lines, name="ids.csv")
        assert [next(refs).thread_id for _ in range(4)] == ["é", "t", "t", "t"]
        with pytest.raises(RunsFileError, match=r"ids\.csv, line 6: not UTF-8"):
            next(refs)


def test_a_field_that_is_too_long_is_told_with_its_row() -> None:
    lines = ["thread_id,run_id,text", f"t,r,{'x' * 140_000}"]
    with pytest.raises(RunsFileError, match=r"ids\.txt, row 2: not CSV: field larger"):
        list(read_run_refs(lines, name="ids.txt"))
