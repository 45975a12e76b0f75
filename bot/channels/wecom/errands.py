"""Runs a line's errands: what is to be done at the platform after a commit, once, the urgent first."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol

import structlog

from bot.channels.wecom.errors import NoAnswer, Refused, trouble_of
from bot.channels.wecom.operator import Operator
from bot.ports import Account, Held
from crm_core.errands.queue import URGENT, Due, Errands

if TYPE_CHECKING:
    from crm_core.api import Core

LOOK_SECONDS = 0.5
# Long ones (a thousand customers to hand over) leave room for what is urgent: a welcome is worth 20 seconds.
SIDE_BY_SIDE, LONG_ONES = 12, 6
LONGEST = timedelta(minutes=30)
TROUBLE_REST = timedelta(minutes=2)
BUSY = frozenset({-1, 45033})


class Later(Exception):
    """Nothing has gone wrong, but it has to be looked at again at `at`."""

    def __init__(self, at: datetime) -> None:
        super().__init__(at)
        self.at = at


class Doer(Protocol):
    """Does errands by their kinds. Commands it carries out have keys, so that an errand may be repeated."""

    @property
    def kinds(self) -> dict[str, Callable[[Due], Awaitable[None]]]:
        """What does each kind. Raises ApiError, or Later."""
        ...

    async def gave_up(self, due: Due, why: str) -> None:
        """It will not be done: tell whom it concerns."""
        ...


class ErrandRunner:
    """A listener beside the line's own; claims are leased, so that two at once do no harm."""

    def __init__(self, account: Account, core: Core, doer: Doer) -> None:
        self.name = f"{account.line}:errands"
        self._account = account.line
        self._core = core
        self._operator = Operator(account, core)
        self._doer = doer
        self._errands = Errands(core.database, core.cipher)
        self._running: dict[asyncio.Task[None], Due] = {}

    async def listen(self, held: Held) -> None:
        """Do what is due until cancelled."""
        try:
            while True:
                await self.begin()
                await asyncio.sleep(LOOK_SECONDS if not self._running else LOOK_SECONDS / 5)
        finally:
            for task in self._running:
                task.cancel()
            await asyncio.gather(*self._running, return_exceptions=True)

    async def begin(self) -> list[asyncio.Task[None]]:
        """Begin what is due now, as far as there is room for it."""
        now, room = self._core.now(), SIDE_BY_SIDE - len(self._running)
        long = sum(one.priority > URGENT for one in self._running.values())
        due_at = await asyncio.to_thread(self._errands.next_due, self._account)
        if due_at is None or due_at > now or room <= 0:
            return []
        in_hand = [one.id for one in self._running.values()]
        first = await self._claim(now, room, in_hand, urgent=True)
        more = min(room - len(first), LONG_ONES - long)
        rest = await self._claim(now, more, [*in_hand, *(one.id for one in first)]) if more > 0 else []
        return [self._spawn(one) for one in (*first, *rest)]

    async def _claim(self, now: datetime, room: int, in_hand: list[str], *, urgent: bool = False) -> list[Due]:
        return await asyncio.to_thread(self._errands.claim, self._account, now, room, urgent=urgent, but=in_hand)

    def _spawn(self, due: Due) -> asyncio.Task[None]:
        task = asyncio.create_task(self._run(due), name=f"errand:{due.kind}")
        self._running[task] = due
        task.add_done_callback(lambda ended: self._running.pop(ended, None))
        return task

    async def _run(self, due: Due) -> None:
        try:
            await self._doer.kinds[due.kind](due)
        except Later as later:
            await asyncio.to_thread(
                self._errands.again, due, later.at, "later", self._core.now(), patient=True
            )
        except Refused as error:
            await self._operator.hears(error)
            if error.code in BUSY:
                await self._again(due, self._core.now() + backoff(due.attempts), str(error.code))
            elif trouble_of(error.code) is not None:
                again, now = self._errands.again, self._core.now()
                await asyncio.to_thread(again, due, now + TROUBLE_REST, str(error.code), now, patient=True)
            else:
                await self._over(due, str(error.code))
        except NoAnswer as error:
            await self._again(due, self._core.now() + backoff(due.attempts), str(error))
        except Exception as error:
            structlog.get_logger().error(
                "errand_failed", kind=due.kind, error=type(error).__name__, exc_info=error
            )
            await self._again(due, self._core.now() + backoff(due.attempts), type(error).__name__)
        else:
            await asyncio.to_thread(self._errands.done, due, self._core.now())
            await self._operator.well()

    async def _again(self, due: Due, at: datetime, why: str) -> None:
        if not await asyncio.to_thread(self._errands.again, due, at, why, self._core.now()):
            await self._doer.gave_up(due, why)

    async def _over(self, due: Due, why: str) -> None:
        await self._doer.gave_up(due, why)
        await asyncio.to_thread(self._errands.done, due, self._core.now(), why)


def backoff(attempts: int) -> timedelta:
    """1, 2, 4 … seconds, at most half an hour."""
    return min(timedelta(seconds=2 ** min(attempts - 1, 12)), LONGEST)

