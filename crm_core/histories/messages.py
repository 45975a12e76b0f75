"""Facts about one customer, as the records have them. The public vocabulary."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from crm_core.appointments.messages import AppointmentView
from crm_core.customers.messages import CustomerView, RecordView
from crm_core.kernel.registry import Question, View
from crm_core.renewals.messages import RenewalView

Kind = Literal["service", "order", "quote", "visit", "test_drive", "promise", "complaint"]


class Fact(View):
    """One thing that happened or was promised, with the record it rests on.

    `source` is the kind of record (order, appointment, car, quote, task, approval, visit, service), `ref` what people
    call it; a car has none. `at` is None when only the day `on` is known. `amount_fen` is what was paid or offered,
    `list_fen` the price before a discount, `km` what the dial showed. `state` is the record's own.
    """

    kind: Kind
    source: str
    id: str
    on: date
    at: datetime | None = None
    ref: str = ""
    what: str = ""
    by_name: str = ""
    state: str = ""
    km: int | None = None
    amount_fen: int | None = None
    list_fen: int | None = None
    until: datetime | None = None


class FactsView(View):
    """A customer, who looks after him, the dealer's name, and the facts that were asked for, newest first."""

    customer_id: str
    name: str
    owner_name: str
    place: str
    cars: tuple[str, ...]
    facts: tuple[Fact, ...]


class CustomerFacts(Question):
    """What the records say about a customer the actor may read: FactsView. Without `kinds`, all of them.

    Promises are what is open: tasks, unanswered questions, appointments ahead, requests that wait for a decision.
    Raises NotFound, alike for a customer there is not and one the actor may not see.
    """

    customer_id: str
    kinds: tuple[Kind, ...] = ()


class BriefView(View):
    """What one wants to know before one meets a customer.

    `last` is what was said with him or noted of him last, `due` what comes due with him soon, `coming` the nearest
    appointment, `facts` his orders, services, last quotes, what is open, and complaints. `again_at`: when the actor gets
    this by himself before that appointment.
    """

    customer: CustomerView
    facts: tuple[Fact, ...]
    last: RecordView | None
    due: tuple[RenewalView, ...]
    coming: AppointmentView | None
    again_at: datetime | None = None


class CustomerBrief(Question):
    """A customer the actor may read, before a visit: BriefView. Raises NotFound as CustomerFacts does."""

    customer_id: str
