"""客户联系: customers who added a colleague on WeChat."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.ports import Account
    from bot.settings import BotSettings


def named(settings: BotSettings, tenant: str) -> list[Account]:
    """The corp's customer contact, when its secret is set."""
    return []
