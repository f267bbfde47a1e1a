"""What users hold: steps and tool calls, runs, messages, threads, files, and pages of them."""
