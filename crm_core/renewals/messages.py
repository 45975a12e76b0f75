"""Renewals: what comes due with a customer or his car on a date. The public vocabulary."""

from __future__ import annotations

from datetime import date, datetime

from crm_core.kernel.registry import Command, Question, View


class AddRenewal(Command):
    """Something comes due. `kind` is a key of `renewals.yaml`; `approximate`: only about when is known.

    What is open of the same kind (and car, and title) is moved to the date instead.
    """

    kind: str
    customer_id: str
    due_on: date
    car_id: str | None = None
    title: str = ""
    text: str = ""
    approximate: bool = False


class MoveRenewal(Command):
    """It comes due on another date; the reminders follow. `approximate` is what the date is from now on."""

    renewal_id: str
    due_on: date
    version: int | None = None
    approximate: bool = False


class Renewed(Command):
    """It was done; what policy repeats comes due again, on `next_on` when that was said."""

    renewal_id: str
    next_on: date | None = None


class DeclineRenewal(Command):
    """The customer does not want it."""

    renewal_id: str
    reason: str = ""


class CancelRenewal(Command):
    """It was no renewal at all; the inverse of AddRenewal."""

    renewal_id: str


class SnoozeRenewal(Command):
    """Remind the owner again at `until`, and not before; without it, when policy says so."""

    renewal_id: str
    until: datetime | None = None


class ReopenRenewal(Command):
    """Open after all, and what followed from its end is taken back; the inverse of what ends one."""

    renewal_id: str
    version: int


class PlanRenewals(Command):
    """Make the reminders of the next hours, end what lapsed; for the scheduler, as often as it likes."""


class DeriveRenewals(Command):
    """Work out what follows from cars and orders nobody has looked at yet, some at a time; for the scheduler."""


class RenewalView(View):
    """Something due. `days` until then, negative when it is past; `estimated`: the date was worked out.

    `test_line`: this inspection needs the car on a test line (None when that is not known). Of a car that is due for
    maintenance: `mileage_km` is about what it shows today. Of a dormant customer: when he last bought, and how many
    days usually lie between (None without a rhythm of his own).
    """

    id: str
    ref: str
    kind: str
    title: str
    customer_id: str
    customer_name: str
    car_id: str | None
    car_name: str
    due_on: date
    days: int
    estimated: bool
    state: str
    owner_id: str | None
    owner_name: str
    text: str
    version: int
    test_line: bool | None = None
    mileage_km: int | None = None
    last_on: date | None = None
    rhythm_days: int | None = None


class RenewalCard(Question):
    """One renewal: RenewalView."""

    renewal_id: str


class RenewalsById(Question):
    """Those of the named ones that the actor may see, in their order: list[RenewalView]."""

    ids: tuple[str, ...]


class Renewals(Question):
    """What comes due, the earliest first: list[RenewalView].

    `start` and `end` bound the date, `end` exclusive; overdue ones are left out only by `start`. `mine`: those the
    actor himself follows.
    """

    start: date | None = None
    end: date | None = None
    customer_id: str | None = None
    kinds: tuple[str, ...] = ()
    mine: bool = False
    open_only: bool = True
    limit: int = 30
