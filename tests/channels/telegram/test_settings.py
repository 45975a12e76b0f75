"""A bot that is half set stops the start, and the setting is named."""

from __future__ import annotations

from typing import Any

import pytest

from bot.settings import BotSettings

TOKEN, OTHER = "7000000001:AAE-staff_token", "7000000002:AAE-customers_token"
HOOK: dict[str, Any] = {"telegram_bot_token": TOKEN, "telegram_mode": "webhook", "telegram_webhook_secret": "s" * 32,
                        "public_url": "https://crm.example.com"}  # fmt: skip


def problems(**values: Any) -> list[str]:
    return BotSettings(_env_file=None, **values).problems()


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"telegram_bot_token": TOKEN},
        {"telegram_customer_bot_token": OTHER},
        {"telegram_bot_token": TOKEN, "telegram_customer_bot_token": OTHER, "telegram_api_base": "http://127.0.0.1:8081/"},
        HOOK,
        HOOK | {"public_url": "http://10.0.0.5:8080", "telegram_api_base": "http://telegram:8081"},
    ],
)
def test_what_may_start(values: dict[str, Any]) -> None:
    assert problems(**values) == []


@pytest.mark.parametrize(
    ("values", "setting"),
    [
        ({"telegram_bot_token": "a token"}, "TELEGRAM_BOT_TOKEN"),
        ({"telegram_bot_token": "12:a/../b"}, "TELEGRAM_BOT_TOKEN"),
        ({"telegram_customer_bot_token": "x:y"}, "TELEGRAM_CUSTOMER_BOT_TOKEN"),
        ({"telegram_bot_token": TOKEN, "telegram_customer_bot_token": TOKEN}, "TELEGRAM_CUSTOMER_BOT_TOKEN"),
        ({"telegram_bot_token": TOKEN, "telegram_api_base": "https://api.telegram.org/bot"}, "TELEGRAM_API_BASE"),
        ({"telegram_bot_token": TOKEN, "telegram_mode": "push"}, "TELEGRAM_MODE"),
        (HOOK | {"telegram_webhook_secret": "s" * 31}, "TELEGRAM_WEBHOOK_SECRET"),
        (HOOK | {"telegram_webhook_secret": "s" * 257}, "TELEGRAM_WEBHOOK_SECRET"),
        (HOOK | {"telegram_webhook_secret": "密" * 40}, "TELEGRAM_WEBHOOK_SECRET"),
        (HOOK | {"public_url": ""}, "PUBLIC_URL"),
        (HOOK | {"public_url": "http://crm.example.com"}, "PUBLIC_URL"),
    ],
)
def test_what_may_not(values: dict[str, Any], setting: str) -> None:
    found = problems(**values)
    assert any(line.startswith(f"{setting}: ") for line in found), found
    assert "AAE" not in " ".join(found).replace("7000000001:AAE…", "")
