"""Calls of the AI bot in our words; whatever a body holds, reading it never fails."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.channels.wecom.aibot.frames import event_of
from bot.channels.wecom.aibot.media import fetch, opened
from bot.ports import Event, EventKind, Media, MediaKind
from crm_core.kernel.errors import Invalid

LINE = "aibot:b1"
HEADERS = {"req_id": "r1"}


def message(**body: Any) -> dict[str, Any]:
    base = {"msgid": "m1", "aibotid": "b1", "chattype": "single", "from": {"userid": "ChenXM"}}
    return {"cmd": "aibot_msg_callback", "headers": HEADERS, "body": base | body}


def event(**event: Any) -> dict[str, Any]:
    body = {"msgid": "m1", "aibotid": "b1", "chattype": "single", "from": {"userid": "ChenXM"}, "event": event}
    return {"cmd": "aibot_event_callback", "headers": HEADERS, "body": body}


CARD = {"card_type": "vote_interaction", "event_key": "a1", "task_id": "A17-2-9f", "selected_items": {
    "selected_item": [{"question_key": "q", "option_ids": {"option_id": ["x", "y"]}}]}}  # fmt: skip
IMAGE = {"url": "https://ww-aibot-img.cos.myqcloud.com/a", "aeskey": "k"}
CASES = [
    (message(msgtype="text", text={"content": " 我今天有哪些客户 "}), EventKind.TEXT, {"text": "我今天有哪些客户"}),
    (message(msgtype="voice", voice={"content": "明早九点提醒我"}), EventKind.TEXT, {"text": "明早九点提醒我"}),
    (message(msgtype="image", image=IMAGE), EventKind.MEDIA, {"media": (Media(MediaKind.IMAGE, json.dumps(IMAGE)),)}),
    (message(msgtype="mixed", mixed={"msg_item": [{"msgtype": "text", "text": {"content": "看这个"}},
                                                  {"msgtype": "image", "image": IMAGE}]}), EventKind.TEXT,
     {"text": "看这个", "media": (Media(MediaKind.IMAGE, json.dumps(IMAGE)),)}),
    (message(msgtype="text", text={"content": "hi"}, chattype="group", chatid="wr1"), EventKind.TEXT,
     {"chat": "aibot:b1:wr1", "group": True, "text": "hi"}),
    (event(eventtype="enter_chat"), EventKind.ENTER, {}),
    (event(eventtype="template_card_event", template_card_event=CARD), EventKind.PRESS,
     {"action_id": "a1", "chosen": {"q": ("x", "y")}, "facts": {"task": "A17-2-9f"}}),
    (event(eventtype="template_card_event", card_type="button_interaction", event_key="a2", task_id="t"),
     EventKind.PRESS, {"action_id": "a2", "facts": {"task": "t"}}),
]  # fmt: skip


@pytest.mark.parametrize(("frame", "kind", "wanted"), CASES)
def test_calls_in_our_words(frame: dict[str, Any], kind: EventKind, wanted: dict[str, Any]) -> None:
    chat = wanted.pop("chat", "aibot:b1:chenxm")
    assert event_of(frame, LINE) == Event(kind, "chenxm", chat, **wanted)


@pytest.mark.parametrize("frame", [
    event(eventtype="feedback_event"), message(msgtype="text"), message(msgtype="text", text=None),
    message(msgtype="text", text={"content": "x"}, **{"from": {"userid": ""}}), {"cmd": "other"}, {},
    message(msgtype="mixed", mixed={"msg_item": [3]}), event(eventtype="template_card_event"),
])  # fmt: skip
def test_what_concerns_nobody(frame: dict[str, Any]) -> None:
    assert event_of(frame, LINE) is None


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3), max_leaves=8,
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_no_body_makes_it_fail(data: st.DataObject) -> None:
    frame = json.loads(json.dumps(data.draw(st.sampled_from([case[0] for case in CASES]))))
    at: Any = frame
    while isinstance(at, dict) and at:
        key = data.draw(st.sampled_from(sorted(at)))
        if data.draw(st.booleans()):
            at[key] = data.draw(ANYTHING)
            break
        at = at[key]
    found = event_of(frame, LINE)
    assert found is None or isinstance(found.text, str)


def sealed(clear: bytes, key: bytes) -> bytes:
    pad = 32 - len(clear) % 32
    encryptor = Cipher(algorithms.AES(key), modes.CBC(key[:16])).encryptor()
    return encryptor.update(clear + bytes([pad]) * pad) + encryptor.finalize()


def test_a_file_is_opened_with_its_own_key() -> None:
    key = bytes(range(32))
    text = base64.b64encode(key).decode().rstrip("=")
    assert opened(sealed(b"a picture", key), text) == b"a picture"
    for broken in (sealed(b"a picture", key)[:-1], b"", sealed(b"a picture", bytes(32))):
        with pytest.raises(Invalid):
            opened(broken, text)


@pytest.mark.parametrize("url", [
    "http://a.weixin.qq.com/x", "https://127.0.0.1/x", "https://weixin.qq.com.evil.example/x", "file:///etc/passwd",
])  # fmt: skip
def test_files_are_fetched_from_the_platform_only(url: str) -> None:
    with pytest.raises(Invalid):
        fetch(Media(MediaKind.IMAGE, json.dumps({"url": url, "aeskey": ""})))
