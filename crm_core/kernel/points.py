"""Named points of the delivery path. Nothing happens there, unless a fault test asked to be told."""

from __future__ import annotations

from collections.abc import Callable

POINTS = (
    "inbox_stored", "turn_done", "lease_taken", "timer_claimed", "timer_fired", "claimed", "drawn", "attempt_written",
    "before_send", "after_send", "before_settle", "settled",
)  # fmt: skip
_watcher: Callable[[str], None] | None = None


def point(name: str) -> None:
    """The process came to `name`."""
    if _watcher is not None:
        _watcher(name)


def watch(watcher: Callable[[str], None] | None) -> None:
    """Call `watcher(name)` at each point from now on, in the thread that came there; None ends it."""
    global _watcher
    _watcher = watcher
