"""Questions about customers."""

from __future__ import annotations

from sqlalchemy import desc, select
from sqlmodel import col

from crm_core.customers.birthdays import birthday_text
from crm_core.customers.finding import Candidate, candidates
from crm_core.customers.history import tellers, tells_history
from crm_core.customers.lookup import phones_by_customer, phones_of
from crm_core.customers.messages import (
    CustomerCard,
    CustomerHistory,
    CustomerLine,
    CustomerView,
    FindCustomers,
    RecordView,
)  # fmt: skip
from crm_core.customers.rules import Fit
from crm_core.customers.tables import Consent, Customer, Record
from crm_core.deals.messages import OpenDeals
from crm_core.kernel.pii import mask_phone
from crm_core.kernel.registry import answers
from crm_core.kernel.uow import Reader
from crm_core.org.people import person_name
from crm_core.org.tables import Person
from crm_core.privacy.reveals import is_masked
from crm_core.vehicles.messages import CustomerCars


def consents(reader: Reader, customer_id: str, purpose: str) -> bool:
    """Whether the customer's newest word on a purpose is yes."""
    said = select(col(Consent.granted)).where(
        col(Consent.customer_id) == customer_id, col(Consent.purpose) == purpose
    )
    newest = said.order_by(desc(col(Consent.created_at)), desc(col(Consent.id))).limit(1)
    return bool(reader.session.execute(newest).scalar())


def shown_phones(reader: Reader, row: Customer) -> tuple[str, ...]:
    """His numbers as the actor may see them: masked, until he has said today what he needs them for."""
    level = reader.access.sees(reader.actor, "contact")
    if level == "hide":
        return ()
    whole = level == "read" and not is_masked(reader, row)
    return tuple(value if whole else mask_phone(value) for value, _ in phones_of(reader, row.id))


@answers(FindCustomers)
def find_customers(question: FindCustomers, reader: Reader) -> list[CustomerLine]:
    """Best first; a car named in the sentence lifts its owners."""
    cars = _owners_of(reader, question.vehicle) if question.vehicle else set()
    found = candidates(reader, question.words, question.focus_id, cars, question.limit,
                       near=question.near)  # fmt: skip
    ids = [one.row.id for one in found]
    phones, interests = phones_by_customer(reader, ids), _interests(reader, ids)
    reader.preload(Person, (one.row.owner_id for one in found))
    return [_line(one, phones[one.row.id], interests.get(one.row.id, ""), reader) for one in found]


def _owners_of(reader: Reader, vehicle: str) -> set[str]:
    """Customers whose open deal or car has these words; a bounded look."""
    from crm_core.leads.tables import Lead

    query = select(col(Lead.customer_id)).where(
        reader.clause(Lead, "lead"), col(Lead.owner_id) == reader.actor.id,
        col(Lead.vehicle).contains(vehicle, autoescape=True),
    )  # fmt: skip
    return set(reader.session.execute(query.limit(200)).scalars())


def _line(found: Candidate, phones: list[tuple[str, bool]], vehicle: str, reader: Reader) -> CustomerLine:
    row = found.row
    tail = phones[0][0][-4:] if phones and reader.access.sees(reader.actor, "contact") != "hide" else ""
    return CustomerLine(
        id=row.id, name=row.name, phone_tail=tail, vehicle=vehicle, score=found.score,
        owner_name=person_name(reader, row.owner_id), last_touch=row.touched_at, guessed=found.fit <= Fit.NEAR,
    )  # fmt: skip


def _interests(reader: Reader, customer_ids: list[str]) -> dict[str, str]:
    """What each customer's newest lead is about."""
    from crm_core.leads.tables import Lead

    said = select(col(Lead.customer_id), col(Lead.vehicle)).where(
        col(Lead.customer_id).in_(customer_ids), col(Lead.vehicle) != ""
    )
    # The newest comes last and stays.
    rows = reader.session.execute(said.order_by(col(Lead.created_at))).all()
    return {row[0]: row[1] for row in rows}


@answers(CustomerCard)
def customer_card(question: CustomerCard, reader: Reader) -> CustomerView:
    """What the actor may see of one customer."""
    row = reader.get(Customer, question.customer_id, "customer")
    phones = shown_phones(reader, row)
    identity = reader.access.sees(reader.actor, "identity")
    return CustomerView(
        id=row.id, name=row.name, phones=phones, city=row.city, company=row.company, level=row.level,
        source=row.source, tags=tuple(row.tags or ()), birthday=birthday_text(row) if identity != "hide" else "",
        consent_marketing=consents(reader, row.id, "marketing"), owner_id=row.owner_id,
        owner_name=person_name(reader, row.owner_id),
        cars=tuple(car.name for car in reader.ask(CustomerCars(customer_id=row.id))),
        open_deals=tuple(f"{d.interest} · {d.stage_name}" for d in reader.ask(OpenDeals(customer_id=row.id))),
        last_touch=row.touched_at, version=row.version, decision_maker=row.decision_maker,
        masked=any("*" in phone for phone in phones) and reader.access.allows(reader.actor, "customer", "reveal", row),
    )  # fmt: skip


@answers(CustomerHistory)
def customer_history(question: CustomerHistory, reader: Reader) -> list[RecordView]:
    """What every concept tells, newest first. Raises NotFound for a customer the actor may not read."""
    reader.get(Customer, question.customer_id, "customer")
    wanted = question.kinds or tuple(tellers)
    used = {id(tellers[kind]): tellers[kind] for kind in wanted if kind in tellers}
    found = [view for teller in used.values() for view in teller(reader, question.customer_id)]
    if question.kinds:
        found = [view for view in found if view.kind in question.kinds]
    return sorted(found, key=lambda view: (view.at, view.id), reverse=True)[: question.limit]


@tells_history("call", "visit", "chat", "message", "note", "photo", "other")
def told_records(reader: Reader, customer_id: str) -> list[RecordView]:
    """Notes and contacts; they follow the customer, so that a new owner knows what was said. Staff only."""
    if not reader.access.may(reader.actor, "record", "read"):
        return []
    query = (
        select(Record).where(col(Record.customer_id) == customer_id, col(Record.removed_at).is_(None))
        .order_by(desc(col(Record.at))).limit(100)
    )  # fmt: skip
    return [record_view(row, reader) for row in reader.rows(query)]


def record_view(row: Record, reader: Reader) -> RecordView:
    """A record in clear."""
    return RecordView(
        id=row.id, ref=row.ref, customer_id=row.customer_id, kind=row.kind, at=row.at, outcome=row.outcome,
        by_name=person_name(reader, row.by_id), text=reader.reveal(row, "text"), image_id=row.image_id,
    )  # fmt: skip
