"""A lead on somebody's phone, and what the record says of it."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

from crm_core.customers.messages import CustomerHistory
from crm_core.leads.tables import Lead as LeadRow
from tests.support.phones import Phones, Sight

REPS = ("rep1", "rep2", "rep3")
NUMBERS = itertools.count(13_800_200_001)
# Nobody's name is a part of another's.
_GIVEN = ("晓宇", "雨桐", "浩然", "思远", "嘉怡", "博文")
NAMES = ("".join(one) for one in itertools.product("唐邓曹袁傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余", _GIVEN))


@dataclass
class Case:
    """A lead that came in: whose it is, its card, and what the record says of it."""

    phones: Phones
    id: str
    name: str
    phone: str
    who: str
    card: Sight

    def press(self, label: str, times: int = 1, *, by: str = "") -> None:
        self.phones.press(by or self.who, self.card, label, times)

    def button(self, labels: tuple[str, ...]) -> str:
        return next(one for one in labels if one in self.card.buttons)

    @property
    def now(self) -> Sight:
        return self.phones.now(self.who, self.card)

    @property
    def row(self) -> Any:
        with self.phones.core.database.read() as session:
            return session.get(LeadRow, self.id)

    def calls(self) -> int:
        """How often it is written down that somebody spoke with the customer."""
        core = self.phones.core
        found = core.ask(CustomerHistory(customer_id=self.row.customer_id), core.actor("manager1"))
        return sum(one.kind in ("call", "visit", "chat") for one in found)


def lead(phones: Phones) -> Case:
    """A lead comes in by the intake."""
    number, name = str(next(NUMBERS)), next(NAMES)
    answer = phones.site.lead({"name": name, "phone": number, "vehicle": "ES6"})
    assert answer.status_code == 201
    who = answer.json()["owner"]
    card = phones.until(lambda: next((s for s in phones.sights(who) if name in s.text and len(s.buttons) >= 3), None),
                        f"{who} gets {name}: {[s.text for s in phones.sights(who)]}")  # fmt: skip
    return Case(phones, answer.json()["id"], name, number, who, card)
