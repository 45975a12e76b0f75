"""Messages for threads kept here: the web chat and the terminal. Drawn and stored, with no network between."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import structlog

from bot.delivery.drawing import Drawing, Drawn
from bot.texts import Texts
from crm_core.api import Core
from crm_core.kernel.errors import Unavailable
from crm_core.kernel.outbox import LOCAL_ACCOUNTS, PARK_AFTER, Delivery, Outcome, Settled
from crm_core.kernel.points import point

BATCH = 100


class Deliverer:
    """Draws and delivers what is due. Attempt, message and result are one transaction.

    Safe to run in several threads and processes.
    """

    def __init__(
        self, core: Core, texts: Texts, worker: str, told: Callable[[], None],
        accounts: Sequence[str] = LOCAL_ACCOUNTS,
    ) -> None:  # fmt: skip
        """`accounts` are those whose threads are all there is: nobody carries them further."""
        self._core = core
        self._drawing = Drawing(core, texts)
        self._worker = worker
        self._told = told
        self._accounts = accounts
        self._unsure = False

    def run(self) -> int:
        """Deliver one batch; returns how many messages were taken."""
        now = self._core.now()
        if self._unsure:
            self._core.outbox.forget(self._worker, self._accounts)
            self._unsure = False
        due = self._core.outbox.next_due(self._accounts)
        if due is None or due > now:
            return 0
        self._unsure = True  # until all that was claimed has come to an end
        claimed = self._core.outbox.claim(self._worker, now, BATCH, self._accounts, runs=True)
        if claimed:
            self._deliver(claimed)
        self._unsure = False
        return len(claimed)

    def _deliver(self, claimed: list[Delivery]) -> None:
        point("claimed")
        drawn, failed = self._drawing.all(claimed)
        point("drawn")
        ready, behind = _in_order(drawn, failed)
        if ready:
            failed += self._store(ready)
            point("settled")
        if failed:
            self._core.outbox.settle_now(failed, self._core.now(), behind)
        self._told()

    def _store(self, ready: Drawn) -> list[Settled]:
        """Write a batch; when it cannot be written, message by message, so that one does not stop the others."""
        try:
            self._core.chats.store(ready, self._worker, self._core.now())
            return []
        except Unavailable:
            raise
        except Exception as error:
            if len(ready) > 1:
                return [settled for one in ready for settled in self._store([one])]
            delivery = ready[0][0]
            structlog.get_logger().error("store_failed", outbox=delivery.id, kind=delivery.kind,
                                         error=type(error).__name__, exc_info=error)  # fmt: skip
            return [Settled(delivery, Outcome.RETRY, error=type(error).__name__)]


def _in_order(drawn: Drawn, failed: list[Settled]) -> tuple[Drawn, list[Delivery]]:
    """What may be stored now, and what has to wait behind an earlier message of its chat that failed."""
    stuck = [
        one.delivery for one in failed if one.delivery.attempts < PARK_AFTER and one.outcome is Outcome.RETRY
    ]
    behind = {
        d.id for d, _ in drawn for f in stuck if d.chat == f.chat and d.id > f.id and d.priority >= f.priority
    }
    return [one for one in drawn if one[0].id not in behind], [d for d, _ in drawn if d.id in behind]
