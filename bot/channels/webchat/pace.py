"""How fast somebody may send: a bucket that fills again with time."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable

KEYS = 10_000


class Pace:
    """`burst` at once, then `per_second`. One per sender, or one with a key for each."""

    def __init__(self, burst: float, per_second: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._burst = burst
        self._per_second = per_second
        self._clock = clock
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def allow(self, key: str = "") -> bool:
        """Take one from the key's bucket; False when it is empty."""
        now = self._clock()
        left, at = self._left.pop(key, (self._burst, now))
        left = min(self._burst, left + (now - at) * self._per_second)
        allowed = left >= 1
        self._left[key] = (left - 1 if allowed else left, now)
        if len(self._left) > KEYS:
            self._left.popitem(last=False)
        return allowed
