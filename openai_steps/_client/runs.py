"""The verbs for runs."""

from __future__ import annotations

from openai_steps._client.requests import Requests
from openai_steps._http.replies import is_immutable, read_reply
from openai_steps._http.requests import run_request
from openai_steps._models.runs import Run
from openai_steps._settings import Timeouts


class RunVerbs(Requests):
    """Reads runs."""

    async def get_run(self, thread_id: str, run_id: str, *, timeout: Timeouts | float | None = None) -> Run:
        """Read the run itself: its status and times.

        Args:
            thread_id: The thread's id.
            run_id: The run's id.
            timeout: Instead of the client's.

        Raises:
            NotFoundError: If there is no such run.
            StepsError: If anything else went wrong.
            ValueError: If an id is empty or malformed.
        """
        run, _ = await self._look_at_run(thread_id, run_id, timeout=timeout)
        return run

    async def _look_at_run(self, thread_id: str, run_id: str, *, timeout: Timeouts | float | None) -> tuple[Run, bool]:
        """Read the run, and whether the server says that it will not change any more."""
        request = run_request(self.endpoint, thread_id, run_id)
        reply = await self._get(request, timeout)
        return read_reply(reply, Run, request=request), is_immutable(reply)
