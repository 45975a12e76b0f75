"""What somebody who left keeps at the platform goes to the colleague who has his work."""

from __future__ import annotations

from crm_core.handovers.messages import DecideHandOver, HandOver
from tests.channels.contacts.conftest import Shop
from tests.support.fakes.wecom_contacts import Followed

ANN = "wmAnnAnnAnnAnnAnnAnnAnnAnnAnnAnn"
STRANGERS = [f"wmStranger{n}" for n in range(3)]


def replaced(shop: Shop) -> None:
    """rep1 leaves; rep2 has his work. Some customers and groups of his are known only to the platform."""
    shop.added(ANN, "rep1")
    for one in STRANGERS:
        shop.contacts.follows[one] = {"rep1": Followed("rep1")}
    shop.contacts.follows["wmOther"] = {"rep3": Followed("rep3")}
    shop.contacts.groups = {"wr1": "rep1", "wr2": "rep1", "wr3": "rep3"}
    asked = HandOver(from_id=shop.core.actor("rep1").id, to_id=shop.core.actor("rep2").id, leaving=True)
    handover = shop.core.execute(asked, shop.core.actor("manager1")).id
    shop.core.execute(DecideHandOver(handover_id=handover, decision="approve"), shop.core.actor("admin1"))
    shop.wait(lambda: shop.errands("leaver"))


def given(shop: Shop) -> dict[str, str]:
    return {one.customer: one.target for one in shop.contacts.transfers}


def test_unknown_customers_and_groups_go_to_the_heir(shop: Shop) -> None:
    shop.contacts.resigned = {"rep1", "rep3"}
    replaced(shop)
    shop.wait(lambda: given(shop) == {ANN: "rep2"})
    shop.desk.later(hours=2)
    shop.wait(lambda: shop.contacts.groups == {"wr1": "rep2", "wr2": "rep2", "wr3": "rep3"})
    assert given(shop) == {ANN: "rep2"} | dict.fromkeys(STRANGERS, "rep2")
    assert [one.error for one in shop.transfers()] == [""]


def test_the_platform_hears_later_that_he_left(shop: Shop) -> None:
    replaced(shop)
    shop.desk.later(hours=2)
    shop.wait(lambda: any("groupchat/list" in call.path for call in shop.desk.kf.wecom.calls))
    assert set(shop.contacts.groups.values()) == {"rep1", "rep3"}
    # What is under way would be put off from the later hour on.
    shop.wait(lambda: all(one.state != 1 and one.due_at > shop.core.now() for one in shop.errands("leaver")))
    shop.contacts.resigned = {"rep1"}
    shop.desk.later(hours=13)
    shop.wait(lambda: shop.contacts.groups == {"wr1": "rep2", "wr2": "rep2", "wr3": "rep3"})
    assert set(STRANGERS) <= set(given(shop))
