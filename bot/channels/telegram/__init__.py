"""Telegram: a bot for the staff, one for customers, and any further ones that were added."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

from bot.channels.telegram.line import TelegramLine
from bot.ports import Account, Line
from crm_core.channels.accounts import CUSTOMER, ENVIRONMENT, STAFF
from crm_core.kernel.errors import ConfigError

if TYPE_CHECKING:
    from bot.reception.lines import Hearing
    from bot.reception.post import Post
    from bot.settings import BotSettings
    from crm_core.api import Core

CHANNEL = "telegram"
__all__ = ["hear", "named", "open_line"]


def named(settings: BotSettings, tenant: str) -> list[Account]:
    """The bots of the environment: the staff's, the customers', or both."""
    given = ((STAFF, settings.telegram_bot_token), (CUSTOMER, settings.telegram_customer_bot_token))
    return [
        Account(tenant, CHANNEL, token.get_secret_value().partition(":")[0], audience, f"{tenant}.",
                source=ENVIRONMENT, settings={"token": token.get_secret_value()})
        for audience, token in given if token.get_secret_value()
    ]  # fmt: skip


def open_line(account: Account, core: Core, settings: BotSettings) -> TelegramLine:
    """The line of a bot. Raises ConfigError for a token that cannot be one of this bot."""
    number, _, secret = str(account.settings.get("token", "")).partition(":")
    if number != account.account or not number.isdigit() or not secret or any(c.isspace() for c in secret):
        raise ConfigError(f"telegram:{account.account}", "its token is not of this bot; @BotFather shows it")
    return TelegramLine(account, core, settings.telegram_api_base)


def hear(lines: Sequence[Line], core: Core, post: Post, settings: BotSettings) -> Hearing:
    """Webhook routes, or listeners that poll; either way a listener sets the bot up at Telegram."""
    from bot.channels.telegram.polling import Polling, Webhook
    from bot.channels.telegram.webhook import path_of, router
    from bot.reception.lines import Hearing

    bots = [cast("TelegramLine", line) for line in lines]
    if settings.telegram_mode != "webhook":
        return Hearing(listeners=[Polling(line, core, post) for line in bots])
    secret = settings.telegram_webhook_secret.get_secret_value()
    return Hearing(
        routers=[router(bots, post, secret)],
        listeners=[Webhook(line, core, settings.origin + path_of(line.account), secret) for line in bots],
    )
