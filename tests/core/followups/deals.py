"""Deals whose cadences run, and what the cadences push."""

from __future__ import annotations

from crm_core.customers.messages import LogContact
from crm_core.deals.messages import (
    OpenDeal,
)
from crm_core.followups.tables import Followup
from tests.core.deals.house import House


def pushed(house: House, sop: str, **forward: float) -> list[tuple[str, str]]:
    """What was pushed of one cadence: kind and person."""
    return [(p.kind, p.person) for p in house.fire(**forward) if p.params.get("sop") == sop]


def running(house: House, sop: str) -> list[Followup]:
    return house.rows(Followup, Followup.sop == sop, Followup.state == "open")


def talk(house: House, customer: str, who: str = "rep1", **more: object) -> str:
    return house.do(who, LogContact(customer_id=customer, text="聊过了", **more)).id


def deal_of(house: House, level: str = "", **more: object) -> tuple[str, str]:
    customer = house.customer(**more)
    deal = house.job(OpenDeal(customer_id=customer, interest="迈腾", level=level)).id
    house.pushed()
    return customer, deal
