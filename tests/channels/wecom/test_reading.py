"""What callbacks mean, from the platform's own examples."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.wecom.reading import event_of
from bot.channels.wecom.xml import Malformed, parse
from bot.ports import EventKind, MediaKind
from tests.support.fakes.wecom_callback import Caller, xml_of

LINE = "wecom:ww1-1000002"
CALLER = Caller(clock=lambda: 1_763_800_000)


def read(kind: str, user: str = "Zhang.San", **fields: Any) -> Any:
    return event_of({"xml": CALLER.message(user, kind, **fields)}, LINE)


def test_text() -> None:
    event = read("text", Content="给张先生的凯美瑞再降8000")
    assert (event.kind, event.text) == (EventKind.TEXT, "给张先生的凯美瑞再降8000")
    assert (event.native_id, event.chat) == ("zhang.san", f"{LINE}:zhang.san")
    assert event.at.timestamp() == 1_763_800_000


@pytest.mark.parametrize(
    ("kind", "fields", "media"),
    [
        ("image", {"PicUrl": "http://x/y", "MediaId": "m1"}, MediaKind.IMAGE),
        ("voice", {"MediaId": "m1", "Format": "amr"}, MediaKind.VOICE),
        ("video", {"MediaId": "m1", "ThumbMediaId": "t"}, MediaKind.FILE),
        ("file", {"MediaId": "m1", "FileName": "报价.pdf"}, MediaKind.FILE),
    ],
)
def test_media(kind: str, fields: dict[str, str], media: MediaKind) -> None:
    event = read(kind, **fields)
    assert event.kind is EventKind.MEDIA
    assert [(one.kind, one.ref, one.name) for one in event.media] == [
        (media, "m1", fields.get("FileName", ""))
    ]


@pytest.mark.parametrize(
    ("name", "fields", "kind", "said"),
    [
        ("subscribe", {}, EventKind.ENTER, ""),
        ("enter_agent", {"EventKey": ""}, EventKind.ENTER, ""),
        ("ENTER_AGENT", {"EventKey": ""}, EventKind.ENTER, ""),
        ("unsubscribe", {}, EventKind.LEFT, ""),
        ("click", {"EventKey": "say:今天要干嘛"}, EventKind.TEXT, "今天要干嘛"),
    ],
)
def test_events(name: str, fields: dict[str, str], kind: EventKind, said: str) -> None:
    event = read("event", Event=name, **fields)
    assert (event.kind, event.text) == (kind, said)


@pytest.mark.parametrize("name", ["view", "click", "LOCATION", "batch_job_result", "change_contact", ""])
def test_what_concerns_nobody(name: str) -> None:
    assert read("event", Event=name, EventKey="https://x") is None


@pytest.mark.parametrize(
    ("chosen", "action"),
    [
        ({}, "abc"),
        ({"q": ["one"]}, "abc"),
        ({"q": ["one", "two"], "r": ["three"]}, "abc"),
    ],
)
def test_press(chosen: dict[str, list[str]], action: str) -> None:
    event = event_of({"xml": CALLER.press("rep1", "A1-2-00000000", "abc", "code", chosen)}, LINE)
    assert event is not None
    assert (event.kind, event.action_id) == (EventKind.PRESS, action)
    assert event.pressed_on == "card:A1-2-00000000"
    assert event.chosen == {question: tuple(ids) for question, ids in chosen.items()}


@pytest.mark.parametrize(
    ("chosen", "action"),
    [
        ({}, ""),
        ({"choose": ["one"]}, "one"),
        ({"choose1": ["-"], "choose2": ["two"], "choose3": ["-"]}, "two"),
        ({"choose1": ["-"], "choose2": ["-"]}, ""),
    ],
)
def test_option_stands_for_a_button(chosen: dict[str, list[str]], action: str) -> None:
    event = event_of({"xml": CALLER.press("rep1", "A1-2-00000000", "choose", "code", chosen)}, LINE)
    assert event is not None
    assert (event.kind, event.action_id) == (EventKind.PRESS, action)


FIELDS = st.dictionaries(
    st.sampled_from(["Event", "EventKey", "Content", "SelectedItems", "SelectedItem", "OptionIds", "QuestionKey",
                     "MsgType", "FromUserName", "CreateTime", "MediaId", "TaskId", "OptionId"]),
    st.recursive(
        st.sampled_from(["event", "text", "click", "template_card_event", "1763800000", "99999999999999", "x", ""]),
        lambda inner: st.dictionaries(st.sampled_from(["SelectedItem", "OptionIds", "QuestionKey", "OptionId"]), inner)
        | st.lists(inner, max_size=3),
    ),
)  # fmt: skip


@given(FIELDS)
def test_nothing_that_was_stored_makes_it_fail(fields: dict[str, Any]) -> None:
    event = event_of({"xml": xml_of(fields)}, LINE)
    assert event is None or event.chat.startswith(LINE)


@pytest.mark.parametrize(
    "xml",
    [
        b"", b"\x00", b"<xml>", b"<html></html>", b"<xml><a></b></xml>", b"[]", b"\xff\xfe<xml/>",
        b'<!DOCTYPE xml [<!ENTITY a "b">]><xml>&a;</xml>',
        b'<!DOCTYPE xml SYSTEM "http://127.0.0.1/x"><xml/>',
        b"<xml>" + b"<a>" * 50 + b"</a>" * 50 + b"</xml>",
        b"<xml>" + b"<a/>" * 2_500 + b"</xml>",
        b"<xml>" + b"x" * 40_000 + b"</xml>",
    ],
)  # fmt: skip
def test_xml_of_another_kind_is_refused(xml: bytes) -> None:
    with pytest.raises(Malformed):
        parse(xml)


def test_repeated_elements_are_a_list() -> None:
    assert parse(b"<xml><a>1</a><b><c>2</c><c>3</c></b><a/></xml>") == {
        "a": ["1", ""],
        "b": {"c": ["2", "3"]},
    }
