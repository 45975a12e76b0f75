"""WeCom (企业微信): the self-built app, customer contact, 微信客服 and the AI bot, each a channel of its own."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bot.ports import Account, Line
    from bot.reception.lines import Hearing
    from bot.reception.post import Post
    from bot.settings import BotSettings
    from crm_core.api import Core

# Channel -> the module that serves it.
_MODULES = {
    "wecom": "bot.channels.wecom.app",
    "kf": "bot.channels.wecom.kf",
    "contacts": "bot.channels.wecom.contacts",
    "aibot": "bot.channels.wecom.aibot",
}


def named(settings: BotSettings, tenant: str) -> list[Account]:
    """The accounts the environment names, of every kind."""
    set_up = {
        "wecom": settings.wecom_agent_id,
        "kf": settings.wecom_kf_secret.get_secret_value(),
        "contacts": settings.wecom_contact_secret.get_secret_value(),
        "aibot": settings.wecom_aibot_id,
    }
    channels = [channel for channel, value in set_up.items() if value]
    return [account for channel in channels for account in _module(channel).named(settings, tenant)]


def open_line(account: Account, core: Core, settings: BotSettings) -> Line:
    """The line of an account. Raises ConfigError for settings that cannot work."""
    line: Line = _module(account.channel).open_line(account, core, settings)
    return line


def hear(lines: Sequence[Line], core: Core, post: Post, settings: BotSettings) -> Hearing:
    """Routes and listeners. The app's callback serves them all, so it is given all of them."""
    from bot.reception.lines import Hearing

    found = Hearing()
    for channel in {line.account.channel: None for line in lines}:
        mine = lines if channel == "wecom" else [line for line in lines if line.account.channel == channel]
        hearing = _module(channel).hear(mine, core, post, settings)
        found.routers += hearing.routers
        found.listeners += hearing.listeners
    return found


def _module(channel: str) -> Any:
    return importlib.import_module(_MODULES[channel])
