"""Sets an app's menu when the process starts, in one process, and only when it is another one than before."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from bot.channels.wecom.client import Api
from bot.channels.wecom.menu import menu
from bot.ports import Account, Held

if TYPE_CHECKING:
    from crm_core.api import Core


class MenuKeeper:
    """A listener that has nothing to hear: it sets the menu and is done until it is asked again."""

    again_seconds = 21_600.0

    def __init__(self, account: Account, api: Api, core: Core) -> None:
        self.name = f"menu:{account.line}"
        self._agent = str(account.settings["agent"])
        self._api = api
        self._core = core

    async def listen(self, held: Held) -> None:
        """Raises Refused or NoAnswer, after which it is tried again."""
        await self._api.call(self.keep)

    def keep(self) -> None:
        """Set the menu, unless it is the one that was set last. Blocks."""
        body = menu()
        digest = hashlib.sha256(json.dumps(body, ensure_ascii=False).encode()).hexdigest()[:32]
        fact = f"wecom_menu:{self.name}"[:80]
        if self._core.leases.recall(fact) == digest:
            return
        self._api.post("menu/create", body, agentid=self._agent)
        self._core.leases.remember(fact, digest, self._core.now())
