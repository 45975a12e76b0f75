"""Updates in our words."""

from __future__ import annotations

from typing import Any

import pytest

from bot.channels.telegram.reading import Reader
from bot.ports import Event, EventKind, MediaKind

LINE = "telegram:7"
USER = {"id": 5, "is_bot": False, "first_name": "建国", "last_name": "王", "language_code": "zh-hans"}
PRIVATE, GROUP = {"id": 5, "type": "private"}, {"id": -9, "type": "supergroup", "title": "一组"}


def read(kind: str = "message", *, staff: bool = True, **inner: Any) -> Event | None:
    reader = Reader(LINE, 7, staff=staff)
    reader.username = "our_bot"
    given = {"message_id": 1, "date": 1_770_000_000, "from": USER, "chat": PRIVATE} | inner
    return reader.read({"update_id": 1, kind: given})


def test_words() -> None:
    found = read(text="你好")
    assert found is not None
    assert (found.kind, found.native_id, found.chat, found.text) == (EventKind.TEXT, "5", "telegram:7:5", "你好")
    assert (found.name, found.language, found.group) == ("建国 王", "zh", False)


@pytest.mark.parametrize(
    ("text", "kind", "words", "token"),
    [
        ("/start", EventKind.START, "", ""),
        ("/start abc-DEF_1", EventKind.START, "", "abc-DEF_1"),
        ("/START@our_bot x", EventKind.START, "", "x"),
        ("/today", EventKind.TEXT, "今天要干嘛", ""),
        ("/unknown thing", EventKind.TEXT, "/unknown thing", ""),
        ("/ 5", EventKind.TEXT, "/ 5", ""),
    ],
)
def test_commands(text: str, kind: EventKind, words: str, token: str) -> None:
    found = read(text=text)
    assert found is not None
    assert (found.kind, found.text, found.token) == (kind, words, token)


@pytest.mark.parametrize(
    ("data", "action"), [("a:abc", "abc"), ("a:more:abc", "more:abc"), ("b:abc", ""), ("", ""), (None, "")]
)
def test_presses(data: str | None, action: str) -> None:
    found = read("callback_query", id="1", data=data, message={"message_id": 2, "date": 0, "chat": PRIVATE})
    assert found is not None
    assert (found.kind, found.action_id) == (EventKind.PRESS, action)


@pytest.mark.parametrize(
    ("message", "name"),
    [
        ({"date": 1790000000, "text": "x"}, "5/2"), ({"date": 1790000000, "photo": [
            {"file_id": "f", "file_unique_id": "u", "width": 9, "height": 9}]}, "5/p2"), ({"date": 0}, ""),
    ],
    ids=["words", "a picture", "too old"],
)  # fmt: skip
def test_a_press_names_the_message_it_was_on(message: dict[str, Any], name: str) -> None:
    found = read("callback_query", id="1", data="a:x", message={"message_id": 2, "chat": PRIVATE, **message})
    assert found is not None
    assert found.pressed_on == name


def test_a_press_with_as_little_as_a_server_may_tell() -> None:
    raw = {"update_id": 1, "callback_query": {"id": "1", "from": {"id": 5}, "data": "a:x", "message": {"chat": {"id": 5}}}}
    found = Reader(LINE, 7, staff=True).read(raw)
    assert found is not None
    assert (found.kind, found.action_id, found.chat) == (EventKind.PRESS, "x", "telegram:7:5")
    assert found.pressed_on == ""


def photo(*sizes: int) -> list[dict[str, Any]]:
    return [{"file_id": f"f{w}", "file_unique_id": f"u{w}", "width": w, "height": w} for w in sizes]


@pytest.mark.parametrize(
    ("inner", "kind", "ref"),
    [
        ({"photo": photo(90, 1280, 320), "caption": "行驶证"}, MediaKind.IMAGE, "f1280"),
        ({"voice": {"file_id": "v", "file_unique_id": "v", "duration": 3}}, MediaKind.VOICE, "v"),
        ({"document": {"file_id": "d", "file_unique_id": "d", "mime_type": "image/png"}}, MediaKind.IMAGE, "d"),
        ({"document": {"file_id": "d", "file_unique_id": "d", "file_name": "a.xlsx"}}, MediaKind.FILE, "d"),
    ],
)
def test_files(inner: dict[str, Any], kind: MediaKind, ref: str) -> None:
    found = read(**inner)
    assert found is not None
    assert (found.kind, found.media[0].kind, found.media[0].ref) == (EventKind.MEDIA, kind, ref)
    assert found.text == inner.get("caption", "")


def test_numbers_that_are_his_own_and_those_that_are_not() -> None:
    def share(owner: int | None, *, staff: bool) -> Event | None:
        contact = {"phone_number": "8613700137000", "first_name": "李四"} | ({"user_id": owner} if owner else {})
        return read(staff=staff, contact=contact)

    own, anothers, passed_on = share(5, staff=False), share(6, staff=False), share(6, staff=True)
    assert own is not None and anothers is not None and passed_on is not None  # noqa: PT018
    assert (own.kind, own.phone) == (EventKind.CONTACT, "+8613700137000")
    assert (anothers.kind, anothers.phone) == (EventKind.CONTACT, "")
    assert (passed_on.kind, passed_on.text) == (EventKind.TEXT, "李四 13700137000")


@pytest.mark.parametrize(
    ("inner", "text"),
    [
        ({"text": "中午吃什么"}, None),
        ({"text": "/today"}, None),
        ({"text": "/bind"}, "/bind"),
        ({"text": "/bind@our_bot"}, "/bind"),
        ({"text": "/bind@other_bot"}, None),
        ({"text": "@our_bot 我的线索"}, "我的线索"),
        ({"text": "好的", "reply_to_message": {"message_id": 3, "date": 1, "chat": GROUP,
                                             "from": {"id": 7, "is_bot": True, "first_name": "b"}}}, "好的"),
    ],
)  # fmt: skip
def test_in_a_group_only_what_is_said_to_us(inner: dict[str, Any], text: str | None) -> None:
    found = read(chat=GROUP, **inner)
    assert (found.text if found else None) == text
    assert found is None or (found.group and found.chat == "telegram:7:-9")


def test_coming_and_going() -> None:
    def change(status: str, chat: dict[str, Any]) -> Event | None:
        bot = {"id": 7, "is_bot": True, "first_name": "b"}
        more = {"until_date": 0} if status == "kicked" else {}
        return read("my_chat_member", chat=chat, old_chat_member={"status": "left", "user": bot},
                    new_chat_member={"status": status, "user": bot} | more)  # fmt: skip

    left, joined, blocked = change("left", GROUP), change("member", GROUP), change("kicked", PRIVATE)
    assert left is not None and joined is not None and blocked is not None  # noqa: PT018
    assert (left.facts["group"], joined.facts["group"]) == ("left", "joined")
    assert blocked.kind is EventKind.LEFT
    assert change("member", PRIVATE) is None


@pytest.mark.parametrize("inner", [{"from": USER | {"is_bot": True}, "text": "x"}, {"chat": {"id": -1, "type": "channel"}}])
def test_bots_and_channels_concern_nobody(inner: dict[str, Any]) -> None:
    assert read(**inner) is None
