"""A rep works on his phone in Telegram."""

from __future__ import annotations

from tests.channels.telegram.conftest import CHEN, STAFF, TelegramSite


def test_a_lead_is_written_down_and_its_card_changes_in_place(telegram_site: TelegramSite) -> None:
    telegram = telegram_site.telegram
    telegram.say(CHEN, "新增线索 王建国 13800138000 凯美瑞")
    card = telegram.seen(CHEN, "王建国")
    assert card.buttons
    assert all(data.startswith("a:") for _, data in card.buttons)
    telegram.press(CHEN, card, "撤销")
    telegram.until(lambda: card.edits, what="the edit")
    assert "撤销" not in card.labels
    telegram.until(lambda: len(telegram.answered) == 1, what="the answer to the press")


def test_what_the_bot_is_at_telegram(telegram_site: TelegramSite) -> None:
    bot = telegram_site.telegram.bots[STAFF]
    telegram_site.telegram.until(lambda: len(bot.commands) == 4, what="the menu")
    assert "today" in bot.commands["all_private_chats:zh"]
    assert (bot.webhook.get("url", "").endswith("/telegram/webhook")) == (telegram_site.mode == "webhook")
