"""Rows are escaped, each value of them, wherever a server puts what."""

from html.parser import HTMLParser

from timeline_steps import hostile_steps, many_steps, three_steps

from openai_steps.timeline import build_timeline
from openai_steps.timeline._rows import rows


class Texts(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.open: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.open.append(tag)
        assert all(value is not None or name == "data-failed" for name, value in attrs)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_rows_are_well_formed_and_hostile_text_makes_no_element() -> None:
    tame = Texts(rows(build_timeline(list(many_steps(50)))).items + rows(build_timeline(three_steps())).items)
    hostile = rows(build_timeline(hostile_steps()))
    for html in (hostile.items, hostile.overview):
        parsed = Texts(html)
        assert parsed.open == []
        assert set(parsed.tags) <= {*tame.tags, "a", "i", "ul", "li", "span", "p"}


def test_each_step_has_a_row_and_a_place_in_the_overview() -> None:
    found = rows(build_timeline(list(many_steps(200))))
    assert found.items.count("<details") == found.overview.count("<a ") == 200
    assert found.items.count("data-failed") == 2
