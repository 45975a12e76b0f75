"""Why somebody may do something with a record: which grant, share or absent colleague speaks for it, or that none does."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlmodel import col

from crm_core.appointments.tables import Appointment
from crm_core.customers.tables import Customer, Record
from crm_core.deals.lookup import customer_name
from crm_core.deals.tables import Deal
from crm_core.followups.tables import Followup
from crm_core.kernel.access import Actor, Reason, Scope
from crm_core.kernel.errors import NotFound
from crm_core.kernel.registry import answers
from crm_core.kernel.tables import Row
from crm_core.kernel.uow import Reader
from crm_core.leads.tables import Lead
from crm_core.orders.tables import Order
from crm_core.org.people import find_person, person_name, unit_of
from crm_core.quotes.tables import Quote
from crm_core.renewals.tables import Renewal
from crm_core.rights.messages import AccessView, ExplainAccess, FindRecord, FoundRecord
from crm_core.rights.tables import Share
from crm_core.rights.views import may_read
from crm_core.tasks.tables import Task
from crm_core.vehicles.tables import Car

# What can be asked about, by the name of its resource.
RECORDS: dict[str, type[Row]] = {
    "customer": Customer, "deal": Deal, "lead": Lead, "quote": Quote, "order": Order, "appointment": Appointment,
    "task": Task, "followup": Followup, "renewal": Renewal, "record": Record, "car": Car,
}  # fmt: skip
FIELD_CLASSES = ("contact", "identity", "cost", "internal")


@answers(ExplainAccess)
def explain(question: ExplainAccess, reader: Reader) -> AccessView:
    """Raises NotFound alike for a record the asker may not read himself and for one that is not there."""
    table = RECORDS.get(question.kind)
    row: Any = reader.get(table, question.record_id, question.kind) if table is not None else None
    person = find_person(reader, question.person_id)
    if row is None or person is None or person.tenant != reader.tenant or not may_read(reader, person):
        raise NotFound(resource=question.kind)
    actor = reader.services.load_actor(reader.session, person.id, reader.now)
    reason = reader.access.why(actor, question.kind, question.action, row) if actor is not None else None
    plain = AccessView(name=person.name, action=question.action, title=_title(reader, row), allowed=reason is not None,
                       roles=actor.roles if actor is not None else ())  # fmt: skip
    if actor is None or reason is None:
        return plain
    by_name, until = _whose(reader, actor, reason, question.kind, row)
    return plain.model_copy(update={
        "role": reason.grant.role, "scope": reason.scope.value, "unit_name": _unit_name(reader, reason.grant.unit),
        "by_name": by_name, "until": until,
        "fields": tuple((one, reader.access.sees(actor, one)) for one in FIELD_CLASSES),
    })  # fmt: skip


def _title(reader: Reader, row: Any) -> str:
    if isinstance(row, Customer):
        return row.name
    return " · ".join(filter(None, (getattr(row, "ref", ""), customer_name(reader, row.customer_id))))


def _unit_name(reader: Reader, path: str) -> str:
    unit = unit_of(reader, path)
    return "" if unit is None else (unit.name_en if reader.actor.language == "en" and unit.name_en else unit.name)


def _whose(reader: Reader, actor: Actor, reason: Reason, kind: str, row: Any) -> tuple[str, datetime | None]:
    """Who shared it, or whom he stands in for; and until when."""
    if reason.delegator:
        return person_name(reader, reason.delegator), None
    if reason.scope is not Scope.SHARED:
        return "", None
    share = _share(reader, actor.id, kind, row)
    return (person_name(reader, share.given_by), share.until) if share is not None else ("", None)


def _share(reader: Reader, person_id: str, kind: str, row: Any) -> Share | None:
    """The share of this record, of its deal or of its customer; the widest first."""
    customer_id = row.id if kind == "customer" else row.customer_id
    query = select(Share).where(
        col(Share.tenant) == reader.tenant, col(Share.grantee_id) == person_id, col(Share.ended_at).is_(None),
        col(Share.customer_id) == customer_id,
    )  # fmt: skip
    live = [one for one in reader.rows(query) if one.until is None or one.until > reader.now]
    about = (row.id, getattr(row, "deal_id", None))
    fitting = [one for one in live if one.kind == "customer" or kind == "customer" or one.record_id in about]
    return min(fitting, key=lambda one: one.kind, default=None)


@answers(FindRecord)
def find_record(question: FindRecord, reader: Reader) -> list[FoundRecord]:
    """By its id, `kind:id`, short reference, or a customer's name; only what the actor may read."""
    kind, _, wanted = question.words.strip().rpartition(":")
    found = []
    for name, table in RECORDS.items():
        if kind in ("", name) and reader.access.may(reader.actor, name, "read"):
            rows = reader.rows(reader.select(table, name).where(_called(table, wanted)).limit(question.limit))
            found += [FoundRecord(kind=name, record_id=row.id, title=_title(reader, row)) for row in rows]
    return found[: question.limit]


def _called(table: Any, wanted: str) -> Any:
    """Whether a row has this id, reference or (a customer) name."""
    same = table.id == wanted
    if hasattr(table, "ref"):
        same = same | (table.ref == wanted.upper())
    return same | (table.name == wanted) if table is Customer else same
