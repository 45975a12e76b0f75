"""What people may rely on whatever the network and the platform do: the same scenes on each channel."""

from __future__ import annotations

import pytest

from tests.support.cases import NUMBERS, lead
from tests.support.fakes.wecom import RESET
from tests.support.phones import BOT, Phones, TelegramPhones, WebPhones, WecomPhones

CONTACTED = ("已联系", "Contacted")


def test_too_many_at_once_come_later_each_once(phones: Phones) -> None:
    if not isinstance(phones, TelegramPhones):
        pytest.skip("only Telegram answers with 429; WeCom's 45009 is in tests/channels/wecom")
    phones.telegram.fault("send*", 429, times=3, retry_after=1)
    case = lead(phones)
    phones.settle()
    assert phones.count(case.who, case.name) == 1


@pytest.mark.parametrize("for_ever", [False, True])
def test_a_token_that_ends_is_renewed_and_one_that_is_refused_harms_nobody(phones: Phones, for_ever: bool) -> None:
    if not isinstance(phones, WecomPhones):
        pytest.skip("only WeCom's tokens end")
    phones.fake.expire_tokens()
    phones.fake.refuse_tokens = 42001 if for_ever else 0
    if for_ever:
        asked = phones.fake.tokens_given
        assert phones.site.lead({"name": "等等", "phone": str(next(NUMBERS)), "vehicle": "ES6"}).status_code == 201
        phones.wait(2)
        assert phones.fake.tokens_given - asked < 20
        phones.fake.refuse_tokens = 0
        return
    case = lead(phones)
    phones.settle()
    assert phones.count(case.who, case.name) == 1


def test_no_answer_after_it_was_taken_is_no_reason_to_lose_or_double_it(phones: Phones) -> None:
    """What must be known comes again where nothing else can tell, and says so."""
    if isinstance(phones, WebPhones):
        pytest.skip("nothing is in doubt within one transaction")
    if isinstance(phones, TelegramPhones):
        phones.telegram.fault("sendMessage", "reset")
    if isinstance(phones, WecomPhones):
        phones.fake.fail("message/send", RESET)
    case = lead(phones)
    phones.settle()
    copies = [one.text for one in phones.sights(case.who) if case.name in one.text]
    assert len(copies) == (1 if isinstance(phones, WecomPhones) else 2)
    assert sum("重复" in text or "repeat" in text for text in copies) == len(copies) - 1
    case.card = phones.sees(case.who, case.name, button=case.button(CONTACTED))
    case.press(case.button(CONTACTED))
    phones.until(lambda: case.row.state == "contacted", "either card can be pressed")


def test_five_messages_brought_three_times_in_any_order_are_answered_once_each(phones: Phones) -> None:
    if isinstance(phones, WebPhones):
        pytest.skip("tests/web/test_socket.py: a page repeats under its own ids")
    before = len(phones.sights("manager1"))
    texts = [f"{n}分钟后提醒我看一下库存{n}" for n in (61, 62, 63, 64, 65)]
    bring_thrice(phones, "manager1", texts)
    phones.until(lambda: len(phones.sights("manager1")) >= before + 5, "five answers")
    phones.settle()
    seen = [one.text for one in phones.sights("manager1")[before:]]
    for n in (61, 62, 63, 64, 65):
        assert sum(f"库存{n}" in text for text in seen) == 1, seen


# Helpers


def bring_thrice(phones: Phones, who: str, texts: list[str]) -> None:
    """Five messages as a platform brings them that heard no answer: again and again, the last ones first."""
    if isinstance(phones, TelegramPhones):
        updates = []
        for text in texts:
            bot = phones.telegram.bots[BOT]
            bot.next_update += 1
            message = phones.telegram._from(phones.users[who]) | {"text": text}
            updates.append({"update_id": bot.next_update, "message": message})
        for update in updates + updates[::-1] + updates:
            phones.telegram.feed(dict(update))
    if isinstance(phones, WecomPhones):
        caller = phones.fake.caller
        sealed = [caller.message(who, "text", Content=text) for text in texts]
        for xml in sealed + sealed[::-1] + sealed:
            assert caller.call(xml).status_code == 200
