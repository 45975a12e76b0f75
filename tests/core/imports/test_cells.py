"""Cells as values."""

from __future__ import annotations

import pytest

from crm_core.imports.cells import parse


@pytest.mark.parametrize(
    ("cell", "numbers"),
    [
        ("MANN W 719/45", ("MANN W 719/45",)),
        ("MANN HU 6014/1 z;MANN W 610/6", ("MANN HU 6014/1 z", "MANN W 610/6")),
        ("04465-02220/04465-02230", ("04465-02220", "04465-02230")),
        ("5Q0 698 151 D、8V0 698 151 C", ("5Q0 698 151 D", "8V0 698 151 C")),
        ("MANN W 712/95; BOSCH 0 986 452 044", ("MANN W 712/95", "BOSCH 0 986 452 044")),
        (" ; ", ()),
    ],
)
def test_a_slash_may_belong_to_a_part_number(cell: str, numbers: tuple[str, ...]) -> None:
    assert parse("numbers", cell, "aftermarket") == numbers


def test_other_lists_are_cut_at_a_slash() -> None:
    assert parse("list", "CUF/CUG", "engine") == ("CUF", "CUG")
