"""The table on the comparison page is what the clients do, as far as they are installed in the versions named there."""

from __future__ import annotations

import ast
from pathlib import Path

import measure
import pytest
from other_clients import Client, installed
from prices_of_others import sources_of


def column_of_page(client: Client) -> dict[str, str]:
    """Return the page's answers for a client, by question; none where it names another version."""
    rows = [
        [cell.strip() for cell in line.strip("|").split(" | ")]
        for line in measure.PAGE.read_text("utf-8").partition(measure.BEGIN)[2].splitlines()
        if line.startswith("| ")
    ]
    (title,) = measure.header([client])[1:]
    if title not in rows[0]:
        return {}
    column = rows[0].index(title)
    return {row[0]: row[column] for row in rows[2:]}


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # theirs, at each call
@pytest.mark.parametrize("client", measure.present(), ids=lambda client: client.package)
async def test_page_says_what_a_client_does(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    told = column_of_page(client)
    if not told:
        assert client.package != "openai-steps", "the page is about another version of this package"
        pytest.skip(f"the page is about another version than {installed(type(client))}")
    for variable in ("OPENAI_ORG_ID", "OPENAI_PROJECT_ID", "DASHSCOPE_WORKSPACE_ID"):
        monkeypatch.delenv(variable, raising=False)
    answers = dict(await measure.measure([client]))
    assert answers == told


def test_litellm_has_no_call_for_run_steps() -> None:
    """Read in its sources, from which its calls come: importing it takes seconds, and asks a server for prices."""
    litellm = sources_of("litellm")
    source = Path(str(litellm.locate_file("litellm/assistants/main.py"))).read_text("utf-8")
    calls = {node.name for node in ast.parse(source).body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
    assert {"get_messages", "run_thread"} <= calls
    assert [name for name in calls if "step" in name.lower()] == []
    assert f"LiteLLM {litellm.version} has no call for run steps" in measure.PAGE.read_text("utf-8")
