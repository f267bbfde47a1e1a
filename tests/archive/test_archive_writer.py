"""An archive can be broken off anywhere and gone on with; nothing counts that is not on the disk."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from archive_samples import ASKED, SERVER, archive, fill
from batch_clock import stop_clock

from openai_steps.archive import Archive, ArchiveError, ArchiveWriter, RunState, verify_archive


def test_whatever_is_left_behind_the_last_batch_is_cut_off(tmp_path: Path) -> None:
    folder = archive(tmp_path / "a")
    whole = (folder / "objects-0001.json").read_bytes()
    for torn in (b"{", b'{"openai_steps": {"kind": "step", "objects": [["x", 5]]}}\n', b"\xff\n" * 40):
        (folder / "objects-0001.json").write_bytes(whole + torn)
        assert verify_archive(folder).is_whole
        with ArchiveWriter(folder, server=SERVER, asked=ASKED):
            pass
        assert (folder / "objects-0001.json").read_bytes() == whole


KILLED = """
import os, signal, sys
sys.path[:0] = sys.argv[2:]
from pathlib import Path
from archive_samples import ASKED, SERVER, fill
from openai_steps.archive import ArchiveWriter
writer = ArchiveWriter(Path(sys.argv[1]), server=SERVER, asked=ASKED)
fill(writer)
writer.commit()
fill(writer, runs=5)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
def test_a_killed_process_loses_its_last_batch_only(tmp_path: Path) -> None:
    folder = tmp_path / "a"
    done = subprocess.run([sys.executable, "-c", KILLED, str(folder), *sys.path], capture_output=True, check=False)
    assert done.returncode == -9, done.stderr
    assert verify_archive(folder).is_whole
    with Archive(folder) as found:
        assert len(found.runs("thread_b")) == 3
        assert found.manifest.sessions[-1]["result"] == "interrupted"
    with ArchiveWriter(folder, server=SERVER, asked=ASKED) as writer:
        fill(writer, runs=5)
        writer.complete()
    assert verify_archive(folder).is_whole
    with Archive(folder) as found:
        assert found.manifest.is_complete
        assert found.manifest.counts == {"files": 1, "messages": 2, "runs": 5, "steps": 15, "threads": 1}
        assert found.manifest.unfinished_runs == 1
        assert len(found.manifest.missing) == 1


MEGABYTE = 1024 * 1024


def test_what_is_a_megabyte_or_has_waited_for_a_second_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The index knows nothing of what waits, and so a crash costs no more than that."""
    clock = stop_clock(monkeypatch)
    with ArchiveWriter(tmp_path / "a", server=SERVER, asked=ASKED) as writer:

        def add(number: int, size: int, *, after: float = 0.0) -> int:
            """Add a message after some seconds, and return how many are written."""
            clock.now += after
            writer.add_thread(f"thread_{number}", None, [("msg", b'{"id": "msg", "text": "%s"}' % (b"x" * size))])
            return writer.index.counts().get("message", 0)

        assert add(1, MEGABYTE - 100) == 0
        assert add(2, 100) == 2
        assert add(3, 100) == 2  # it is counted from the beginning again
        assert add(4, 100, after=0.9) == 2
        assert add(5, 100, after=0.1) == 5
        assert add(6, 100, after=0.9) == 5  # and so is the second
        assert add(7, 100, after=0.1) == 7


def test_what_a_killed_process_left_is_taken_away(tmp_path: Path) -> None:
    folder = tmp_path / "a"
    folder.mkdir()
    (folder / "manifest.json.tmp").write_text("{")
    with ArchiveWriter(folder, server=SERVER, asked=ASKED) as writer:
        writer.complete()
    for name in (".abc.part.123-0.part", "abc.part"):
        (folder / "files" / name).write_bytes(b"half a file")
    assert verify_archive(folder).notes == ("2 files in files/ without an owner",)
    with ArchiveWriter(folder, server=SERVER, asked=ASKED) as writer:
        writer.complete()
    assert verify_archive(folder).notes == ()
    assert {path.name for path in folder.iterdir()} == {"manifest.json", "index.sqlite", "objects-0001.json", "files"}


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"server": {**SERVER, "base_url": "http://other"}, "asked": ASKED}, "another server"),
        ({"server": SERVER, "asked": {**ASKED, "include": ["x"]}}, "another include"),
        ({"server": SERVER, "asked": ASKED, "redacted": ["$.metadata"]}, "another redact"),
    ],
)
def test_an_archive_is_of_one_server_and_one_setting(tmp_path: Path, settings: dict[str, object], told: str) -> None:
    folder = archive(tmp_path / "a")
    with pytest.raises(ArchiveError, match=told):
        ArchiveWriter(folder, **settings)  # type: ignore[arg-type]
    with ArchiveWriter(folder, server=SERVER, asked={**ASKED, "threads": ["thread_c"]}) as writer:
        assert writer.manifest.asked["threads"] == ["thread_c"]


def test_nothing_foreign_is_touched(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("mine")
    with pytest.raises(ArchiveError, match="something else in it"):
        ArchiveWriter(tmp_path, server=SERVER, asked=ASKED)
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]


def test_no_link_is_followed(tmp_path: Path) -> None:
    folder, victim = archive(tmp_path / "a"), tmp_path / "victim"
    victim.write_text("precious")
    (folder / "manifest.json.tmp").symlink_to(victim)
    with ArchiveWriter(folder, server=SERVER, asked=ASKED):
        pass
    assert victim.read_text() == "precious"
    objects = folder / "objects-0001.json"
    objects.rename(tmp_path / "elsewhere")
    objects.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match="objects-0001"):
        ArchiveWriter(folder, server=SERVER, asked=ASKED)


def test_an_error_in_the_block_keeps_what_was_added(tmp_path: Path) -> None:
    def broken_off() -> None:
        with ArchiveWriter(tmp_path / "a", server=SERVER, asked=ASKED) as writer:
            writer.add_run(RunState("t", "r", None, False, 0), b"{}", [])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        broken_off()
    assert json.loads((tmp_path / "a" / "manifest.json").read_text())["counts"] == {"runs": 1}
