"""``threads``: where a server has a list of them."""

from __future__ import annotations

from command_line import invoke
from served_thread import a_thread, rows


async def test_threads_where_a_server_has_a_list_of_them_and_where_it_has_none() -> None:
    async with a_thread("azure_foundry") as served:
        base = [*("--provider", "azure_foundry", "--base-url", served.base_url), "--api-key", "any"]
        piped = await invoke("threads", *base)
    assert (piped.exit_code, piped.stderr) == (0, "")
    assert rows(piped.stdout)[0][0] == "thread_1"
