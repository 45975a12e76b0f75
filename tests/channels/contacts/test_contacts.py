"""Customers who add a colleague on WeChat: a lead with what brought him, a welcome in time, and who follows him."""

from __future__ import annotations

import pytest

from bot.reception.plainly import JOINER
from crm_core.campaigns.messages import MakeContactCode
from crm_core.campaigns.tables import ContactCode
from crm_core.deals.messages import TransferDeals
from crm_core.kernel.errors import NotFound, Refused
from tests.channels.contacts.conftest import Shop
from tests.support.fakes.wecom import Accepted
from tests.support.fakes.wecom_contacts import FULL, REFUSED

ANN = "wmAnnAnnAnnAnnAnnAnnAnnAnnAnnAnn"


def code_for(shop: Shop, campaign: str, who: str = "rep1") -> ContactCode:
    shop.core.execute(MakeContactCode(campaign=campaign), shop.core.actor(who))
    shop.wait(lambda: shop.rows(ContactCode)[-1].state != "making")
    found = shop.rows(ContactCode)[-1]
    assert isinstance(found, ContactCode)
    return found


def test_code_is_made_and_sent_to_whoever_asked(shop: Shop) -> None:
    code = code_for(shop, "国庆车展")
    (way,) = shop.contacts.ways.values()
    assert (way["state"], way["user"], way["type"], way["scene"]) == (code.mark, ["rep1"], 1, 2)

    def articles() -> list[Accepted]:
        return [one for one in shop.desk.kf.wecom.sent_to("rep1") if one.kind == "news"]

    shop.wait(articles, lambda: str([one.body for one in shop.desk.kf.wecom.sent_to("rep1")]))
    (sent,) = articles()
    (article,) = sent.body["news"]["articles"]
    assert "国庆车展" in article["title"]
    assert (article["url"], code.link in article["description"]) == (code.link, True)


def test_who_comes_by_a_code_is_a_lead_of_its_colleague_and_campaign(shop: Shop) -> None:
    code = code_for(shop, "国庆车展", "rep2")
    shop.added(ANN, "rep2", state=code.mark, name="安安")
    (lead,) = shop.leads()
    assert (lead.campaign, lead.source, lead.owner_id) == ("国庆车展", "wechat", shop.core.actor("rep2").id)
    shop.wait(lambda: shop.customer().name == "安安")


def test_signs_nobody_can_keep_are_left_out_of_names(shop: Shop) -> None:
    shop.added(ANN, "rep1", name="安安\ud83d")
    shop.wait(lambda: shop.customer().name == "安安", lambda: shop.customer().name)


def test_new_customer_is_welcomed_once_within_twenty_seconds(shop: Shop) -> None:
    shop.added(ANN, "rep1")
    ((who, said),) = shop.contacts.welcomed
    assert who == ANN
    assert "欢迎来到星驰浦东店" in said
    assert [one.state for one in shop.errands("welcome")] == [2]


def test_welcome_goes_out_before_the_event_is_worked_off(shop: Shop) -> None:
    shop.desk.office.site.house._turns.stop()
    shop.contacts.adds(ANN, "rep1")
    shop.wait(lambda: shop.contacts.welcomed)
    assert shop.leads() == []


def test_welcome_that_is_over_is_no_trouble(shop: Shop) -> None:
    shop.contacts.codes.clear()
    shop.desk.kf.wecom.fail("externalcontact/send_welcome_msg", 41051)
    shop.added(ANN, "rep1")
    assert [one.state for one in shop.errands("welcome")] == [2]


def test_same_event_three_times_is_one_lead_and_one_welcome(shop: Shop) -> None:
    code = shop.added(ANN, "rep1")
    for _ in range(2):
        shop.contacts.event("add_external_contact", "rep1", ANN, WelcomeCode=code)
    shop.desk.settled()
    assert len(shop.leads()) == 1
    assert len(shop.contacts.welcomed) == 1


def test_phones_and_tags_a_colleague_wrote_are_kept(shop: Shop) -> None:
    shop.added(ANN, "rep1")
    shop.contacts.follows[ANN]["rep1"].phones = ["13800138000", "12"]
    shop.contacts.event("edit_external_contact", "rep1", ANN)
    from crm_core.customers.tables import ContactPoint

    shop.wait(lambda: len(shop.rows(ContactPoint)) == 1)


def test_customer_who_leaves_is_told_to_his_rep_and_one_removed_to_the_manager(shop: Shop) -> None:
    shop.added(ANN, "rep1")
    shop.contacts.leaves(ANN, "rep1")
    shop.wait(lambda: shop.desk.pushed("rep1", "contact_left"))
    shop.added("wmBob", "rep2", name="老白")
    shop.contacts.removes("rep2", "wmBob")
    shop.wait(lambda: shop.desk.pushed("manager1", "contact_removed"))
    assert not shop.desk.pushed("rep2", "contact_removed")


def handed_on(shop: Shop, to: str = "rep2") -> None:
    shop.added(ANN, "rep1")
    command = TransferDeals(customer_id=shop.customer().id, to_id=shop.core.actor(to).id)
    shop.core.execute(command, shop.core.actor("manager1"))
    shop.wait(lambda: shop.contacts.transfers)
    shop.desk.settled()


def test_customer_who_gets_another_rep_goes_over_on_wechat_too(shop: Shop) -> None:
    handed_on(shop)
    (asked,) = shop.contacts.transfers
    assert (asked.source, asked.target) == ("rep1", "rep2")
    assert [one.state for one in shop.transfers()] == ["waiting"]
    shop.contacts.settle(ANN)
    shop.desk.later(hours=26)
    shop.wait(lambda: shop.transfers()[0].state == "done")


@pytest.mark.parametrize(("status", "state"), [(REFUSED, "refused"), (FULL, "full")])
def test_customer_who_does_not_go_over_is_told_of(shop: Shop, status: int, state: str) -> None:
    handed_on(shop)
    shop.contacts.settle(ANN, status)
    shop.desk.later(hours=26)
    shop.wait(lambda: shop.transfers()[0].state == state)
    assert len(shop.desk.pushed("rep2", "contact_stays")) == 1
    assert len(shop.desk.pushed("manager1", "contact_stays")) == 1


def test_platform_tells_of_a_refusal_first(shop: Shop) -> None:
    handed_on(shop)
    shop.contacts.event("transfer_fail", "rep2", ANN, FailReason="customer_refused")
    shop.wait(lambda: shop.transfers()[0].state == "refused")
    shop.contacts.event("transfer_fail", "rep2", ANN, FailReason="customer_refused")
    shop.desk.settled()
    assert len(shop.desk.pushed("rep2", "contact_stays")) == 1


def test_transfer_taken_back_meanwhile_goes_back_when_it_is_done(shop: Shop) -> None:
    handed_on(shop)
    command = TransferDeals(customer_id=shop.customer().id, to_id=shop.core.actor("rep1").id)
    shop.core.execute(command, shop.core.actor("manager1"))
    shop.contacts.settle(ANN)
    shop.desk.later(hours=26)
    shop.wait(lambda: len(shop.contacts.transfers) == 2)
    assert (shop.contacts.transfers[1].source, shop.contacts.transfers[1].target) == ("rep2", "rep1")


def test_many_customers_go_in_hundreds(shop: Shop) -> None:
    from crm_core.handovers.messages import DecideHandOver, HandOver

    for n in range(105):
        shop.contacts.adds(f"wm{n}", "rep1", name=f"客户{n}", welcome=False)
    shop.wait(lambda: len(shop._known()) == 105)
    shop.desk.settled()
    asked = HandOver(from_id=shop.core.actor("rep1").id, to_id=shop.core.actor("rep2").id)
    handover = shop.core.execute(asked, shop.core.actor("manager1")).id
    shop.core.execute(DecideHandOver(handover_id=handover, decision="approve"), shop.core.actor("admin1"))
    shop.wait(lambda: len(shop.contacts.transfers) == 105)
    assert shop.contacts.batches == [100, 5]


def test_leavers_customers_go_the_way_for_leavers(shop: Shop) -> None:
    from crm_core.handovers.messages import DecideHandOver, HandOver

    shop.added(ANN, "rep1")
    shop.contacts.resigned.add("rep1")
    asked = HandOver(from_id=shop.core.actor("rep1").id, to_id=shop.core.actor("rep2").id, leaving=True)
    handover = shop.core.execute(asked, shop.core.actor("manager1")).id
    shop.core.execute(DecideHandOver(handover_id=handover, decision="approve"), shop.core.actor("admin1"))
    shop.wait(lambda: shop.contacts.transfers)
    assert [call.path for call in shop.desk.kf.wecom.calls if "transfer" in call.path] == [
        "externalcontact/resigned/transfer_customer"
    ]


def test_known_customer_is_known_at_the_service_desk(shop: Shop) -> None:
    shop.added(ANN, "rep1", name="安安")
    shop.desk.says(ANN, "你好")
    session = shop.desk.session(ANN)
    assert shop.core.actor(session.person_id).customer_id == shop.customer().id
    (told,) = shop.desk.says(ANN, "转人工")
    assert "陈晓明" in told


def test_code_for_another_dealers_colleague_is_refused_like_nobody(shop: Shop) -> None:
    with pytest.raises(NotFound):
        shop.core.execute(MakeContactCode(campaign="x", person_id=shop.core.actor("rep2").id), shop.core.actor("rep1"))
    with pytest.raises(Refused):
        shop.core.execute(MakeContactCode(campaign="x"), shop.core.actor("rep3"))


def test_rep_asks_for_a_code_in_words(shop: Shop) -> None:
    office = shop.desk.office
    (said, card) = office.says("rep1", "帮我做一个国庆车展的活码", answers=2)
    assert "国庆车展" in said.text
    assert "国庆车展" in str(card.body)
    (row,) = shop.rows(ContactCode)
    assert (row.campaign, row.state) == ("国庆车展", "ready")
    (found,) = office.says("rep1", "我的活码")
    # WeCom's own addresses stay links; this one is the imitation's.
    assert row.link in found.body["markdown"]["content"].replace(JOINER, "")


def test_platform_refuses_a_code(shop: Shop) -> None:
    shop.desk.kf.wecom.fail("externalcontact/add_contact_way", 84074)
    code = code_for(shop, "国庆车展")
    assert (code.state, code.error) == ("failed", "84074")


def test_cards_say_what_happened_and_what_can_be_done(shop: Shop) -> None:
    handed_on(shop)
    shop.contacts.settle(ANN, REFUSED)
    shop.desk.later(hours=26)
    shop.wait(lambda: shop.desk.pushed("manager1", "contact_stays"))
    said = shop.desk.drawn("manager1", "contact_stays")
    assert "没转给林佳" in said
    assert "客户不同意换顾问" in said
    shop.contacts.leaves(ANN, "rep1")
    shop.wait(lambda: shop.desk.pushed("rep2", "contact_left"))
    assert "小安删除了陈晓明的好友" in shop.desk.drawn("rep2", "contact_left")


def test_one_press_gives_the_customer_back(shop: Shop) -> None:
    office = shop.desk.office
    handed_on(shop)
    shop.contacts.settle(ANN, FULL)
    shop.desk.later(hours=26)
    shop.wait(lambda: any("没转给林佳" in one.text for one in office.fake.sent_to("manager1")))
    card = next(one for one in office.fake.sent_to("manager1") if "没转给林佳" in one.text)
    office.presses("manager1", card, "转回原顾问")
    shop.wait(lambda: shop.customer().owner_id == shop.core.actor("rep1").id)
    assert len(shop.contacts.transfers) == 1
