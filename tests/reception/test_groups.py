"""Groups: bound by whoever may, quiet otherwise; who presses there acts as himself, and hears of it in private."""

from __future__ import annotations

from crm_core.chat.buttons import Posting
from crm_core.chat.service import Ended
from crm_core.chat.tables import GroupChat
from crm_core.delivery.messages import MoveStuck
from crm_core.kernel.deliveries import SKIPPED
from crm_core.kernel.outbox import Outcome, Settled
from crm_core.kernel.outcomes import Heard
from crm_core.kernel.tables import Outbox
from tests.core.deals.house import DEALER
from tests.reception.conftest import Hall

STAFF, GROUP = "telegram:7", "-100"


def bound(hall: Hall, who: str = "manager1") -> GroupChat:
    hall.bind(who, "900")
    hall.said(f"{STAFF}:{GROUP}")
    (said,) = hall.happens(STAFF, "text", "900", text="/bind", group=GROUP)
    assert "新线索会发到这个群" in said
    (row,) = hall.rows(GroupChat)
    return row


def test_a_manager_binds_his_teams_group(hall: Hall) -> None:
    row = bound(hall)
    assert (row.unit, row.chat) == (DEALER, f"{STAFF}:{GROUP}")
    found = hall.core.accounts.group("telegram", "7", GROUP)
    assert found is not None
    assert found.id == row.id
    hall.happens(STAFF, "text", "900", text="/unbind", group=GROUP)
    assert hall.core.accounts.group("telegram", "7", GROUP) is None


def test_a_rep_binds_none(hall: Hall) -> None:
    hall.bind("rep1", "100")
    (said,) = hall.happens(STAFF, "text", "100", text="/bind", group=GROUP)
    assert "接好了" not in said
    assert hall.rows(GroupChat) == []


def test_a_group_that_is_renamed_or_left_is_followed(hall: Hall) -> None:
    row = bound(hall)
    hall.happens(STAFF, "other", "900", group=GROUP, facts={"moved_to": f"{STAFF}:-200"})
    (moved,) = hall.rows(GroupChat)
    assert (moved.id, moved.chat, moved.native_id) == (row.id, f"{STAFF}:-200", "-200")
    assert "接好了" in hall.said(f"{STAFF}:-200")[0], "what waited for the old name"
    # Whoever put us out, known or not.
    assert hall.happens(STAFF, "other", "666", group="-200", facts={"group": "left"}) == []
    assert hall.core.accounts.group("telegram", "7", "-200") is None
    assert hall.happens(STAFF, "other", "900", group="-300", facts={"group": "joined"}) == []


def test_strangers_are_not_answered_in_a_group(hall: Hall) -> None:
    assert hall.happens(STAFF, "text", "666", text="你好", group=GROUP) == []
    assert hall.happens(STAFF, "start", "666", token=hall.token("rep1"), group=GROUP) == []
    assert hall.identities() == []


def test_what_a_colleague_asks_in_a_group_is_answered_to_him_alone(hall: Hall) -> None:
    hall.bind("rep1", "100")
    hall.said("telegram:7:100")
    assert hall.happens(STAFF, "text", "100", text="今天要干嘛", group=GROUP) == []
    assert hall.said("telegram:7:100")


def test_a_groups_button_is_any_members_who_may_and_nobody_elses(hall: Hall) -> None:
    row = bound(hall)
    for who, native in (("rep1", "100"), ("rep2", "200"), ("rep3", "300")):
        hall.bind(who, native)
        hall.said(f"{STAFF}:{native}")
    button = {"label": "看", "verb": "account.list", "params": {}, "style": "default"}
    card = {"kind": "x", "title": "t", "buttons": [button]}
    with hall.core.database.write() as session:
        posting = Posting("starway", row.id, row.chat, "k1", {"card": card})
        (public,) = hall.core.chats.buttons.publish_all(session, [posting], hall.clock.now())
    action = public["card"]["buttons"][0]["id"]
    for native in ("100", "200"):
        assert hall.happens(STAFF, "press", native, action_id=action, group=GROUP) == []
        assert "消息发到哪里" in hall.said(f"{STAFF}:{native}")[0]
    # rep3 works at another dealer.
    hall.happens(STAFF, "press", "300", action_id=action, group=GROUP)
    assert "消息发到哪里" not in hall.said(f"{STAFF}:300")[0]


def test_a_group_that_put_us_out_is_reached_no_more(hall: Hall) -> None:
    row = bound(hall)
    (told,) = [d for d in hall.core.outbox.claim("w", hall.clock.now(), 99) if d.chat == row.chat]
    refused = Settled(told, Outcome.DEAD, error="kicked", heard=Heard.NEVER)
    hall.core.chats.settle([Ended(refused, {}, unreachable=True)], hall.clock.now())
    assert hall.core.accounts.group("telegram", "7", GROUP) is None


def test_an_answer_to_a_stranger_goes_nowhere_else(hall: Hall) -> None:
    hall.happens(STAFF, "text", "666", text="你好")
    hall.clock.advance(hours=2)
    hall.job(MoveStuck())
    hall.clock.advance(days=2)
    hall.job(MoveStuck())
    (row,) = hall.rows(Outbox)
    assert (row.chat, row.state) == (f"{STAFF}:666", SKIPPED)
