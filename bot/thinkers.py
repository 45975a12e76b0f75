"""Threads that wait for a model, so that no turn of anybody else does."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait

import structlog

from bot.conversation.thinking import Deferred

ROOM = 8


def _nothing() -> None:
    """There is nothing to let go of."""


class Thinkers:
    """Asks for a few turns at a time. There is no queue: whoever finds no room goes on without a model."""

    def __init__(self, let_go: Callable[[], None] = _nothing, room: int = ROOM) -> None:
        """`let_go` ends what is being asked, when the process ends."""
        self._let_go = let_go
        self._pool = ThreadPoolExecutor(room, thread_name_prefix="think")
        self._room = threading.Semaphore(room)
        self._begun: set[Future[None]] = set()

    def take(self, deferred: Deferred, then: Callable[[], None]) -> bool:
        """Ask, then call `then`, whatever came of it. False when there is no room: nothing was done."""
        if not self._room.acquire(blocking=False):
            return False
        try:
            future = self._pool.submit(self._ask, deferred, then)
        except RuntimeError:  # the process ends
            self._room.release()
            return False
        self._begun.add(future)
        future.add_done_callback(self._ended)
        return True

    def _ask(self, deferred: Deferred, then: Callable[[], None]) -> None:
        try:
            deferred.ask(deferred.notice)
        except Exception as error:
            structlog.get_logger().error("thinking_failed", error=type(error).__name__, exc_info=error)
            deferred.decline()
        then()

    def _ended(self, future: Future[None]) -> None:
        self._begun.discard(future)
        self._room.release()

    def stop(self, patience: float) -> None:
        """Let go of what is under way, and wait for its threads."""
        self._let_go()
        self._pool.shutdown(wait=False)
        wait(list(self._begun), timeout=patience)
