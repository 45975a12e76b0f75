"""智能机器人: a bot colleagues talk to, over a connection that we open."""

from __future__ import annotations

from collections.abc import Sequence

from bot.channels.wecom.aibot.line import AibotLine, AibotListener
from bot.ports import Account, Line
from bot.reception.lines import Hearing
from bot.reception.post import Post
from bot.settings import BotSettings
from bot.texts import Texts
from crm_core.api import Core
from crm_core.channels.accounts import ENVIRONMENT, STAFF
from crm_core.kernel.errors import ConfigError

__all__ = ["hear", "named", "open_line"]


def named(settings: BotSettings, tenant: str) -> list[Account]:
    """The bot the environment names."""
    if not settings.wecom_aibot_id:
        return []
    bot, secret = settings.wecom_aibot_id, settings.wecom_aibot_secret.get_secret_value()
    return [Account(tenant, "aibot", bot, STAFF, f"{tenant}.", source=ENVIRONMENT, settings={"secret": secret})]


def open_line(account: Account, core: Core, settings: BotSettings) -> Line:
    """The bot's line; its connection opens when it listens. Raises ConfigError, naming what is missing."""
    if not account.settings.get("secret"):
        raise ConfigError(account.line, "secret missing")
    return AibotLine(account, settings.wecom_aibot_url)


def hear(lines: Sequence[Line], core: Core, post: Post, settings: BotSettings) -> Hearing:
    """One listener for each bot."""
    bots = [line for line in lines if isinstance(line, AibotLine)]
    return Hearing(listeners=[AibotListener(line, post, Texts.load()) for line in bots])
