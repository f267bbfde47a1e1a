"""The models: steps and tool calls, runs, messages, threads, files, and pages of them."""
