"""A web service that shows a run as it grows: each step is a server-sent event.

    OPENAI_BASE_URL=http://127.0.0.1:8000/v1 uvicorn service:app --port 8080
    curl -N http://127.0.0.1:8080/threads/thread_abc/runs/run_abc/events

In a browser: ``new EventSource("/threads/…/runs/…/events")``. It comes back by itself when the connection breaks, and
goes on behind the last step that was finished.
"""

import asyncio
import signal
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing, asynccontextmanager, contextmanager
from types import FrameType
from typing import Annotated

from fastapi import Depends, FastAPI, Header, HTTPException, Request
from fastapi.sse import EventSourceResponse, ServerSentEvent

from openai_steps import AsyncStepsClient, NotFoundError, RunStep, StepsError, unstructure


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """One client for the whole life of the service: its connections and its rate limit are shared by all requests."""
    app.state.stopping = asyncio.Event()
    with set_at_signals(app.state.stopping):
        async with AsyncStepsClient() as client:
            app.state.client = client
            yield


@contextmanager
def set_at_signals(stopping: asyncio.Event) -> Iterator[None]:
    """Set the event when the server is told to stop, and let the server know, too.

    A lifespan ends after the last stream has, and a stream of a run that goes on would never end.
    """
    loop = asyncio.get_running_loop()
    in_main = threading.current_thread() is threading.main_thread()  # no other may handle signals
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM) if in_main}

    def handle(number: int, frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(stopping.set)
        handler = handlers[signal.Signals(number)]
        if callable(handler):
            handler(number, frame)

    for number, handler in handlers.items():
        if callable(handler):
            signal.signal(number, handle)
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)


app = FastAPI(lifespan=lifespan)


def get_client(request: Request) -> AsyncStepsClient:
    client: AsyncStepsClient = request.app.state.client
    return client


Client = Annotated[AsyncStepsClient, Depends(get_client)]


async def run_exists(thread_id: str, run_id: str, client: Client) -> None:
    """Refuse what does not exist while there is still a status to send: a stream that has begun is a 200."""
    try:
        await client.get_run(thread_id, run_id)
    except (NotFoundError, ValueError):
        raise HTTPException(404, f"There is no run {run_id} in thread {thread_id}.") from None
    except StepsError as error:
        raise HTTPException(502, f"The run cannot be read: {type(error).__name__}.") from error


@app.get(
    "/threads/{thread_id}/runs/{run_id}/events",
    response_class=EventSourceResponse,
    dependencies=[Depends(run_exists)],
)
async def events(
    request: Request,
    thread_id: str,
    run_id: str,
    client: Client,
    last_event_id: Annotated[str | None, Header()] = None,
) -> AsyncIterator[ServerSentEvent]:
    """Send each step when it appears and whenever it changes, and an event ``end`` when the run has ended.

    When the browser goes away, FastAPI cancels this generator in the middle of its waiting, and the polling ends. When
    the service stops the stream breaks off, and the browser comes back to the next one.
    """
    bookmark = Bookmark()
    stopping: asyncio.Event = request.app.state.stopping
    try:
        async with (
            aclosing(client.follow_steps(thread_id, run_id, after=last_event_id)) as followed,
            aclosing(until(stopping, followed)) as steps,
        ):
            async for step in steps:
                yield ServerSentEvent(event="step", id=bookmark.after(step), data=unstructure(step))
    except StepsError as error:
        yield ServerSentEvent(event="failure", data={"error": type(error).__name__, "message": error.message})
    else:
        if not stopping.is_set():
            yield ServerSentEvent(event="end", data={})


async def until(stopping: asyncio.Event, steps: AsyncIterator[RunStep]) -> AsyncIterator[RunStep]:
    """Yield steps until there are no more, or the service is to stop."""
    stopped = asyncio.ensure_future(stopping.wait())
    try:
        while True:
            step = asyncio.ensure_future(anext(steps, None))
            await asyncio.wait((step, stopped), return_when=asyncio.FIRST_COMPLETED)
            if not step.done() or (found := step.result()) is None:
                return
            yield found
    finally:
        step.cancel()
        stopped.cancel()
        await asyncio.wait((step, stopped))


class Bookmark:
    """The id that a browser sends when it comes back: of a step before which nothing is unfinished."""

    def __init__(self) -> None:
        self._unfinished: set[str] = set()

    def after(self, step: RunStep) -> str | None:
        if step.is_finished:
            self._unfinished.discard(step.id)
        else:
            self._unfinished.add(step.id)
        return None if self._unfinished else step.id
