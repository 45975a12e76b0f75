"""Consents are written down with their wording, and a word that comes late still counts."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.delivery.drawing import Drawing
from bot.texts import Texts
from crm_core.customers.messages import SetConsent
from crm_core.kernel.deliveries import PENDING, SKIPPED
from crm_core.kernel.outbox import Delivery, Outcome
from crm_core.kernel.tables import Outbox
from crm_core.kernel.uow import Uow
from crm_core.privacy.messages import ConsentLine, Consents, Unwanted
from tests.core.deals.house import House


@pytest.fixture
def him(house: House) -> str:
    """A customer who may be written to."""
    made = house.customer("rep1", "张伟", phones=("13800138011",), login="c1")
    house.do("c1", SetConsent(customer_id=made, granted=True, channel="web"))
    return made


def planned(house: House, kind: str) -> Outbox:
    """A message on its way to him."""
    with house.core.database.write() as session:
        uow = Uow(session=session, actor=house.core.system("starway"), now=house.clock.now(), services=house.core.services)
        uow.push(house.id("c1"), kind, key=f"{kind}:1", text="生日快乐", by="陈晓明", writer=house.id("rep1"))
        uow.flush_pushes()
    return next(row for row in house.rows(Outbox) if row.dedupe_key.startswith(f"{kind}:1"))


def unwanted(house: House, kind: str) -> bool:
    found: bool = house.ask("c1", Unwanted(kind=kind, planned_at=house.clock.now()))
    return found


def test_each_word_is_kept_with_its_wording(house: House, him: str) -> None:
    house.clock.advance(minutes=5)
    house.do("rep1", SetConsent(customer_id=him, granted=False, channel="told"))
    lines: list[ConsentLine] = house.ask("rep1", Consents(customer_id=him))
    assert [(one.granted, one.channel, one.text_version, one.by_customer, one.by_name) for one in lines] == [
        (False, "told", "1", False, "陈晓明"), (True, "web", "1", True, "张伟"),
    ]  # fmt: skip


@pytest.mark.parametrize(("kind", "state"), [("greeting", SKIPPED), ("offer", SKIPPED), ("adviser_message", SKIPPED),
                                             ("answer", PENDING), ("desk_welcome", PENDING)])  # fmt: skip
def test_what_waits_is_stopped_at_once(house: House, him: str, kind: str, state: int) -> None:
    row = planned(house, kind)
    house.do("c1", SetConsent(customer_id=him, granted=False, channel="web"))
    assert next(one.state for one in house.rows(Outbox) if one.id == row.id) == state


def test_what_is_just_leaving_is_asked_about_again(house: House, him: str) -> None:
    planned(house, "greeting")
    claimed: list[Delivery] = house.core.outbox.claim("w", house.clock.now(), 10)
    house.clock.advance(seconds=1)
    house.do("c1", SetConsent(customer_id=him, granted=False, channel="web"))
    drawn, failed = Drawing(house.core, Texts.load()).all(claimed)
    assert drawn == []
    assert [one.outcome for one in failed] == [Outcome.UNWANTED]
    house.core.outbox.settle_now(failed, house.clock.now(), [])
    row = next(one for one in house.rows(Outbox) if one.kind == "greeting")
    assert (row.state, row.error) == (SKIPPED, "consent was taken back")


def test_who_never_agreed_gets_no_offer(house: House) -> None:
    house.customer("rep1", "李芳", login="c1")
    assert unwanted(house, "greeting")
    assert unwanted(house, "a_kind_nobody_thought_of")
    assert not unwanted(house, "answer")
    assert not unwanted(house, "adviser_message")


def test_who_agrees_again_gets_them_again(house: House, him: str) -> None:
    house.do("c1", SetConsent(customer_id=him, granted=False, channel="web"))
    assert unwanted(house, "greeting")
    house.clock.advance(hours=1)
    house.do("c1", SetConsent(customer_id=him, granted=True, channel="web"))
    house.clock.advance(minutes=1)
    assert not house.ask("c1", Unwanted(kind="greeting", planned_at=house.clock.now() - timedelta(minutes=30)))
