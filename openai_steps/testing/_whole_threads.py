"""A strategy for threads with everything in them, and the order in which it happened."""

from __future__ import annotations

from typing import Any, Final

from attrs import Factory, define

from openai_steps.testing._calls import WireObject, function_call
from openai_steps.testing._steps import FIRST_CREATED, message_step, tool_step
from openai_steps.testing._threads import assistant_message, thread_run, user_message

try:
    from hypothesis import strategies as st
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        "openai_steps.testing.strategies needs hypothesis: pip install 'openai-steps[testing]'.", name="hypothesis"
    ) from error

texts: Final = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
times: Final = st.integers(FIRST_CREATED, FIRST_CREATED + 5) | st.integers(1, 4_000_000_000)


def ids(kind: str) -> st.SearchStrategy[str]:
    """Give ids that do not rise with time, some of them with characters that are special in a URL.

    Args:
        kind: The part before the underscore, such as ``step``.
    """
    odd = st.text(st.sampled_from("abcXYZ019-_.~/ ?#%+é"), min_size=1, max_size=8)
    return (st.text(st.sampled_from("0123456789abcdef"), min_size=4, max_size=8) | odd).map(f"{kind}_{{}}".format)


@define
class WholeThread:
    """A thread as a server sends it, each list oldest first.

    Attributes:
        thread: The thread object.
        messages: Its messages.
        runs: Its runs.
        steps: The steps of each run by the run's id.
        order: The ids of the messages, and of the steps that wrote none, in the order in which they happened.
        orphans: The ids of the steps whose message was deleted.
    """

    thread: WireObject
    messages: list[WireObject] = Factory(list)
    runs: list[WireObject] = Factory(list)
    steps: dict[str, list[WireObject]] = Factory(dict)
    order: list[str] = Factory(list)
    orphans: list[str] = Factory(list)


class _Story:
    """Builds a thread event by event.

    Events often share a second; but a user's message after the start of a run has a later one, since a thread is
    locked while it runs.
    """

    def __init__(self, data: st.DataObject) -> None:
        self._data = data
        self._now = FIRST_CREATED
        self._names = 0
        self.whole = WholeThread(thread={"id": "thread_1", "object": "thread", "created_at": FIRST_CREATED})

    def wait(self) -> None:
        self._now += self._draw(st.sampled_from([0, 0, 0, 1, 2]))

    def say(self, role: str, run_id: str | None = None) -> str:
        fields: dict[str, Any] = {"id": self._name("msg"), "created_at": self._now, "thread_id": "thread_1"}
        message = user_message(**fields) if role == "user" else assistant_message(run_id=run_id, **fields)
        self.whole.messages.append(message)
        self.whole.order.append(message["id"])
        return str(message["id"])

    def run(self) -> None:
        run = thread_run(id=self._name("run"), created_at=self._now, thread_id="thread_1")
        began = self._now
        self.whole.runs.append(run)
        self.whole.steps[run["id"]] = []
        for writes in self._draw(st.lists(st.booleans(), max_size=4)):
            self.wait()
            self._step(run["id"], writes)
        self._now = max(self._now, began + 1)

    def _step(self, run_id: str, writes: bool) -> None:
        fields: dict[str, Any] = {
            "id": self._name("step"),
            "run_id": run_id,
            "thread_id": "thread_1",
            "created_at": self._now,
        }
        if writes:
            step = message_step(message_id=self.say("assistant", run_id), **fields)
            if self._draw(st.integers(0, 4)) == 0:  # the message is deleted
                self.whole.messages.pop()
                self.whole.order.pop()
                self.whole.orphans.append(step["id"])
        else:
            output = self._draw(st.sampled_from([None, "", "21 °C"]))
            step = tool_step(calls=[function_call("get_weather", '{"city": "Paris"}', output)], **fields)
            self.whole.order.append(step["id"])
        self.whole.steps[run_id].append(step)

    def _name(self, kind: str) -> str:
        self._names += 1
        return f"{kind}_{self._draw(st.integers(0, 9))}{self._names}"

    def _draw(self, strategy: st.SearchStrategy[Any]) -> Any:
        return self._data.draw(strategy)


def whole_threads(*, max_events: int = 6) -> st.SearchStrategy[WholeThread]:
    """Give threads with messages, runs and steps, and the order in which all of it happened.

    Runs may have no steps or no message, as failed runs do; messages may be deleted or of no run; many times tie. Their
    ``order`` is the one that `openai_steps.turns.order_turns` should find.

    Args:
        max_events: The most messages of users, messages posted in the assistant's name, and runs.
    """
    events = st.lists(st.sampled_from(["user", "assistant", "run", "run"]), max_size=max_events)

    @st.composite
    def happen(draw: st.DrawFn) -> WholeThread:
        story = _Story(draw(st.data()))
        for event in draw(events):
            if event == "run":
                story.run()
            else:
                story.say(event)
            story.wait()
        return story.whole

    return happen()
