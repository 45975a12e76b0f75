"""Changes of leads."""

from __future__ import annotations

from typing import cast

from sqlalchemy import desc, select
from sqlmodel import col

from crm_core.customers.handlers import create_customer
from crm_core.customers.lookup import customer_with_phone, first_phone
from crm_core.customers.messages import LogContact, RemoveRecord
from crm_core.customers.rules import split_outcome
from crm_core.customers.tables import Customer
from crm_core.deals.messages import OpenDeal
from crm_core.deals.transfer import colleague
from crm_core.kernel.errors import Conflict, Invalid
from crm_core.kernel.ids import short_ref
from crm_core.kernel.phones import Phone, parse_phone
from crm_core.kernel.pii import clean_text, mask_phone, mask_phones, mask_vehicle
from crm_core.kernel.registry import Result, handles
from crm_core.kernel.uow import Priority, Uow
from crm_core.leads.assign import decide_owner, lead_unit, team_unit
from crm_core.leads.messages import (
    AssignLead,
    CreateLead,
    DropLead,
    LeadAssigned,
    LeadContacted,
    LeadCreated,
    LeadLost,
    LeadTouched,
    LoseLead,
    MarkContacted,
    ReopenLead,
)  # fmt: skip
from crm_core.leads.queries import lead_view, looked_after, may_know
from crm_core.leads.rules import Choice, interest_key, same_interest
from crm_core.leads.tables import Lead, Touch
from crm_core.org.people import dealer_of, manager_of, person_name

OPEN = ("new", "contacted", "pool")
SAID = ("vehicle", "source", "city", "message")


@handles(CreateLead)
def create_lead(cmd: CreateLead, uow: Uow) -> Result:
    """One customer, one owner, one card, however often the same interest arrives."""
    phone = parse_phone(cmd.phone) if cmd.phone.strip() else None
    if phone is None and not cmd.name.strip() and cmd.customer_id is None:
        raise Invalid("phone", "error.name_or_phone")
    cmd = _plain(cmd, phone)
    unit = lead_unit(uow, cmd)
    uow.must("lead", "create", unit)
    customer = _customer(cmd, phone, unit, uow)
    if customer is not None:
        # In group scope the customer may be another dealer's: the lead goes where he is looked after.
        unit = dealer_of(customer.unit)
        again = _open_lead(uow, customer.id, interest_key(cmd.vehicle))
        if again is not None:
            return _touch_again(again, cmd, uow)
    return _new_lead(cmd, customer, phone, unit, uow)


def _plain(cmd: CreateLead, phone: Phone | None) -> CreateLead:
    """The lead with nothing personal left in the fields that are kept in clear."""
    vehicle = mask_vehicle(mask_vehicle(clean_text(cmd.vehicle), phone.said if phone else ""), phone.value if phone else "")
    origin = {name: mask_phones(getattr(cmd, name)) for name in ("source", "city", "company", "campaign", "referrer")}
    utm = {name: mask_phones(value) for name, value in cmd.utm.items()}
    return cmd.model_copy(update=origin | {"vehicle": vehicle, "utm": utm})


def _customer(cmd: CreateLead, phone: Phone | None, unit: str, uow: Uow) -> Customer | None:
    if cmd.customer_id is not None:
        return uow.get(Customer, cmd.customer_id, "customer", "write")
    known = customer_with_phone(uow, phone, unit, cmd.name.strip()) if phone else None
    return uow.seize(Customer, known.id) if known is not None else None


def _open_lead(uow: Uow, customer_id: str, key: str) -> Lead | None:
    known = select(Lead).where(col(Lead.customer_id) == customer_id, col(Lead.state).in_(OPEN))
    newest = uow.rows(known.order_by(desc(col(Lead.created_at))))
    return next((row for row in newest if same_interest(row.interest_key, key)), None)


def _touch_again(lead: Lead, cmd: CreateLead, uow: Uow) -> Result:
    """Same phone, same interest: one more touch, the owner is told, no second lead."""
    _add_touch(lead, cmd, uow)
    vehicle = cmd.vehicle if len(cmd.vehicle) > len(lead.vehicle) else lead.vehicle
    uow.touch(lead, touches=lead.touches + 1, vehicle=vehicle, interest_key=interest_key(vehicle))
    uow.audit("touch", "lead", lead.id, channel=cmd.channel, name=cmd.name)
    uow.emit(LeadTouched(lead_id=lead.id, channel=cmd.channel))
    if lead.owner_id != uow.actor.id:
        uow.push(lead.owner_id, "lead_touched", subject=f"lead:{lead.id}", key=f"lead:{lead.id}:touch:{lead.touches}",
                 priority=Priority.MUST_KNOW, channel=cmd.channel, source=cmd.source)  # fmt: skip
    uow.refresh(f"lead:{lead.id}")
    return _answer(lead, cmd, uow, duplicate=True)


def _answer(lead: Lead, cmd: CreateLead, uow: Uow, *, duplicate: bool = False, undo: str | None = None) -> Result:
    if not may_know(lead, uow):
        return Result(id="", view=looked_after(cmd, uow))
    view = lead_view(lead, uow, duplicate=duplicate)
    if uow.actor.kind not in ("staff", "job"):
        # Whoever brings a lead hears who looks after it, and of the person only what he said himself.
        said = {field: getattr(cmd, field) for field in SAID}
        view = view.model_copy(update=said | {"name": cmd.name or mask_phone(cmd.phone), "outcome": ""})
    return Result(id=lead.id, view=view, undo_id=undo)


def _new_lead(cmd: CreateLead, customer: Customer | None, phone: Phone | None, unit: str, uow: Uow) -> Result:
    typist = uow.actor.id if cmd.keep and "rep" in uow.actor.roles else None
    typist = cmd.brought_by if uow.actor.kind == "job" else typist
    owner = customer.owner_id if customer is not None else None
    choice = decide_owner(uow, cmd, unit, owner, typist)
    home = team_unit(uow, choice.person_id, unit)
    name = clean_text(cmd.name)
    if customer is None:
        # Names are searched in clear; a phone in its place must not be.
        customer = create_customer(uow, name=name or (mask_phone(phone.value) if phone else ""), unit=home,
                                   owner_id=choice.person_id, source=cmd.source, company=cmd.company,
                                   city=cmd.city, email=cmd.email)  # fmt: skip
        if phone:
            first_phone(uow, customer, phone)
    elif customer.owner_id is None:
        uow.touch(customer, owner_id=choice.person_id, unit=home)
    lead = _lead_row(cmd, customer, choice, phone, home, uow)
    _add_touch(lead, cmd, uow)
    deal = uow.call(OpenDeal(customer_id=customer.id, lead_id=lead.id, interest=lead.vehicle, level=lead.level,
                             unit=home, owner_id=choice.person_id))  # fmt: skip
    lead.deal_id = deal.id
    customer.touched_at = uow.now
    _announce(lead, uow)
    undo = uow.undoable(DropLead(lead_id=lead.id), "lead") if uow.actor.is_staff else None
    return _answer(lead, cmd, uow, undo=undo)


def _lead_row(cmd: CreateLead, customer: Customer, choice: Choice, phone: Phone | None, unit: str, uow: Uow) -> Lead:
    vehicle = clean_text(cmd.vehicle)
    return uow.new(
        Lead, ref=short_ref("L"), state="new" if choice.person_id else "pool", customer_id=customer.id, unit=unit,
        owner_id=choice.person_id, vehicle=vehicle, interest_key=interest_key(vehicle), source=cmd.source,
        city=cmd.city, company=cmd.company, email_enc=cmd.email or None,
        message_enc=clean_text(cmd.message) or None, score=cmd.score, campaign=cmd.campaign,
        event_time=cmd.event_time, level=cmd.level, phone_ok=phone.ok if phone else True,
        rule=f"assignment.yaml: {choice.rule}", reason_zh=choice.zh[:200], reason_en=choice.en[:200],
        assigned_at=uow.now if choice.person_id else None,
    )  # fmt: skip


def _announce(lead: Lead, uow: Uow) -> None:
    uow.audit("create", "lead", lead.id, rule=lead.rule, owner=lead.owner_id)
    uow.emit(LeadCreated(lead_id=lead.id))
    uow.emit(LeadAssigned(lead_id=lead.id, owner_id=lead.owner_id, previous_id=None))
    if lead.owner_id is None:
        _tell_somebody(lead, uow)
    elif lead.owner_id != uow.actor.id:
        _card_to_owner(lead, uow)


def _tell_somebody(lead: Lead, uow: Uow) -> None:
    """Nobody could be given the lead: the nearest manager hears of it, else whoever looks after the dealer."""
    somebody = manager_of(uow, lead.unit)
    if somebody is not None:
        uow.push(somebody.id, "lead_pool", subject=f"lead:{lead.id}", priority=Priority.MUST_KNOW,
                 key=f"lead:{lead.id}:nobody")  # fmt: skip


def _card_to_owner(lead: Lead, uow: Uow) -> None:
    uow.push(lead.owner_id, "lead", subject=f"lead:{lead.id}", priority=Priority.MUST_KNOW,
             key=f"lead:{lead.id}:owner:{lead.version}")  # fmt: skip


def _add_touch(lead: Lead, cmd: CreateLead, uow: Uow) -> None:
    uow.new(
        Touch, unit=lead.unit, lead_id=lead.id, customer_id=lead.customer_id, channel=cmd.channel, source=cmd.source,
        campaign=cmd.campaign, referrer=cmd.referrer, utm=dict(cmd.utm), event_time=cmd.event_time,
        message_enc=clean_text(cmd.message) or None,
    )  # fmt: skip


@handles(MarkContacted)
def mark_contacted(cmd: MarkContacted, uow: Uow) -> Result:
    """The first call was made; what came of it is kept as a contact record, and the ladder ends."""
    lead = uow.get(Lead, cmd.lead_id, "lead", "write")
    if lead.state not in ("new", "contacted"):
        raise Conflict("error.lead_closed")
    before = lead.state
    outcome, text = split_outcome(cmd.outcome, cmd.text)
    uow.change("lead_state", before, "contacted")
    uow.touch(lead, state="contacted", outcome=outcome, contacted_at=lead.contacted_at or uow.now)
    record = uow.call(LogContact(customer_id=cast(str, lead.customer_id), text=text,
                                 outcome=outcome or "reached"))  # fmt: skip
    uow.audit("contacted", "lead", lead.id, outcome=outcome)
    uow.emit(LeadContacted(lead_id=lead.id))
    uow.refresh(f"lead:{lead.id}")
    back = ReopenLead(lead_id=lead.id, state=before, version=lead.version, record_id=record.id)
    return Result(id=lead.id, view=lead_view(lead, uow), undo_id=uow.undoable(back, "contacted"))


@handles(AssignLead)
def assign_lead(cmd: AssignLead, uow: Uow) -> Result:
    """Give the lead to a colleague of the same dealer; both are told."""
    lead = _given(cmd, uow)
    uow.expect(lead, cmd.version)
    person = colleague(uow, cmd.to_id, lead.unit)
    if lead.owner_id == person.id:
        raise Conflict("error.already_owner", name=person.name)
    previous = lead.owner_id
    uow.change("owner", person_name(uow, previous), person.name, "person")
    move(lead, person.id, "by_hand", f"{uow.actor.name}转给{person.name}", f"{uow.actor.name} gave it to {person.name}",
          uow)  # fmt: skip
    back = AssignLead(lead_id=lead.id, to_id=previous, version=lead.version) if previous else None
    undo = uow.undoable(back, "assign") if back else None
    return Result(id=lead.id, view=lead_view(lead, uow), undo_id=undo)


def _given(cmd: AssignLead, uow: Uow) -> Lead:
    """The lead to give away. Whoever gave it takes it back, though it is not his any more."""
    if uow.taking_back:
        lead = uow.find(Lead, cmd.lead_id)
        if lead is not None and lead.tenant == uow.tenant:
            return lead
    return uow.get(Lead, cmd.lead_id, "lead", "assign")


def move(lead: Lead, to_id: str, rule: str, zh: str, en: str, uow: Uow) -> None:
    """A new owner: the customer without other open work goes along, timers follow by event."""
    previous = lead.owner_id
    unit = team_unit(uow, to_id, dealer_of(lead.unit))
    uow.touch(lead, owner_id=to_id, for_id=None, unit=unit, rule=rule, reason_zh=zh[:200], reason_en=en[:200],
              assigned_at=uow.now, offered_at=None, state="contacted" if lead.contacted_at else "new")  # fmt: skip
    customer = uow.find(Customer, lead.customer_id)
    if customer is not None and customer.owner_id in (previous, None):
        uow.touch(customer, owner_id=to_id, unit=unit)
    uow.audit("assign", "lead", lead.id, before=previous, after=to_id, rule=rule)
    uow.emit(LeadAssigned(lead_id=lead.id, owner_id=to_id, previous_id=previous))
    if to_id != uow.actor.id:
        _card_to_owner(lead, uow)
    if previous not in (None, to_id, uow.actor.id):
        uow.push(previous, "lead_moved", subject=f"lead:{lead.id}", key=f"lead:{lead.id}:moved:{lead.version}",
                 to_name=person_name(uow, to_id))  # fmt: skip
    uow.refresh(f"lead:{lead.id}")


@handles(LoseLead)
def lose_lead(cmd: LoseLead, uow: Uow) -> Result:
    """战败, with its reason; its deal and its timers end with it."""
    lead = uow.get(Lead, cmd.lead_id, "lead", "write")
    if lead.state in ("lost", "won", "dropped"):
        raise Conflict("error.lead_closed")
    before = lead.state
    uow.change("lead_state", before, "lost")
    uow.touch(lead, state="lost", lost_reason_enc=clean_text(cmd.reason)[:500] or None)
    uow.audit("lose", "lead", lead.id, reason_given=bool(cmd.reason))
    uow.emit(LeadLost(lead_id=lead.id, reason=cmd.reason))
    uow.refresh(f"lead:{lead.id}")
    undo = uow.undoable(ReopenLead(lead_id=lead.id, state=before, version=lead.version), "lose")
    return Result(id=lead.id, view=lead_view(lead, uow), undo_id=undo)


@handles(ReopenLead)
def reopen_lead(cmd: ReopenLead, uow: Uow) -> Result:
    """Back to what it was; cadences that ended start anew by the event."""
    lead = uow.get(Lead, cmd.lead_id, "lead", "write")
    uow.expect(lead, cmd.version)
    if cmd.state not in OPEN:
        raise Invalid("state", "error.invalid")
    uow.change("lead_state", lead.state, cmd.state)
    uow.touch(lead, state=cmd.state, lost_reason_enc=None)
    if cmd.state != "contacted":
        lead.contacted_at, lead.outcome = None, ""
    if cmd.record_id is not None:
        uow.call(RemoveRecord(record_id=cmd.record_id))
    uow.audit("reopen", "lead", lead.id)
    uow.emit(LeadAssigned(lead_id=lead.id, owner_id=lead.owner_id, previous_id=lead.owner_id))
    uow.refresh(f"lead:{lead.id}")
    return Result(id=lead.id, view=lead_view(lead, uow))


@handles(DropLead)
def drop_lead(cmd: DropLead, uow: Uow) -> Result:
    """Take a lead back that was written by mistake. Refused once somebody worked on it."""
    lead = uow.get(Lead, cmd.lead_id, "lead", "write")
    if lead.state not in ("new", "pool") or lead.touches > 1:
        raise Conflict("error.changed_since")
    uow.touch(lead, state="dropped")
    uow.audit("drop", "lead", lead.id)
    uow.emit(LeadLost(lead_id=lead.id, reason="dropped"))
    uow.refresh(f"lead:{lead.id}")
    return Result(id=lead.id, view=lead_view(lead, uow))
