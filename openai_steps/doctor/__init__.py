"""Is this server sound? The questions, and what the answers mean."""
