"""Works off arrivals: one at a time for each person, several people at once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from functools import partial
from typing import Any, Protocol

import structlog

from bot.conversation.thinking import Deferred
from bot.thinkers import Thinkers
from crm_core.api import Core
from crm_core.kernel.errors import Unavailable
from crm_core.kernel.inbox import MAX_ATTEMPTS, Arrival

Turn = Callable[[], object]
BATCH = 16
PATIENCE = 10.0


class Processor(Protocol):
    """What carries out one turn, and always ends it; or raises Deferred, and ends it when that is resumed."""

    def process(self, arrival: Arrival) -> object: ...


class TurnRunner:
    """Claims arrivals and gives them to a few threads. A slow turn delays only its own sender."""

    def __init__(
        self, core: Core, processor: Processor, done: Callable[[], None],
        sorry: Callable[[str], dict[str, Any]] | None = None, threads: int = 4, thinkers: Thinkers | None = None,
    ) -> None:  # fmt: skip
        """`sorry(person id)` is the message for a turn that could not be carried out; without, nothing is said.

        `thinkers` wait for a model; without, no turn does.
        """
        self._core = core
        self._sorry = sorry
        self._processor = processor
        self._done = done
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="turn")
        self._free = threading.Semaphore(threads * 2)
        self._thinkers = thinkers or Thinkers()
        self._begun: dict[Future[bool], tuple[Arrival, bool]] = {}
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
            self._begin(arrival, partial(self._processor.process, arrival), counted=True)
        return len(arrivals)

    def _begin(self, arrival: Arrival, turn: Turn, *, counted: bool) -> None:
        future = self._pool.submit(self._work, arrival, turn)
        self._begun[future] = (arrival, counted)
        future.add_done_callback(self._ended)

    def _work(self, arrival: Arrival, turn: Turn) -> bool:
        """Carry a turn out; False while a model thinks about it."""
        if arrival.spent:
            self._give_up(arrival, "gave up")
            return True
        try:
            turn()
        except Deferred as deferred:
            return self._wait(arrival, deferred)
        except Unavailable:
            self._core.inbox.release(arrival)
            raise
        except Exception as error:
            self._failed(arrival, error)
            raise
        return True

    def _wait(self, arrival: Arrival, deferred: Deferred) -> bool:
        """Its thread is free for others meanwhile, and the arrival stays claimed. Without room, on without a model."""
        resume = deferred.resume
        if not self._over and self._thinkers.take(deferred, lambda: self._go_on(arrival, resume)):
            return False
        deferred.decline()
        return self._work(arrival, resume)

    def _go_on(self, arrival: Arrival, resume: Turn) -> None:
        """The model has answered, or has not; a process that ends leaves the turn to another."""
        try:
            self._begin(arrival, resume, counted=False)
        except RuntimeError:
            self._core.inbox.release(arrival)

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

    def _ended(self, future: Future[bool]) -> None:
        arrival, counted = self._begun.pop(future)
        if counted:
            self._free.release()
        if future.cancelled():
            self._core.inbox.release(arrival)
            return
        error = future.exception()
        if error is not None:
            structlog.get_logger().error("turn_failed", error=type(error).__name__, exc_info=error)
        if error is not None or future.result():
            self._done()

    def stop(self, patience: float = PATIENCE) -> None:
        """Let running turns end, for at most `patience` seconds, and give back what was claimed and not begun.

        A turn that takes longer loses its lease in time; then another process carries it out, and it writes nothing.
        """
        self._over = True
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._thinkers.stop(patience)
        wait(list(self._begun), timeout=patience)
