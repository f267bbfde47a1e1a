"""Which page to ask for next, as state machines: nothing here awaits."""
