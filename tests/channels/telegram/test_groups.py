"""A team's group: leads without what is personal, and a button for whoever is first."""

from __future__ import annotations

from tests.channels.telegram.conftest import CHEN, LIN, ZHAO, TelegramSite
from tests.support.fakes.telegram import Message, User

GROUP = -1001234567890
LEAD = {"name": "王建国", "phone": "13800138000", "vehicle": "凯美瑞", "source": "官网", "message": "请打13800138000"}


def bound(site: TelegramSite) -> None:
    site.telegram.say(ZHAO, "/bind", chat=GROUP)
    site.telegram.seen(GROUP, "接好了", 20)


def pooled(site: TelegramSite) -> Message:
    """A lead that lies in the pool, as the group sees it."""
    bound(site)
    answer = site.site.lead(LEAD)
    system = site.core.system("starway")
    from crm_core.leads.messages import ReleaseLead

    site.core.execute(ReleaseLead(lead_id=answer.json()["id"], reason="没人接"), system)
    site.site.house._works.moved()
    site.telegram.until(lambda: any(m.labels == ["接单"] for m in site.telegram.chat(GROUP)), 30, "the offer")
    return next(m for m in reversed(site.telegram.chat(GROUP)) if m.labels == ["接单"])


def test_a_group_reads_of_leads_and_of_nobody(site: TelegramSite) -> None:
    bound(site)
    site.site.lead(LEAD)
    card = site.telegram.seen(GROUP, "王**", 20)
    assert "凯美瑞" in card.text
    for personal in ("王建国", "13800138000", "8000"):
        assert personal not in card.text


def test_the_first_to_press_gets_it_and_reads_the_rest_in_private(site: TelegramSite) -> None:
    card = pooled(site)
    site.telegram.press(LIN, card, "接单")
    site.telegram.seen(LIN, "王建国", 20)
    site.telegram.until(lambda: "林佳" in card.text, 20, "the group's card to change")
    assert card.labels == []
    assert not any("王建国" in message.text for message in site.telegram.chat(GROUP))


def test_strangers_and_colleagues_elsewhere_press_in_vain(site: TelegramSite) -> None:
    card = pooled(site)
    stranger = User(8008, "Eve")
    site.telegram.press(stranger, card, "接单")
    site.telegram.press(CHEN, card, "接单")
    site.telegram.until(lambda: "陈晓明" in card.text, 20, "the group's card to change")
    assert site.telegram.chat(stranger) == []


def test_talk_in_a_group_is_none_of_ours(site: TelegramSite) -> None:
    bound(site)
    before = len(site.telegram.chat(GROUP))
    site.telegram.say(CHEN, "中午吃什么", chat=GROUP)
    site.telegram.say(CHEN, "/today@another_bot", chat=GROUP)
    site.telegram.say(CHEN, "@chexin0_bot 我的线索", chat=GROUP)
    site.telegram.until(lambda: site.telegram.chat(CHEN), 20, "a private answer")
    assert len(site.telegram.chat(GROUP)) == before


def test_a_rep_binds_no_group(site: TelegramSite) -> None:
    site.telegram.say(CHEN, "/bind", chat=GROUP)
    site.telegram.until(lambda: site.telegram.chat(GROUP), 20, "an answer")
    site.site.lead(LEAD)
    site.telegram.until(lambda: site.telegram.chat(CHEN) + site.telegram.chat(LIN), 20, "the rep's card")
    assert not any("凯美瑞" in message.text for message in site.telegram.chat(GROUP))


def test_a_group_with_a_new_number_is_followed(site: TelegramSite) -> None:
    bound(site)
    site.telegram.moved[GROUP] = GROUP - 1
    site.site.lead(LEAD)
    site.telegram.seen(GROUP - 1, "新线索", 20)
