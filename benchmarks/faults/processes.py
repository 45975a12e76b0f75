"""Processes by a handle that stays theirs: a number may belong to somebody else once its process has ended."""

from __future__ import annotations

import contextlib
import os
import select
import signal


class Process:
    """A process of ours. Where the system has no such handles (macOS), its number has to do."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._over = False
        self._handle: int | None = None
        if hasattr(os, "pidfd_open"):
            try:
                self._handle = os.pidfd_open(pid)
            except ProcessLookupError:
                self._over = True

    @property
    def alive(self) -> bool:
        """Whether it runs still; once it has ended it stays so, whoever has its number by then."""
        if not self._over and self._ended():
            self._over = True
            if self._handle is not None:
                os.close(self._handle)
        return not self._over

    def _ended(self) -> bool:
        if self._handle is not None:
            poll = select.poll()
            poll.register(self._handle, select.POLLIN)
            return bool(poll.poll(0))
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return True
        return False

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal, if it runs still."""
        if not self.alive:
            return
        with contextlib.suppress(ProcessLookupError):
            if self._handle is not None:
                signal.pidfd_send_signal(self._handle, number)
            else:
                os.kill(self.pid, number)
