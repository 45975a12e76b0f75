"""Where tests keep what they throw away."""

from __future__ import annotations

import contextlib
import os
import shutil

MEMORY = "/dev/shm"
# More than the databases of all tests that run beside each other.
ROOM = 2 * 1024**3


def in_memory() -> str | None:
    """A directory that is kept in memory, if there is one with room: nothing waits for a disk, and files are made cheaply.

    A container's is often 64 MB; then there is none.
    """
    with contextlib.suppress(OSError):
        if shutil.disk_usage(MEMORY).free > ROOM and os.access(MEMORY, os.W_OK | os.X_OK):
            return MEMORY
    return None
