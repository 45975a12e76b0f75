"""What renewals need to know of policy, places, cars and orders."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, cast
from zoneinfo import ZoneInfo

from sqlalchemy import select

from crm_core.kernel.calendar import Hours, after_quiet, local_instant
from crm_core.kernel.errors import Invalid
from crm_core.kernel.uow import Reader
from crm_core.orders.tables import Order
from crm_core.org.people import zone_of
from crm_core.renewals.rules import CarFacts, KindRule, RenewalPolicy, reminder_days
from crm_core.renewals.tables import Renewal
from crm_core.vehicles.tables import Car


def policy_of(reader: Reader, unit: str) -> RenewalPolicy:
    """`renewals.yaml` as it holds for a unit."""
    return reader.policies.model("renewals", RenewalPolicy, unit=unit)


def rule_of(reader: Reader, row: Renewal) -> KindRule:
    """The rule of its kind; one that policy no longer knows is like any other renewal."""
    return kind_rule(policy_of(reader, row.unit), row.kind)


def kind_rule(policy: RenewalPolicy, kind: str) -> KindRule:
    """The rule of a kind. Raises Invalid when neither it nor `other` is known."""
    found = policy.kinds.get(kind) or policy.kinds.get("other")
    if found is None:
        raise Invalid("kind", "error.unknown_kind", value=kind, known=", ".join(policy.kinds))
    return found


def local_day(reader: Reader, unit: str, at: datetime | None = None) -> date:
    """The date at a unit."""
    return (at or reader.now).astimezone(ZoneInfo(zone_of(reader, unit))).date()


def days_of(reader: Reader, row: Renewal) -> list[date]:
    """The local days on which its owner is reminded."""
    hours = reader.policies.model("hours", Hours, unit=row.unit)
    told_on = row.told_on or local_day(reader, row.unit, row.created_at)
    return reminder_days(
        row.due_on, rule_of(reader, row).lead_days, told_on, lambda day: bool(hours.shifts_on(day))
    )


def instant_of(reader: Reader, row: Renewal, day: date) -> datetime:
    """The morning of a local day, outside the quiet hours."""
    zone = zone_of(reader, row.unit)
    hours = reader.policies.model("hours", Hours, unit=row.unit)
    return after_quiet(local_instant(day, policy_of(reader, row.unit).at, zone), hours, zone)


def facts_of(car: Car) -> CarFacts:
    """What is known of a car's use; a mileage without its day counts from when it was written down."""
    read_on = car.mileage_on or (car.updated_at.date() if car.mileage_km is not None else None)
    return CarFacts(car.bought_on, car.mileage_km, read_on, car.serviced_on, car.serviced_km)


def order_days(reader: Reader, customer_id: str, kinds: list[str]) -> list[date]:
    """When a customer bought, of all kinds that count; any kind when there is none of those."""
    row = cast(Any, Order)
    query = select(row.kind, row.ordered_on).where(
        row.tenant == reader.tenant, row.customer_id == customer_id, row.state != "cancelled",
        row.ordered_on.is_not(None),
    )  # fmt: skip
    found = reader.session.execute(query).all()
    return sorted(day for kind, day in found if kind in kinds) or sorted(day for _, day in found)
