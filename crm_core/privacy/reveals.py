"""Showing in full what is masked: with a reason, counted, limited, and watched."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlmodel import col

from crm_core.customers.lookup import phones_of
from crm_core.customers.tables import Customer
from crm_core.kernel.registry import Result, handles
from crm_core.kernel.tables import Audit
from crm_core.kernel.uow import Priority, Reader, Uow
from crm_core.org.people import find_person, zone_of
from crm_core.privacy.messages import RevealContact, Revealed
from crm_core.privacy.people import watchers
from crm_core.privacy.rules import PersonalDataPolicy, most_reveals
from crm_core.privacy.tables import Reveal
from crm_core.vehicles.tables import Car


def policy_of(reader: Reader, unit: str) -> PersonalDataPolicy:
    """`personal_data.yaml` as it holds for a unit."""
    return reader.policies.model("personal_data", PersonalDataPolicy, unit=unit)


@handles(RevealContact)
def reveal(cmd: RevealContact, uow: Uow) -> Result:
    """Raises NotFound; beyond the day's number the view's values are empty, and those responsible are told."""
    customer = uow.get(Customer, cmd.customer_id, "customer", "reveal")
    uow.lock(f"reveal:{uow.actor.id}")
    most = most_reveals(policy_of(uow, uow.actor.unit), uow.actor.roles)
    used = used_today(uow)
    left = most - used - 1
    values = _values(uow, customer, cmd.field) if left >= 0 else ()
    if left < 0:
        _tell_limit(uow, most)
        uow.audit("reveal_refused", "customer", customer.id, field=cmd.field)
    else:
        uow.new(Reveal, unit=customer.unit, person_id=uow.actor.id, customer_id=customer.id, field=cmd.field,
                reason=cmd.reason)  # fmt: skip
        uow.audit("reveal", "customer", customer.id, reason=cmd.reason, field=cmd.field)
        report_decoy(uow, customer, "reveal")
    view = Revealed(customer_id=customer.id, customer_name=customer.name, field=cmd.field, values=values, left=left)
    return Result(id=customer.id, view=view)


def is_masked(reader: Reader, customer: Customer) -> bool:
    """Whether his numbers are masked for this colleague: not once he has said today what he needs them for."""
    if not reader.actor.is_staff or not policy_of(reader, customer.unit).masked:
        return False
    opened = select(Reveal).where(
        col(Reveal.tenant) == reader.tenant, col(Reveal.person_id) == reader.actor.id,
        col(Reveal.customer_id) == customer.id, col(Reveal.field) == "phone",
        col(Reveal.created_at) >= _midnight(reader),
    )  # fmt: skip
    return reader.first(opened) is None


def used_today(reader: Reader) -> int:
    """How many the actor was shown since midnight where he works; the audit counts, since rows may be erased."""
    query = select(func.count()).select_from(Audit).where(
        col(Audit.tenant) == reader.tenant, col(Audit.actor_id) == reader.actor.id, col(Audit.action) == "reveal",
        col(Audit.at) >= _midnight(reader),
    )  # fmt: skip
    return int(reader.session.execute(query).scalar() or 0)


def _midnight(reader: Reader) -> datetime:
    """When the day began where the actor works."""
    zone = ZoneInfo(zone_of(reader, reader.actor.unit))
    local = reader.now.astimezone(zone)
    return datetime(local.year, local.month, local.day, tzinfo=zone).astimezone(UTC)


def _values(uow: Uow, customer: Customer, field: str) -> tuple[str, ...]:
    if field == "phone":
        return tuple(value for value, _ in phones_of(uow, customer.id))
    cars = uow.rows(select(Car).where(col(Car.tenant) == uow.tenant, col(Car.customer_id) == customer.id))
    return tuple(filter(None, (uow.reveal(car, field) for car in cars)))


def _tell_limit(uow: Uow, most: int) -> None:
    """Once a day for each person."""
    for person_id in watchers(uow, uow.actor.unit):
        uow.push(person_id, "reveal_limit", priority=Priority.MUST_KNOW, name=uow.actor.name, n=most,
                 key=f"reveal_limit:{uow.actor.id}:{uow.now:%Y-%m-%d}")  # fmt: skip


def report_decoy(uow: Uow, customer: Customer, what: str, *, by_id: str = "") -> None:
    """Nobody has anything to do with a customer who does not exist: whoever opens him is looking for addresses."""
    if not customer.code or customer.code not in policy_of(uow, customer.unit).decoys:
        return
    person = find_person(uow, by_id or uow.actor.id)
    name = person.name if person is not None else uow.actor.name
    for person_id in watchers(uow, customer.unit):
        if person_id != (by_id or uow.actor.id):
            uow.push(person_id, "decoy_opened", priority=Priority.MUST_KNOW, name=name, what=what,
                     key=f"decoy:{customer.id}:{by_id or uow.actor.id}:{uow.now:%Y-%m-%d}:{what}")  # fmt: skip
    uow.audit("decoy", "customer", customer.id, by=by_id or uow.actor.id)
