"""What one person has to do on a day, and what he did: read from the records as he may see them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, cast
from zoneinfo import ZoneInfo

from sqlalchemy import and_, false, func, or_, select

from crm_core.appointments.tables import Appointment
from crm_core.customers.tables import Customer, Record
from crm_core.deals.lookup import customer_name
from crm_core.deals.tables import Deal
from crm_core.followups.cadence import sop_of
from crm_core.followups.tables import Followup
from crm_core.insights.messages import Done, Line
from crm_core.insights.rules import in_order
from crm_core.kernel.calendar import local_instant
from crm_core.kernel.uow import Reader
from crm_core.leads.tables import Lead
from crm_core.quotes.tables import Quote
from crm_core.renewals.messages import Renewals
from crm_core.tasks.tables import Task

LIMIT = 200
# What was missed is brought up again for so long.
MISSED = timedelta(days=3)
BIRTHDAY, DWELL = "birthday", "dwell"
CONTACTS = ("call", "visit", "chat", "message", "other")


@dataclass(frozen=True)
class Span:
    """A local day of the actor as instants; `catching_up`: what should be done already belongs to it too."""

    on: date
    start: datetime
    end: datetime
    catching_up: bool


def span_of(reader: Reader, on: date | None) -> Span:
    """The actor's local date as instants; None: today."""
    zone = reader.actor.zone
    today = reader.now.astimezone(ZoneInfo(zone)).date()
    day = on or today
    start, end = (local_instant(d, time(0), zone) for d in (day, day + timedelta(days=1)))
    return Span(day, start, end, day == today)


def to_do(reader: Reader, span: Span, renewals_within: int) -> tuple[Line, ...]:
    """What the actor himself has to do in the span, in order."""
    calls = _first_calls(reader, span)
    leads = {line.subject.partition(":")[2] for line in calls}
    found = [*calls, *_appointments(reader, span), *_tasks(reader, span), *_followups(reader, span, leads)]
    followed = {line.subject for line in found}
    found += [line for line in _renewals(reader, span, renewals_within) if line.subject not in followed]
    return in_order(found)


def _first_calls(reader: Reader, span: Span) -> list[Line]:
    """Leads nobody has called yet; one without a deadline is called today."""
    lead = cast(Any, Lead)
    undated = lead.first_call_due.is_(None) if span.catching_up else false()
    due = lead.first_call_due < span.end
    if not span.catching_up:
        due &= lead.first_call_due >= span.start
    query = reader.select(Lead, "lead").where(
        lead.owner_id == reader.actor.id, lead.state == "new", due | undated
    )
    rows = reader.rows(query.order_by(lead.first_call_due, lead.id).limit(LIMIT))
    reader.preload(Customer, (row.customer_id for row in rows))
    return [_line(reader, span, "first_call", "first_call", f"lead:{row.id}", row.customer_id, row.vehicle,
                  row.first_call_due) for row in rows]  # fmt: skip


def _appointments(reader: Reader, span: Span) -> list[Line]:
    """Those of the day; in today's plan also every one before of which nobody has said how it went."""
    row = cast(Any, Appointment)
    query = reader.select(Appointment, "appointment").where(
        row.owner_id == reader.actor.id, row.state == "booked", row.start_at < span.end
    )  # fmt: skip
    if not span.catching_up:
        query = query.where(row.start_at >= span.start)
    rows = reader.rows(query.order_by(row.start_at, row.id).limit(LIMIT))
    reader.preload(Customer, (one.customer_id for one in rows))
    return [_line(reader, span, "timed", one.kind, f"appointment:{one.id}", one.customer_id, one.vehicle,
                  one.start_at, late=one.end_at < reader.now) for one in rows]  # fmt: skip


def _tasks(reader: Reader, span: Span) -> list[Line]:
    """Open tasks of the day; those without a time stand in today's plan until they are done."""
    row = cast(Any, Task)
    due = row.due_at < span.end
    due = or_(due, row.due_at.is_(None)) if span.catching_up else due & (row.due_at >= span.start)
    query = select(Task).where(row.tenant == reader.tenant, row.owner_id == reader.actor.id, row.state == "open",
                               row.muted_at.is_(None), due)  # fmt: skip
    rows = reader.rows(query.order_by(row.due_at, row.id).limit(LIMIT))
    reader.preload(Customer, (one.customer_id for one in rows))
    return [_line(reader, span, "untimed" if one.due_at is None else "timed", "task", f"task:{one.id}",
                  one.customer_id, reader.reveal(one, "title"), one.due_at) for one in rows]  # fmt: skip


def _followups(reader: Reader, span: Span, leads: set[str]) -> Iterator[Line]:
    """Cadences due, and those missed of late; the one behind a first call is the call itself."""
    row = cast(Any, Followup)
    at = func.coalesce(row.snoozed_until, row.due_at)
    wanted = and_(row.state == "open", row.muted_at.is_(None), at < span.end)
    if span.catching_up:
        missed = and_(row.state == "missed", row.reason == "overdue", row.ended_at > reader.now - MISSED)
        wanted = or_(wanted, missed)
    else:
        wanted = and_(wanted, at >= span.start)
    query = reader.select(Followup, "followup").where(row.owner_id == reader.actor.id, wanted)
    rows = reader.rows(query.order_by(at, row.id).limit(LIMIT))
    reader.preload(Customer, (one.customer_id for one in rows))
    for one in rows:
        if one.lead_id in leads:
            continue
        yield _followup(reader, span, one)


def _followup(reader: Reader, span: Span, one: Followup) -> Line:
    """A birthday is never late; a deal that stands still is no matter of the clock."""
    subject, due = f"followup:{one.id}", one.snoozed_until or one.due_at
    title = sop_of(one).title.of(reader.actor.language)
    if one.sop == BIRTHDAY:
        return _line(reader, span, "birthday", one.sop, subject, one.customer_id, "", due, late=False)
    if one.sop == DWELL:
        return _line(reader, span, "untimed", one.sop, subject, one.customer_id, title, None)
    return _line(reader, span, "timed", one.sop, subject, one.customer_id, title, due)


def _renewals(reader: Reader, span: Span, within: int) -> list[Line]:
    """What comes due of his customers'; what is past is followed by its own reminders."""
    days = within if span.catching_up else 0
    asked = Renewals(start=span.on, end=span.on + timedelta(days=days + 1), mine=True, limit=LIMIT)
    return [
        Line(group="renewal", kind=one.kind, subject=f"renewal:{one.id}", what=one.title, on=one.due_on,
             name=one.customer_name) for one in reader.ask(asked)
    ]  # fmt: skip


def _passed(at: datetime | None, now: datetime) -> bool:
    return at is not None and at < now


def _line(
    reader: Reader, span: Span, group: Any, kind: str, subject: str, customer_id: str | None, what: str,
    at: datetime | None, late: bool | None = None,
) -> Line:  # fmt: skip
    """A line; what should be done already comes first, under `overdue`."""
    passed = _passed(at, reader.now) if late is None else late
    overdue = span.catching_up and passed
    return Line(group="overdue" if overdue else group, kind=kind, subject=subject, what=what, at=at,
                name=customer_name(reader, customer_id), late=passed)  # fmt: skip


def done_in(reader: Reader, span: Span) -> tuple[Done, ...]:
    """How much the actor did in the span, by kind; what there was none of is left out."""
    lead, record, visit, task, quote, deal = (
        cast(Any, table) for table in (Lead, Record, Appointment, Task, Quote, Deal)
    )
    me = reader.actor.id
    came = (visit.owner_id == me, visit.state == "done", *_inside(visit.ended_at, span))
    counted: dict[str, tuple[Any, ...]] = {
        "contacts": (record, record.by_id == me, record.kind.in_(CONTACTS), record.removed_at.is_(None),
                     *_inside(record.at, span)),
        "first_calls": (lead, lead.owner_id == me, *_inside(lead.contacted_at, span)),
        "test_drives": (visit, visit.kind == "test_drive", *came),
        "visits": (visit, visit.kind != "test_drive", *came),
        "tasks": (task, task.owner_id == me, task.state == "done", *_inside(task.done_at, span)),
        "quotes": (quote, quote.owner_id == me, *_inside(quote.created_at, span)),
        "won": (deal, deal.owner_id == me, deal.state == "won", *_inside(deal.closed_at, span)),
    }  # fmt: skip
    parts = [
        select(func.count())
        .select_from(table)
        .where(table.tenant == reader.tenant, *where)
        .scalar_subquery()
        .label(kind)
        for kind, (table, *where) in counted.items()
    ]
    row = reader.session.execute(select(*parts)).one()
    return tuple(Done(kind=kind, count=int(count)) for kind, count in row._mapping.items() if count)


def _inside(column: Any, span: Span) -> tuple[Any, Any]:
    return column >= span.start, column < span.end
