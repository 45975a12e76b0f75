"""What time does to hand-overs that wait for a second person."""

from __future__ import annotations

from crm_core.handovers.handlers import LAPSE, REMIND, ask, remind
from crm_core.handovers.people import confirmer
from crm_core.handovers.tables import Handover
from crm_core.kernel.registry import on_timer
from crm_core.kernel.tables import Timer
from crm_core.kernel.uow import Priority, Uow


@on_timer(REMIND)
def nobody_answered(timer: Timer, uow: Uow) -> None:
    """Whoever may confirm and is here now is asked; after a week it is let be, and the asker hears so."""
    row = uow.seize(Handover, timer.subject.removeprefix("handover:"))
    if row is None or row.state != "pending":
        return
    if row.created_at <= uow.now - LAPSE:
        uow.touch(row, state="expired", decided_at=uow.now)
        uow.audit("expire", "handover", row.id)
        uow.refresh(f"handover:{row.id}")
        uow.push(row.asker_id, "handover_told", subject=f"handover:{row.id}", key=f"handover:{row.id}:expired",
                 priority=Priority.MUST_KNOW)  # fmt: skip
        return
    turn = int(timer.payload["turn"])
    second = (confirmer(uow, row, asked=(row.confirmer_id,)) if turn == 0 else None) or confirmer(uow, row)
    if second is not None:
        uow.touch(row, confirmer_id=second.id)
        ask(uow, row, timer.dedupe_key)
    remind(uow, row, turn + 1)
