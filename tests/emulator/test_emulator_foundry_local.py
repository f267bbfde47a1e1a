"""What Foundry Local tells of each thing: the keys of its documentation's samples, and a client that reads them."""

from typing import Any

import aiohttp
import pytest
from calling import Caller
from thread_bodies import recorded_threads

from openai_steps import AsyncStepsClient, Endpoint
from openai_steps.emulator import DEMO_RUN, DEMO_THREAD, Emulator

SAMPLES = {name.partition(".")[2]: body for name, body in recorded_threads() if name.startswith("foundry_local.")}
RUN = f"/threads/{DEMO_THREAD}/runs/{DEMO_RUN}"


@pytest.mark.parametrize(
    ("path", "sample"),
    [
        ("/threads?limit=1", SAMPLES["list_threads"]),
        (f"/threads/{DEMO_THREAD}", SAMPLES["thread"]),
        (f"/threads/{DEMO_THREAD}/messages?limit=2", SAMPLES["list_messages"]),
        (RUN, SAMPLES["run"]),
    ],
)
async def test_things_have_the_keys_of_the_samples(path: str, sample: Any) -> None:
    emulator = Emulator.demo(profile="foundry_local")
    emulator.store.add_thread(DEMO_THREAD, title="T", owner_id="o")
    async with emulator.serve() as base_url, aiohttp.ClientSession() as session:
        status, body = await Caller(session, base_url)(path)
    assert status == 200
    if "data" in sample:
        assert body.keys() == sample.keys()
        body, sample = body["data"][0], sample["data"][0]
    assert body.keys() == sample.keys()


async def test_a_client_makes_of_it_what_it_can() -> None:
    async with (
        Emulator.demo(profile="foundry_local").serve() as base_url,
        AsyncStepsClient(Endpoint.foundry_local(base_url)) as client,
    ):
        steps = await client.collect_steps(DEMO_THREAD, DEMO_RUN, order="asc")
        message = await client.get_message(DEMO_THREAD, str(steps[0].message_id))
        run = await client.get_run(DEMO_THREAD, DEMO_RUN)
    assert [step.status for step in steps] == [None] * 12
    names = {call.name for step in steps for call in step.tool_calls}
    assert names >= {"code_interpreter", "file_search", "get_weather_history", "stock_forecast", "bing_grounding"}
    (weather,) = [call for step in steps for call in step.tool_calls if call.name == "get_weather_history"]
    assert str(weather.arguments).startswith('{"city": "Freiburg"')
    assert str(weather.output).startswith('{"days": 319')
    assert (message.agent_id, message.assistant_id, message.attachments) == (
        "asst_yvok56yK5SsJry2UWKaXpQ1b",
        None,
        None,
    )
    assert (run.agent_id, run.model, run.tools) == ("asst_yvok56yK5SsJry2UWKaXpQ1b", None, None)
