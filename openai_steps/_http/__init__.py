"""HTTP without I/O: requests and replies as values."""
