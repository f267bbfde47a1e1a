from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openai_steps import RunRef
from openai_steps.export import ExportError, _journal
from openai_steps.export._journal import WorkFile, replacing

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
        cut = data.draw(st.integers(0, len(whole)))
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


def test_one_process_at_a_time(tmp_path: Path) -> None:
    pytest.importorskip("fcntl", reason="locks need flock")
    work = WorkFile(tmp_path / "out.part", settings=SETTINGS)
    with pytest.raises(ExportError, match="Another process"):
        WorkFile(tmp_path / "out.part", settings=SETTINGS)
    work.close()
    WorkFile(tmp_path / "out.part", settings=SETTINGS).close()


def test_replacing_is_all_or_nothing(tmp_path: Path) -> None:
    target = tmp_path / "file"
    target.write_bytes(b"old")

    def write(content: bytes, *, fail: bool) -> None:
        with replacing(target) as temporary:
            temporary.write_bytes(content)
            if fail:
                raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write(b"half", fail=True)
    assert target.read_bytes() == b"old"
    write(b"new", fail=False)
    assert target.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [target]
