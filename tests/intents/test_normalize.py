"""One spelling to read: nothing moves, nothing fails, and reading twice changes nothing."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intents.data import lists
from intents.extract import extract
from intents.normalize import normalise

TYPED = [pair.split()[0] for name in ("misheard", "dialect") for line in lists("zh", name) for pair in line.split(",")]
OLD = [pair[0] for line in lists("zh", "traditional") for pair in line.split()]
ODD = st.sampled_from(
    [*TYPED, *OLD, "嗯", "我我", "😂", "👨\u200d👩", "①",
     "㎡", "Ａ", "５", "　", "…", "\u200b", "\x1f", "ﬁ", "\ud800"]
)  # fmt: skip


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("預約試駕凱美瑞", "预约试驾凯美瑞"), ("煞車皮還有貨嗎", "刹车皮还有货吗"), ("２３万８", "23万8"),
        ("包养多少钱", "保养多少钱"), ("明天试架", "明天试驾"), ("下周题车", "下周提车"),
        ("给他抱价", "给他报价"), ("回坊李总", "回访李总"), ("加威信", "加微信"), ("有惠两千", "优惠两千"),
        ("我我想看看", "呃我想看看"), ("好的👌收到", "好的 收到"), ("轉人工", "转人工"),
        ("推荐到报价", "推进到报价"), ("兩千五", "两千五"), ("他推荐到店", "他推荐到店"), ("看看", "看看"),
        ("天天", "天天"), ("帮帮我", "帮帮我"),
    ],
)  # fmt: skip
def test_spelling(typed: str, read: str) -> None:
    assert normalise(typed) == read


@given(st.one_of(st.text(max_size=80), st.lists(st.one_of(ODD, st.text(max_size=4)), max_size=12).map("".join)))
def test_nothing_moves_and_twice_is_once(text: str) -> None:
    plain = normalise(text)
    assert len(plain) == len(text)
    assert normalise(plain) == plain


@given(st.lists(st.one_of(ODD, st.sampled_from(["凱美銳", "兩萬五", "粤b12345", "煞車皮"])), max_size=8).map("".join))
def test_words_are_the_ones_typed(text: str) -> None:
    assert all(span.words == text[span.start : span.end].strip() for span in extract(text, datetime(2026, 11, 21)))


@pytest.mark.parametrize("name", ["misheard", "dialect"])
def test_a_replaced_word_keeps_its_length(name: str) -> None:
    pairs = [pair.split() for line in lists("zh", name) for pair in line.split(",")]
    assert [pair for pair in pairs if len(pair) != 2 or len(pair[0]) != len(pair[1]) or pair[0] == pair[1]] == []
