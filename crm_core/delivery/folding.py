"""Messages that become part of another one."""

from __future__ import annotations

from sqlalchemy import update
from sqlmodel import col

from crm_core.kernel.gather import uncertain_of
from crm_core.kernel.late import FOLDED
from crm_core.kernel.tables import Outbox
from crm_core.kernel.uow import Uow


def fold_uncertain(uow: Uow, person_id: str) -> list[int]:
    """Reminders to this person that may not have arrived are folded into what is told now.

    Returns their outbox ids; `FoldedMessages` tells what they were about.
    """
    ids = uncertain_of(uow.session, uow.tenant, person_id)
    if ids:
        table = Outbox.__table__  # type: ignore[attr-defined]
        folded = update(table).where(col(Outbox.id).in_(ids)).values(state=FOLDED, settled_at=uow.now)
        uow.session.connection().execute(folded)
    return ids
