"""A caller of the emulator."""

import json
from typing import Any

import aiohttp
from yarl import URL


class Caller:
    def __init__(self, session: aiohttp.ClientSession, base_url: str) -> None:
        self.session = session
        self.base_url = base_url

    async def __call__(self, path: str, method: str = "GET") -> tuple[int, Any]:
        url = URL(self.base_url + path, encoded=True)
        async with self.session.request(method, url) as response:
            assert response.content_type == "application/json"
            return response.status, json.loads(await response.text())
