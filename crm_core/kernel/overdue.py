"""What should have been done by now, and was not; and what a dead process left claimed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update
from sqlmodel import Session, col

from crm_core.kernel.tables import Inbox, Outbox, Timer


def overdue(session: Session, before: datetime) -> dict[str, int]:
    """Counts of pending rows due before an instant, and of messages that will never be sent."""

    def count(*where: Any) -> int:
        return int(session.execute(select(func.count()).where(*where)).scalar() or 0)

    return {
        "timers": count(col(Timer.state) == 0, col(Timer.due_at) < before),
        "messages": count(col(Outbox.state).in_((0, 1)), col(Outbox.created_at) < before),
        "arrivals": count(col(Inbox.state).in_((0, 1)), col(Inbox.received_at) < before),
        "dead": count(col(Outbox.state) == 4),
    }


def release_all(session: Session) -> None:
    """Give back every claimed row. Only right when no other process can be working."""
    session.execute(update(Outbox).where(col(Outbox.state) == 1).values(state=0, lease_until=None))
    session.execute(update(Inbox).where(col(Inbox.state) == 1).values(state=0, lease_until=None))
