"""Whether this deployment may send: a restored backup may not, until somebody says what becomes of what is due."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from crm_core.kernel.tables import Meta

DELIVERIES = "deliveries"


@dataclass(frozen=True)
class Pause:
    """`paused`: nothing fires and nothing is sent, but for answers to what was said after `since`.

    `silent_until`: what was due before then takes place and is not told; it was told before the backup was put back.
    """

    paused: str = ""
    since: datetime | None = None
    silent_until: datetime | None = None


def read_pause(session: Session) -> Pause:
    """What is noted under `deliveries`: `paused:<reason>`, `silent:<instant>` or nothing."""
    row = session.get(Meta, DELIVERIES)
    what, _, rest = (row.value if row is not None else "").partition(":")
    if row is not None and what == "paused":
        return Pause(paused=rest or "paused", since=row.updated_at)
    if what == "silent":
        return Pause(silent_until=datetime.fromisoformat(rest))
    return Pause()
