"""When finished runs are written: in batches, so that a crash costs little and the disk is seldom waited for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from batch_clock import Clock, stop_clock

from openai_steps._models.raw import RunTexts
from openai_steps.export._export import _Output
from openai_steps.export._journal import WorkFile

MEGABYTE = 1024 * 1024


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return stop_clock(monkeypatch)


class Written(WorkFile):
    """A work file that remembers which runs came at once."""

    batches: list[list[str]]

    def commit(self, data: bytes, runs: object, **details: object) -> None:
        super().commit(data, runs, **details)  # type: ignore[arg-type]
        self.batches.append([run.run_id for run in runs])  # type: ignore[attr-defined]


@pytest.fixture
def work(tmp_path: Path) -> Iterator[Written]:
    work = Written(tmp_path / "out.part", settings={})
    work.batches = []
    yield work
    work.close()


def run(name: str, size: int, *, error: Exception | None = None) -> RunTexts:
    """Return a run whose steps take so many bytes in a file of lines."""
    return RunTexts(thread_id="thread", run_id=name, texts=(b'"%s"' % (b"x" * (size - 3)),), error=error)


def output_to(work: Written, folder: Path) -> _Output:
    return _Output(work, bytes, failures=folder / "failures")


@pytest.mark.usefixtures("clock")
def test_a_megabyte_is_written_at_once_and_not_less(work: Written, tmp_path: Path) -> None:
    with output_to(work, tmp_path) as output:
        output.add(run("a", MEGABYTE // 2))
        output.add(run("b", MEGABYTE // 2 - 1))
        assert work.batches == []
        output.add(run("c", 10))
        assert work.batches == [["a", "b", "c"]]
        output.add(run("d", MEGABYTE // 2))
        assert len(work.batches) == 1  # it is counted from the beginning again
        output.add(run("e", MEGABYTE // 2))
        assert work.batches[1:] == [["d", "e"]]
        output.add(run("f", MEGABYTE))
        assert work.batches[2:] == [["f"]]
    assert len(work.batches) == 3  # there is no empty one


def test_what_has_waited_for_a_second_is_written_with_the_next(work: Written, tmp_path: Path, clock: Clock) -> None:
    with output_to(work, tmp_path) as output:
        clock.now += 0.9
        output.add(run("a", 10))
        assert work.batches == []
        clock.now += 0.1
        output.add(run("b", 10))
        assert work.batches == [["a", "b"]]
        clock.now += 0.9
        output.add(run("c", 10))
        assert len(work.batches) == 1  # the second begins with a batch
        clock.now += 5.0
        output.add(run("d", 10))
        assert work.batches[1:] == [["c", "d"]]


@pytest.mark.usefixtures("clock")
def test_the_rest_is_written_at_the_end_in_one_batch(work: Written, tmp_path: Path) -> None:
    output = output_to(work, tmp_path)
    with output:
        output.add(run("a", 10))
        output.add(run("failed", 2 * MEGABYTE, error=ValueError("no")))  # which goes elsewhere
        output.add(run("b", 10))
    assert work.batches == [["a", "b"]]
    assert work.path.read_bytes().count(b"\n") == 2
    assert (tmp_path / "failures").read_bytes().count(b"\n") == 1
