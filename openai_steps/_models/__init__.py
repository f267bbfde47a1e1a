"""What users hold: steps, tool calls, runs and pages."""
