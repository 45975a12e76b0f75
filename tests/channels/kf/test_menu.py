"""What 微信客服 is given: within its limits, with ids a repeat has, too."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from bot.channels.wecom.kf_menu import MAX_HEAD, MAX_LINE, MAX_LINES, MAX_TEXT, parts_of
from bot.ports import Button, Card, Delivery, Field, Outbound

AT = datetime(2026, 3, 14, 2, tzinfo=UTC)
words = st.text(alphabet="车信客服，。abc \n🙂", max_size=1500)


def delivery(number: int = 7, person: str = "p1") -> Delivery:
    return Delivery(number, "t", "kf:ww:wm@wk", person, "@reply", "", {}, 0, 1, 1, f"re:{number}", None, AT, AT, "kf:ww")


def labels(n: int) -> tuple[Button, ...]:
    return tuple(Button(f"第{i}项" * 20, "", id=f"{i:032d}") for i in range(n))


@given(text=words, title=words, note=words, value=words, n=st.integers(0, 14), picture=st.booleans())
def test_whatever_is_said_fits(text: str, title: str, note: str, value: str, n: int, picture: bool) -> None:
    card = Card("c", title or "题", fields=(Field("价格", value),), note=note, buttons=labels(n))
    image = {"url": "/media/01ABC", "alt": "图"} if picture else None
    parts = parts_of(delivery(), Outbound(text=text or None, card=card, image=image))
    assert 1 <= len(parts) <= 5
    assert len({part["msgid"] for part in parts}) == len(parts)
    for part in parts:
        assert len(part["msgid"]) <= 32
        assert all(c.isascii() and (c.isalnum() or c in "_-") for c in part["msgid"])
        if part["msgtype"] == "text":
            assert 0 < len(part["text"]["content"].encode()) <= MAX_TEXT
        elif part["msgtype"] == "msgmenu":
            assert len(part["msgmenu"]["head_content"].encode()) <= MAX_HEAD
            lines = part["msgmenu"]["list"]
            assert len(lines) == min(n, MAX_LINES - 1)
            assert all(0 < len(line["click"]["content"].encode()) <= MAX_LINE for line in lines)
    if n:
        assert parts[-1]["msgtype"] == "msgmenu"


def test_ids_are_the_same_for_a_repeat_and_another_deployments_are_not() -> None:
    message = Outbound(text="你好")
    assert parts_of(delivery(), message) == parts_of(delivery(), message)
    assert parts_of(delivery(), message) != parts_of(delivery(person="p2"), message)
    assert parts_of(delivery(), message)[0]["msgid"].startswith(delivery().ref.lstrip("#"))
