"""Facts about one customer, as the records have them. The public vocabulary."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from crm_core.kernel.registry import Question, View

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
