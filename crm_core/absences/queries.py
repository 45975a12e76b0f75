"""Questions about absences."""

from __future__ import annotations

from typing import Any, cast

from sqlalchemy import select
from sqlmodel import col

from crm_core.absences.messages import AbsenceCard, Absences, AbsenceView, WorkLine, WorkLines
from crm_core.absences.work import TABLES, held_for
from crm_core.appointments.tables import Appointment
from crm_core.deals.lookup import customer_name
from crm_core.followups.cadence import sop_of
from crm_core.followups.tables import Followup
from crm_core.kernel.access import Place
from crm_core.kernel.errors import NotFound
from crm_core.kernel.registry import answers
from crm_core.kernel.uow import Reader
from crm_core.leads.tables import Lead
from crm_core.org.people import find_person, person_name
from crm_core.org.tables import Absence, Person
from crm_core.tasks.tables import Task

DONE = ("done", "contacted", "won", "lost", "missed", "no_show", "cancelled", "dropped")


@answers(AbsenceCard)
def absence_card(question: AbsenceCard, reader: Reader) -> AbsenceView:
    """One absence."""
    row = reader.find(Absence, question.absence_id)
    if row is None or not _may_see(row, reader):
        raise NotFound(resource="absence")
    return absence_view(row, reader)


def _may_see(row: Absence, reader: Reader) -> bool:
    """Whoever is away or stands in, and colleagues who may know of him."""
    if row.tenant != reader.tenant or not reader.actor.is_staff:
        return False
    if reader.actor.id in (row.person_id, row.deputy_id):
        return True
    person = find_person(reader, row.person_id)
    place = Place(person.tenant, person.unit, person.id) if person is not None else None
    return place is not None and reader.access.allows(reader.actor, "person", "read", place)


@answers(Absences)
def absences(question: Absences, reader: Reader) -> list[AbsenceView]:
    """Absences that are not over, by their beginning; only of those the actor may know of."""
    query = select(Absence).where(col(Absence.tenant) == reader.tenant, col(Absence.ended_at).is_(None))
    query = query.where(col(Absence.end_at) > (question.start or reader.now))
    if question.end is not None:
        query = query.where(col(Absence.start_at) < question.end)
    if question.person_id is not None:
        query = query.where(col(Absence.person_id) == question.person_id)
    found = reader.rows(query.order_by(col(Absence.start_at), col(Absence.id)).limit(50))
    reader.preload(Person, (person for row in found for person in (row.person_id, row.deputy_id)))
    return [absence_view(row, reader) for row in found if _may_see(row, reader)]


def absence_view(row: Absence, reader: Reader) -> AbsenceView:
    """An absence the actor may know of, with the work that others do meanwhile."""
    over = row.ended_at is not None or row.end_at <= reader.now
    moved = held_for(reader, row.person_id) if row.kind == "leave" and not over else []
    deputy_id = row.deputy_id or (_standing(row, reader) if row.start_at > reader.now else None)
    return AbsenceView(
        id=row.id, kind=row.kind, person_id=row.person_id, person_name=person_name(reader, row.person_id),
        start=row.start_at, end=row.end_at, deputy_id=deputy_id, deputy_name=person_name(reader, deputy_id),
        over=over, begun=row.start_at <= reader.now, moved=tuple(_lines(moved, reader)),
    )  # fmt: skip


def _standing(row: Absence, reader: Reader) -> str | None:
    """Who would stand in, of a leave that is still ahead."""
    person = find_person(reader, row.person_id)
    return person.deputy_id if person is not None and row.kind == "leave" else None


@answers(WorkLines)
def work_lines(question: WorkLines, reader: Reader) -> list[WorkLine]:
    """What the actor does, did, or had done for him."""
    return _lines(list(question.subjects), reader)


def _lines(subjects: list[str], reader: Reader) -> list[WorkLine]:
    found = []
    for subject in subjects:
        what, _, record_id = subject.partition(":")
        row = reader.find(TABLES[what], record_id) if what in TABLES else None
        told = what == "followup" and row is not None and getattr(row, "subject", "") in subjects
        if row is not None and not told and _may_know(what, row, reader):
            found.append(_line(what, row, reader))
    return sorted(found, key=lambda line: (line.at is None, line.at, line.id))


def _may_know(what: str, row: Any, reader: Reader) -> bool:
    if row.tenant != reader.tenant:
        return False
    return row.for_id == reader.actor.id or reader.access.allows(reader.actor, what, "read", row)


def _line(what: str, row: Any, reader: Reader) -> WorkLine:
    about, at = _ABOUT[what](row, reader)
    return WorkLine(what=cast(Any, what), id=row.id, about=about, at=at, done=row.state in DONE,
                    kind=row.kind if what == "appointment" else "",
                    customer_name=customer_name(reader, row.customer_id),
                    owner_name=person_name(reader, row.owner_id))  # fmt: skip


def _lead(row: Lead, reader: Reader) -> tuple[str, Any]:
    return row.vehicle, row.first_call_due


def _task(row: Task, reader: Reader) -> tuple[str, Any]:
    return reader.reveal(row, "title"), row.due_at


def _followup(row: Followup, reader: Reader) -> tuple[str, Any]:
    return sop_of(row).title.of(reader.actor.language), row.due_at


def _appointment(row: Appointment, reader: Reader) -> tuple[str, Any]:
    return row.vehicle, row.start_at


_ABOUT: dict[str, Any] = {"lead": _lead, "task": _task, "followup": _followup, "appointment": _appointment}
