"""Questions about follow-ups."""

from __future__ import annotations

from typing import Any, cast

from crm_core.customers.tables import Customer
from crm_core.deals.lookup import customer_name
from crm_core.followups.cadence import sop_named, sop_of
from crm_core.followups.greetings import status
from crm_core.followups.lookup import place_of, record_of
from crm_core.followups.messages import (
    ExplainCadence,
    FollowupCard,
    FollowupView,
    MyFollowups,
    StepPlan,
)  # fmt: skip
from crm_core.followups.rules import plan
from crm_core.followups.tables import Followup
from crm_core.kernel.errors import Invalid, NotFound
from crm_core.kernel.registry import answers
from crm_core.kernel.uow import Reader
from crm_core.org.people import person_name


@answers(FollowupCard)
def followup_card(question: FollowupCard, reader: Reader) -> FollowupView:
    """One follow-up."""
    return followup_view(reader.get(Followup, question.followup_id, "followup"), reader)


@answers(MyFollowups)
def my_followups(question: MyFollowups, reader: Reader) -> list[FollowupView]:
    """The actor's open follow-ups, the most urgent first."""
    row = cast(Any, Followup)
    query = reader.select(Followup, "followup").where(row.owner_id == reader.actor.id, row.state == "open")
    if question.until is not None:
        query = query.where(row.due_at < question.until)
    found = reader.rows(query.order_by(row.due_at, row.id).limit(50))
    reader.preload(Customer, (one.customer_id for one in found))
    return [followup_view(one, reader) for one in found]


def followup_view(row: Followup, reader: Reader) -> FollowupView:
    """A follow-up the actor was allowed to load."""
    sop = sop_of(row)
    step = sop.steps[max(row.current_step, 0)]
    language = reader.actor.language
    return FollowupView(
        id=row.id, sop=row.sop, title=sop.title.of(language), subject=row.subject, customer_id=row.customer_id or "",
        customer_name=customer_name(reader, row.customer_id), owner_id=row.owner_id,
        owner_name=person_name(reader, row.owner_id), state=row.state, due_at=row.due_at, step=step.do,
        reason=row.reason, answer=reader.reveal(row, "answer"), text=step.text.of(language), version=row.version,
        satisfaction=row.satisfaction, greeting=status(reader, row) if step.do == "greet" else "",
        lead_id=row.lead_id, deal_id=row.deal_id,
    )  # fmt: skip


@answers(ExplainCadence)
def explain_cadence(question: ExplainCadence, reader: Reader) -> list[StepPlan]:
    """The running cadence's steps, or what one started now would do. Raises NotFound, Invalid."""
    found = record_of(reader, question.subject)
    if found is None or not reader.access.allows(reader.actor, found[1], "read", found[0]):
        raise NotFound(resource=found[1] if found else "record")
    row, unit = cast(Any, Followup), found[0].unit
    running = reader.first(reader.select(Followup, "followup").where(
        row.sop == question.sop, row.subject == question.subject, row.state == "open"
    ))  # fmt: skip
    sop = sop_of(running) if running else sop_named(reader, question.sop, unit)
    if sop is None:
        raise Invalid("sop", "error.unknown_sop", name=question.sop)
    source = f"sop/{sop.name}.yaml"
    steps = plan(sop, running.started_at if running else reader.now, place_of(reader, unit))
    return [StepPlan(at=p.at, do=p.step.do, to=p.step.to, why=f"{source}: {p.why}") for p in steps]
