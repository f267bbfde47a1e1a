"""A gateway that holds the key: programs read steps and runs through it without one.

async with AsyncStepsClient() as client, Gateway(client).serve(port=8765) as base_url:
print(base_url)  # http://127.0.0.1:8765/v1
await asyncio.Event().wait()
"""

from openai_steps.gateway._events import GatewayEvent, log_event
from openai_steps.gateway._gateway import Gateway, create_app
from openai_steps.gateway._server import Bounds

__all__ = ["Bounds", "Gateway", "GatewayEvent", "create_app", "log_event"]
