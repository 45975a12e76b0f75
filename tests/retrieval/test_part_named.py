"""A part's name inside a longer one is another part."""

from __future__ import annotations

import pytest

from intents import standard_part
from retrieval.wording import part_named


@pytest.mark.parametrize(
    ("words", "category"),
    [
        ("前刹车片", "刹车片"),
        ("左前轮的刹车皮", "刹车片"),
        ("刹车片套装", "刹车片"),
        ("一套刹车片", "刹车片"),
        ("set of front brake pads", "刹车片"),
        ("5W-30机油", "机油"),
        ("雨刮电机", ""),
        ("机油滤芯座", ""),
        ("火花塞套", ""),
        ("水箱盖", ""),
        ("brake pad sensor", ""),
        ("混动电池", ""),
    ],
)
def test_nothing_may_be_left_of_the_words_but_a_place(words: str, category: str) -> None:
    found = part_named(words)
    assert (found.category if found else "") == category


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("迈腾刹车片报警线有吗", "刹车片报警线"),
        ("换个机油滤芯座", "机油滤芯座"),
        ("oil filter housing for a Golf", "oil filter housing"),
        ("刹车片管用吗", "刹车片"),
        ("机油壳牌的有吗", "机油"),
        ("火花塞套装", "火花塞"),
        ("混动电池多少钱", "动力电池"),
    ],
)
def test_what_follows_a_name_belongs_to_it(text: str, name: str) -> None:
    assert standard_part(text) == name
