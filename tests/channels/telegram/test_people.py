"""Who somebody is on Telegram: colleagues by a link, customers by themselves; pictures, voices, numbers."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.channels.telegram import drawing
from crm_core.chat.messages import InvitePerson
from tests.channels.telegram.conftest import CHEN, CUSTOMERS, STAFF, TelegramSite
from tests.support.fakes.telegram import User

PNG = b"\x89PNG\r\n\x1a\n" + bytes(16)
STRANGER = User(4004, "Sam", "en")
CUSTOMER = User(9009, "建国")


def test_a_link_makes_an_account_a_colleagues_once(site: TelegramSite) -> None:
    core, telegram = site.core, site.telegram
    token = core.execute(InvitePerson(person="rep3", channel="telegram"), core.system("starway")).view.token
    telegram.say(STRANGER, "hello")
    telegram.until(lambda: telegram.chat(STRANGER), what="how to get in")
    telegram.say(STRANGER, f"/start {token}")
    telegram.seen(STRANGER, "Daniel")
    thief = User(6006, "Eve", "en")
    telegram.say(thief, f"/start {token}")
    telegram.until(lambda: telegram.chat(thief), what="a refusal")
    assert "Daniel" not in telegram.chat(thief)[-1].text


def test_a_strangers_words_lead_nowhere(site: TelegramSite) -> None:
    telegram = site.telegram
    telegram.say(STRANGER, "新增线索 王建国 13800138000 凯美瑞")
    telegram.until(lambda: telegram.chat(STRANGER), what="an answer")
    assert "王建国" not in telegram.chat(STRANGER)[-1].text
    assert telegram.chat(STRANGER)[-1].buttons == []


def test_another_persons_button_does_nothing(site: TelegramSite) -> None:
    telegram = site.telegram
    telegram.say(CHEN, "新增线索 王建国 13800138000 凯美瑞")
    card = telegram.seen(CHEN, "王建国")
    lin = User(1002, "佳")
    data = next(data for label, data in card.buttons if label == "撤销")
    telegram.feed({"callback_query": {
        "id": "1", "from": lin.data(), "chat_instance": "1", "data": data,
        "message": {"message_id": 1, "date": 0, "chat": {"id": lin.id, "type": "private"}},
    }})  # fmt: skip
    telegram.seen(lin, "失效")
    assert card.edits == 0


def test_an_old_button_whose_message_is_inaccessible_still_works(site: TelegramSite) -> None:
    telegram = site.telegram
    telegram.say(CHEN, "新增线索 王建国 13800138000 凯美瑞")
    card = telegram.seen(CHEN, "王建国")
    telegram.press(CHEN, card, "撤销", inaccessible=True)
    telegram.until(lambda: card.edits, what="the edit")


def test_buttons_that_are_none_of_ours(site: TelegramSite) -> None:
    telegram = site.telegram
    telegram.say(CHEN, "新增线索 王建国 13800138000 凯美瑞")
    card = telegram.seen(CHEN, "王建国")
    for data in ("", "a:", "a:more:", "a:more:x", "x:1", "a:" + "f" * 60, "赚钱"):
        telegram.press_data(CHEN, card, data)
    telegram.until(lambda: sum("失效" in m.text for m in telegram.chat(CHEN)) == 7, 30, "seven answers")


def test_what_there_was_no_room_for_comes_on_a_press(site: TelegramSite, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drawing, "CAN", replace(drawing.CAN, max_buttons=3))
    telegram, lin = site.telegram, User(1002, "佳")
    telegram.say(CHEN, "新增线索 王建国 13800138000 凯美瑞")
    card = telegram.seen(CHEN, "王建国")
    assert len(card.labels) == 3
    assert card.labels[-1] == "更多…"
    telegram.press_data(lin, card, card.buttons[-1][1])
    telegram.seen(lin, "失效")
    telegram.press(CHEN, card, "更多…")
    rest = telegram.until(lambda: next((m for m in telegram.chat(CHEN) if m.id > card.id and m.buttons), None), 20)
    assert not set(rest.labels) & set(card.labels[:2])
    monkeypatch.undo()
    telegram.press(CHEN, card, "更多…")
    telegram.until(lambda: any("撤销" in m.labels for m in telegram.chat(CHEN) if m.id > rest.id), 20, "all that is left")
    undo = next(m for m in telegram.chat(CHEN) if m.id > rest.id and "撤销" in m.labels)
    telegram.press(CHEN, undo, "撤销")
    telegram.until(lambda: "撤销" not in card.text or card.edits, 20, "the undo")


def test_a_customer_shares_his_own_number(site: TelegramSite) -> None:
    telegram = site.telegram
    telegram.say(CUSTOMER, "/start", bot=CUSTOMERS)
    telegram.until(lambda: telegram.chat(CUSTOMER), what="a greeting")
    telegram.send_contact(CUSTOMER, "8613700137000", owner=1, bot=CUSTOMERS)
    telegram.seen(CUSTOMER, "自己")
    telegram.send_contact(CUSTOMER, "8613700137000", bot=CUSTOMERS)
    telegram.until(lambda: any("137" in m.text or "建国" in m.text for m in _staff(site)), 30, "the lead's card")


def _staff(site: TelegramSite) -> list[object]:
    from tests.channels.telegram.conftest import LIN, ZHAO

    return [message for user in (CHEN, LIN, ZHAO) for message in site.telegram.chat(user)]


def test_a_picture_is_fetched_and_a_voice_is_answered(site: TelegramSite) -> None:
    telegram = site.telegram
    telegram.send_photo(CHEN, PNG, bot=STAFF)
    telegram.until(lambda: telegram.chat(CHEN), what="an answer to the picture")
    telegram.send_voice(CHEN, bot=STAFF)
    telegram.seen(CHEN, "语音")
    telegram.files.clear()
    telegram.feed({"message": {"message_id": 5, "date": 1, "from": CHEN.data(), "chat": {"id": CHEN.id, "type": "private"},
                               "photo": [{"file_id": "gone", "file_unique_id": "g", "width": 1, "height": 1}]}})  # fmt: skip
    telegram.seen(CHEN, "再发一次")


def test_a_rep_passes_a_contact_on(site: TelegramSite) -> None:
    telegram = site.telegram
    telegram.send_contact(CHEN, "8613700137000", owner=77)
    telegram.until(lambda: telegram.chat(CHEN), what="an answer")


def test_who_blocks_the_bot_is_written_to_elsewhere(site: TelegramSite) -> None:
    telegram = site.telegram
    telegram.block(CHEN)
    site.site.lead({"name": "王建国", "phone": "13800138000", "source": "官网"})
    telegram.say(User(1002, "佳"), "你能干什么")
    telegram.until(lambda: telegram.chat(1002), what="an answer")
    assert telegram.chat(CHEN) == []
