"""Any walk on any server: each item once, or an error; and no refusal where a client can know that it has all."""

from __future__ import annotations

import random
from collections import Counter

import pytest
from laboratory import CURSORS, SERVERS, Cell, cells, run

from openai_steps._walks.trust import Trust

SAMPLE = 8
"""Cells of each server that are tried here; ``python tests/walks/laboratory.py`` tries them all."""


def sample(server: str, seed: int) -> list[Cell]:
    dice = random.Random(f"{server} {seed}")
    return [
        Cell(
            server=server,
            page_size=(size := dice.choice([1, 2, 7, 20, 100])),
            count=(count := dice.choice([1, 2, 5, 8, size, size + 1, 2 * size, 101, 130, 250])),
            ids=dice.choice(["rising", "random", "falling"]),
            ties=dice.choice([1, 2, 5, 0]),
            order=dice.choice(["asc", "desc"]),
            cursors=dice.choice([cursors for cursors in CURSORS if cursors != "both" or count > 2]),
            verified=dice.random() < 0.3,
            max_steps=dice.choice([None, None, 1, 3, 105]),
        )
        for _ in range(SAMPLE)
    ]


@pytest.mark.parametrize("server", SERVERS)
def test_a_walk_is_exact_or_refused_and_refused_only_where_it_must_be(server: str) -> None:
    for cell in sample(server, 1):
        outcome, _ = run(cell)
        assert outcome == "exact" or (outcome == "refused" and not cell.readable()), cell


@pytest.mark.parametrize("server", SERVERS)
def test_a_client_that_has_read_other_lists_is_exact_too(server: str) -> None:
    trust = Trust()
    for cell in sample(server, 2):
        assert run(cell, trust)[0] != "wrong", cell


def test_most_of_what_is_tried_is_read() -> None:
    outcomes = Counter(run(cell)[0] for server in SERVERS for cell in sample(server, 3)[:4])
    assert outcomes["exact"] > 2 * outcomes["refused"]


def test_the_matrix_has_every_server_and_kind_of_cursor() -> None:
    tried = list(cells(page_sizes=[2]))
    assert {cell.server for cell in tried} == set(SERVERS)
    assert {cell.cursors for cell in tried} == set(CURSORS)
