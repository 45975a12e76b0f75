"""Birthdays as people say them."""

from __future__ import annotations

from typing import Any

import pytest

from intents.entities.birthday import read_birthday


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("农历腊月三十", (12, 30, None, True, False)),
        ("阴历正月初一", (1, 1, None, True, False)),
        ("闰四月初八", (4, 8, None, True, True)),
        ("农历8月15", (8, 15, None, True, False)),
        ("冬月廿三", (11, 23, None, True, False)),
        ("农历二月廿九日", (2, 29, None, True, False)),
        ("2月29号", (2, 29, None, False, False)),
        ("五月二十日", (5, 20, None, False, False)),
        ("1990年5月5日", (5, 5, 1990, False, False)),
        ("88年9月9号", (9, 9, 1988, False, False)),
        ("05年3月1日", (3, 1, 2005, False, False)),
        ("阳历十二月三十一号", (12, 31, None, False, False)),
        ("1992-08-17", (8, 17, 1992, False, False)),
        ("5 May", (5, 5, None, False, False)),
        ("the 3rd of March 1985", (3, 3, 1985, False, False)),
        ("May 5th, 1990", (5, 5, 1990, False, False)),
        ("29 February", (2, 29, None, False, False)),
        ("lunar 8-15", (8, 15, None, True, False)),
    ],
)
def test_read(words: str, found: tuple[Any, ...]) -> None:
    names = ("month", "day", "year", "lunar", "leap")
    assert read_birthday(words) == dict(zip(names, found, strict=True))


@pytest.mark.parametrize(
    "words",
    ["哪天", "13月5号", "2月30号", "2月29号吗", "1989年2月29日", "农历十三月初一", "腊月三十一", "明天", "5月", "in May",
     "5 May at noon", "31 April", "快到了", ""],
)  # fmt: skip
def test_no_birthday(words: str) -> None:
    assert read_birthday(words) is None
