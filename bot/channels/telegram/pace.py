"""Telegram's limit for groups, which other chats do not have: kept by each process for what it sends itself."""

from __future__ import annotations

import time
from collections import defaultdict, deque
from collections.abc import Callable

# Twenty a minute are allowed; a tenth is left to clocks and to what other processes send.
MOST, SECONDS = 18, 60.0


class GroupPace:
    """How much went to each group lately. Groups have negative ids."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._sent: defaultdict[int, deque[float]] = defaultdict(deque)

    def wait(self, chat: int) -> float:
        """Take room for one message: 0 when there was some, else the seconds until there is."""
        if chat > 0:
            return 0.0
        now, sent = self._clock(), self._sent[chat]
        while sent and sent[0] <= now - SECONDS:
            sent.popleft()
        if len(sent) >= MOST:
            return sent[0] + SECONDS - now
        sent.append(now)
        return 0.0
