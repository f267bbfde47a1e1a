"""Concurrency with asyncio, without a socket: pages ahead, both ends of a list, many runs."""
