"""Questions about follow-ups."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, cast

from sqlalchemy import func

from crm_core.customers.tables import Customer
from crm_core.deals.lookup import customer_name
from crm_core.followups import explain as explain
from crm_core.followups.cadence import sop_of
from crm_core.followups.greetings import status
from crm_core.followups.messages import (
    FollowupCard,
    FollowupView,
    MyFollowups,
)  # fmt: skip
from crm_core.followups.rules import Sop
from crm_core.followups.tables import Followup
from crm_core.kernel.registry import answers
from crm_core.kernel.uow import Priority, Reader
from crm_core.org.people import person_name

# What was missed is shown for so long.
MISSED_SHOWN = timedelta(days=14)


@answers(FollowupCard)
def followup_card(question: FollowupCard, reader: Reader) -> FollowupView:
    """One follow-up."""
    return followup_view(reader.get(Followup, question.followup_id, "followup"), reader)


@answers(MyFollowups)
def my_followups(question: MyFollowups, reader: Reader) -> list[FollowupView]:
    """What the actor missed of late, then what is open, the most urgent first."""
    row = cast(Any, Followup)
    mine = reader.select(Followup, "followup").where(row.owner_id == reader.actor.id)
    missed = mine.where(
        row.state == "missed", row.reason == "overdue", row.ended_at > reader.now - MISSED_SHOWN
    )
    due_at = func.coalesce(row.snoozed_until, row.due_at)
    silent = row.muted_at.is_not(None)
    waiting = mine.where(row.state == "open", silent if question.muted else ~silent)
    if question.until is not None:
        waiting = waiting.where(due_at < question.until)
    found = [
        *(() if question.muted else reader.rows(missed.order_by(row.due_at, row.id).limit(20))),
        *reader.rows(waiting.order_by(due_at, row.id).limit(50)),
    ]
    reader.preload(Customer, (one.customer_id for one in found))
    return [followup_view(one, reader) for one in found]


def followup_view(row: Followup, reader: Reader) -> FollowupView:
    """A follow-up the actor was allowed to load."""
    sop = sop_of(row)
    step = sop.ladder[max(row.current_step, 0)]
    language = reader.actor.language
    return FollowupView(
        id=row.id, sop=row.sop, title=sop.title.of(language), subject=row.subject, customer_id=row.customer_id or "",
        customer_name=customer_name(reader, row.customer_id), owner_id=row.owner_id,
        owner_name=person_name(reader, row.owner_id), state=row.state, due_at=row.due_at, step=step.do,
        reason=row.reason, answer=reader.reveal(row, "answer"), text=step.text.of(language), version=row.version,
        satisfaction=row.satisfaction, greeting=status(reader, row) if step.do == "greet" else "",
        for_name=person_name(reader, row.for_id),
        lead_id=row.lead_id, deal_id=row.deal_id, ask=sop.ask, repeats=sop.repeats, muted=row.muted_at is not None,
        snoozed_until=row.snoozed_until, escalates=row.state == "open" and _escalates(sop, row),
    )  # fmt: skip


def _escalates(sop: Sop, row: Followup) -> bool:
    ahead = sop.ladder[max(row.current_step + 1, 0) :]
    return any(step.rank <= Priority.MUST_KNOW and not step.reminds for step in ahead)
