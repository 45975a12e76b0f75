"""Several requests are approved with one form: boxes of the platform's own, sent off together."""

from __future__ import annotations

import pytest

from bot.channels.wecom.cards import CHOICE
from crm_core.customers.messages import AddCustomer
from crm_core.deals.messages import OpenDeal
from crm_core.quotes.messages import CreateQuote, RequestDiscount
from tests.support.fakes.wecom import Accepted
from tests.support.fakes.wecom_site import WecomSite


@pytest.fixture
def form(office: WecomSite) -> Accepted:
    """Three requests wait for the manager, who wants to pick some."""
    core, rep = office.core, office.core.actor("rep1")
    system = core.system("starway")
    for name, phone, amount in (("方小圆", "13800138777", 7000), ("白小北", "13800138778", 8000),
                                ("杨小帆", "13800138779", 9000)):  # fmt: skip
        added = core.execute(AddCustomer(name=name, phones=(phone,), owner_id=rep.id, unit=rep.unit), system)
        deal = core.execute(OpenDeal(customer_id=added.id, interest="ES6"), system).id
        core.execute(CreateQuote(deal_id=deal, price_fen=33_800_000), rep)
        core.execute(RequestDiscount(deal_id=deal, amount_fen=amount * 100), rep)
    office.wait(lambda: len(office.fake.sent_to("manager1")) >= 3)
    office.says("manager1", "待审批")
    office.presses("manager1", card_of(office, "3个申请等你审批"), "选几个同意")
    return card_of(office, "选要同意的申请")


def card_of(office: WecomSite, title: str) -> Accepted:
    """The card of this title; what it has no room for goes before it."""

    def found() -> list[Accepted]:
        return [one for one in office.fake.sent_to("manager1") if one.kind == "template_card" and one.text == title]

    office.wait(lambda: bool(found()))
    return found()[-1]


def options(office: WecomSite, form: Accepted) -> dict[str, str]:
    """The boxes as they are drawn now: their words and ids."""
    box = office.fake.cards[form.task].card["checkbox"]
    assert box["mode"] == 1
    return {one["text"]: one["id"] for one in box["option_list"]}


def send(office: WecomSite, form: Accepted, user: str, *ids: str) -> None:
    """The form is sent off with these boxes ticked."""
    card = office.fake.cards[form.task].card
    key, code = card["submit_button"]["key"], office.fake.new_code(form.task)
    office.fake.caller.presses(user, form.task, key, code, {CHOICE: list(ids)} if ids else None)


def said_to(office: WecomSite, user: str, words: str) -> list[str]:
    return [one.text for one in office.fake.sent_to(user) if words in one.text]


def test_form_approves_what_is_ticked_and_keeps_the_rest(office: WecomSite, form: Accepted) -> None:
    boxes = options(office, form)
    assert list(boxes) == ["方小圆 · 7,000元", "白小北 · 8,000元", "杨小帆 · 9,000元"]
    send(office, form, "manager1", boxes["方小圆 · 7,000元"], boxes["杨小帆 · 9,000元"])
    office.wait(lambda: bool(said_to(office, "manager1", "已同意2个，共优惠16,000元")))
    office.wait(lambda: list(options(office, form)) == ["白小北 · 8,000元"])
    assert office.fake.cards[form.task].card["main_title"]["desc"] == "已同意2个"
    # Sent off again as it was: the first one counts, nothing is decided twice.
    send(office, form, "manager1", boxes["方小圆 · 7,000元"], options(office, form)["白小北 · 8,000元"])
    office.wait(lambda: bool(said_to(office, "manager1", "已同意1个")))
    (answer,) = said_to(office, "manager1", "已同意1个")
    assert "白小北8,000元" in answer
    assert "没有动的" in answer
    assert "方小圆" in answer


def test_form_with_nothing_ticked_decides_nothing(office: WecomSite, form: Accepted) -> None:
    send(office, form, "manager1")
    office.wait(lambda: bool(said_to(office, "manager1", "还没有选")))
    assert not said_to(office, "manager1", "已同意")
    assert len(options(office, form)) == 3


def test_form_of_somebody_else_and_foreign_boxes_decide_nothing(office: WecomSite, form: Accepted) -> None:
    boxes = options(office, form)
    send(office, form, "rep2", *boxes.values())
    office.wait(lambda: bool(office.fake.sent_to("rep2")))
    send(office, form, "manager1", "0123456789abcdef", "more:x", "-")
    office.wait(lambda: bool(said_to(office, "manager1", "还没有选")))
    assert not said_to(office, "rep2", "已同意")
    assert not said_to(office, "manager1", "已同意")
    assert not said_to(office, "rep1", "已同意")
