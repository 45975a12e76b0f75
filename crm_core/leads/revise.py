"""Putting right what was written down wrongly about a new lead: the same lead, the same customer."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlmodel import col

from crm_core.customers.lookup import first_phone
from crm_core.customers.messages import RenameCustomer
from crm_core.customers.tables import ContactPoint, Customer
from crm_core.kernel.errors import Conflict
from crm_core.kernel.phones import parse_phone
from crm_core.kernel.pii import clean_text, mask_vehicle
from crm_core.kernel.registry import Result, handles
from crm_core.kernel.uow import Uow
from crm_core.leads.messages import ReviseLead
from crm_core.leads.queries import lead_view
from crm_core.leads.rules import interest_key
from crm_core.leads.tables import Lead


@handles(ReviseLead)
def revise_lead(cmd: ReviseLead, uow: Uow) -> Result:
    """Raises Conflict when the customer was known before this lead: his name and number are not the lead's to change."""
    lead = uow.get(Lead, cmd.lead_id, "lead", "write")
    uow.expect(lead, cmd.version)
    customer = uow.get(Customer, lead.customer_id or "", "customer", "write")
    if (cmd.name is not None or cmd.phone is not None) and customer.created_at != lead.created_at:
        raise Conflict("error.known_before", name=customer.name)
    before: dict[str, Any] = {}
    if cmd.name is not None:
        before["name"] = customer.name
        uow.call(RenameCustomer(customer_id=customer.id, name=cmd.name))
    if cmd.phone is not None:
        before["phone"] = _phone(uow, lead, customer, cmd.phone)
    if cmd.vehicle is not None:
        before["vehicle"] = _interest(uow, lead, cmd.vehicle)
    _reword(uow, lead, cmd, before)
    uow.audit("write", "lead", lead.id, **{name: getattr(cmd, name) for name in before})
    for subject in (f"lead:{lead.id}", f"deal:{lead.deal_id}"):
        uow.refresh(subject)
    uow.flush()
    undo = uow.undoable(ReviseLead(lead_id=lead.id, version=lead.version, **before), "revised")
    return Result(id=lead.id, view=lead_view(lead, uow), undo_id=undo)


def _phone(uow: Uow, lead: Lead, customer: Customer, said: str) -> str:
    """The customer's only number becomes another one; empty takes it away. Returns what it was."""
    phone = parse_phone(said) if said.strip() else None
    row = uow.first(select(ContactPoint).where(col(ContactPoint.customer_id) == customer.id).limit(1))
    before = uow.reveal(row, "value") if row is not None else ""
    uow.change("phone", before, phone.value if phone else "")
    if row is not None:
        uow.session.delete(row)
        uow.flush()
    if phone is not None:
        first_phone(uow, customer, phone)
    uow.touch(lead, phone_ok=phone.ok if phone else True)
    return before


def _reword(uow: Uow, lead: Lead, cmd: ReviseLead, before: dict[str, Any]) -> None:
    """The sentence it was said in is corrected with it, so that nobody calls the wrong number."""
    message = uow.reveal(lead, "message")
    for name, was in before.items():
        now = getattr(cmd, name)
        message = message.replace(was, now) if was and now else message
    uow.touch(lead, message_enc=message or None)


def _interest(uow: Uow, lead: Lead, said: str) -> str:
    """What he wants, of the lead and of the deal that began with it. Returns what it was."""
    from crm_core.deals.tables import Deal

    before, vehicle = lead.vehicle, mask_vehicle(clean_text(said))[:200]
    uow.change("interest", before, vehicle)
    uow.touch(lead, vehicle=vehicle, interest_key=interest_key(vehicle))
    deal = uow.find(Deal, lead.deal_id)
    if deal is not None and deal.interest == before:
        uow.touch(deal, interest=vehicle)
    return before
