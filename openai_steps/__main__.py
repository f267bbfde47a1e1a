"""``python -m openai_steps``: the command line."""

from openai_steps.cli import main

main()
