"""Several requests are approved from one card whose boxes are ticked in place."""

from __future__ import annotations

from crm_core.customers.messages import AddCustomer
from crm_core.deals.messages import OpenDeal
from crm_core.quotes.messages import CreateQuote, RequestDiscount
from tests.channels.telegram.conftest import ZHAO, TelegramSite


def requests(site: TelegramSite) -> None:
    """Two requests of a rep wait for the manager."""
    rep, system = site.core.actor("rep1"), site.core.system("starway")
    for name, phone, amount in (("方小圆", "13800138777", 7000), ("白小北", "13800138778", 8000)):
        added = site.core.execute(AddCustomer(name=name, phones=(phone,), owner_id=rep.id, unit=rep.unit), system)
        deal = site.core.execute(OpenDeal(customer_id=added.id, interest="ES6"), system).id
        site.core.execute(CreateQuote(deal_id=deal, price_fen=33_800_000), rep)
        site.core.execute(RequestDiscount(deal_id=deal, amount_fen=amount * 100), rep)


def test_boxes_are_ticked_in_place_and_approved_together(site: TelegramSite) -> None:
    telegram = site.telegram
    requests(site)
    waiting = site.asks(ZHAO, "待审批", "2个申请等你审批")
    telegram.press(ZHAO, waiting, "选几个同意")
    card = telegram.seen(ZHAO, "选要同意的申请")
    # One box right after the other, before the card has changed: both count.
    first, second = "☐ 方小圆 · 7,000元", "☐ 白小北 · 8,000元"
    boxes = dict(card.buttons)
    telegram.press_data(ZHAO, card, boxes[first])
    telegram.press_data(ZHAO, card, boxes[second])
    telegram.until(lambda: "同意选中的2个 · 共15,000元" in card.labels, what="both boxes")
    telegram.press(ZHAO, card, "☑ 白小北 · 8,000元")
    telegram.until(lambda: "同意选中的1个 · 共7,000元" in card.labels, what="one box less")
    telegram.press(ZHAO, card, "同意选中的1个 · 共7,000元")
    telegram.seen(ZHAO, "已同意1个，共优惠7,000元")
    telegram.until(lambda: card.labels == [second, "同意选中的"], what="what is left")
