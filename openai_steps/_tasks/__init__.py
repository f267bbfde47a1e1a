"""Many things at once with asyncio, without a socket: pages ahead, both ends, many runs."""
