"""Holidays are announced year by year: the admin is told when the coming year's are not known yet."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlmodel import col

from crm_core.kernel.calendar import Hours, is_quiet
from crm_core.kernel.errors import Refused
from crm_core.kernel.registry import Result, handles, routine
from crm_core.kernel.routines import HOURLY
from crm_core.kernel.uow import Uow
from crm_core.org.messages import CheckCalendar
from crm_core.org.people import holders
from crm_core.org.tables import Unit

DECEMBER, DEALER_PARTS = 12, 3

routine(HOURLY, CheckCalendar)


@handles(CheckCalendar)
def check_calendar(cmd: CheckCalendar, uow: Uow) -> Result:
    """For the scheduler: from December on for the coming year, and for the present one; once a year and person."""
    if uow.actor.kind != "job":
        raise Refused("error.not_allowed")
    units = uow.rows(select(Unit).where(col(Unit.tenant) == uow.tenant).order_by(col(Unit.path)))
    told = [_tell(uow, unit) for unit in units if unit.path.count(".") == DEALER_PARTS]
    return Result(id="calendar", view={"told": sum(told)})


def _tell(uow: Uow, dealer: Unit) -> int:
    """The admins of one dealer, outside the quiet hours; how many messages there are about it."""
    hours = uow.policies.model("hours", Hours, unit=dealer.path)
    if is_quiet(uow.now, hours, dealer.zone):
        return 0
    today = uow.now.astimezone(ZoneInfo(dealer.zone)).date()
    years = [today.year, *([today.year + 1] if today.month == DECEMBER else [])]
    unknown = [year for year in years if not hours.knows(year)]
    people = holders(uow, "admin", dealer.path) or holders(uow, "manager", dealer.path)
    for year in unknown:
        for person in people:
            uow.push(person.id, "holidays_unknown", key=f"holidays_unknown:{year}", year=year)
    return len(unknown) * len(people)
