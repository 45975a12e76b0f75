"""One event loop in a thread of its own, so that a model that keeps silent can be left: its request is cancelled."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import CancelledError
from concurrent.futures import TimeoutError as Late
from typing import Any, TypeVar

from .trouble import ModelTrouble, trouble_of

T = TypeVar("T")


class Loop:
    """Runs coroutines for threads that wait. Begins with its first use."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closed = False

    def run(
        self, work: Coroutine[Any, Any, T], seconds: float, slow: float = 0.0, on_slow: Callable[[], None] | None = None
    ) -> T:  # fmt: skip
        """The result, within `seconds` whatever the other side does; `on_slow` is called once after `slow` seconds.

        Raises ModelTrouble.
        """
        try:
            future = asyncio.run_coroutine_threadsafe(_within(work, seconds), self._started())
        except ModelTrouble:
            work.close()
            raise
        try:
            if on_slow is not None and slow < seconds:
                try:
                    return future.result(slow)
                except Late:
                    if not future.done():
                        on_slow()
            return future.result()
        except (Exception, CancelledError) as error:
            raise trouble_of(error) from None

    def close(self) -> None:
        """What is under way ends with ModelTrouble("stopped"), and so does what is asked later."""
        with self._lock:
            self._closed = True
            if self._loop is not None:
                self._loop.call_soon_threadsafe(_cancel_all)

    def _started(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._closed:
                raise ModelTrouble("stopped")
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                threading.Thread(target=self._loop.run_forever, name="model", daemon=True).start()
            return self._loop


async def _within(work: Coroutine[Any, Any, T], seconds: float) -> T:
    async with asyncio.timeout(seconds):
        return await work


def _cancel_all() -> None:
    for task in asyncio.all_tasks():
        task.cancel()
