"""Pages as shells and notebooks show them: one line, and a row for each step."""

from __future__ import annotations

from builders import page_body, step_body

from openai_steps import structure_page


def test_a_page_is_one_line_however_many_steps() -> None:
    page = structure_page(page_body(*(step_body(id=f"step_{n}") for n in range(100)), has_more=True))
    assert repr(page) == "StepPage(100 steps, first='step_0', last='step_99', has_more=True)"
    assert repr(structure_page(page_body(has_more=False))) == "StepPage(0 steps, has_more=False)"


def test_a_notebook_shows_its_steps() -> None:
    page = structure_page(page_body(*(step_body(id=f"step_{n}") for n in range(100)), has_more=True))
    assert "<caption>100 steps, and there are more</caption>" in page._repr_html_()
    assert page._repr_html_().count("<tr>") == 101
    assert "<td>step_57</td>" in page._repr_html_()
