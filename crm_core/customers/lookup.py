"""Finding customers: by phone for de-duplication, by words for people."""

from __future__ import annotations

import re

from sqlalchemy import bindparam, desc, or_, select
from sqlmodel import col

from crm_core.customers.rules import PrivacyPolicy, Spoken, match_score, pinyin_of, spoken_name, surname_of
from crm_core.customers.tables import ContactPoint, Customer
from crm_core.kernel.access import Scope, after, reach
from crm_core.kernel.phones import Phone, parse_phone
from crm_core.kernel.uow import Reader, Uow

_DIGITS = re.compile(r"\d{4,}")
_CANDIDATES = 60
_BY_PHONE = (
    select(Customer).join(ContactPoint, col(ContactPoint.customer_id) == col(Customer.id))
    .where(col(ContactPoint.tenant) == bindparam("tenant"), col(ContactPoint.value_index) == bindparam("value"),
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
    index = uow.cipher.index("phone", phone.value)
    uow.lock(f"phone:{index[:3]}")
    uow.flush()
    scope = dedupe_scope(uow, unit)
    asked = {"tenant": uow.tenant, "value": index, "scope": scope, "after": after(scope)}
    found = uow.session.execute(_BY_PHONE, asked).scalars().all()
    named = next((c for c in found if c.name == name), None)
    # A number nobody can be called on proves nothing: only the same name makes it the same person.
    return named or (found[0] if found and phone.ok else None)


def add_phone(uow: Uow, customer: Customer, phone: Phone) -> bool:
    """Keep a phone with a customer; False when it is there already."""
    if _has_phone(uow, customer.id, uow.cipher.index("phone", phone.value)):
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


def _has_phone(uow: Uow, customer_id: str, index: str) -> bool:
    uow.flush()
    known = select(col(ContactPoint.id)).where(
        col(ContactPoint.customer_id) == customer_id, col(ContactPoint.value_index) == index
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


def candidates(reader: Reader, words: str, focus_id: str | None, cars: set[str]) -> list[tuple[float, Customer]]:
    """Visible customers that fit the words, best first, with their scores."""
    words = words.strip()
    digits = _DIGITS.search(words.replace(" ", ""))
    if digits:
        return [(2.0, row) for row in _by_digits(reader, digits[0])]
    spoken = spoken_name(words)
    if not spoken.name:
        return []
    scored = []
    for row in _by_name(reader, spoken):
        score = match_score(
            spoken, name=row.name, pinyin=row.pinyin, gender=row.gender, mine=row.owner_id == reader.actor.id,
            touched=row.touched_at, now=reader.now, focus=row.id == focus_id, car_fits=row.id in cars,
        )  # fmt: skip
        if score > 0:
            scored.append((score, row))
    return sorted(scored, key=lambda item: (-item[0], item[1].id))


def _by_digits(reader: Reader, digits: str) -> list[Customer]:
    """By the whole number, or by the last four digits people read out."""
    if len(digits) == 4:
        match = col(ContactPoint.tail_index) == reader.cipher.index("phone-tail", digits)
    else:
        match = col(ContactPoint.value_index) == reader.cipher.index("phone", parse_phone(digits).value)
    query = reader.select(Customer, "customer").join(ContactPoint, col(ContactPoint.customer_id) == col(Customer.id))
    return reader.rows(query.where(col(ContactPoint.tenant) == reader.tenant, match).limit(_CANDIDATES))


def _by_name(reader: Reader, spoken: Spoken) -> list[Customer]:
    """Own customers first, so that a large house does not hide them; then everybody visible."""
    if spoken.surname_only:
        match = col(Customer.surname) == surname_of(spoken.name)
    else:
        pinyin, _ = pinyin_of(spoken.name)
        match = or_(col(Customer.name) == spoken.name, col(Customer.pinyin) == pinyin)
    base = reader.select(Customer, "customer").where(col(Customer.tenant) == reader.tenant, match)
    recent = base.order_by(desc(col(Customer.touched_at))).limit(_CANDIDATES)
    found = {row.id: row for row in reader.rows(recent.where(col(Customer.owner_id) == reader.actor.id))}
    for row in reader.rows(recent):
        found.setdefault(row.id, row)
    if not found and not spoken.surname_only and len(spoken.name) >= 2:
        partly = reader.select(Customer, "customer").where(
            col(Customer.tenant) == reader.tenant, col(Customer.surname) == surname_of(spoken.name),
            col(Customer.name).startswith(spoken.name, autoescape=True),
        )
        found = {row.id: row for row in reader.rows(partly.order_by(desc(col(Customer.touched_at))).limit(_CANDIDATES))}
    return list(found.values())
