"""The erasures, written down outside the database: whatever copy of it comes back, what was erased stays erased.

One JSON object a line: opaque ids and an instant, nothing about a person. The database has the same lines; each side
gets what only the other one has.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Entry:
    """One erasure: its own id, and the tenant and id of the customer who is gone."""

    id: str
    tenant: str
    gone_id: str
    at: str


class Journal:
    """The file. Safe to append to from several processes: each line is one write."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> dict[str, Entry]:
        """Entries by id; a line that was cut off, or is none of ours, is left out."""
        if not self.path.exists():
            return {}
        entries = (_entry(line) for line in self.path.read_text("utf-8").splitlines())
        return {entry.id: entry for entry in entries if entry is not None}

    def add(self, entries: Iterable[Entry]) -> None:
        """Write down and wait until it is on the disk."""
        text = "".join(json.dumps(asdict(entry)) + "\n" for entry in entries)
        if not text:
            return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        file = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            # After a line that was cut off, the next one must not become part of it.
            os.write(file, ("" if self._ends_whole() else "\n").encode() + text.encode())
            os.fsync(file)
        finally:
            os.close(file)

    def _ends_whole(self) -> bool:
        with self.path.open("rb") as file:
            if file.seek(0, os.SEEK_END) == 0:
                return True
            file.seek(-1, os.SEEK_END)
            return file.read(1) == b"\n"


def _entry(line: str) -> Entry | None:
    try:
        return Entry(**json.loads(line))
    except (ValueError, TypeError):
        return None
