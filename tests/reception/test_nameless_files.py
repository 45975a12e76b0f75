"""A file without a name is told by its bytes, and two of them are two documents."""

from __future__ import annotations

import pytest

from bot.reception.files import nameless
from tests.support.files import docx


@pytest.mark.parametrize(
    ("content", "ending"),
    [
        (b"%PDF-1.7 ...", ".pdf"),
        (docx("一"), ".docx"),
        (b"PK\x03\x04 ... xl/workbook.xml ...", ".xlsx"),
        (b"\n <!DOCTYPE html><p>a</p>", ".html"),
        ("刹车片多久换".encode(), ".txt"),
        (b"", ".txt"),
    ],
)
def test_the_ending_is_told_by_the_first_bytes(content: bytes, ending: str) -> None:
    assert nameless(content).endswith(ending)


def test_two_are_not_taken_for_one_and_the_same_is() -> None:
    assert nameless(b"a") != nameless(b"b")
    assert nameless(b"a") == nameless(b"a")
