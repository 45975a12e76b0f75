"""What is known of a customer before a visit, put together from what each concept tells of him."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from crm_core.appointments.messages import Appointments, AppointmentView
from crm_core.appointments.rules import brief_at
from crm_core.customers.messages import CustomerCard, CustomerHistory, CustomerView, RecordView
from crm_core.followups.lookup import place_of, times
from crm_core.histories.messages import BriefView, CustomerBrief, CustomerFacts, FactsView, Kind
from crm_core.kernel.registry import answers
from crm_core.kernel.uow import Reader
from crm_core.org.people import zone_of
from crm_core.renewals.messages import Renewals, RenewalView

KINDS: tuple[Kind, ...] = ("quote", "promise", "complaint", "service", "order")
# What was said with him or noted of him, before the steps the system wrote down.
TALKS = ("call", "visit", "chat", "message", "other", "note")
DUE_AHEAD = timedelta(days=60)
MANY_DUE, MANY_TALKS = 3, 5


@answers(CustomerBrief)
def customer_brief(question: CustomerBrief, reader: Reader) -> BriefView:
    """Everything is asked as the actor: nothing here sees more than its own question would."""
    customer: CustomerView = reader.ask(CustomerCard(customer_id=question.customer_id))
    known: FactsView = reader.ask(CustomerFacts(customer_id=customer.id, kinds=KINDS))
    talks: list[RecordView] = reader.ask(
        CustomerHistory(customer_id=customer.id, kinds=TALKS, limit=MANY_TALKS)
    )
    coming = _coming(reader, customer.id)
    return BriefView(
        customer=customer, facts=known.facts, due=_due(reader, customer.id), coming=coming,
        again_at=_again_at(reader, coming) if coming is not None else None,
        last=next((record for record in talks if record.at <= reader.now and record.text), None),
    )  # fmt: skip


def _due(reader: Reader, customer_id: str) -> tuple[RenewalView, ...]:
    today = reader.now.astimezone(ZoneInfo(zone_of(reader, reader.actor.unit))).date()
    found: list[RenewalView] = reader.ask(
        Renewals(customer_id=customer_id, end=today + DUE_AHEAD, limit=MANY_DUE))  # fmt: skip
    return tuple(found)


def _coming(reader: Reader, customer_id: str) -> AppointmentView | None:
    """The nearest that has not ended: one that has begun is the visit itself."""
    booked: list[AppointmentView] = reader.ask(Appointments(customer_id=customer_id))
    ahead = [one for one in booked if one.state == "booked" and one.end > reader.now]
    return min(ahead, key=lambda one: one.start, default=None)


def _again_at(reader: Reader, coming: AppointmentView) -> datetime | None:
    """When it will be sent to the actor, if it is he who receives the customer."""
    unit = reader.actor.unit
    at = brief_at(coming.start, place_of(reader, unit), times(reader, unit).appointments, vague=coming.vague)
    return at if at is not None and at > reader.now and coming.owner_id == reader.actor.id else None
