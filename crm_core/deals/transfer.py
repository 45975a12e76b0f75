"""Handing a customer, with all that is open, to a colleague of the same dealer."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, cast

from sqlalchemy import select

from crm_core.customers.tables import Customer
from crm_core.deals.lookup import open_deals_of
from crm_core.deals.messages import DealHandedOver, OwnerChanged, ReturnCustomer, TransferDeals
from crm_core.deals.tables import Deal
from crm_core.kernel.access import Place, Scope, reach
from crm_core.kernel.errors import Conflict, NotFound, Refused
from crm_core.kernel.pii import clean_text
from crm_core.kernel.registry import Result, handles
from crm_core.kernel.tables import Audit
from crm_core.kernel.uow import UNDO_HOURS, Priority, Uow
from crm_core.org.people import dealer_of, find_person, person_name
from crm_core.org.tables import Person


@handles(TransferDeals)
def transfer_deals(cmd: TransferDeals, uow: Uow) -> Result:
    """Customer, deals, leads, tasks, appointments and follow-ups go along; the new owner is told."""
    uow.must("deal", "transfer")
    customer = uow.get(Customer, cmd.customer_id, "customer", "write")
    if not uow.access.allows(uow.actor, "deal", "transfer", customer):
        raise Refused("error.not_allowed")
    person = colleague(uow, cmd.to_id, customer.unit)
    if customer.owner_id == person.id:
        raise Conflict("error.same_owner", name=person.name)
    before = customer.owner_id
    hand_customer(uow, customer, person, clean_text(cmd.reason)[:200])
    _tell(uow, customer, before, person)
    undo = uow.undoable(ReturnCustomer(customer_id=customer.id, to_id=before), "transfer") if before else None
    return Result(id=customer.id, undo_id=undo)


@handles(ReturnCustomer)
def return_customer(cmd: ReturnCustomer, uow: Uow) -> Result:
    """Only for whoever gave the customer away last, while that can be undone."""
    customer = uow.seize(Customer, cmd.customer_id)
    if customer is None or customer.tenant != uow.tenant or not _gave_away(uow, customer.id):
        raise NotFound(resource="customer")
    person, before = colleague(uow, cmd.to_id, customer.unit), customer.owner_id
    hand_customer(uow, customer, person, "")
    _tell(uow, customer, before, person)
    return Result(id=customer.id)


def _gave_away(uow: Uow, customer_id: str) -> bool:
    line = cast(Any, Audit)
    query = select(line.actor_id, line.at).where(
        line.tenant == uow.tenant, line.resource == "customer", line.record_id == customer_id,
        line.action == "transfer",
    ).order_by(line.id.desc()).limit(1)  # fmt: skip
    last = uow.session.execute(query).first()
    return last is not None and last[0] == uow.actor.id and last[1] > uow.now - timedelta(hours=UNDO_HOURS)


def colleague(uow: Uow, person_id: str, unit: str) -> Person:
    """An active colleague of the dealer. Another dealer's people answer like nobody to who may not know them."""
    person = find_person(uow, person_id)
    if person is None or person.tenant != uow.tenant or person.kind != "staff" or not person.active:
        raise NotFound(resource="person")
    if dealer_of(person.unit) != dealer_of(unit):
        known = uow.access.allows(uow.actor, "person", "read", Place(person.tenant, person.unit))
        raise Refused("error.other_dealer") if known else NotFound(resource="person")
    return person


def hand_customer(uow: Uow, customer: Customer, person: Person, reason: str) -> None:
    """Another owner for a customer and all that is open with him; nobody is told."""
    before, unit = customer.owner_id, reach(person.unit, Scope.TEAM)
    uow.change("owner", person_name(uow, before), person.name, "person")
    uow.touch(customer, owner_id=person.id, unit=unit)
    deals = open_deals_of(uow, customer.id)
    for deal in deals:
        hand_over(uow, deal, person.id, unit)
    uow.flush()
    uow.audit(
        "transfer", "customer", customer.id, before=before, after=person.id, deals=len(deals), given=reason
    )
    uow.emit(OwnerChanged(customer_id=customer.id, before_id=before, after_id=person.id))


def _tell(uow: Uow, customer: Customer, before: str | None, person: Person) -> None:
    """The new owner sees whose the customer was, the former one whose he is, unless they did it themselves."""
    key = f"customer:{customer.id}:owner:{customer.version}"
    if person.id != uow.actor.id:
        uow.push(person.id, "handover", subject=f"customer:{customer.id}", priority=Priority.MUST_KNOW, key=key,
                 from_name=person_name(uow, before))  # fmt: skip
    if before not in (None, uow.actor.id, person.id):
        uow.push(before, "handed_on", key=f"{key}:before", name=customer.name, to_name=person.name,
                 by=uow.actor.name)  # fmt: skip


def hand_over(uow: Uow, deal: Deal, to_id: str | None, unit: str) -> None:
    """Give a deal another owner; nothing else of it changes."""
    if deal.owner_id == to_id and deal.unit == unit:
        return
    before = deal.owner_id
    uow.touch(deal, owner_id=to_id, unit=unit)
    uow.audit("assign", "deal", deal.id, before=before, after=to_id)
    uow.emit(DealHandedOver(deal_id=deal.id, before_id=before, after_id=to_id, unit=unit))
    uow.refresh(f"deal:{deal.id}")
