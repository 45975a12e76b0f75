"""One owner for one directory, across processes."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

LOCK_FILE = "owner.lock"


class OwnerLock:
    """An advisory lock on `directory/owner.lock`, released when closed or when the process ends."""

    def __init__(self, directory: Path) -> None:
        self._path = directory / LOCK_FILE
        self._file: int | None = None

    @property
    def held(self) -> bool:
        return self._file is not None

    def acquire(self) -> bool:
        """Try once, without waiting; True when this object is the owner."""
        if self._file is not None:
            return True
        self._path.parent.mkdir(parents=True, exist_ok=True)
        file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(file)
            return False
        os.ftruncate(file, 0)
        os.write(file, str(os.getpid()).encode())
        self._file = file
        return True

    def release(self) -> None:
        if self._file is not None:
            os.close(self._file)  # closing drops the lock; the file stays for the next owner
            self._file = None
