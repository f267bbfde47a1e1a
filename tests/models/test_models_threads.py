"""Threads and files."""

from reaching import check_reachable
from thread_bodies import EVERY_FILE, EVERY_THREAD

from openai_steps import structure_file, structure_thread


def test_every_field_of_a_thread_can_be_reached() -> None:
    (body,) = EVERY_THREAD
    check_reachable(structure_thread(body), body)
    assert structure_thread(body).extra == {"owner_id": "o"}


def test_every_field_of_a_file_can_be_reached() -> None:
    (body,) = EVERY_FILE
    check_reachable(structure_file(body), body)
    assert structure_file(body).extra.keys() == {"depends_on"}
