from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openai_steps import RunRef
from openai_steps.export import ExportError, _journal
from openai_steps.export._journal import WorkFile

batches = st.lists(st.binary(max_size=50), max_size=6)


SETTINGS = {"format": ".jsonl"}


def commit(work: WorkFile, number: int, data: bytes) -> None:
    work.commit(data, [RunRef("thread", f"run_{number}")], steps=len(data))


@given(first=batches, second=batches, garbage=st.binary(max_size=60), data=st.data())
def test_whatever_a_crash_leaves_the_file_is_what_the_journal_says(
    first: list[bytes], second: list[bytes], garbage: bytes, data: st.DataObject
) -> None:
    """A crash leaves the journal cut off anywhere, but the work file never behind it, and perhaps ahead of it."""
    with TemporaryDirectory() as folder:
        path = Path(folder, "out.part")
        journal = Path(folder, "out.part.journal")
        work = WorkFile(path, settings=SETTINGS)
        for number, content in enumerate(first):
            commit(work, number, content)
        work.close()
        whole = journal.read_bytes()
        header = whole.index(b"\n") + 1  # synced before anything else is written
        cut = data.draw(st.integers(header, len(whole)))
        journal.write_bytes(whole[:cut])
        path.write_bytes(path.read_bytes() + garbage)
        kept = max(whole[:cut].count(b"\n") - 1, 0)

        work = WorkFile(path, settings=SETTINGS)
        assert work.found == {("thread", f"run_{number}") for number in range(kept)}
        assert work.steps == sum(map(len, first[:kept]))
        for number, content in enumerate(second, start=kept):
            commit(work, number, content)
        work.complete(failures=2)
        work.close()
        assert path.read_bytes() == b"".join(first[:kept] + second)
        again = WorkFile(path, settings=SETTINGS)
        assert again.is_complete
        assert again.failures == 2
        assert len(again.found) == kept + len(second)
        again.remove()
        assert list(Path(folder).iterdir()) == []


@pytest.mark.parametrize("failing", [1, 2])
def test_a_full_disk_loses_and_repeats_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: int) -> None:
    work = WorkFile(tmp_path / "out.part", settings=SETTINGS)
    commit(work, 1, b"one ")
    syncs = 0

    def sync(file: IO[bytes]) -> None:
        nonlocal syncs
        syncs += 1
        if syncs == failing:  # the first is of the data, the second of the journal; what was written, stays
            raise OSError("No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(_journal, "sync", sync)
        with pytest.raises(OSError, match="No space"):
            commit(work, 2, b"two, torn ")
    commit(work, 3, b"three ")
    work.close()
    again = WorkFile(tmp_path / "out.part", settings=SETTINGS)
    assert again.found == {("thread", "run_1"), ("thread", "run_3")}
    again.close()
    assert (tmp_path / "out.part").read_bytes() == b"one three "


class TakesLittle:
    """A file that takes no more than a thousand bytes at once, as one may near a full disk."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def write(self, data: memoryview) -> int:
        return self._file.write(data[:1000])

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


def test_a_file_that_takes_less_than_all_gets_the_rest(tmp_path: Path) -> None:
    work = WorkFile(tmp_path / "out.part", settings=SETTINGS)
    assert work._data is not None
    work._data.file = TakesLittle(work._data.file)  # type: ignore[assignment]
    contents = [bytes(range(256)) * 10, b"", b"short", bytes(range(255, -1, -1)) * 9]
    for number, content in enumerate(contents):
        commit(work, number, content)
    work.close()
    assert (tmp_path / "out.part").read_bytes() == b"".join(contents)


def test_other_settings_are_refused_once_there_is_something(tmp_path: Path) -> None:
    other: dict[str, Any] = {"format": ".jsonl", "include": ["more"]}
    WorkFile(tmp_path / "out.part", settings=SETTINGS).close()
    work = WorkFile(tmp_path / "out.part", settings=other)  # nothing had been written
    commit(work, 1, b"one")
    work.close()
    with pytest.raises(ExportError, match="begun with other settings"):
        WorkFile(tmp_path / "out.part", settings=SETTINGS)


def test_a_work_file_that_does_not_fit_is_refused(tmp_path: Path) -> None:
    work = WorkFile(tmp_path / "out.part", settings=SETTINGS)
    commit(work, 1, b"one")
    work.close()
    (tmp_path / "out.part").write_bytes(b"on")
    with pytest.raises(ExportError, match="shorter than"):
        WorkFile(tmp_path / "out.part", settings=SETTINGS)


@given(
    first=st.lists(st.binary(min_size=1, max_size=50), min_size=1, max_size=6),
    where=st.integers(0),
    change=st.integers(1, 255),
    cut=st.booleans(),
)
def test_a_damaged_journal_is_told_in_words(first: list[bytes], where: int, change: int, cut: bool) -> None:
    """Any byte that changes, and any line that is gone, is found out; nothing is begun anew without a word."""
    with TemporaryDirectory() as folder:
        path, journal = Path(folder, "out.part"), Path(folder, "out.part.journal")
        work = WorkFile(path, settings=SETTINGS)
        for number, content in enumerate(first):
            commit(work, number, content)
        work.close()
        whole, data = journal.read_bytes(), path.read_bytes()
        lines = whole.splitlines(keepends=True)
        if cut and len(lines) > 2:
            del lines[where % (len(lines) - 1)]  # the last one may be lost: it is as if it had never been written
            changed = b"".join(lines)
        else:
            at = where % (len(whole) - 1)
            changed = whole[:at] + bytes([whole[at] ^ change]) + whole[at + 1 :]
        journal.write_bytes(changed)
        with pytest.raises(ExportError, match=r"out\.part\.journal"):
            WorkFile(path, settings=SETTINGS).close()
        assert path.read_bytes() == data


def test_an_empty_journal_beside_a_full_file_is_no_new_beginning(tmp_path: Path) -> None:
    work = WorkFile(tmp_path / "out.part", settings=SETTINGS)
    commit(work, 1, b"one")
    work.close()
    (tmp_path / "out.part.journal").write_bytes(b'{"openai_steps')
    with pytest.raises(ExportError, match="it is empty, and the other is not"):
        WorkFile(tmp_path / "out.part", settings=SETTINGS)
    assert (tmp_path / "out.part").read_bytes() == b"one"


def test_one_process_at_a_time(tmp_path: Path) -> None:
    pytest.importorskip("fcntl", reason="locks need flock")
    work = WorkFile(tmp_path / "out.part", settings=SETTINGS)
    with pytest.raises(ExportError, match="Another process"):
        WorkFile(tmp_path / "out.part", settings=SETTINGS)
    work.close()
    WorkFile(tmp_path / "out.part", settings=SETTINGS).close()


@pytest.mark.parametrize(
    "line",
    [
        {"start": 0, "end": 1.5, "steps": 1, "runs": []},
        {"start": 0, "end": True, "steps": 1, "runs": []},
        {"start": 0, "end": 1, "steps": None, "runs": []},
        {"start": 0, "end": 1, "steps": 1, "runs": [[1, 2]]},
        {"start": 0, "end": 1, "steps": 1, "runs": [["t"]]},
        {"start": 0, "end": 1, "steps": 1, "runs": [[[], {}]]},
        {"start": 0, "end": 1, "steps": 1, "runs": [], "unreadable": [7]},
        {"start": 0, "end": 10**30, "steps": 1, "runs": []},
        {"complete": True},
        {"complete": True, "failures": "2"},
    ],
)
def test_a_line_that_says_what_no_export_wrote_is_told(tmp_path: Path, line: dict[str, Any]) -> None:
    work = WorkFile(tmp_path / "out.part", settings=SETTINGS)
    commit(work, 1, b"data")
    work.close()
    journal = tmp_path / "out.part.journal"
    head = journal.read_bytes().partition(b"\n")[0] + b"\n"
    journal.write_bytes(head + _journal._write_entry(line))
    with pytest.raises(ExportError, match=r"out\.part\.journal does not fit out\.part, or is damaged"):
        WorkFile(tmp_path / "out.part", settings=SETTINGS)
    assert (tmp_path / "out.part").read_bytes() == b"data"


@pytest.mark.parametrize("text", [b"precious", b"precious\n", b'{"mine": 1}\n', b'{"openai_step', b""])
def test_a_journal_of_somebody_else_is_left_alone(tmp_path: Path, text: bytes) -> None:
    journal = tmp_path / "out.part.journal"
    journal.write_bytes(text)
    if b'{"openai_steps_export"'.startswith(text):  # the process was killed as it began
        WorkFile(tmp_path / "out.part", settings=SETTINGS).close()
        return
    with pytest.raises(ExportError, match=r"out\.part\.journal is not the journal of an export\. Move it away"):
        WorkFile(tmp_path / "out.part", settings=SETTINGS)
    assert journal.read_bytes() == text
    assert not (tmp_path / "out.part").exists()
