"""Customers by phone: de-duplication, and the numbers kept with each."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import bindparam, desc, select
from sqlmodel import col

from crm_core.customers.rules import PrivacyPolicy
from crm_core.customers.tables import ContactPoint, Customer
from crm_core.kernel.access import Scope, after, reach
from crm_core.kernel.phones import Phone
from crm_core.kernel.uow import Reader, Uow

_BY_PHONE = (
    select(Customer).join(ContactPoint, col(ContactPoint.customer_id) == col(Customer.id))
    .where(col(ContactPoint.tenant) == bindparam("tenant"),
           col(ContactPoint.value_index).in_(bindparam("values", expanding=True)),
           col(Customer.unit) >= bindparam("scope"), col(Customer.unit) < bindparam("after"))
    .order_by(desc(col(Customer.touched_at)))
)  # fmt: skip


def dedupe_scope(reader: Reader, unit: str) -> str:
    """The unit path inside which one phone is one person."""
    policy = reader.policies.model("privacy", PrivacyPolicy, unit=unit)
    return reach(unit, Scope.GROUP if policy.dedupe_scope == "group" else Scope.DEALER)


def customer_with_phone(uow: Uow, phone: Phone, unit: str, name: str = "") -> Customer | None:
    """The customer known by this phone in the scope; of several who share it, the one with that name.

    Takes a lock on the phone first, so that two arrivals at once find the same answer.
    """
    uow.lock(f"phone:{uow.cipher.digest('phone', phone.value)[:3]}")
    uow.flush()
    scope = dedupe_scope(uow, unit)
    known = uow.cipher.indexes("phone", phone.value)
    asked = {"tenant": uow.tenant, "values": known, "scope": scope, "after": after(scope)}
    found = uow.session.execute(_BY_PHONE, asked).scalars().all()
    named = next((c for c in found if c.name == name), None)
    # A number nobody can be called on proves nothing: only the same name makes it the same person.
    return named or (found[0] if found and phone.ok else None)


def sharing_phone(reader: Reader, phone: Phone, unit: str) -> list[Customer]:
    """Every customer known by this phone in the scope."""
    scope = dedupe_scope(reader, unit)
    asked = {"tenant": reader.tenant, "values": reader.cipher.indexes("phone", phone.value), "scope": scope,
             "after": after(scope)}  # fmt: skip
    return list({row.id: row for row in reader.session.execute(_BY_PHONE, asked).scalars()}.values())


def add_phone(uow: Uow, customer: Customer, phone: Phone) -> bool:
    """Keep a phone with a customer; False when it is there already."""
    if _has_phone(uow, customer.id, uow.cipher.indexes("phone", phone.value)):
        return False
    first_phone(uow, customer, phone)
    return True


def first_phone(uow: Uow, customer: Customer, phone: Phone) -> None:
    """Keep the phone of a customer who has none yet."""
    uow.new(
        ContactPoint, customer_id=customer.id, unit=customer.unit, value_enc=phone.value,
        value_index=uow.cipher.index("phone", phone.value),
        tail_index=uow.cipher.index("phone-tail", phone.value[-4:]), ok=phone.ok,
    )  # fmt: skip


def _has_phone(uow: Uow, customer_id: str, indexes: Sequence[str]) -> bool:
    uow.flush()
    known = select(col(ContactPoint.id)).where(
        col(ContactPoint.customer_id) == customer_id, col(ContactPoint.value_index).in_(indexes)
    )
    return uow.session.execute(known).first() is not None


def phones_of(reader: Reader, customer_id: str) -> list[tuple[str, bool]]:
    """A customer's phones in clear with their plausibility, oldest first."""
    if reader.is_new(Customer, customer_id):
        rows = [row for row in reader.made(ContactPoint) if row.customer_id == customer_id]
    else:
        query = select(ContactPoint).where(col(ContactPoint.customer_id) == customer_id)
        rows = reader.rows(query.order_by(col(ContactPoint.created_at), col(ContactPoint.id)))
    return [(reader.reveal(row, "value"), row.ok) for row in rows]


def phones_by_customer(reader: Reader, customer_ids: Sequence[str]) -> dict[str, list[tuple[str, bool]]]:
    """`phones_of` for several customers in one query."""
    query = select(ContactPoint).where(col(ContactPoint.customer_id).in_(customer_ids))
    found: dict[str, list[tuple[str, bool]]] = {customer_id: [] for customer_id in customer_ids}
    for row in reader.rows(query.order_by(col(ContactPoint.created_at), col(ContactPoint.id))):
        found[row.customer_id].append((reader.reveal(row, "value"), row.ok))
    return found
