"""What a cadence may ask of the record it is about, found only when it asks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from sqlalchemy import select

from crm_core.customers.tables import Customer, Record
from crm_core.deals.lookup import open_deals_of
from crm_core.deals.tables import Deal
from crm_core.followups.lookup import Facts
from crm_core.followups.sop import Sop, matches
from crm_core.kernel.uow import Reader

SPOKEN = ("call", "visit", "chat", "message")


def holds(reader: Reader, sop: Sop, facts: Facts) -> bool:
    """Whether everything under `while` is so."""
    return all(matches(_TRAITS[name](reader, facts), wanted) for name, wanted in sop.holds.items())


def level_of(reader: Reader, facts: Facts) -> str:
    """The intent level of the deal; empty without one."""
    deal = reader.find(Deal, facts.deal_id)
    return deal.level if deal is not None else ""


def _of_deal(column: str) -> Callable[[Reader, Facts], str]:
    return lambda reader, facts: str(getattr(reader.find(Deal, facts.deal_id), column, ""))


def _decision_maker(reader: Reader, facts: Facts) -> bool:
    customer = reader.find(Customer, facts.customer_id)
    return customer is not None and customer.decision_maker


def _open_deal(reader: Reader, facts: Facts) -> bool:
    return facts.customer_id is not None and bool(open_deals_of(reader, facts.customer_id))


def _contacted(reader: Reader, facts: Facts) -> bool:
    """Whether anybody spoke with the customer since the deal was opened."""
    if reader.is_new(Customer, facts.customer_id):
        return False
    deal, record = reader.find(Deal, facts.deal_id), cast(Any, Record)
    query = select(Record).where(
        record.tenant == reader.tenant, record.customer_id == facts.customer_id, record.kind.in_(SPOKEN),
        record.removed_at.is_(None),
    )  # fmt: skip
    if deal is not None:
        query = query.where(record.at >= deal.created_at)
    return reader.first(query) is not None


_TRAITS: dict[str, Callable[[Reader, Facts], Any]] = {
    "level": level_of, "stage": _of_deal("stage"), "state": _of_deal("state"), "pipeline": _of_deal("pipeline"),
    "decision_maker": _decision_maker, "open_deal": _open_deal, "contacted": _contacted,
}  # fmt: skip
