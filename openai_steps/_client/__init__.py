"""The client: its verbs, one file for each kind of thing that is read."""
