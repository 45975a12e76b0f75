"""Where the audit's chains ended, written down outside the database every hour and every few hundred lines.

Each line of an anchor file names all ends and is bound to the line before it. Whoever goes back to an older copy of
the database, or makes the chains anew with a stolen key, has them all against him; keep a second file
(`CHEXIN_AUDIT_ANCHOR`) where this machine may only append, or have them sent to another.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select

from crm_core.kernel.db import Database
from crm_core.kernel.errors import ConfigError
from crm_core.kernel.leases import Leases
from crm_core.kernel.pii import Cipher
from crm_core.kernel.tables import AuditHead, metadata

FILE = "audit.anchors"
EVERY = timedelta(hours=1)
EVERY_LINES = 200
RESTORED = "restored"
_HEADS = metadata.tables[str(AuditHead.__tablename__)]


@dataclass(frozen=True)
class Anchor:
    """The ends of the chains at an instant: chain → (position, digest). `why` is hour, lines, end or restored."""

    at: datetime
    heads: Mapping[int, tuple[int, str]]
    why: str = "hour"

    @property
    def restored(self) -> bool:
        return self.why == RESTORED

    @property
    def lines(self) -> int:
        return sum(position for position, _ in self.heads.values())

    def body(self) -> str:
        """What an anchor says, always in the same words."""
        heads = {str(chain): list(end) for chain, end in sorted(self.heads.items())}
        return json.dumps({"at": self.at.astimezone(UTC).isoformat(), "why": self.why, "heads": heads})


class Anchors:
    """The anchors of one deployment: beside the data, and where `setting` says, a file or a web address."""

    def __init__(self, database: Database, cipher: Cipher, data_dir: Path, setting: str = "") -> None:
        self._database, self._cipher = database, cipher
        self.address = setting if "://" in setting else ""
        own = data_dir / FILE
        self.files = [own] if self.address or not setting else [own, Path(setting)]

    def write(self, now: datetime, why: str, *, always: bool = True) -> str:
        """Anchor the present ends; without `always`, only when it is time. Returns the new line, or nothing.

        Raises OSError when no file can be written.
        """
        with self._database.read() as session:
            rows = session.connection().execute(select(_HEADS)).all()
        anchor = Anchor(now, {row.id: (row.position, row.mac) for row in rows}, why)
        if not always and not is_due(anchor, last(self.files[0])):
            return ""
        lines = [append(path, anchor, self._cipher) for path in self.files]
        Leases(self._database).remember(self._fact(), "written", now)
        return lines[-1]

    def restored(self, now: datetime) -> None:
        """Say that an older state was brought back on purpose; a file of another deployment is put aside."""
        for path in self.files:
            try:
                if path.exists():
                    read(path, self._cipher)
            except ConfigError:
                path.rename(path.with_name(f"{path.name}.before-{now:%Y%m%d-%H%M%S}"))
        self.write(now, RESTORED)

    def read(self) -> list[list[Anchor]]:
        """The anchors of each file that there is. Raises ConfigError when one was changed or is gone."""
        known = Leases(self._database).recall(self._fact()) is not None
        if known and not self.files[0].exists():
            raise ConfigError(
                str(self.files[0]), "was written and is gone: the audit's end cannot be compared"
            )
        return [read(path, self._cipher) for path in self.files if path.exists()]

    def _fact(self) -> str:
        place = hashlib.sha256(f"{socket.gethostname()}:{self.files[0].resolve()}".encode()).hexdigest()
        return f"audit_anchor:{place[:32]}"


def is_due(anchor: Anchor, last: Anchor | None) -> bool:
    """Whether something came since the last one, and it is long ago or much came."""
    if last is None or anchor.lines == last.lines:
        return last is None and anchor.lines > 0
    return (
        anchor.at - last.at >= EVERY or anchor.lines - last.lines >= EVERY_LINES or anchor.lines < last.lines
    )


def append(path: Path, anchor: Anchor, cipher: Cipher) -> str:
    """Append an anchor to a file, durably; several processes may do so. Returns the line."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(
        os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600), "r+", encoding="utf-8"
    ) as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        whole, torn = _whole_lines(file.read())
        if torn:
            # A process was killed while it wrote; what it had not finished says nothing.
            file.truncate(len(whole.encode()))
        before = _mac_of(whole.splitlines()[-1]) if whole else ""
        line = json.dumps({"anchor": anchor.body(), "mac": _mac(cipher, before, anchor.body())})
        file.write(line + "\n")
        file.flush()
        os.fsync(file.fileno())
    return line


def read(path: Path, cipher: Cipher) -> list[Anchor]:
    """The anchors of a file, in order. Raises ConfigError, naming the line, when it was changed."""
    whole, _ = _whole_lines(path.read_text(encoding="utf-8"))
    found, before = [], ""
    for number, line in enumerate(whole.splitlines(), 1):
        try:
            data = json.loads(line)
            body, mac = str(data["anchor"]), str(data["mac"])
        except (ValueError, TypeError, KeyError):
            raise ConfigError(f"{path}:{number}", "is not an anchor") from None
        if mac != _mac(cipher, before, body):
            raise ConfigError(f"{path}:{number}", "the anchor was changed, or the one before it")
        found.append(_anchor(json.loads(body)))
        before = mac
    return found


def last(path: Path) -> Anchor | None:
    """The last whole anchor of a file, unchecked; None without one."""
    if not path.exists():
        return None
    whole, _ = _whole_lines(path.read_text(encoding="utf-8"))
    return _anchor(json.loads(json.loads(whole.splitlines()[-1])["anchor"])) if whole else None


def _anchor(data: Mapping[str, Any]) -> Anchor:
    heads = {int(chain): (int(end[0]), str(end[1])) for chain, end in data["heads"].items()}
    return Anchor(datetime.fromisoformat(data["at"]), heads, data["why"])


def _mac(cipher: Cipher, before: str, body: str) -> str:
    return cipher.digest("audit-anchor", before + body)


def _mac_of(line: str) -> str:
    return str(json.loads(line)["mac"])


def _whole_lines(text: str) -> tuple[str, bool]:
    """The text up to its last line's end, and whether something stands after it."""
    end = text.rfind("\n") + 1
    return text[:end], end < len(text)
