"""Whether and where a customer can be written to just now, by what his chats and his own word allow."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import desc, select
from sqlmodel import col

from crm_core.chat.tables import Identity
from crm_core.customers.tables import Consent, Customer
from crm_core.followups.greetings import customer_person
from crm_core.kernel.outbox import account_of
from crm_core.kernel.uow import Reader
from crm_core.org.people import find_person
from crm_core.org.tables import Person
from crm_core.outreach.messages import ReachView
from crm_core.servicedesk.handlers import SERVED
from crm_core.servicedesk.rules import MESSAGES, may_send
from crm_core.servicedesk.tables import ServiceSession
from crm_core.tasks.tables import Task

# Who has just written expects an answer, whatever he said of greetings and campaigns.
ANSWERED_WITHIN = timedelta(hours=48)
WRITE_ONLY = "contacts"  # a friend list, where nobody can be written to


def reach_of(reader: Reader, customer: Customer) -> tuple[Person | None, ReachView]:
    """The person to write to, and how; None with a view that says why not."""
    person = customer_person(reader, customer.id)
    if person is None:
        return None, ReachView(channel="", language=customer.language, problem="unreachable")
    chat = reader.services.routes(reader.session, [person.id])[person.id].chat
    channel, language = account_of(chat).partition(":")[0] or "web", person.language
    if channel == WRITE_ONLY:
        return None, ReachView(channel="", language=language, problem="unreachable")
    if wants_none(reader, customer) and not wrote_lately(reader, person):
        return None, ReachView(channel="", language=language, problem="opted_out")
    session = reader.first(select(ServiceSession).where(col(ServiceSession.chat) == chat)) if channel == "kf" else None
    if session is not None and session.state in SERVED:
        return None, ReachView(channel="", language=language, problem="served")
    waits = session is not None and not may_send(session.said_at, min(len(session.sent), MESSAGES), 1, reader.now)
    return person, ReachView(channel=channel, language=language, waits=waits)


def wants_none(reader: Reader, customer: Customer) -> bool:
    """His own word was the last one, and it was no."""
    said = select(Consent).where(
        col(Consent.tenant) == reader.tenant, col(Consent.customer_id) == customer.id,
        col(Consent.purpose) == "marketing",
    ).order_by(desc(col(Consent.created_at)), desc(col(Consent.id)))  # fmt: skip
    last = reader.first(said)
    by = find_person(reader, last.by_id) if last is not None and not last.granted else None
    return by is not None and by.kind == "customer"


def wrote_lately(reader: Reader, person: Person) -> bool:
    """Whether the customer has written, or asked for somebody, within two days."""
    since = reader.now - ANSWERED_WITHIN
    wrote = select(Identity).where(col(Identity.person_id) == person.id, col(Identity.used_at) > since)
    return reader.first(wrote) is not None or asked_by(reader, person.id) is not None


def asked_by(reader: Reader, person_id: str) -> Task | None:
    """The newest thing this customer asked of a colleague himself within two days, answered or not."""
    since = reader.now - ANSWERED_WITHIN
    mine = select(Task).where(
        col(Task.tenant) == reader.tenant, col(Task.asker_id) == person_id, col(Task.created_at) > since,
        col(Task.kind).in_(("question", "handoff")),
    ).order_by(desc(col(Task.created_at)), desc(col(Task.id)))  # fmt: skip
    return reader.first(mine)
