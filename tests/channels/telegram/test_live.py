"""What is wrong with a bot is named, with the setting to change."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from bot.channels.telegram import named
from bot.channels.telegram.live import look
from crm_core.api import Core
from tests.channels.telegram.conftest import CUSTOMERS, SECRET, STAFF, open_site
from tests.support.fakes.telegram import FakeTelegram
from tests.support.server import free_port
from tests.support.site import bot_settings


def problems(telegram: FakeTelegram, which: int = 0, **values: Any) -> list[str]:
    given = {"telegram_bot_token": STAFF, "telegram_customer_bot_token": CUSTOMERS, "telegram_api_base": telegram.url}
    settings = bot_settings(**(given | values))
    return asyncio.run(look(named(settings, "starway")[which], settings))


def webhook(port: int) -> dict[str, str]:
    return {"telegram_mode": "webhook", "telegram_webhook_secret": SECRET, "public_url": f"http://127.0.0.1:{port}"}


def test_a_bot_in_order(telegram: FakeTelegram) -> None:
    assert problems(telegram) == []


@pytest.mark.parametrize(
    ("which", "values", "setting"),
    [
        (0, {"telegram_bot_token": "7000000001:wrong"}, "TELEGRAM_BOT_TOKEN"),
        (1, {"telegram_customer_bot_token": "7000000002:wrong"}, "TELEGRAM_CUSTOMER_BOT_TOKEN"),
        (0, {"telegram_api_base": f"http://127.0.0.1:{free_port()}"}, "TELEGRAM_API_BASE"),
        (0, {"telegram_mode": "webhook", "public_url": ""}, "PUBLIC_URL"),
        (0, webhook(free_port()), "PUBLIC_URL"),
    ],
)
def test_each_problem_names_its_setting(
    telegram: FakeTelegram, which: int, values: dict[str, str], setting: str
) -> None:
    found = problems(telegram, which, **values)
    assert found[0].startswith(f"{setting}: ")
    assert "wrong" not in " ".join(found)


def test_a_webhook_elsewhere_while_we_poll(telegram: FakeTelegram) -> None:
    telegram.bots[STAFF].webhook = {"url": "https://other.example/hook"}
    (found,) = problems(telegram)
    assert found.startswith("TELEGRAM_MODE: ")
    assert "other.example" in found


def test_a_webhook_that_is_served_and_one_that_is_not(telegram: FakeTelegram, sqlite_core: Core) -> None:
    with open_site(sqlite_core, "webhook", telegram) as site:
        ours = webhook(site.site.port)
        assert problems(telegram, **ours) == []
        telegram.bots[STAFF].webhook["last_error_message"] = "Connection timed out"
        assert problems(telegram, **ours) == ["PUBLIC_URL: Telegram could not call us lately: Connection timed out"]
        telegram.bots[STAFF].webhook["url"] = "https://other.example/hook"
        (found,) = problems(telegram, **ours)
        assert found.startswith("webhook: Telegram calls other.example")
