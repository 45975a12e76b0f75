"""Putting a customer's phone number right."""

from __future__ import annotations

from sqlalchemy import select
from sqlmodel import col

from crm_core.customers.lookup import add_phone
from crm_core.customers.messages import CorrectPhone
from crm_core.customers.tables import ContactPoint, Customer
from crm_core.kernel.errors import Invalid
from crm_core.kernel.phones import Phone, parse_phone
from crm_core.kernel.registry import Result, handles
from crm_core.kernel.uow import Uow


@handles(CorrectPhone)
def correct_phone(cmd: CorrectPhone, uow: Uow) -> Result:
    """The number is the customer's; the one it stands for goes. What is there already changes nothing."""
    customer = uow.get(Customer, cmd.customer_id, "customer", "write")
    phone = parse_phone(cmd.phone) if cmd.phone.strip() else None
    if phone is not None and not phone.ok:
        raise Invalid("phone", "error.odd_phone", phone=cmd.phone.strip())
    old = _replaced(uow, customer, cmd.instead, phone)
    before = uow.reveal(old, "value") if old is not None else ""
    if old is not None:
        uow.session.delete(old)
        uow.flush()
    added = phone is not None and add_phone(uow, customer, phone)
    if old is None and not added:
        return Result(id=customer.id)
    uow.change("phone", before, phone.value if phone else "")
    uow.touch(customer)
    uow.audit("write", "customer", customer.id, phone=phone.value if phone else "")
    inverse = CorrectPhone(customer_id=customer.id, phone=before, instead=phone.value if phone and added else "")
    return Result(id=customer.id, undo_id=uow.undoable(inverse, "phone"))


def _replaced(uow: Uow, customer: Customer, instead: str | None, phone: Phone | None) -> ContactPoint | None:
    """The number that goes: the one named ("" is none), else his only one; of several, none is guessed."""
    if instead == "":
        return None
    rows = uow.rows(select(ContactPoint).where(col(ContactPoint.customer_id) == customer.id))
    if instead is not None:
        known = uow.cipher.indexes("phone", parse_phone(instead).value)
        return next((row for row in rows if row.value_index in known), None)
    if phone is None or len(rows) != 1:
        return None
    return None if rows[0].value_index in uow.cipher.indexes("phone", phone.value) else rows[0]
