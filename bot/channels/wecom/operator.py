"""What only the operator can mend of an account is told to admins, once, and forgotten when it works again."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import structlog

from bot.channels.wecom.errors import ApiError, Refused, address_in, trouble_of
from bot.ports import Account

if TYPE_CHECKING:
    from crm_core.api import Core


class Operator:
    """Notes for one account in this process; several may watch the same."""

    def __init__(self, account: Account, core: Core) -> None:
        self._account = account
        self._core = core
        self._noted: str | None = None

    async def hears(self, error: ApiError) -> None:
        """A call failed; what concerns a single message only is nobody's trouble."""
        trouble = trouble_of(error.code) if isinstance(error, Refused) else None
        if trouble is None or trouble == self._noted or not isinstance(error, Refused):
            return
        structlog.get_logger().error("account_refused", channel=self._account.line, error=str(error.code))
        note = self._core.account_troubles.note
        await asyncio.to_thread(note, self._account, trouble, address_in(error.message), self._core.now())
        self._noted = trouble

    async def well(self) -> None:
        """A call was answered as it should be."""
        if self._noted != "":
            await asyncio.to_thread(self._core.account_troubles.over, self._account)
            self._noted = ""
