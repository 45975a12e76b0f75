"""The public pool and offers: who may take a lead, and how one comes there."""

from __future__ import annotations

from datetime import UTC
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlmodel import col

from crm_core.kernel.errors import Conflict, Refused
from crm_core.kernel.pii import clean_text, mask_phones
from crm_core.kernel.registry import Command, Result, handles
from crm_core.kernel.uow import Priority, Uow
from crm_core.leads.assign import people
from crm_core.leads.handlers import move
from crm_core.leads.messages import AssignLead, LeadAssigned, LeadOffered, OfferLead, ReleaseLead, TakeLead
from crm_core.leads.queries import lead_view, on_offer
from crm_core.leads.rules import AssignmentPolicy
from crm_core.leads.tables import Lead
from crm_core.org.people import dealer_of, person_name, zone_of


@handles(TakeLead)
def take_lead(cmd: TakeLead, uow: Uow) -> Result:
    """The first to press gets an offered or pooled lead; the row is held, so it is decided once."""
    lead = uow.get(Lead, cmd.lead_id, "lead", "take")
    if "rep" not in uow.actor.roles and "manager" not in uow.actor.roles:
        raise Refused("error.not_allowed")
    if lead.owner_id == uow.actor.id or not on_offer(lead):
        raise Conflict("error.lead_taken", name=person_name(uow, lead.owner_id))
    if lead.state == "pool":
        _may_take_more(lead, uow)
    previous = lead.owner_id
    uow.change("owner", person_name(uow, previous), uow.actor.name, "person")
    move(lead, uow.actor.id, "taken", f"{uow.actor.name}主动接手", f"{uow.actor.name} took it", uow)
    back: Command = ReleaseLead(lead_id=lead.id)
    if previous is not None:
        back = AssignLead(lead_id=lead.id, to_id=previous, version=lead.version)
    undo = uow.undoable(back, "take")
    # Whoever takes it is shown by when he is to call.
    uow.settle()
    return Result(id=lead.id, view=lead_view(lead, uow), undo_id=undo)


def _may_take_more(lead: Lead, uow: Uow) -> None:
    """Raises Refused when policy gives nobody more of the pool today, or calls must be made first."""
    policy = uow.policies.model("assignment", AssignmentPolicy, unit=lead.unit).pool
    mine = select(func.count()).select_from(Lead).where(col(Lead.owner_id) == uow.actor.id)
    if policy.uncalled is not None:
        waiting = uow.session.execute(mine.where(col(Lead.state) == "new")).scalar_one()
        if waiting >= policy.uncalled:
            raise Refused("error.call_first", waiting=waiting)
    if policy.per_day is not None:
        zone = ZoneInfo(zone_of(uow, lead.unit))
        midnight = uow.now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
        taken = mine.where(col(Lead.rule) == "taken", col(Lead.assigned_at) >= midnight.astimezone(UTC))
        if uow.session.execute(taken).scalar_one() >= policy.per_day:
            raise Refused("error.pool_limit", limit=policy.per_day)


@handles(OfferLead)
def offer_lead(cmd: OfferLead, uow: Uow) -> Result:
    """Offer a lead nobody called to the other reps on duty."""
    lead = uow.get(Lead, cmd.lead_id, "lead", "assign")
    if lead.state not in ("new", "pool") or lead.offered_at is not None:
        return Result(id=lead.id)
    uow.touch(lead, offered_at=uow.now)
    policy = uow.policies.model("assignment", AssignmentPolicy, unit=lead.unit)
    others = people(uow, lead.unit, policy.load_cap, exclude=tuple(filter(None, [lead.owner_id])))
    for person in others:
        if not person.away:
            uow.push(person.id, "lead_offer", subject=f"lead:{lead.id}", priority=Priority.MUST_KNOW,
                     key=f"lead:{lead.id}:offer:{lead.version}")  # fmt: skip
    uow.audit("offer", "lead", lead.id, to=len(others))
    uow.emit(LeadOffered(lead_id=lead.id))
    uow.refresh(f"lead:{lead.id}")
    return Result(id=lead.id)


@handles(ReleaseLead)
def release_lead(cmd: ReleaseLead, uow: Uow) -> Result:
    """Into the public pool: everybody at the dealer may take it."""
    lead = uow.get(Lead, cmd.lead_id, "lead", "assign")
    if lead.state != "new":
        return Result(id=lead.id)
    previous = lead.owner_id
    uow.change("owner", person_name(uow, previous), "", "person")
    zh, en = (mask_phones(clean_text(text))[:200] for text in (cmd.reason, cmd.reason_en or cmd.reason))
    uow.touch(lead, state="pool", owner_id=None, for_id=None, unit=dealer_of(lead.unit), rule="pool", reason_zh=zh,
              reason_en=en, assigned_at=None)  # fmt: skip
    uow.audit("release", "lead", lead.id, before=previous)
    uow.emit(LeadAssigned(lead_id=lead.id, owner_id=None, previous_id=previous))
    uow.push(previous, "lead_pool", subject=f"lead:{lead.id}", key=f"lead:{lead.id}:pool:{lead.version}")
    uow.refresh(f"lead:{lead.id}")
    return Result(id=lead.id)
