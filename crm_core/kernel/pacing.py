"""Claims no faster than a platform allows: tokens are taken in the transaction that claims."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from crm_core.kernel.db import Database
from crm_core.kernel.limits import FIRST_NICE, Meter, Pace
from crm_core.kernel.outbox import Delivery, OutboxQueue

MUST_KNOW = FIRST_NICE - 1


@dataclass(frozen=True)
class Batch:
    """What may be sent now.

    `again_at` is when the account may send more, None when only time and work limit it. `put_off` were due and
    are due again when their chats may be written to.
    """

    deliveries: tuple[Delivery, ...] = ()
    again_at: datetime | None = None
    put_off: int = 0


@dataclass(frozen=True)
class Wish:
    """So many messages, at most, of an account with such limits."""

    account: str
    limit: int
    pace: Pace


class PacedQueue:
    """The outbox of some accounts, within their limits."""

    def __init__(self, database: Database, outbox: OutboxQueue) -> None:
        self._database = database
        self._outbox = outbox

    def claim(self, worker: str, now: datetime, limit: int, account: str, pace: Pace) -> Batch:
        """Take up to `limit` messages of an account that its limits and those of their chats allow now."""
        return self.claim_each(worker, now, [Wish(account, limit, pace)])[account]

    def claim_each(self, worker: str, now: datetime, wishes: Sequence[Wish]) -> dict[str, Batch]:
        """`claim` for several accounts in one transaction; what was taken of each.

        In the order of their names, so that two who do so never wait for each other.
        """
        with self._database.write() as session:
            return {
                wish.account: self._claim(session, worker, now, wish)
                for wish in sorted(wishes, key=lambda wish: wish.account)
            }

    def _claim(self, session: Session, worker: str, now: datetime, wish: Wish) -> Batch:
        whole = Meter(session, {wish.account: wish.pace.per_account}, now)
        room, urgent = whole.free(wish.account, FIRST_NICE), whole.free(wish.account, MUST_KNOW)
        again = None if room > 0 else whole.next_at(wish.account, FIRST_NICE if urgent > 0 else MUST_KNOW)
        if room <= 0 and urgent <= 0:
            return Batch(again_at=again)
        limit = min(wish.limit, room or urgent)
        found = self._outbox.claim_in(session, worker, now, limit, [wish.account], urgent=room <= 0)
        return self._within(session, found, whole, wish, now, again)

    def _within(
        self, session: Session, found: Sequence[Delivery], whole: Meter, wish: Wish, now: datetime,
        again: datetime | None,
    ) -> Batch:  # fmt: skip
        """Of the claimed rows those whose chats may be written to now; the others go back until they may."""
        chats = Meter(session, {one.chat: wish.pace.per_chat for one in found}, now)
        granted: list[Delivery] = []
        for one in found:
            if chats.free(one.chat, one.priority) <= 0:
                self._outbox.give_back(session, [one], chats.next_at(one.chat, one.priority))
                continue
            chats.take(one.chat)
            granted.append(one)
        whole.take(wish.account, len(granted))
        whole.save()
        chats.save()
        return Batch(tuple(granted), again, len(found) - len(granted))
