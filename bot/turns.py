"""Works off arrivals: one at a time for each person, several people at once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any, Protocol

import structlog

from crm_core.api import Core
from crm_core.kernel.errors import Unavailable
from crm_core.kernel.inbox import MAX_ATTEMPTS, Arrival

BATCH = 16
PATIENCE = 10.0


class Processor(Protocol):
    """What carries out one turn, and always ends it."""

    def process(self, arrival: Arrival) -> object: ...


class TurnRunner:
    """Claims arrivals and gives them to a few threads. A slow turn delays only its own sender."""

    def __init__(
        self, core: Core, processor: Processor, done: Callable[[], None],
        sorry: Callable[[str], dict[str, Any]] | None = None, threads: int = 4,
    ) -> None:  # fmt: skip
        """`sorry(person id)` is the message for a turn that could not be carried out; without, nothing is said."""
        self._core = core
        self._sorry = sorry
        self._processor = processor
        self._done = done
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="turn")
        self._free = threading.Semaphore(threads * 2)
        self._begun: dict[Future[None], Arrival] = {}
        self._over = False

    def run(self) -> int:
        """Claim what waits and start working on it; returns how many turns began."""
        if self._over or not self._core.inbox.waiting(self._core.now()):
            return 0
        room = 0
        while room < BATCH and self._free.acquire(blocking=False):
            room += 1
        if not room:
            return 0
        arrivals = self._core.inbox.claim(self._core.now(), room)
        for _ in range(room - len(arrivals)):
            self._free.release()
        for arrival in arrivals:
            future = self._pool.submit(self._work, arrival)
            self._begun[future] = arrival
            future.add_done_callback(self._ended)
        return len(arrivals)

    def _work(self, arrival: Arrival) -> None:
        if arrival.spent:
            self._give_up(arrival, "gave up")
            return
        try:
            self._processor.process(arrival)
        except Unavailable:
            self._core.inbox.release(arrival)
            raise
        except Exception as error:
            self._failed(arrival, error)
            raise

    def _failed(self, arrival: Arrival, error: Exception) -> None:
        """Tried again a few times; then it ends with an apology, so that it does not hold up what came after it."""
        if arrival.token < MAX_ATTEMPTS:
            self._core.inbox.release(arrival)
        else:
            self._give_up(arrival, type(error).__name__)

    def _give_up(self, arrival: Arrival, why: str) -> None:
        """It ends, and its sender hears of it."""
        person_id = str(arrival.body.get("person_id", ""))
        self._core.chats.finish(
            arrival, chat=str(arrival.body.get("chat") or arrival.sender), person_id=person_id,
            replies=[self._sorry(person_id)] if self._sorry else [], state=None, now=self._core.now(),
            error=why,
        )  # fmt: skip

    def _ended(self, future: Future[None]) -> None:
        arrival = self._begun.pop(future)
        self._free.release()
        if future.cancelled():
            self._core.inbox.release(arrival)
            return
        error = future.exception()
        if error is not None:
            structlog.get_logger().error("turn_failed", error=type(error).__name__, exc_info=error)
        self._done()

    def stop(self, patience: float = PATIENCE) -> None:
        """Let running turns end, for at most `patience` seconds, and give back what was claimed and not begun.

        A turn that takes longer loses its lease in time; then another process carries it out, and it writes nothing.
        """
        self._over = True
        self._pool.shutdown(wait=False, cancel_futures=True)
        wait(list(self._begun), timeout=patience)
