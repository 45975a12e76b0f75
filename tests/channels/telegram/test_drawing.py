"""How messages look in Telegram: escaped, within its limits, buttons in rows."""

from __future__ import annotations

from html import unescape
from re import sub

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.channels.telegram.drawing import CAN, html, keys, parts
from bot.ports import Button, Card, Field, Outbound, Source
from bot.reception.degrade import MORE, fit, pieces, words
from tests.support.fakes.telegram_form import plain

words_of_people = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=60)
fields = st.builds(Field, k=words_of_people, v=words_of_people, was=st.none() | words_of_people,
                   words=st.none() | words_of_people, emph=st.booleans())  # fmt: skip
buttons = st.builds(Button, label=st.text(min_size=1, max_size=80), verb=st.just(""),
                    id=st.text("abcdef0123456789", min_size=32, max_size=32))  # fmt: skip
cards = st.builds(
    Card, kind=st.just("any"), title=words_of_people, fields=st.lists(fields, max_size=60).map(tuple),
    buttons=st.lists(buttons, max_size=30).map(tuple), status=st.none() | words_of_people,
    note=st.none() | st.text(st.characters(exclude_categories=["Cs"]), max_size=6000),
    sources=st.lists(st.builds(Source, words_of_people, words_of_people), max_size=5).map(tuple),
)  # fmt: skip
messages = st.builds(Outbound, text=st.none() | st.text(max_size=9000), card=st.none() | cards)


@settings(max_examples=60, deadline=None)
@given(messages)
def test_whatever_is_said_fits_and_is_read_as_it_was_written(message: Outbound) -> None:
    for part in parts(message, "#A17-2"):
        shown = plain(part["html"])
        assert len(shown.encode("utf-16-le")) // 2 <= 4096
        assert part["html"].count("</") <= 100
        for row in part.get("keys", ()):
            for key in row:
                assert 1 <= len(key["data"].encode()) <= 64
                assert len(key["text"]) <= CAN.max_label


@given(st.text(max_size=3000), st.integers(20, 400))
def test_pieces_are_short_enough_and_lose_no_word(text: str, most: int) -> None:
    found = pieces(text, most)
    assert all(len(piece.encode()) <= most for piece in found)
    assert sub(r"\s", "", "".join(found)) == sub(r"\s", "", text)


def test_a_long_text_is_parted_between_paragraphs() -> None:
    first, second = "一" * 900, "二" * 900
    assert pieces(f"{first}\n\n{second}", 4032) == [first, second]


def test_no_character_is_cut_in_two() -> None:
    assert pieces("好" * 50, 100) == ["好" * 33, "好" * 17]


def test_names_with_markup_are_names() -> None:
    shown = html(Outbound(card=Card("lead", "<b>王&</b>", (Field("客户", "a<b>&amp;"),))))
    assert unescape(sub(r"</?b>", "", shown)) == "<b>王&</b>\n客户：a<b>&amp;"


@pytest.mark.parametrize(
    ("field", "line"),
    [
        (Field("价格", "9.5万", was="9.8万"), "价格：<s>9.8万</s> → 9.5万"),
        (Field("Price", "9.5", emph=True), "Price: <b>9.5</b>"),
        (Field("时间", "3月15日 10:00", words="明天上午"), "时间：3月15日 10:00 「明天上午」"),
    ],
)
def test_lines_of_a_card(field: Field, line: str) -> None:
    assert html(Outbound(card=Card("any", "", (field,)))) == line


def test_short_buttons_share_a_row_and_long_ones_do_not() -> None:
    rows = keys(tuple(Button(label, "", id="x") for label in ("确认", "取消", "改", "把这个客户转给另一位同事")))
    assert [[key["text"] for key in row] for row in rows] == [["确认", "取消", "改"], ["把这个客户转给另一位同事"]]


def test_more_buttons_than_there_is_room_for_are_behind_one() -> None:
    many = tuple(Button(f"第{n}个", "", id=f"id{n}") for n in range(20))
    (shown,) = fit(Outbound(card=Card("any", "选一个", buttons=many)), CAN)
    assert shown.card is not None
    assert len(shown.card.buttons) == CAN.max_buttons
    assert shown.card.buttons[-1].label == "更多…"
    assert shown.card.buttons[-1].id == f"{MORE}id{CAN.max_buttons - 1}"


def test_a_picture_carries_a_short_card_and_goes_before_a_long_one() -> None:
    image = {"url": "/media/01ABC", "alt": "一周"}
    short, long = Card("any", "本周"), Card("any", "本周", note="好" * 500)
    assert len(parts(Outbound(card=short, image=image))) == 1
    first, second = parts(Outbound(card=long, image=image))
    assert (first["image"], "image" in second) == ("01ABC", False)


def test_the_words_of_a_message_are_all_there_is() -> None:
    card = Card("any", "标题", (Field("客户", "王"),), note="备注", status="完成", sources=(Source("手册", "第3页"),))
    assert words(Outbound("先说", card)) == "先说\n\n标题\n客户：王\n备注\n· 手册 第3页\n完成"
