"""Birthday greetings to customers: only an approved text, only with consent, never twice."""

from __future__ import annotations

from typing import Any, cast

from sqlalchemy import select

from crm_core.customers.messages import ConsentChanged
from crm_core.customers.queries import consents
from crm_core.customers.tables import Customer
from crm_core.followups.lookup import times
from crm_core.followups.rules import Template, TemplatePolicy
from crm_core.followups.tables import Followup
from crm_core.kernel.registry import reacts
from crm_core.kernel.uow import Reader, Uow
from crm_core.org.people import dealer_of, unit_of
from crm_core.org.tables import Person


def template_of(reader: Reader, row: Followup) -> Template | None:
    """The text of this cadence, when there is one and it was approved."""
    policy = reader.policies.model("templates", TemplatePolicy, unit=row.unit)
    found = policy.templates.get(row.sop)
    return found if found is not None and found.approved else None


def customer_person(reader: Reader, customer_id: str | None) -> Person | None:
    """Whom to write to: the customer as somebody who speaks with us; None when he cannot be reached."""
    person = cast(Any, Person)
    query = select(Person).where(
        person.tenant == reader.tenant, person.customer_id == customer_id, person.kind == "customer", person.active
    ).order_by(person.created_at, person.id)  # fmt: skip
    return reader.first(query) if customer_id else None


def problem(reader: Reader, row: Followup) -> str:
    """Why no greeting may go out: off, unapproved, no_consent, unreachable; empty when it may."""
    if times(reader, row.unit).birthday.greeting == "off":
        return "off"
    if template_of(reader, row) is None:
        return "unapproved"
    if not row.customer_id or not consents(reader, row.customer_id, "marketing"):
        return "no_consent"
    return "" if customer_person(reader, row.customer_id) is not None else "unreachable"


def status(reader: Reader, row: Followup) -> str:
    """sent, ask (waits for a press), or why not."""
    if row.greeted_at is not None:
        return "sent"
    return problem(reader, row) or "ask"


@reacts(ConsentChanged)
def tell_owner(event: ConsentChanged, uow: Uow) -> None:
    """Who withdraws his consent himself is heard of by the rep who might write to him."""
    customer, person = uow.find(Customer, event.customer_id), uow.find(Person, event.by_id)
    if customer is None or person is None or person.customer_id != customer.id or event.granted:
        return
    uow.push(customer.owner_id, "opted_out", subject=f"customer:{customer.id}",
             key=f"opted_out:{customer.id}:{uow.now.isoformat()}", name=customer.name)  # fmt: skip


def send(uow: Uow, row: Followup) -> None:
    """Queue the greeting. The caller has made sure that it may go out and did not yet."""
    person, template = customer_person(uow, row.customer_id), template_of(uow, row)
    customer = uow.session.get(Customer, row.customer_id)
    assert person is not None
    assert template is not None
    assert customer is not None
    unit = unit_of(uow, dealer_of(row.unit))
    english = person.language == "en"
    dealer = "" if unit is None else (unit.name_en or unit.name) if english else unit.name
    text = template.filled(person.language, name=customer.name, dealer=dealer)
    uow.touch(row, greeted_at=uow.now)
    uow.push(person.id, "greeting", subject=f"followup:{row.id}", key=f"greeting:{row.id}", text=text)
    uow.audit("greet", "followup", row.id)
