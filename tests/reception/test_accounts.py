"""Where somebody is reached: seen, chosen, given up and passed on by words and buttons, wherever he is."""

from __future__ import annotations

import re
from typing import Any

import pytest

from crm_core.chat.service import Chats, Ended
from crm_core.delivery.messages import MoveStuck
from crm_core.kernel.outbox import Outcome, Settled
from crm_core.kernel.outcomes import Heard
from crm_core.kernel.uow import Uow
from crm_core.org.messages import AddPerson
from tests.core.deals.house import DEALER
from tests.reception.conftest import Hall

STAFF, APP = "telegram:7", "wecom:ww1-2"


def push(hall: Hall, who: str, priority: int, key: str) -> None:
    """Something is pushed to a colleague."""
    with hall.core.database.write() as session:
        uow = Uow(session=session, actor=hall.core.system("starway"), now=hall.clock.now(), services=hall.core.services)
        uow.push(hall.id(who), "test", key=key, priority=priority)
        uow.flush_pushes()


def buttons(hall: Hall, who: str, label: str) -> str:
    """The id of the newest live button with this label, after what was said has been shown."""
    hall.show()
    found = [a for a in hall.core.chats.buttons.recent(hall.id(who), hall.clock.now()) if a.label == label]
    assert found, label
    return found[0].id


def press(hall: Hall, who: str, line: str, native: str, label: str) -> list[str]:
    return hall.happens(line, "press", native, action_id=buttons(hall, who, label))


def test_a_link_of_ones_own_is_made_in_one_channel_and_opened_in_another(hall: Hall) -> None:
    hire_in_wecom(hall)
    (said,) = hall.happens(APP, "text", "lin", text="绑定Telegram")
    found = re.search(r"https://t\.me/ChexinBot\?start=([A-Za-z0-9_-]{32})$", said)
    assert found, said
    assert "接好了" in hall.happens(STAFF, "start", "100", token=found[1])[0]
    assert "<account_new>" in hall.said("wecom:ww1-2:lin")
    assert {one.channel for one in hall.identities("rep9")} == {"telegram", "wecom"}


def test_wecom_is_connected_by_a_code(hall: Hall) -> None:
    hall.bind("rep1", "100")
    hall.said("telegram:7:100")
    (said,) = hall.happens(STAFF, "text", "100", text="绑定企业微信")
    code = re.search(r"绑定 [A-Za-z0-9_-]{32}$", said)
    assert code, said
    assert "接好了" in hall.happens(APP, "text", "chen", text=code[0])[0]


def test_what_is_not_served_cannot_be_connected(hall: Hall) -> None:
    hall.core.accounts.end("wecom", "ww1-2", hall.clock.now())
    hall.bind("rep1", "100")
    hall.said("telegram:7:100")
    assert "还没有接入企业微信" in hall.happens(STAFF, "text", "100", text="绑定企业微信")[0]


def test_an_administrator_invites_a_colleague_by_words(hall: Hall) -> None:
    hall.hire("admin1", "周敏", "admin", DEALER)
    hall.bind("admin1", "900")
    hall.said("telegram:7:900")
    said = hall.happens(STAFF, "text", "900", text="邀请林佳用Telegram")
    token = re.search(r"start=([A-Za-z0-9_-]{32})$", said[-1])
    assert "林佳" in said[0]
    assert token, said
    hall.happens(STAFF, "start", "100", token=token[1])
    assert [one.native_id for one in hall.identities("rep2")] == ["100"]


def test_a_rep_invites_nobody(hall: Hall) -> None:
    hall.bind("manager1", "900")
    hall.said("telegram:7:900")
    said = hall.happens(STAFF, "text", "900", text="邀请林佳用Telegram")
    assert not any("start=" in one for one in said)


def hire_in_wecom(hall: Hall) -> None:
    hall.job(AddPerson(code="rep9", name="林小北", role="rep", unit=f"{DEALER}a.", wecom_userid="lin"))
    hall.actors["rep9"] = hall.core.actor("rep9")


def test_what_must_be_known_goes_to_the_preferred_place_and_the_rest_to_the_last_used(hall: Hall) -> None:
    hire_in_wecom(hall)
    hall.bind("rep9", "100")
    hall.happens(APP, "text", "lin", text="我的渠道")
    press(hall, "rep9", APP, "lin", "首选Telegram")
    push(hall, "rep9", 1, "a")
    push(hall, "rep9", 2, "b")
    assert hall.said("telegram:7:100")[-1] == "<test>"
    assert hall.said("wecom:ww1-2:lin")[-1] == "<test>"
    # Blocked there, it goes where he is; what waited there as well.
    hall.happens(STAFF, "left", "100")
    push(hall, "rep9", 1, "c")
    assert hall.said("wecom:ww1-2:lin") == ["<test>", "<test>"]
    # Unblocked and written to, it is the preferred place again.
    hall.happens(STAFF, "text", "100", text="你好")
    hall.happens(APP, "text", "lin", text="你好")
    push(hall, "rep9", 1, "d")
    assert hall.said("telegram:7:100")[-1] == "<test>"


def test_the_web_chat_can_be_preferred(hall: Hall) -> None:
    hall.bind("rep1", "100")
    hall.happens(STAFF, "text", "100", text="我的渠道")
    press(hall, "rep1", STAFF, "100", "首选网页")
    push(hall, "rep1", 1, "a")
    push(hall, "rep1", 2, "b")
    assert hall.said(Chats.web_chat(hall.id("rep1")))[-1] == "<test>"
    assert hall.said("telegram:7:100")[-1] == "<test>"


def test_unbinding_asks_once_and_is_told_elsewhere(hall: Hall) -> None:
    hall.bind("rep1", "100")
    hall.happens(STAFF, "text", "100", text="我的渠道")
    (sure,) = press(hall, "rep1", STAFF, "100", "解绑Telegram")
    assert "要解绑Telegram @ChexinBot吗" in sure
    assert hall.identities("rep1")
    assert press(hall, "rep1", STAFF, "100", "解绑") == ["已解绑。"]
    assert hall.identities("rep1") == []
    assert "<account_gone>" in hall.said(Chats.web_chat(hall.id("rep1")))
    assert "邀请链接" in hall.happens(STAFF, "text", "100", text="你好")[0]


def test_what_waits_for_an_account_that_is_given_up_goes_elsewhere(hall: Hall) -> None:
    hall.bind("rep1", "100")
    push(hall, "rep1", 1, "a")
    hall.happens(STAFF, "left", "100")
    assert hall.said(Chats.web_chat(hall.id("rep1")))[-1] == "<test>"


def test_what_the_corp_vouches_for_is_not_given_up_by_a_button(hall: Hall) -> None:
    hire_in_wecom(hall)
    hall.happens(APP, "text", "lin", text="我的渠道")
    hall.show()
    labels = [a.label for a in hall.core.chats.buttons.recent(hall.id("rep9"), hall.clock.now())]
    assert "解绑企业微信" not in labels


@pytest.mark.parametrize("other", ["rep2", "manager1"])
def test_a_button_is_its_persons_in_any_of_his_channels(hall: Hall, other: str) -> None:
    hire_in_wecom(hall)
    hall.bind("rep9", "100")
    hall.bind(other, "200")
    hall.happens(APP, "text", "lin", text="我的渠道")
    action = buttons(hall, "rep9", "首选Telegram")
    said = hall.happens(STAFF, "press", "200", action_id=action)
    assert "消息发到哪里" not in said[-1]
    assert "消息发到哪里" in hall.happens(STAFF, "press", "100", action_id=action)[-1]


def test_somebody_elses_account_is_not_given_up(hall: Hall) -> None:
    from crm_core.chat.messages import PreferAccount, UnbindAccount
    from crm_core.kernel.errors import NotFound

    hall.bind("rep1", "100")
    (his,) = hall.identities("rep1")
    commands: tuple[Any, ...] = (UnbindAccount(identity_id=his.id), PreferAccount(identity_id=his.id))
    for command in commands:
        with pytest.raises(NotFound):
            hall.do("rep2", command)


@pytest.mark.parametrize("preferred", [True, False])
def test_what_must_be_known_is_told_elsewhere_when_the_platform_says_that_nobody_is_there(
    hall: Hall, preferred: bool
) -> None:
    hire_in_wecom(hall)
    hall.happens(APP, "text", "lin", text="你好")
    hall.clock.advance(minutes=2)
    hall.bind("rep9", "100")
    if preferred:
        hall.happens(STAFF, "text", "100", text="我的渠道")
        press(hall, "rep9", STAFF, "100", "首选Telegram")
    hall.show()
    push(hall, "rep9", 1, "a")
    (delivery,) = hall.core.outbox.claim("w", hall.clock.now(), 9, [STAFF])
    refused = Settled(delivery, Outcome.DEAD, error="blocked", heard=Heard.NEVER)
    hall.core.chats.settle([Ended(refused, {}, unreachable=True)], hall.clock.now())
    push(hall, "rep9", 1, "b")
    assert hall.said("wecom:ww1-2:lin")[-1] == "<test>", "what comes later"
    hall.job(MoveStuck())
    assert hall.said("wecom:ww1-2:lin") == ["<test>"], "what was refused"
