"""Whether a customer still wants a message, asked when it leaves: his word may have come after it was planned."""

from __future__ import annotations

from sqlalchemy import select, update
from sqlmodel import col

from crm_core.customers.messages import ConsentChanged
from crm_core.customers.queries import consents
from crm_core.customers.tables import Consent, Customer
from crm_core.kernel.late import HELD, PENDING, SKIPPED
from crm_core.kernel.registry import answers, reacts
from crm_core.kernel.tables import Outbox
from crm_core.kernel.uow import Reader, Uow
from crm_core.org.tables import Person
from crm_core.outreach.reach import wants_none, wrote_lately
from crm_core.privacy.messages import Unwanted

PURPOSE = "marketing"
# What answers him, or is about something of his own that he began; he gets it whatever he said of offers.
SERVICE = ("@", "answer", "desk_", "account_", "appointment", "order_", "task_", "language")
# A colleague's own words: not an offer, but nothing he has to put up with either.
OWN_WORDS = ("adviser_message",)


def is_service(kind: str) -> bool:
    """Whether a message needs no consent. A kind nobody thought of does."""
    return kind.startswith(SERVICE)


@answers(Unwanted)
def unwanted(question: Unwanted, reader: Reader) -> bool:
    """Of messages to the actor himself, a customer; of all others no."""
    customer = reader.find(Customer, reader.actor.customer_id)
    if customer is None or reader.actor.kind != "customer" or is_service(question.kind):
        return False
    if _took_back_since(reader, customer, question):
        return True
    if question.kind in OWN_WORDS:
        person = reader.find(Person, reader.actor.id)
        return wants_none(reader, customer) and not (person is not None and wrote_lately(reader, person))
    return not consents(reader, customer.id, PURPOSE)


def _took_back_since(reader: Reader, customer: Customer, question: Unwanted) -> bool:
    """His newest word is no, and came after the message was planned."""
    newest = select(Consent).where(
        col(Consent.tenant) == reader.tenant, col(Consent.customer_id) == customer.id, col(Consent.purpose) == PURPOSE
    ).order_by(col(Consent.created_at).desc(), col(Consent.id).desc())  # fmt: skip
    last = reader.first(newest)
    return last is not None and not last.granted and last.created_at >= question.planned_at


@reacts(ConsentChanged)
def stop_what_waits(event: ConsentChanged, uow: Uow) -> None:
    """What is on its way to somebody who wants no more is not sent; what is just leaving is asked about again."""
    if event.granted or event.purpose != PURPOSE:
        return
    people = select(col(Person.id)).where(col(Person.tenant) == uow.tenant, col(Person.customer_id) == event.customer_id,
                                          col(Person.kind) == "customer")  # fmt: skip
    waiting = select(col(Outbox.id), col(Outbox.kind)).where(
        col(Outbox.person_id).in_(people), col(Outbox.state).in_((PENDING, HELD))
    )
    ids = [row.id for row in uow.session.execute(waiting) if not is_service(row.kind)]
    stopped = update(Outbox).where(col(Outbox.id).in_(ids), col(Outbox.state).in_((PENDING, HELD)))
    uow.session.execute(stopped.values(state=SKIPPED, settled_at=uow.now))
