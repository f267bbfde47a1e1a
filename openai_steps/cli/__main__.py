"""``python -m openai_steps.cli``."""

from openai_steps.cli import main

main()
