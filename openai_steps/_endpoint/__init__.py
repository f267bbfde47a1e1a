"""Servers as values: where one lives, how it knows who asks, and the details in which it differs from others."""
