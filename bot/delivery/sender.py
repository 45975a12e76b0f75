"""Sends what is due over networks: claims what may go, sends side by side, writes results in groups.

A thread of its own with an event loop. Safe to run in several processes: claims are leased, results fenced.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from bot.delivery.drawing import Drawing
from bot.delivery.prepare import Preparer, shown, window_of
from bot.delivery.results import Results
from bot.ports import Anchored, Channel, Receipt
from bot.reception.lines import close_all
from bot.texts import Texts
from crm_core.api import Core
from crm_core.chat.service import Ended, Send
from crm_core.kernel.errors import Unavailable
from crm_core.kernel.limits import Pace, Rate
from crm_core.kernel.outbox import LEASE, Delivery, Outcome, Settled
from crm_core.kernel.outcomes import Heard, decide
from crm_core.kernel.pacing import Batch, Wish
from crm_core.kernel.points import point

SLOTS = 64
ANSWER_SECONDS = 20.0
DRAIN_SECONDS = 10.0
TICK_SECONDS = 1.0
# Something is due and nobody could take it: another process sends what comes before it.
BLOCKED_SECONDS = 0.25
# For so long nothing is claimed while most slots are taken, so that what is claimed then is worth a commit.
GATHER_SECONDS = 0.05
# Limits fill drop by drop; a claim for each drop would be waste.
TOKEN_SECONDS = 0.1
STILL_SECONDS = 120.0
LATEST_START = LEASE.total_seconds() - 1.5 * ANSWER_SECONDS


def pace_of(channel: Channel) -> Pace:
    """The platform's limits as the claim wants them."""
    capabilities = channel.capabilities
    return Pace(
        tuple(Rate(*one) for one in capabilities.per_account),
        tuple(Rate(*one) for one in capabilities.per_chat),
    )


@dataclass(frozen=True)
class Started:
    """When a claim was made, by both clocks: one stands still while the machine sleeps, the other may be moved."""

    monotonic: float
    at: datetime

    def seconds_ago(self, now: datetime) -> float:
        return max(time.monotonic() - self.monotonic, (now - self.at).total_seconds())


class Sender:
    """Serves the accounts it has channels for; without any it does nothing."""

    def __init__(
        self, core: Core, texts: Texts, worker: str, channels: Mapping[str, Channel], told: Callable[[], None],
        *, slots: int = SLOTS,
    ) -> None:  # fmt: skip
        """`told` is called, from the sender's thread, after results were written. `slots` is for each account."""
        self._core = core
        self._preparer = Preparer(core, Drawing(core, texts))
        self._worker = worker
        self._channels = dict(channels)
        self._told = told
        self._slots = slots
        self._busy: Counter[str] = Counter()
        self._in_hand: set[int] = set()
        self._unsure = False
        self._claimed_at = -math.inf
        self._sending: set[asyncio.Task[None]] = set()
        self._stopping = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = threading.Thread(target=self._main, name="sender", daemon=True)
        self.last_round = time.monotonic()

    @property
    def accounts(self) -> tuple[str, ...]:
        """Those it speaks for."""
        return tuple(self._channels)

    # Life

    def start(self) -> None:
        """Begin, if there is anything to serve."""
        if self._channels:
            self._thread.start()

    def stop(self) -> None:
        """Claim no more, let what is under way end (at most ten seconds), write how it ended."""
        self._stopping.set()
        self.knock()
        if self._thread.is_alive():
            self._thread.join(DRAIN_SECONDS + 5)

    def knock(self) -> None:
        """Something may be due: look at once. Callable from any thread."""
        loop = self._loop
        if loop is not None and not loop.is_closed():
            with contextlib.suppress(RuntimeError):  # closed between the two
                loop.call_soon_threadsafe(self._wake.set)

    def alive(self) -> bool:
        """Whether a round ended lately; a sender without channels always is."""
        return not self._channels or time.monotonic() - self.last_round < STILL_SECONDS

    def _main(self) -> None:
        asyncio.run(self._run())

    async def _run(self) -> None:
        self._wake = asyncio.Event()
        self._results = Results(self._core, self._after_writing)
        self._loop = asyncio.get_running_loop()
        writing = asyncio.create_task(self._results.run())
        while not self._stopping.is_set():
            self._wake.clear()
            pause = await self._guarded_round()
            self.last_round = time.monotonic()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), pause)
        await self._drain()
        writing.cancel()
        await close_all(self._channels.values())

    async def _drain(self) -> None:
        """What is under way ends or is left to its lease, and every result known is written."""
        if self._sending:
            await asyncio.wait(self._sending, timeout=DRAIN_SECONDS)
        deadline = time.monotonic() + DRAIN_SECONDS / 2
        while self._results.waiting and time.monotonic() < deadline:
            if not await self._results.flush():
                await asyncio.sleep(BLOCKED_SECONDS)

    def _after_writing(self) -> None:
        self._wake.set()
        try:
            self._told()
        except Exception as error:
            # Who is told may be gone already; results must go on being written.
            structlog.get_logger().error("told_failed", error=type(error).__name__, exc_info=error)

    # Rounds

    async def _guarded_round(self) -> float:
        try:
            return await self._round()
        except Exception as error:
            structlog.get_logger().error("sender_round_failed", error=type(error).__name__, exc_info=error)
            return TICK_SECONDS

    async def _round(self) -> float:
        """Claim and begin what may go; returns for how many seconds to pause."""
        if self._unsure:
            keep = [*self._in_hand, *self._results.waiting]
            await asyncio.to_thread(self._core.outbox.forget, self._worker, list(self._channels), keep)
            self._unsure = False
        rooms = self._rooms()
        due = await asyncio.to_thread(self._core.outbox.due_of, list(rooms))
        now = self._core.now()
        wishes = [Wish(a, rooms[a], pace_of(self._channels[a])) for a, at in due.items() if at <= now]
        pause = await self._claim(wishes, now) if wishes else TICK_SECONDS
        later = min((at for at in due.values() if at > now), default=None)
        crowded = any(0 < self._slots - self._busy[account] < self._slots // 4 for account in self._channels)
        return min(pause, _ahead(later, now), GATHER_SECONDS if crowded else TICK_SECONDS)

    def _rooms(self) -> dict[str, int]:
        """How many messages of each account may be taken now.

        While many are under way, a few more of them end first: a claim for each free slot would be waste.
        """
        if self._stopping.is_set():
            return {}
        waited = time.monotonic() - self._claimed_at > GATHER_SECONDS
        enough = 1 if waited else max(self._slots // 4, 1)
        return {
            account: room
            for account, channel in self._channels.items()
            if (room := self._slots - self._busy[account]) >= enough and _is_here(channel)
        }

    async def _claim(self, wishes: list[Wish], now: datetime) -> float:
        """Take what is due and may go, all accounts in one transaction, and begin it; the seconds to pause."""
        started = Started(time.monotonic(), now)
        self._claimed_at = started.monotonic
        self._unsure = True  # until it is known what was claimed
        found = await asyncio.to_thread(self._core.paced.claim_each, self._worker, now, wishes)
        self._unsure = False
        claimed = [delivery for batch in found.values() for delivery in batch.deliveries]
        if claimed:
            point("claimed")
            await self._begin(claimed, started)
        return min(self._pause(batch) for batch in found.values())

    def _pause(self, batch: Batch) -> float:
        """For how long nothing more is to be had of the account."""
        if batch.again_at is not None:
            return max(_ahead(batch.again_at, self._core.now()), TOKEN_SECONDS)
        return 0.0 if batch.deliveries or batch.put_off else BLOCKED_SECONDS

    async def _begin(self, claimed: list[Delivery], started: Started) -> None:
        """Draw, commit the attempts, and start sending. What fails on the way was surely not sent."""
        try:
            prepare = self._preparer.prepare
            found = await asyncio.to_thread(prepare, claimed, self._channels, self._core.now())
            point("drawn")
            begun = await asyncio.to_thread(self._commit, found.sends)
        except Unavailable:
            self._unsent(claimed)
            return
        except Exception as error:
            await self._apart(claimed, started, error)
            return
        for one in found.ended:
            self._results.add(one)
        if begun:
            point("attempt_written")
        for send in begun:
            self._spawn(send, started)

    def _commit(self, sends: list[Send]) -> list[Send]:
        return self._core.chats.begin(sends, self._worker, self._core.now()) if sends else []

    def _spawn(self, send: Send, started: Started) -> None:
        self._busy[send.delivery.account] += 1
        self._in_hand.add(send.delivery.id)
        task = asyncio.create_task(self._send(send, self._channels[send.delivery.account], started))
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)

    async def _apart(self, claimed: list[Delivery], started: Started, error: Exception) -> None:
        """One message that cannot be begun does not stop the others; after some tries it is dead."""
        if len(claimed) > 1:
            for one in claimed:
                await self._begin([one], started)
            return
        structlog.get_logger().error("begin_failed", outbox=claimed[0].id, kind=claimed[0].kind,
                                     error=type(error).__name__, exc_info=error)  # fmt: skip
        settled = Settled(claimed[0], Outcome.RETRY, error=type(error).__name__, heard=Heard.NOT_NOW)
        self._results.add(Ended(settled, {}))

    def _unsent(self, deliveries: list[Delivery], why: str = "no database") -> None:
        """What was surely not sent is free again in a second."""
        again = self._core.now() + timedelta(seconds=1)
        for one in deliveries:
            settled = Settled(one, Outcome.RETRY, retry_at=again, error=why, heard=Heard.NOT_NOW)
            self._results.add(Ended(settled, {}))

    # Sending

    async def _send(self, send: Send, channel: Channel, started: Started) -> None:
        try:
            point("before_send")
            if started.seconds_ago(self._core.now()) > LATEST_START:
                # Stopped for longer than the lease: another process may be sending this by now.
                self._unsent([send.delivery], "overslept")
                return
            receipt = await self._answer(send, channel)
            point("after_send")
            self._results.add(
                Ended(self._settled(send, channel, receipt), send.message, receipt.unreachable), receipt
            )
        finally:
            self._busy[send.delivery.account] -= 1
            self._in_hand.discard(send.delivery.id)

    async def _answer(self, send: Send, channel: Channel) -> Receipt:
        """What the channel heard; no answer in time, or a channel that fails, leaves it unknown."""
        message = shown(send.message)
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                if send.original is not None:
                    return await channel.update(send.delivery, send.original.provider_id or "", message)
                return await channel.send(send.delivery, message, send.body)
        except TimeoutError:
            return Receipt(Heard.UNKNOWN, error="no answer")
        except Exception as error:
            structlog.get_logger().error("channel_failed", channel=channel.name, error=type(error).__name__,
                                         exc_info=error)  # fmt: skip
            return Receipt(Heard.UNKNOWN, error=type(error).__name__)

    def _settled(self, send: Send, channel: Channel, receipt: Receipt) -> Settled:
        delivery, now = send.delivery, self._core.now()
        tried = delivery.tried(now, doubt=receipt.heard is Heard.UNKNOWN)
        decided = decide(receipt.heard, tried, now, window=window_of(channel), retry_after=receipt.rest)
        provider_id = receipt.provider_id or (send.original.provider_id if send.original else None)
        return Settled(delivery, decided.outcome, provider_id, decided.retry_at, receipt.error, receipt.heard)


def _is_here(channel: Channel) -> bool:
    """Whether this process can send by it; the connection may be another's."""
    return not isinstance(channel, Anchored) or channel.ready()


def _ahead(at: datetime | None, now: datetime) -> float:
    """Seconds until `at`, at most one tick."""
    if at is None:
        return TICK_SECONDS
    return min(max((at - now).total_seconds(), 0.005), TICK_SECONDS)
