"""How sends ended, written in groups: one commit for all that ended while the last one was being written."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import structlog

from bot.ports import Receipt
from crm_core.api import Core
from crm_core.chat.service import Ended
from crm_core.kernel.errors import Unavailable
from crm_core.kernel.outcomes import Heard
from crm_core.kernel.points import point

GROUP = 500
# So many chats refused one after the other, and nobody accepted: the platform means all of the account.
STREAK = 3
WAIT_SECONDS = 0.25


@dataclass(frozen=True)
class Refused:
    """A platform asked to be left alone: `name` is a chat, or an account."""

    name: str
    until: datetime


class Results:
    """Gathers what ended and writes it, again and again until the database takes it."""

    def __init__(self, core: Core, written: Callable[[], None]) -> None:
        self._core = core
        self._written = written
        self._ended: list[Ended] = []
        self._refused: list[Refused] = []
        self._any = asyncio.Event()
        self._one_writer = asyncio.Lock()
        self._streaks: defaultdict[str, set[str]] = defaultdict(set)

    def add(self, ended: Ended, receipt: Receipt | None = None) -> None:
        """A send ended; with what was heard, so that a platform that wants rest gets it."""
        self._ended.append(ended)
        if receipt is not None:
            self._note(ended, receipt)
        self._any.set()

    @property
    def waiting(self) -> list[int]:
        """The outbox ids whose end is known and not written."""
        return [one.settled.delivery.id for one in self._ended]

    def _note(self, ended: Ended, receipt: Receipt) -> None:
        delivery = ended.settled.delivery
        rest = receipt.rest
        if receipt.heard is not Heard.NOT_NOW or rest is None:
            if receipt.heard is Heard.ACCEPTED:
                self._streaks.pop(delivery.account, None)
            return
        until = self._core.now() + rest
        streak = self._streaks[delivery.account]
        streak.add(delivery.chat)
        whole = receipt.whole_account or len(streak) >= STREAK
        self._refused.append(Refused(delivery.account if whole else delivery.chat, until))

    async def run(self) -> None:
        """Write groups until cancelled."""
        while True:
            await self._any.wait()
            self._any.clear()
            while self._ended or self._refused:
                if not await self.flush():
                    await asyncio.sleep(WAIT_SECONDS)

    async def flush(self) -> bool:
        """Write what there is; False when the database did not take it, which leaves it to the next try."""
        async with self._one_writer:
            group, refused = self._ended[:GROUP], self._refused[:]
            point("before_settle")
            try:
                await asyncio.to_thread(self._write, group, refused)
            except Unavailable:
                return False
            except Exception as error:
                structlog.get_logger().error("settle_failed", error=type(error).__name__, exc_info=error)
                self._ended[: len(group)] = await asyncio.to_thread(self._one_by_one, group)
                group = []
            point("settled")
            del self._ended[: len(group)]
            del self._refused[: len(refused)]
        self._written()
        return True

    def _write(self, group: list[Ended], refused: list[Refused]) -> None:
        now = self._core.now()
        if refused:
            self._core.limits.block_all([(one.name, one.until) for one in refused], now)
        if group:
            self._core.chats.settle(group, now)

    def _one_by_one(self, group: list[Ended]) -> list[Ended]:
        """One result that cannot be written does not take the others with it; its row's lease runs out.

        Returns those the database could not take now.
        """
        later = []
        for one in group:
            try:
                self._core.chats.settle([one], self._core.now())
            except Unavailable:
                later.append(one)
            except Exception as error:
                structlog.get_logger().error("settle_failed", outbox=one.settled.delivery.id,
                                             error=type(error).__name__, exc_info=error)  # fmt: skip
        return later
