"""How far an arrival has got: worked off, and everything it led to in its own thread delivered."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

from sqlalchemy import select

from crm_core.kernel.db import Database
from crm_core.kernel.inbox import CLAIMED, NEW
from crm_core.kernel.outbox import CLAIMED as SENDING
from crm_core.kernel.outbox import PENDING
from crm_core.kernel.tables import Inbox, Outbox


def answered(database: Database, inbox_id: int, chat: str, now: datetime) -> bool:
    """Whether the turn has ended and nothing that is due waits for the thread any more."""
    arrival, out = cast(Any, Inbox), cast(Any, Outbox)
    with database.read() as session:
        state = session.execute(select(arrival.state).where(arrival.id == inbox_id)).scalar()
        if state in (NEW, CLAIMED):
            return False
        waiting = select(out.id).where(out.chat == chat, out.state.in_((PENDING, SENDING)), out.due_at <= now)
        return session.execute(waiting.limit(1)).first() is None
