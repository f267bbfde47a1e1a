"""Pages as shells and notebooks show them: one line, and a row for each step."""

from __future__ import annotations

from builders import page_body, step_body
from thread_bodies import message_body, run_body, thread_body

from openai_steps import MessagePage, RunPage, ThreadPage, structure_page


def test_a_page_is_one_line_however_many_steps() -> None:
    page = structure_page(page_body(*(step_body(id=f"step_{n}") for n in range(100)), has_more=True))
    assert repr(page) == "StepPage(100 steps, first='step_0', last='step_99', has_more=True)"
    assert repr(structure_page(page_body(has_more=False))) == "StepPage(0 steps, has_more=False)"


def test_pages_of_other_kinds_name_what_they_hold() -> None:
    run, message, thread = run_body(id="run_1"), message_body(id="msg_1"), thread_body(id="thread_1")
    runs = structure_page(page_body(run), RunPage)
    assert repr(runs) == "RunPage(1 run, first='run_1', last='run_1', has_more=False)"
    assert "<caption>1 run</caption>" in runs._repr_html_()
    messages = structure_page(page_body(message, message, has_more=True), MessagePage)
    assert repr(messages) == "MessagePage(2 messages, first='msg_1', last='msg_1', has_more=True)"
    assert "<caption>2 messages, and there are more</caption>" in messages._repr_html_()
    threads = structure_page(page_body(thread), ThreadPage)
    assert repr(threads) == "ThreadPage(1 thread, first='thread_1', last='thread_1', has_more=False)"
    assert "<td>thread_1</td>" in threads._repr_html_()


def test_a_notebook_shows_its_steps() -> None:
    page = structure_page(page_body(*(step_body(id=f"step_{n}") for n in range(100)), has_more=True))
    assert "<caption>100 steps, and there are more</caption>" in page._repr_html_()
    assert page._repr_html_().count("<tr>") == 101
    assert "<td>step_57</td>" in page._repr_html_()
