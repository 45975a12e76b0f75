"""What happened before Chexin: written down quietly, as of then, without cards and cadences."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TypeVar

from sqlalchemy import select
from sqlmodel import col

from crm_core.appointments.handlers import schedule
from crm_core.appointments.messages import AppointmentBooked
from crm_core.appointments.rules import vehicle_key
from crm_core.appointments.tables import Appointment
from crm_core.customers.lookup import add_phone, customer_with_phone
from crm_core.customers.messages import AddCustomer
from crm_core.customers.tables import Customer, Record
from crm_core.deals.lookup import pipeline_for
from crm_core.deals.rules import Pipeline, PipelinePolicy
from crm_core.deals.tables import Deal, DealStage
from crm_core.imports.cells import ago, money_said, split_semicolons, word
from crm_core.imports.convert import Values, customers, leads, when
from crm_core.imports.references import References
from crm_core.kernel.errors import Invalid
from crm_core.kernel.ids import short_ref
from crm_core.kernel.phones import parse_phone
from crm_core.kernel.registry import Result
from crm_core.kernel.tables import Row
from crm_core.kernel.uow import Uow
from crm_core.leads.assign import decide_owner, lead_unit, team_unit
from crm_core.leads.messages import LeadAssigned
from crm_core.leads.rules import Choice, interest_key
from crm_core.leads.tables import Lead, Touch
from crm_core.org.people import dealer_of
from crm_core.quotes.tables import Quote

R = TypeVar("R", bound=Row)
FRESH = timedelta(days=7)
# Of a history that is loaded, only what arrived just now is still to be called in time.
RECENT = timedelta(days=1)
CONTACT_KINDS = ("call", "visit", "chat", "message", "service", "other", "note")
APPOINTMENT_KINDS = ("test_drive", "service", "visit", "meeting", "viewing", "video", "delivery")


def put_lead(v: Values, refs: References) -> Result:
    """A lead: what just arrived is assigned, told and followed up; what is old or closed is only kept."""
    state = word("lead_state", v.get("state", ""), "") or ("open" if not v.get("state") else "")
    if state not in ("open", "won", "lost"):
        raise Invalid("state", "error.unknown_state", value=v["state"], known="open, won, lost")
    at = when(v, refs, refs.unit(v.get("unit", "")), "event_time")
    command = leads(v, refs)
    _with_owner(v, refs)
    if not refs.quiet and state == "open" and (at is None or at > refs.uow.now - FRESH):
        customer = _given_customer(v, refs)
        result = refs.uow.call(command.model_copy(update={"customer_id": customer.id if customer else None}))
        _more_phones(v, result, refs.uow)
        return result
    lead = keep_lead(v, refs, state, at or refs.uow.now)
    if refs.quiet and lead.state == "new" and lead.created_at > refs.uow.now - RECENT:
        refs.uow.flush()
        refs.uow.emit(LeadAssigned(lead_id=lead.id, owner_id=lead.owner_id, previous_id=None))
    return Result(id=lead.id, view="added")


def _with_owner(v: Values, refs: References) -> None:
    """A named owner gets the customer first, so that the lead goes to him."""
    if v.get("owner") and not v.get("customer") and (v.get("name") or v.get("phone")):
        owner = refs.person(v["owner"])
        phones = split_semicolons(v.get("phone", ""))
        made = refs.uow.call(
            AddCustomer(name=v.get("name", ""), phones=phones, unit=owner.unit, owner_id=owner.id)
        )
        refs.uow.flush()
        v["customer_id"] = made.id


def _given_customer(v: Values, refs: References) -> Customer | None:
    if v.get("customer"):
        return refs.customer(v["customer"])
    return refs.uow.session.get(Customer, v["customer_id"]) if v.get("customer_id") else None


def _more_phones(v: Values, result: Result, uow: Uow) -> None:
    """A cell with several numbers: the others are kept with the customer too."""
    others = split_semicolons(v.get("phone", ""))[1:]
    uow.flush()
    lead = uow.session.get(Lead, result.id) if others else None
    customer = uow.session.get(Customer, lead.customer_id) if lead and lead.customer_id else None
    if customer is None:
        return
    for phone in others:
        uow.flush()
        add_phone(uow, customer, parse_phone(phone))


def keep_lead(v: Values, refs: References, state: str, at: datetime) -> Lead:
    """The rows of a lead and its deal as they were, with the time it came."""
    uow = refs.uow
    customer = _given_customer(v, refs) or _customer_of(v, refs)
    owner_id, choice = _owner_of(v, customer, state, refs)
    unit = team_unit(uow, owner_id, dealer_of(customer.unit))
    line = _line_of(v, unit, uow)
    stage = _stage_of(v, state, line[1])
    vehicle, fresh = v.get("vehicle", ""), state == "open" and stage == line[1].stages[0].key
    lead = dated(at, uow.new(
        Lead, ref=short_ref("L"), state=_lead_state(state, fresh, owner_id), customer_id=customer.id, unit=unit,
        owner_id=owner_id, vehicle=vehicle[:200], interest_key=interest_key(vehicle),
        source=word("source", v.get("source", "")), city=v.get("city", ""), company=v.get("company", ""),
        email_enc=v.get("email"), message_enc=v.get("message"), score=v.get("score"),
        campaign=v.get("campaign", ""), event_time=at, level=v.get("level", ""), rule=choice.rule[:120],
        reason_zh=choice.zh[:200], reason_en=choice.en[:200], lost_reason_enc=v.get("lost_reason"),
        assigned_at=at if owner_id else None, contacted_at=None if fresh else at,
    ))  # fmt: skip
    lead.deal_id = _keep_deal(v, lead, state, (line[0], stage), at, uow).id
    dated(at, uow.new(Touch, unit=unit, lead_id=lead.id, customer_id=customer.id, channel="import",
                      source=lead.source, campaign=lead.campaign, event_time=at,
                      message_enc=v.get("message")))  # fmt: skip
    customer.touched_at = max(customer.touched_at, at)
    return lead


def dated(at: datetime, row: R) -> R:
    """The row as of an earlier time."""
    row.created_at = row.updated_at = at
    return row


def _lead_state(state: str, fresh: bool, owner_id: str | None) -> str:
    """What is open and nobody's lies in the public pool."""
    if state != "open":
        return state
    return "pool" if owner_id is None else ("new" if fresh else "contacted")


def _line_of(v: Values, unit: str, uow: Uow) -> tuple[str, Pipeline]:
    """The pipeline named in the file, or the dealer's. Raises Invalid."""
    name = v.get("pipeline")
    if not name:
        return pipeline_for(uow, unit)
    known = uow.policies.model("pipelines", PipelinePolicy, unit=unit).pipelines
    if name not in known:
        raise Invalid("pipeline", "error.unknown_pipeline", value=name, known=", ".join(known))
    return name, known[name]


def _stage_of(v: Values, state: str, pipeline: Pipeline) -> str:
    """The key of the stage said, by key or words; else the first, or for what was won the first that wins."""
    if v.get("stage"):
        stage = pipeline.find(v["stage"])
        if stage is None:
            known = ", ".join(s.key for s in pipeline.stages)
            raise Invalid("stage", "error.unknown_stage", value=v["stage"], known=known)
        return stage.key
    winning = [s.key for s in pipeline.stages if s.won] or [pipeline.stages[-1].key]
    return winning[0] if state == "won" else pipeline.stages[0].key


def _customer_of(v: Values, refs: References) -> Customer:
    """The customer by phone, or a new one."""
    phones = split_semicolons(v.get("phone", ""))
    if not phones and not v.get("name"):
        raise Invalid("phone", "error.name_or_phone")
    unit = lead_unit(refs.uow, leads(v, refs))
    found = customer_with_phone(refs.uow, parse_phone(phones[0]), unit, v.get("name", "")) if phones else None
    if found is not None:
        return found
    made = refs.uow.call(AddCustomer(name=v.get("name", "") or phones[0], phones=phones, unit=unit,
                                     city=v.get("city", ""), company=v.get("company", "")))  # fmt: skip
    refs.uow.flush()
    row = refs.uow.session.get(Customer, made.id)
    assert row is not None
    return row


def _owner_of(v: Values, customer: Customer, state: str, refs: References) -> tuple[str | None, Choice]:
    """The owner named in the file, the customer's, or for what is still open the one the rules choose."""
    named = refs.person(v["owner"]).id if v.get("owner") else customer.owner_id
    if named is not None or state != "open":
        return named, Choice(person_id=named, rule="import", zh="导入的历史线索", en="imported history")
    choice = decide_owner(refs.uow, leads(v, refs), dealer_of(customer.unit), None, None)
    customer.owner_id, customer.unit = choice.person_id, team_unit(refs.uow, choice.person_id, customer.unit)
    return choice.person_id, choice


def _keep_deal(v: Values, lead: Lead, state: str, at_stage: tuple[str, str], at: datetime, uow: Uow) -> Deal:
    close_in = v.get("expected_close_in_days")
    deal = dated(at, uow.new(
        Deal, ref=short_ref("D"), lead_id=lead.id, customer_id=lead.customer_id, unit=lead.unit,
        owner_id=lead.owner_id, pipeline=at_stage[0], stage=at_stage[1], level=lead.level,
        interest=lead.vehicle, state=state, amount_fen=money_said(v.get("budget", "")),
        expected_close=None if close_in is None else (uow.now + timedelta(days=close_in)).date(),
        stage_since=at, closed_at=None if state == "open" else at, lost_reason_enc=v.get("lost_reason"),
    ))  # fmt: skip
    dated(at, uow.new(DealStage, deal_id=deal.id, stage=deal.stage, entered_at=at, by_id=lead.owner_id or "",
                      cause="import"))  # fmt: skip
    return deal


def put_contact(v: Values, refs: References) -> Result:
    """A contact or note as it was; no cadence ends by it."""
    uow, customer = refs.uow, refs.customer(v["customer"])
    kind = word("contact", v.get("kind", ""), "") or ("call" if not v.get("kind") else "other")
    at = when(v, refs, customer.unit, "at") or uow.now
    if at > uow.now:
        raise Invalid("at", "error.future_contact")
    if not v.get("text") and not v.get("outcome"):
        raise Invalid("text", "error.empty")
    by_id = refs.person(v["by"]).id if v.get("by") else (customer.owner_id or uow.actor.id)
    return Result(id=keep_record(uow, customer, kind, at, by_id, v.get("text", ""), v.get("outcome", "")).id,
                  view="added")  # fmt: skip


def keep_record(
    uow: Uow, customer: Customer, kind: str, at: datetime, by_id: str, text: str, outcome: str = ""
) -> Record:
    """A record of the customer as of then."""
    record = dated(at, uow.new(
        Record, ref=short_ref("R"), kind=kind, at=at, by_id=by_id, text_enc=text[:4000], outcome=outcome[:60],
        customer_id=customer.id, unit=customer.unit, owner_id=customer.owner_id,
    ))  # fmt: skip
    customer.touched_at = max(customer.touched_at, at)
    return record


def put_appointment(v: Values, refs: References) -> Result:
    """An appointment: past ones as done; future ones with their reminders."""
    uow, customer = refs.uow, refs.customer(v["customer"])
    kind = word("appointment", v.get("kind", ""), "") or ("visit" if not v.get("kind") else "")
    if kind not in APPOINTMENT_KINDS:
        raise Invalid("kind", "error.unknown_kind", value=v["kind"], known=", ".join(APPOINTMENT_KINDS))
    start = when(v, refs, customer.unit, "start")
    if start is None:
        raise Invalid("start", "error.empty")
    owner_id = refs.person(v["by"]).id if v.get("by") else customer.owner_id
    row = keep_appointment(uow, customer, kind, start, v.get("minutes") or 60, owner_id, v.get("vehicle", ""),
                           "booked" if start > uow.now else "done", v.get("text", ""))  # fmt: skip
    if row.state == "booked":
        uow.flush()
        schedule(uow, row)
        uow.emit(AppointmentBooked(appointment_id=row.id, kind=kind))
    return Result(id=row.id, view="added")


def keep_appointment(
    uow: Uow, customer: Customer, kind: str, start: datetime, minutes: int, owner_id: str | None, vehicle: str,
    state: str, text: str, outcome: str = "",
) -> Appointment:  # fmt: skip
    """The row of an appointment as of when it was made."""
    end = start + timedelta(minutes=minutes)
    row: Appointment = uow.new(
        Appointment, ref=short_ref("P"), kind=kind, vehicle=vehicle[:200], vehicle_key=vehicle_key(vehicle),
        start_at=start, end_at=end, state=state, booked_by=owner_id or "", text_enc=text or None,
        ended_at=None if state == "booked" else end, outcome_enc=outcome or None, customer_id=customer.id,
        unit=customer.unit, owner_id=owner_id,
    )  # fmt: skip
    return row if state == "booked" else dated(min(start, uow.now), row)


def put_test_drive(v: Values, refs: References) -> Result:
    """A test drive as it ended."""
    uow, customer = refs.uow, refs.customer(v["customer"])
    start = when(v, refs, customer.unit, "start")
    state = {"missed": "no_show"}.get(v.get("state", "done"), v.get("state", "done"))
    if start is None or state not in ("done", "no_show", "cancelled"):
        raise Invalid("state", "error.unknown_state", value=state, known="done, missed, cancelled")
    owner_id = refs.person(v["by"]).id if v.get("by") else customer.owner_id
    row = keep_appointment(uow, customer, "test_drive", start, v.get("minutes") or 30, owner_id,
                           v.get("vehicle", ""), state, "", v.get("text", ""))  # fmt: skip
    customer.touched_at = max(customer.touched_at, min(start, uow.now))
    return Result(id=row.id, view="added")


def put_quote(v: Values, refs: References) -> Result:
    """A quote as it was given, on the customer's deal of that time."""
    uow, customer = refs.uow, refs.customer(v["customer"])
    at = when(v, refs, customer.unit, "at") or uow.now
    quote = dated(at, uow.new(
        Quote, ref=short_ref("Q"), deal_id=_deal_for(v, customer, at, refs).id, customer_id=customer.id,
        unit=customer.unit, owner_id=refs.person(v["by"]).id if v.get("by") else customer.owner_id,
        title=(v.get("title") or v.get("item", ""))[:200], list_fen=v["list_price"],
        discount_fen=v.get("discount", 0), state="void" if v.get("state") == "rejected" else "valid",
        valid_until=at + timedelta(days=v.get("valid_days", 7)),
    ))  # fmt: skip
    return Result(id=quote.id, view="added")


def _deal_for(v: Values, customer: Customer, at: datetime, refs: References) -> Deal:
    """The customer's newest deal that had begun by then, else one made for the quote."""
    uow = refs.uow
    uow.flush()
    mine = select(Deal).where(col(Deal.tenant) == uow.tenant, col(Deal.customer_id) == customer.id)
    found = uow.first(mine.where(col(Deal.created_at) <= at).order_by(col(Deal.created_at).desc()))
    if found is not None and v.get("kind", "car") == "car":
        return found
    state = {"accepted": "won", "sent": "open"}.get(v.get("state", "sent"), "lost")
    deal = dated(at, uow.new(
        Deal, ref=short_ref("D"), customer_id=customer.id, unit=customer.unit, owner_id=customer.owner_id,
        pipeline=pipeline_for(uow, customer.unit)[0], stage=_quote_stage(customer, uow), state=state,
        interest=v.get("title", "")[:200],
        amount_fen=v["list_price"], stage_since=at, closed_at=None if state == "open" else at,
    ))  # fmt: skip
    return deal


def _quote_stage(customer: Customer, uow: Uow) -> str:
    """The stage in which one quotes, else the first."""
    pipeline = pipeline_for(uow, customer.unit)[1]
    stage = pipeline.find("quote")
    return stage.key if stage else pipeline.stages[0].key


def order_date(v: Values, uow: Uow) -> date | None:
    """When an order was placed."""
    if "days_ago" in v:
        return (uow.now - timedelta(days=v["days_ago"])).date()
    on: date | None = v.get("ordered_on")
    return on


def put_customer(v: Values, refs: References) -> Result:
    """A customer, with what a history knows of him: since when, his gender, and a note."""
    uow = refs.uow
    days, note, gender = (
        v.pop("created_days_ago", None),
        v.pop("note", ""),
        word("gender", v.pop("gender", ""), ""),
    )
    result = uow.call(customers(v, refs))
    row = uow.session.get(Customer, result.id)
    assert row is not None
    if gender:
        row.gender = gender
    created = row.created_at == uow.now
    if created and days is not None:
        row.created_at = row.touched_at = ago(uow.now, days, "", refs.zone(row.unit))
    if created and note:
        keep_record(uow, row, "note", row.created_at, row.owner_id or uow.actor.id, note)
    return result
