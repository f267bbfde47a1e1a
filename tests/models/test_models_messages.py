"""Messages: every part and annotation, their text, and the files that they name."""

import pytest
from builders import Body, page_body
from reaching import check_reachable
from thread_bodies import CONTENT, EVERY_MESSAGE, message_body, text_content

from openai_steps import (
    FileCitationAnnotation,
    FilePathAnnotation,
    ImageFileContent,
    ImageUrlContent,
    MessagePage,
    OtherAnnotation,
    OtherContent,
    RefusalContent,
    TextContent,
    UrlCitationAnnotation,
    structure_message,
    structure_page,
)


def test_every_field_of_the_wire_can_be_reached() -> None:
    body = page_body(*EVERY_MESSAGE, total=None)
    check_reachable(structure_page(body, MessagePage), body)


def test_what_is_documented_has_a_field() -> None:
    assert structure_message(EVERY_MESSAGE[0]).extra == {"parts": []}


def test_each_part_and_each_annotation_has_its_class() -> None:
    content = structure_message(message_body(content=CONTENT)).content
    assert content is not None
    assert [type(part) for part in content] == [
        *(TextContent, TextContent, ImageFileContent, ImageFileContent, ImageUrlContent),
        *(RefusalContent, OtherContent, OtherContent),
    ]
    assert [part.type for part in content] == [body["type"] for body in CONTENT]
    text = content[0]
    assert isinstance(text, TextContent)
    assert text.text.annotations is not None
    assert [type(annotation) for annotation in text.text.annotations] == [
        *(FileCitationAnnotation, FileCitationAnnotation, FilePathAnnotation),
        *(UrlCitationAnnotation, UrlCitationAnnotation, OtherAnnotation, OtherAnnotation),
    ]
    assert text.text.annotations[-1].type is None


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (CONTENT, "One \ntwo\nNo.\nHm."),
        ([], ""),
        (None, ""),
        (CONTENT[2:5], ""),
        ([text_content("")], ""),
        ([{"type": "x", "text": {"value": 1}}], ""),
    ],
)
def test_the_text_is_that_of_the_parts_that_have_some(content: list[Body] | None, text: str) -> None:
    assert structure_message(message_body(content=content)).text == text


def test_the_files_are_named_once_each_wherever_they_are() -> None:
    files = ("file_1", "file_2", "file_3", "file_4", "file_5", "file_6")
    assert structure_message(EVERY_MESSAGE[0]).files == files
    assert structure_message(message_body()).files == ()
    assert structure_message(message_body(file_ids=["a", "a"])).files == ("a",)
