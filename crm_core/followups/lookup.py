"""Where and when reminders happen, and what they are about."""

from __future__ import annotations

from dataclasses import dataclass

from crm_core.appointments.tables import Appointment
from crm_core.customers.tables import Customer
from crm_core.deals.tables import Deal
from crm_core.followups.rules import FollowupPolicy, Place
from crm_core.kernel.calendar import Hours
from crm_core.kernel.tables import Owned
from crm_core.kernel.uow import Reader
from crm_core.leads.tables import Lead
from crm_core.org.people import zone_of


def place_of(reader: Reader, unit: str) -> Place:
    """The working hours and the zone that hold for a unit."""
    return Place(reader.policies.model("hours", Hours, unit=unit), zone_of(reader, unit))


def times(reader: Reader, unit: str) -> FollowupPolicy:
    """`followups.yaml` as it holds for a unit."""
    return reader.policies.model("followups", FollowupPolicy, unit=unit)


@dataclass(frozen=True)
class Facts:
    """What a cadence needs to know of the record it is about."""

    customer_id: str | None
    owner_id: str | None
    unit: str
    lead_id: str | None = None
    deal_id: str | None = None


_TABLES: dict[str, tuple[type[Owned], str]] = {
    "lead": (Lead, "lead"), "deal": (Deal, "deal"), "appointment": (Appointment, "appointment"),
    "customer": (Customer, "customer"),
}  # fmt: skip


def record_of(reader: Reader, subject: str) -> tuple[Owned, str] | None:
    """The row and the resource a subject such as `lead:ID` names; None when it does not exist here."""
    kind, _, record_id = subject.partition(":")
    if kind not in _TABLES:
        return None
    table, resource = _TABLES[kind]
    row = reader.find(table, record_id)
    return (row, resource) if row is not None and row.tenant == reader.tenant else None


def facts_of(reader: Reader, subject: str) -> Facts | None:
    """The facts of the record a subject names; for reactions, no question of who asks."""
    found = record_of(reader, subject)
    if found is None:
        return None
    row = found[0]
    deal_id, lead_id = getattr(row, "deal_id", None), getattr(row, "lead_id", None)
    if isinstance(row, Lead):
        lead_id = row.id
    if isinstance(row, Deal):
        deal_id = row.id
    if lead_id is None and deal_id is not None:
        deal = reader.find(Deal, deal_id)
        lead_id = deal.lead_id if deal is not None else None
    customer_id = row.id if isinstance(row, Customer) else row.customer_id
    return Facts(customer_id, row.owner_id, row.unit, lead_id, deal_id)
