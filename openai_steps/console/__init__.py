"""A local page to try a call and to see a run: a form, tables, timelines, live runs and code to paste.

    console = Console({"my server": Endpoint.compatible("http://127.0.0.1:8000/v1")})
    async with console.serve(port=8766) as origin:
        print(origin + console.invite())  # opens the page, once

It needs the extra ``console`` (Jinja2, for the timeline).
"""

from openai_steps.console._app import Console

__all__ = ["Console"]
