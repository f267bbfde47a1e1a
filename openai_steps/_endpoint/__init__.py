"""Servers as values: address, credentials, and the details in which servers differ."""
