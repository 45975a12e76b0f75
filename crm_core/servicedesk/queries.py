"""Answers about conversations at a desk."""

from __future__ import annotations

from typing import cast

from sqlalchemy import select
from sqlmodel import col

from crm_core.customers.tables import Customer
from crm_core.kernel.access import Place
from crm_core.kernel.errors import NotFound
from crm_core.kernel.registry import answers
from crm_core.kernel.uow import Reader
from crm_core.leads.tables import Lead
from crm_core.org.people import find_person
from crm_core.org.tables import Person
from crm_core.servicedesk.messages import RatingAsked, ServiceCall, ServiceCallView, ServiceRatingOf, State
from crm_core.servicedesk.servicers import servicer_name
from crm_core.servicedesk.tables import ServiceRating, ServiceSession


@answers(ServiceCall)
def service_call(question: ServiceCall, reader: Reader) -> ServiceCallView:
    """For whoever may read the customer, or his lead; one nobody knows yet is shown to colleagues where he wrote."""
    row = reader.find(ServiceSession, question.session_id)
    person = find_person(reader, row.person_id) if row is not None else None
    if row is None or row.tenant != reader.tenant or person is None:
        raise NotFound(resource="service")
    lead = reader.find(Lead, row.lead_id)
    customer = reader.find(Customer, person.customer_id or (lead.customer_id if lead is not None else None))
    if not _may_see(reader, customer, person):
        raise NotFound(resource="service")
    return ServiceCallView(
        session_id=row.id, customer_id=customer.id if customer else None,
        customer_name=customer.name if customer else person.name, state=cast("State", row.state),
        servicer_name=servicer_name(reader, row), since=row.since,
    )  # fmt: skip


def _may_see(reader: Reader, customer: Customer | None, person: Person) -> bool:
    """A visitor of a desk of the whole group is nobody's yet: whoever is asked to look after him may know."""
    if customer is not None:
        return reader.access.allows(reader.actor, "customer", "read", customer)
    here = reader.actor.is_staff and reader.actor.unit.startswith(person.unit)
    return here or reader.access.allows(reader.actor, "person", "read", Place(person.tenant, person.unit))


@answers(ServiceRatingOf)
def rating_asked(question: ServiceRatingOf, reader: Reader) -> RatingAsked:
    """For the customer himself."""
    row = reader.find(ServiceSession, question.session_id)
    if row is None or row.person_id != reader.actor.id:
        raise NotFound(resource="service")
    known = reader.first(select(ServiceRating).where(
        col(ServiceRating.session_id) == row.id, col(ServiceRating.turn) == question.turn))  # fmt: skip
    return RatingAsked(turn=question.turn, colleague=servicer_name(reader, row), score=known.score if known else None)
