"""What to say to a customer, on a phone: texts one can read, press and check before they leave."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.window import PHONE, Windows

pytestmark = pytest.mark.browser
OVER = "document.documentElement.scrollWidth > document.documentElement.clientWidth"


def test_a_text_is_chosen_checked_and_reaches_the_customer(windows: Windows) -> None:
    rep, customer = windows.person("rep1", PHONE), windows.person("customer1", PHONE)
    rep.say("客户说太贵了怎么回")
    expect(rep.card("话术 · 嫌贵")).to_contain_text("客户说")
    assert not rep.page.evaluate(OVER)
    rep.shot("70-suggestions")
    rep.say("黄志远13800138011想看ES6")
    rep.say("给黄志远报个价,ES6")
    rep.press("确认")
    rep.say("给他想个话术")
    card = rep.card("给黄志远的话术")
    expect(card).to_contain_text("338,000元")
    rep.shot("71-suggestions-record")
    rep.press("发第1条", "给黄志远的话术")
    expect(rep.card("发给黄志远")).to_contain_text("陈晓明")
    rep.shot("72-confirm")
    rep.press("确认", "发给黄志远")
    expect(customer.page.locator("#log")).to_contain_text("338,000元")
    customer.shot("73-customer")
    rep.say("把报价发给他")
    expect(rep.card("把报价发给黄志远")).to_be_visible()
    rep.shot("74-send-quote")
    rep.press("确认", "把报价发给黄志远")
    expect(customer.page.locator("#log .picture img").last).to_be_visible()
    customer.shot("75-customer-quote")
    assert not customer.page.evaluate(OVER)
