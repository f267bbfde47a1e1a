"""The form."""

from __future__ import annotations

from typing import Any

import pytest

from openai_steps import INCLUDE_FILE_SEARCH_CONTENT
from openai_steps.console._form import PARAMETERS, Call, FormError, read_form, read_pasted, thread_of

IDS = {"thread_id": "t", "run_id": "r"}


def test_all_seven_parameters_are_explained() -> None:
    names = [parameter.name for parameter in PARAMETERS]
    assert names == ["thread_id", "run_id", "limit", "order", "after", "before", "include[]"]
    assert [parameter.required for parameter in PARAMETERS] == [True, True, False, False, False, False, False]
    assert all(parameter.about.endswith(".") for parameter in PARAMETERS)


def test_only_what_is_filled_in_is_sent() -> None:
    call = read_form({**IDS, "limit": "", "order": "", "after": " ", "before": None, "include": []})
    assert call == Call(thread_id="t", run_id="r")
    assert call.query == {}


def test_a_form() -> None:
    form = {
        "thread_id": "  t\n",
        "run_id": "r",
        "limit": "7",
        "order": "asc",
        "after": "a",
        "include": ["x", " x ", ""],
    }
    assert read_form(form).query == {"limit": 7, "order": "asc", "after": "a", "include": ("x",)}
    assert read_form({**IDS, "include": "x\n y \n"}).include == ("x", "y")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"thread_id": ""}, "Fill in thread_id."),
        ({"thread_id": ".."}, "thread_id must be an id"),
        ({"thread_id": 7}, "thread_id must be text"),
        ({"run_id": "r\u202eevil"}, "cannot be seen"),
        ({"run_id": "a\x1b[31m"}, "cannot be seen"),
        ({"run_id": "x" * 2000}, "2000 characters"),
        ({"run_id": "\udcff"}, "run_id"),
        ({"limit": "0"}, "from 1 to 100"),
        ({"limit": "101"}, "from 1 to 100"),
        ({"limit": "many"}, "from 1 to 100"),
        ({"order": "up"}, "asc or desc"),
        ({"after": "a\nb"}, "cannot be seen"),
        ({"include": ["a\x00"]}, "names of characters"),
        ({"include": [1]}, "list of names"),
        ({"include": list("abcdefghi")}, "up to 8"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(given: dict[str, Any], message: str) -> None:
    with pytest.raises(FormError) as caught:
        read_form({**IDS, **given})
    (name,) = given
    assert set(caught.value.fields) == {name}
    assert message in caught.value.fields[name]
    assert caught.value.fields[name].isprintable()


def test_all_that_is_wrong_is_said_at_once() -> None:
    with pytest.raises(FormError) as caught:
        read_form({"limit": "x"})
    assert set(caught.value.fields) == {"thread_id", "run_id", "limit"}


def test_the_thread_alone() -> None:
    assert thread_of({"thread_id": " t "}) == "t"
    with pytest.raises(FormError, match="Fill in thread_id"):
        thread_of({})


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("https://h/v1/threads/t/runs/r/steps", {"thread_id": "t", "run_id": "r"}),
        ("https://h/api/projects/p/threads/t/runs/r?api-version=v1", {"thread_id": "t", "run_id": "r"}),
        (
            "curl -H 'Authorization: Bearer sk' \\\n 'https://h/v1/threads/t/runs/r/steps?limit=5&order=asc&after=a'",
            {"thread_id": "t", "run_id": "r", "limit": "5", "order": "asc", "after": "a"},
        ),
        (
            f"https://h/threads/t/runs/r/steps?include[]={INCLUDE_FILE_SEARCH_CONTENT.replace('[', '%5B')}&x=1",
            {"thread_id": "t", "run_id": "r", "include": [INCLUDE_FILE_SEARCH_CONTENT]},
        ),
        ("/threads/a%20b/runs/r", {"thread_id": "a b", "run_id": "r"}),
        ("https://h/v1/threads/t", {"thread_id": "t", "run_id": ""}),
        ("see thread_abc and run_def", {"thread_id": "thread_abc", "run_id": "run_def"}),
        ("run_def alone", {}),
        ("", {}),
        ("x" * 100_000, {}),
    ],
)
def test_what_is_pasted(text: str, found: dict[str, Any]) -> None:
    assert read_pasted(text) == found
