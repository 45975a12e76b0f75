"""Who works where: tenants, units, people, roles. The public vocabulary."""

from __future__ import annotations

from datetime import date, datetime, time

from crm_core.kernel.registry import Command, Event, Question, View


class AddUnit(Command):
    """Create or change a unit; `path` is `group.`, `group.region.`, `group.region.dealer.` or one more."""

    path: str
    name: str
    name_en: str = ""
    zone: str = "Asia/Shanghai"
    language: str = "zh"
    city: str = ""
    address: str = ""
    address_en: str = ""
    phone: str = ""
    brands: tuple[str, ...] = ()
    pipeline: str = "car_sale"


class AddPerson(Command):
    """Create or change a colleague; `code` is the id other systems know (`rep1`)."""

    code: str
    name: str
    role: str
    unit: str
    language: str = "zh"
    phone: str = ""
    wecom_userid: str = ""
    expertise: tuple[str, ...] = ()


class CheckCalendar(Command):
    """Tell the admins when a year's holidays are not known; for the scheduler, as often as it likes."""


class SetLanguage(Command):
    """The actor reads and is answered in this language from now on."""

    language: str


class SetAway(Command):
    """The actor is away until an instant; new leads pass him by. None: back again."""

    until: datetime | None


class PersonAdded(Event):
    person_id: str


class PersonLeft(Event):
    """A colleague is gone for good; what waits for him must go to somebody else."""

    person_id: str


class PersonView(View):
    """A colleague as colleagues see him."""

    id: str
    code: str
    name: str
    role: str
    unit: str
    unit_name: str
    language: str
    zone: str
    kind: str
    away: bool = False


class UnitView(View):
    path: str
    name: str
    name_en: str
    zone: str
    city: str
    address: str
    address_en: str
    phone: str
    pipeline: str


class Me(Question):
    """The actor as a PersonView."""


class FindColleagues(Question):
    """Colleagues whose name or code fits the words, best first: list[PersonView]. Empty words: all."""

    words: str = ""
    role: str | None = None


class MyDealer(Question):
    """The actor's dealer as a UnitView."""


class FindUnit(Question):
    """The unit at this path, or the nearest above, as a UnitView."""

    path: str


class OpeningHours(Question):
    """When the actor's dealer is open on a day of its calendar (today without one), and where it is: HoursView."""

    on: date | None = None


class HoursView(View):
    """`shifts` of the day are (from, until) by the dealer's clock, none when closed; `open_now` is about the present.

    `next_on` and `next_shifts` are the first open day after it, within a month. `holiday`: closed for a public one.
    """

    unit: UnitView
    on: date
    today: date
    shifts: tuple[tuple[time, time], ...]
    open_now: bool
    holiday: bool
    next_on: date | None
    next_shifts: tuple[tuple[time, time], ...]
