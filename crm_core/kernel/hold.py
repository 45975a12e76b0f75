"""A lock on the data directory, held by the process that serves it and let go when it dies."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from types import TracebackType

from crm_core.kernel.errors import ConfigError


class DirectoryHold:
    """Held while a server runs on an embedded database."""

    def __init__(self, directory: Path) -> None:
        self._path = directory / "server.lock"
        self._file: int | None = None

    def __enter__(self) -> DirectoryHold:
        """Raises ConfigError when another server holds the directory."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._file)
            self._file = None
            raise ConfigError(
                "CHEXIN_DATA_DIR",
                f"another server is running on {self._path.parent}; stop it or choose another",
            ) from None
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None


def is_held(directory: Path) -> bool:
    """Whether a server runs on this directory now."""
    try:
        with DirectoryHold(directory):
            return False
    except ConfigError:
        return True
