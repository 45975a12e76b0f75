"""The web server with an end of our own: a first signal drains, a second one ends at once, and a drained end is 0."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

import structlog
import uvicorn

LAST_RESORT_S = 25.0
SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Runner(uvicorn.Server):
    """Serves until it is told to stop. `leave` is called once, in a thread, at the first signal."""

    def __init__(self, config: uvicorn.Config, leave: Callable[[], None]) -> None:
        super().__init__(config)
        self._leave = leave

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Uvicorn's own raises the signal again afterwards, and the process would not end with 0."""
        before = {number: signal.signal(number, self.handle_exit) for number in SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Nothing new is taken from the first signal on; whoever signals twice does not want to wait."""
        if self.should_exit:
            os._exit(128 + sig)
        self.should_exit = True
        threading.Thread(target=self._leave, name="leave", daemon=True).start()
        last = threading.Timer(LAST_RESORT_S, _give_up)
        last.daemon = True
        last.start()


def _give_up() -> None:
    """Something would not end. What it held is taken over when its lease runs out."""
    structlog.get_logger().error("drain_gave_up", seconds=LAST_RESORT_S)
    os._exit(1)
