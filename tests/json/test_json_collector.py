"""The cyclic collector is paused for a page, and never left off."""

import gc
import sys
import threading
from collections.abc import Iterator

import pytest

from openai_steps._json.collector import CollectorPaused


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    interval = sys.getswitchinterval()
    yield
    sys.setswitchinterval(interval)
    gc.enable()


def test_it_is_off_inside_and_on_again_outside() -> None:
    with CollectorPaused():
        assert not gc.isenabled()
    assert gc.isenabled()


def test_an_error_switches_it_on_again() -> None:
    with pytest.raises(KeyError), CollectorPaused():
        raise KeyError
    assert gc.isenabled()


def test_off_by_its_owner_it_stays_off() -> None:
    gc.disable()
    with CollectorPaused():
        pass
    assert not gc.isenabled()


def test_only_the_first_of_two_threads_switches() -> None:
    with CollectorPaused():
        with CollectorPaused():  # a second thread finds it off
            pass
        assert not gc.isenabled()
        gc.enable()  # and one that finds it on, since the first is about to leave, finds it taken
        with CollectorPaused():
            assert gc.isenabled()
    assert gc.isenabled()


def test_many_threads_leave_it_on() -> None:
    sys.setswitchinterval(1e-6)

    def pause_often() -> None:
        for _ in range(20_000):
            with CollectorPaused():
                pass

    threads = [threading.Thread(target=pause_often) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert gc.isenabled()
