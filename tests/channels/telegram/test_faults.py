"""What Telegram answers, and what becomes of a message then."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlmodel import col

from crm_core.channels.troubles import account_troubles
from crm_core.chat.tables import Identity
from tests.channels.telegram.conftest import CHEN, LIN, ZHAO, TelegramSite


def lead(site: TelegramSite, name: str = "王建国", phone: str = "13800138000") -> None:
    """A lead from outside, whose card goes to a rep."""
    answer = site.site.lead({"name": name, "phone": phone, "source": "官网"})
    assert answer.status_code == 201, answer.text


def staff_cards(site: TelegramSite, words: str) -> list[str]:
    return [m.text for user in (CHEN, LIN, ZHAO) for m in site.telegram.chat(user) if words in m.text]


@pytest.mark.parametrize(
    ("kind", "how"), [(429, {"retry_after": 1}), (500, {"description": "Bad Gateway: restart"}), ("html502", {})]
)
def test_what_was_refused_for_now_is_sent_again(site: TelegramSite, kind: int | str, how: dict[str, object]) -> None:
    site.telegram.fault("sendMessage", kind, **how)
    lead(site)
    site.telegram.until(lambda: staff_cards(site, "王建国"), 30, "the card")
    assert len(staff_cards(site, "王建国")) == 1


@pytest.mark.parametrize("kind", ["timeout", "reset"])
def test_what_may_have_arrived_is_sent_once_more_and_marked(
    site: TelegramSite, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.channels.telegram.client.CALL_SECONDS", 1)
    site.telegram.fault("sendMessage", kind)
    lead(site)
    site.telegram.until(lambda: len(staff_cards(site, "王建国")) == 2, 40, "the repeat")
    first, second = staff_cards(site, "王建国")
    assert "可能重复" not in first
    assert "可能重复" in second


def test_who_blocked_the_bot_reads_elsewhere(site: TelegramSite) -> None:
    site.telegram.fault("sendMessage", 403, times=50)
    lead(site)

    def dead() -> bool:
        with site.core.database.read() as session:
            return session.execute(select(Identity).where(col(Identity.dead))).first() is not None

    site.telegram.until(dead, 30, "the end of the identity")


def test_a_card_that_shows_it_already_counts_as_changed(site: TelegramSite) -> None:
    site.telegram.say(CHEN, "新增线索 王建国 13800138000 凯美瑞")
    card = site.telegram.seen(CHEN, "王建国")
    site.telegram.fault("editMessageText", 400, description="Bad Request: message is not modified: it is the same")
    site.telegram.press(CHEN, card, "撤销")
    site.telegram.until(lambda: site.telegram.of("editMessageText"), 20, "the edit")
    before = len(site.telegram.chat(CHEN))
    site.telegram.say(CHEN, "你能干什么")
    site.telegram.until(lambda: len(site.telegram.chat(CHEN)) > before, 20, "the next answer")
    assert len(site.telegram.of("editMessageText")) == 1


def test_a_card_that_was_deleted_comes_as_a_new_one(site: TelegramSite) -> None:
    site.telegram.say(CHEN, "新增线索 王建国 13800138000 凯美瑞")
    card = site.telegram.seen(CHEN, "王建国")
    card.deleted = True
    site.telegram.press(CHEN, card, "撤销")
    site.telegram.until(lambda: len(site.telegram.chat(CHEN)) >= 2, 20, "the new card")
    assert any("王建国" in message.text for message in site.telegram.chat(CHEN))


def test_a_refused_token_is_told_to_whoever_can_mend_it(site: TelegramSite) -> None:
    site.telegram.fault("sendMessage", 401, description="Unauthorized")
    lead(site)

    def troubles() -> list[str]:
        with site.core.database.read() as session:
            return [one.kind for one in account_troubles(session, "starway") if one.id == "telegram:7000000001"]

    site.telegram.until(lambda: troubles() == ["account_token"], 30, "the trouble")
    assert staff_cards(site, "王建国") == []
    assert site.site.http.get("/health").status_code == 200


def test_who_writes_meanwhile_is_answered(site: TelegramSite) -> None:
    site.telegram.fault("sendMessage", 429, times=1000, retry_after=60, chat=CHEN.id)
    site.telegram.say(CHEN, "你能干什么")
    site.telegram.say(LIN, "你能干什么")
    site.telegram.until(lambda: site.telegram.chat(LIN), 20, "an answer")
    assert site.telegram.chat(CHEN) == []
