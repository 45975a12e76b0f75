"""What must be true of the timers of absences."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, cast

from crm_core.absences.rules import times
from crm_core.kernel.calendar import Hours
from crm_core.kernel.lost import again_key, lost
from crm_core.kernel.registry import audits, timers_about
from crm_core.kernel.uow import Uow
from crm_core.org.people import find_person, zone_of
from crm_core.org.tables import Absence

LOOK_BACK = timedelta(days=1)

timers_about("absence", Absence)


@audits("absence")
def every_leave_begins_and_ends(uow: Uow) -> list[str]:
    """A leave ahead passes its work on, and one that holds gives it back."""
    row = cast("Any", Absence)
    waiting = (row.kind == "leave", row.ended_at.is_(None), row.end_at > uow.now - LOOK_BACK)
    found = [_again(uow, one, "absence_end") for one in
             lost(uow, Absence, "absence", *waiting, since=row.start_at, kinds=("absence_end",))]  # fmt: skip
    ahead = lost(uow, Absence, "absence", *waiting, row.start_at > uow.now, since=row.created_at, kinds=("absence_begin",))
    return list(dict.fromkeys([*found, *(_again(uow, one, "absence_begin") for one in ahead)]))


def _again(uow: Uow, row: Absence, kind: str) -> str:
    person, subject = find_person(uow, row.person_id), f"absence:{row.id}"
    unit = person.unit if person is not None else ""
    planned = times(row.start_at, row.end_at, uow.policies.model("hours", Hours, unit=unit), zone_of(uow, unit))
    at = planned.pass_on if kind == "absence_begin" else planned.give_back
    uow.timer(kind, max(at, uow.now), subject=subject, key=again_key(uow, kind, row.id))
    return subject
