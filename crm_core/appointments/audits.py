"""What must be true of the timers of appointments."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, cast

from crm_core.appointments.rules import asked_at, brief_at, reminder_at
from crm_core.appointments.tables import Appointment
from crm_core.followups.lookup import place_of, times
from crm_core.kernel.lost import again_key, lost
from crm_core.kernel.registry import audits, timers_about
from crm_core.kernel.uow import Uow

LOOK_BACK = timedelta(days=1)
# A reminder comes no earlier than this before its appointment; one that fired before was for another time.
AHEAD = timedelta(days=3)

timers_about("appointment", Appointment)


@audits("appointment")
def every_appointment_has_its_timers(uow: Uow) -> list[str]:
    """While it is booked: what comes before it if that lies ahead, and the question how it went."""
    booked = cast("Any", Appointment)
    found = dict.fromkeys([*_without_check(uow, booked), *_without_reminder(uow, booked)])
    return list(found)


def _without_check(uow: Uow, booked: Any) -> list[str]:
    """The question how it went, and what follows when nobody answers it."""
    found = []
    waiting = (booked.state == "booked", booked.end_at > uow.now - LOOK_BACK)
    for turn, kind in enumerate(("appointment_check", "appointment_unanswered")):
        for row in lost(uow, Appointment, "appointment", *waiting, since=booked.start_at, kinds=(kind,)):
            place, policy = place_of(uow, row.unit), times(uow, row.unit).appointments
            due = asked_at(row.start_at, row.end_at, row.updated_at, place, policy, vague=row.vague)
            found.append(_again(uow, row, kind, due[turn]))
    return found


def _without_reminder(uow: Uow, booked: Any) -> list[str]:
    """The reminder of the day, and what is known of who comes."""
    found = []
    waiting = (booked.state == "booked", booked.start_at > uow.now)
    for kind in ("appointment_due", "visit_brief"):
        for row in lost(uow, Appointment, "appointment", *waiting, since=uow.now - AHEAD, kinds=(kind,)):
            at = _told_before(uow, row, kind)
            # One whose time had passed when it was booked needs none.
            if at is not None and at > max(row.updated_at, uow.now - LOOK_BACK):
                found.append(_again(uow, row, kind, at))
    return found


def _told_before(uow: Uow, row: Appointment, kind: str) -> datetime | None:
    place, policy = place_of(uow, row.unit), times(uow, row.unit).appointments
    if kind == "visit_brief":
        return brief_at(row.start_at, place, policy, vague=row.vague)
    return reminder_at(row.start_at, place.zone, policy, vague=row.vague)


def _again(uow: Uow, row: Appointment, kind: str, at: Any) -> str:
    subject = f"appointment:{row.id}"
    uow.timer(kind, max(at, uow.now), subject=subject, key=again_key(uow, kind, row.id))
    return subject
