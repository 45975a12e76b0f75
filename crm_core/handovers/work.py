"""What belongs to a person: counted, given away, given back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from sqlalchemy import ColumnElement, func, or_, select

from crm_core.appointments.tables import Appointment
from crm_core.approvals.tables import Approval
from crm_core.customers.tables import Customer
from crm_core.deals.lookup import open_deals_of
from crm_core.deals.messages import OwnerChanged
from crm_core.deals.tables import Deal
from crm_core.deals.transfer import hand_over
from crm_core.followups.tables import Followup
from crm_core.kernel.access import Scope, in_range, reach
from crm_core.kernel.tables import Owned
from crm_core.kernel.uow import Reader, Uow
from crm_core.leads.assign import team_unit
from crm_core.leads.messages import LeadAssigned
from crm_core.leads.tables import Lead
from crm_core.org.people import dealer_of
from crm_core.org.tables import Person
from crm_core.renewals.tables import Renewal
from crm_core.tasks.tables import Task

# What goes along, by the name it is counted under, and the states in which it does; what is over stays as it is.
KINDS: dict[str, tuple[type[Owned], tuple[str, ...]]] = {
    "customers": (Customer, ()), "deals": (Deal, ("open",)), "leads": (Lead, ("new", "contacted")),
    "appointments": (Appointment, ("booked",)), "tasks": (Task, ("open",)), "followups": (Followup, ("open",)),
    "renewals": (Renewal, ("open",)), "approvals": (Approval, ("pending",)),
}  # fmt: skip
# What hangs on a customer but was with somebody else's goes by itself.
LOOSE = ("deals", "leads", "appointments", "tasks", "followups", "renewals")


def _his(tenant: str, person: Person, kind: str, leaving: bool) -> ColumnElement[bool]:
    """The rows of a kind that go: in his dealer, open, his own or done by another in his stead.

    A reminder he made for himself about no customer is nobody else's; who stays keeps what he himself was asked.
    """
    table, states = KINDS[kind]
    row = cast(Any, table)
    mine = row.owner_id == person.id
    if hasattr(table, "for_id"):
        mine = or_(mine, row.for_id == person.id)
    where = (row.tenant == tenant) & mine & in_range(row.unit, dealer_of(person.unit))
    if states:
        where = where & row.state.in_(states)
    if kind == "tasks":
        where = where & or_(row.customer_id.is_not(None), row.asker_id != person.id)
    if kind == "tasks" and not leaving:
        where = where & (row.kind != "question")
    return cast("ColumnElement[bool]", where)


def counts(reader: Reader, person: Person, *, leaving: bool) -> dict[str, int]:
    """How much of each kind a person has; kinds of which he has nothing are left out."""
    found = {}
    for kind, (table, _) in KINDS.items():
        where = _his(reader.tenant, person, kind, leaving)
        query = select(func.count()).select_from(table).where(where)
        found[kind] = int(reader.session.execute(query).scalar_one())
    return {kind: number for kind, number in found.items() if number}


def give(uow: Uow, person: Person, heir: Person, *, leaving: bool) -> dict[str, list[list[Any]]]:
    """Everything that goes becomes the heir's; returns by kind each row's id and the version it has now."""
    ids = {kind: _ids(uow, person, kind, leaving) for kind in KINDS}
    uow.hold_many(Customer, ids["customers"])
    for customer_id in ids["customers"]:
        give_customer(uow, customer_id, person.id, heir)
    uow.settle()
    for kind in LOOSE:
        for row in uow.rows(select(KINDS[kind][0]).where(_his(uow.tenant, person, kind, leaving))):
            _give_one(uow, kind, row, person.id, heir)
    uow.settle()
    uow.flush()
    return {kind: _held(uow, kind, found, heir.id) for kind, found in ids.items() if found}


def _ids(uow: Uow, person: Person, kind: str, leaving: bool) -> list[str]:
    column = cast(Any, KINDS[kind][0]).id
    where = _his(uow.tenant, person, kind, leaving)
    return list(uow.session.execute(select(column).where(where).order_by(column)).scalars())


def _held(uow: Uow, kind: str, ids: Sequence[str], owner_id: str) -> list[list[Any]]:
    """Of these rows those a person has now, with their versions."""
    row = cast(Any, KINDS[kind][0])
    query = select(row.id, row.version).where(row.id.in_(ids), row.owner_id == owner_id).order_by(row.id)
    return [list(found) for found in uow.session.execute(query)]


def give_customer(uow: Uow, customer_id: str, before_id: str, heir: Person) -> None:
    """A customer and his open deals; what hangs on them follows by its own reactions."""
    customer = uow.find(Customer, customer_id)
    if customer is None:
        return
    unit = reach(heir.unit, Scope.TEAM)
    uow.touch(customer, owner_id=heir.id, unit=unit)
    for deal in open_deals_of(uow, customer.id):
        if deal.owner_id in (before_id, None):
            hand_over(uow, deal, heir.id, unit)
    uow.audit("transfer", "customer", customer.id, before=before_id, after=heir.id)
    uow.emit(OwnerChanged(customer_id=customer.id, before_id=before_id, after_id=heir.id))
    uow.refresh(f"customer:{customer.id}")


def _give_one(uow: Uow, kind: str, row: Any, before_id: str, heir: Person) -> None:
    """What did not follow a customer. What he did in another's stead is done in that one's stead still."""
    unit = reach(heir.unit, Scope.TEAM)
    if kind == "deals":
        hand_over(uow, row, heir.id, unit)
        return
    changes: dict[str, Any] = {"owner_id": heir.id, "unit": unit}
    if getattr(row, "for_id", None) in (before_id, heir.id):
        changes["for_id"] = None
    if kind == "leads":
        changes |= {"unit": team_unit(uow, heir.id, dealer_of(row.unit)), "assigned_at": uow.now}
        uow.emit(LeadAssigned(lead_id=row.id, owner_id=heir.id, previous_id=before_id))
    uow.touch(row, **changes)
    uow.audit("assign", kind.removesuffix("s"), row.id, before=before_id, after=heir.id)
    uow.refresh(f"{kind.removesuffix('s')}:{row.id}")


def private_tasks(uow: Uow, person: Person) -> list[Task]:
    """What he wanted to be reminded of himself, about no customer."""
    row = cast(Any, Task)
    return uow.rows(select(Task).where(
        row.tenant == uow.tenant, row.owner_id == person.id, row.state == "open", row.customer_id.is_(None),
        row.asker_id == person.id,
    ))  # fmt: skip


def take_back(uow: Uow, moved: dict[str, list[list[Any]]], heir_id: str, person: Person) -> int:
    """Give back what nobody changed since; how many records went back.

    A customer somebody worked with stays, and so does what hangs on him.
    """
    still = {kind: _unchanged(uow, kind, rows, heir_id) for kind, rows in moved.items()}
    touched = {str(deal.customer_id) for deal in _changed_deals(uow, moved, still)}
    before = {kind: len(_held(uow, kind, [one for one, _ in rows], person.id)) for kind, rows in moved.items()}
    customers = [one for one in still.get("customers", ()) if one not in touched]
    kept = {str(one) for one, _ in moved.get("customers", ())} - set(customers)
    uow.hold_many(Customer, customers)
    for customer_id in customers:
        give_customer(uow, customer_id, heir_id, person)
    uow.settle()
    for kind in LOOSE:
        table = cast(Any, KINDS[kind][0])
        loose = select(table).where(table.id.in_(still.get(kind, ())), table.owner_id == heir_id)
        for row in uow.rows(loose):
            if row.customer_id not in kept:
                _give_one(uow, kind, row, heir_id, person)
    uow.settle()
    uow.flush()
    after = {kind: len(_held(uow, kind, [one for one, _ in rows], person.id)) for kind, rows in moved.items()}
    return sum(after.values()) - sum(before.values())


def _unchanged(uow: Uow, kind: str, rows: list[list[Any]], owner_id: str) -> list[str]:
    """Those that are as they were left, and where they were left."""
    now = {tuple(found) for found in _held(uow, kind, [one for one, _ in rows], owner_id)}
    return [one for one, version in rows if (one, version) in now]


def _changed_deals(uow: Uow, moved: dict[str, list[list[Any]]], still: dict[str, list[str]]) -> list[Deal]:
    changed = {one for one, _ in moved.get("deals", ())} - set(still.get("deals", ()))
    return uow.rows(select(Deal).where(cast(Any, Deal).id.in_(sorted(changed))))
