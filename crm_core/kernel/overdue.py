"""What should have been done by now, and was not; and what a dead process left claimed."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

from sqlalchemy import func, select, update
from sqlmodel import Session

from crm_core.kernel.tables import Inbox, Outbox, Timer


def overdue(session: Session, before: datetime) -> dict[str, int]:
    """Counts of pending rows due before an instant, and of messages that will never be sent."""
    timer, out, arrival = cast(Any, Timer), cast(Any, Outbox), cast(Any, Inbox)

    def count(*where: Any) -> int:
        return int(session.execute(select(func.count()).where(*where)).scalar() or 0)

    return {
        "timers": count(timer.state == 0, timer.due_at < before),
        "messages": count(out.state.in_((0, 1)), out.due_at < before),
        "arrivals": count(arrival.state.in_((0, 1)), arrival.received_at < before),
        "dead": count(out.state == 4),
    }


def release_all(session: Session) -> None:
    """Give back every claimed row. Only right when no other process can be working."""
    out, arrival = cast(Any, Outbox), cast(Any, Inbox)
    session.execute(update(Outbox).where(out.state == 1).values(state=0, lease_until=None))
    session.execute(update(Inbox).where(arrival.state == 1).values(state=0, lease_until=None))
