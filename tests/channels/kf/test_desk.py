"""Customers on WeChat: answered at the desk, put through to a person, asked how it was."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select
from sqlmodel import col

from crm_core.chat.tables import Identity
from crm_core.kernel.errors import NotFound
from crm_core.kernel.tables import Blob
from crm_core.servicedesk.messages import ServiceCall
from tests.channels.kf.conftest import Desk
from tests.support.fakes.wecom import RESET
from tests.support.fakes.wecom_kf import DESK
from tests.support.site import DEALER

ANN = "wmAnnAnnAnnAnnAnnAnnAnnAnnAnnAnn"


def test_question_is_answered(desk: Desk) -> None:
    (answer,) = desk.says(ANN, "你好")
    assert answer
    (sent,) = desk.kf.thread(ANN).got
    assert (sent["touser"], sent["open_kfid"]) == (ANN, desk.kf.log[0]["open_kfid"])


def test_same_message_is_answered_once(desk: Desk) -> None:
    desk.says(ANN, "你好")
    desk.kf.says(ANN, "你好", msgid="in-1")
    desk.kf.call()
    desk.says(ANN, "谢谢")
    assert len(desk.kf.thread(ANN).got) == 2


def test_phone_makes_a_lead_that_is_followed(desk: Desk) -> None:
    desk.says(ANN, "王先生13800138000想看ES6")
    (lead,) = desk.leads()
    assert (lead.source, lead.owner_id) == ("kf", desk.core.actor("rep1").id)
    assert desk.session(ANN).lead_id == lead.id
    assert len(desk.pushed("rep1", "lead")) == 1


def test_who_enters_is_welcomed_by_the_dealers_text(desk: Desk) -> None:
    (welcome,) = desk.gets(ANN, lambda: desk.kf.enters(ANN))
    assert "欢迎来到" in welcome
    assert desk.kf.thread(ANN).since_then == 0


def test_welcome_that_comes_too_late_is_not_sent(desk: Desk) -> None:
    desk.kf.calls = False
    desk.kf.enters(ANN)
    desk.later(seconds=30)
    desk.kf.calls = True
    (answer,) = desk.says(ANN, "你好")
    assert "欢迎来到" not in answer


def test_five_messages_then_it_waits_for_the_customer(desk: Desk) -> None:
    desk.says(ANN, "你好")
    desk.gets(ANN, lambda: desk.tell_all(ANN, [f"通知{n}" for n in range(6)]), answers=4)
    desk.wait(lambda: desk.session(ANN).held_at is not None)
    assert len(desk.kf.thread(ANN).got) == 5
    assert [code for code in ("manager1", "rep1", "rep2") if desk.pushed(code, "desk_held")] == ["manager1"]
    rest = desk.says(ANN, "还在吗", answers=3)
    assert {one for one in rest if one.startswith("通知")} == {"通知4", "通知5"}


def test_after_48_hours_it_waits_too(desk: Desk) -> None:
    desk.says(ANN, "你好")
    desk.later(hours=48)
    desk.tell_all(ANN, ["您的车到了"])
    desk.wait(lambda: desk.session(ANN).held_at is not None)
    assert len(desk.kf.thread(ANN).got) == 1
    assert "您的车到了" in desk.says(ANN, "你好", answers=2)


def test_wants_a_person_and_his_own_rep_takes_over(desk: Desk) -> None:
    desk.says(ANN, "王先生13800138000想看ES6")
    (told,) = desk.says(ANN, "转人工")
    assert "陈晓明" in told
    assert desk.kf.thread(ANN).servicer == "rep1"
    assert len(desk.pushed("rep1", "desk_call")) == 1


def test_assistant_is_silent_while_a_person_serves(desk: Desk) -> None:
    desk.says(ANN, "人工！")
    desk.served_by(ANN, "rep2")
    before = len(desk.kf.thread(ANN).got)
    desk.kf.says(ANN, "ES6现在有现车吗")
    desk.settled()
    desk.kf.answers(ANN, "有的")
    desk.settled()
    assert desk.session(ANN).state == "person"
    assert len(desk.kf.thread(ANN).got) == before


def test_after_a_person_the_customer_is_asked_how_it_was(desk: Desk) -> None:
    desk.says(ANN, "人工客服")
    desk.served_by(ANN, "rep2")
    (question,) = desk.gets(ANN, lambda: desk.kf.ends(ANN))
    assert "林佳" in question
    (thanks,) = desk.presses(ANN, "不满意")
    assert "抱歉" in thanks
    (rating,) = desk.ratings()
    assert (rating.score, rating.colleague_id) == (1, desk.core.actor("rep2").id)
    assert len(desk.pushed("manager1", "desk_bad_rating")) == 1


def test_last_word_on_a_conversation_counts_and_a_number_is_a_press(desk: Desk) -> None:
    desk.says(ANN, "人工客服")
    desk.served_by(ANN, "rep2")
    desk.gets(ANN, lambda: desk.kf.ends(ANN))
    (thanks,) = desk.says(ANN, "1")
    assert "谢谢" in thanks
    desk.presses(ANN, "一般")
    assert [rating.score for rating in desk.ratings()] == [2]


def test_assistant_is_back_when_the_customer_says_so(desk: Desk) -> None:
    desk.says(ANN, "人工客服")
    desk.served_by(ANN, "rep2")
    (question,) = desk.says(ANN, "转机器人")
    assert "满意" in question
    assert desk.kf.thread(ANN).state == 4
    assert desk.says(ANN, "几点关门")


def test_assistant_is_back_after_a_silent_half_hour(desk: Desk) -> None:
    desk.says(ANN, "人工客服")
    desk.served_by(ANN, "rep2")
    desk.later(minutes=20)
    desk.kf.says(ANN, "稍等我看看")
    desk.settled()
    desk.later(minutes=20)
    desk.settled()
    assert desk.session(ANN).state == "person"
    (question,) = desk.gets(ANN, lambda: desk.later(minutes=11))
    assert "满意" in question
    assert desk.session(ANN).state == "over"


def test_nobody_takes_customers(desk: Desk) -> None:
    desk.kf.servicers = {"rep1": 1}
    (told,) = desk.says(ANN, "转人工")
    assert "尽快联系您" in told
    assert desk.session(ANN).state == "bot"
    assert len(desk.pushed("manager1", "desk_missed")) == 1
    assert desk.says(ANN, "几点关门")


def test_nobody_comes_for_five_minutes(desk: Desk) -> None:
    desk.says(ANN, "转人工")
    (told,) = desk.gets(ANN, lambda: desk.later(minutes=6))
    assert "尽快联系您" in told
    assert desk.kf.thread(ANN).state == 4
    assert desk.says(ANN, "几点关门")


def test_long_answer_takes_three_messages_at_most(desk: Desk) -> None:
    desk.says(ANN, "你好")
    desk.gets(ANN, lambda: desk.tell_all(ANN, ["很长的说明。" * 900]), answers=3)
    desk.settled()
    sent = desk.kf.thread(ANN).got[1:]
    assert len(sent) == 3
    assert all(len(one["text"]["content"].encode()) <= 2048 for one in sent)


def test_platform_counts_otherwise(desk: Desk) -> None:
    """Another program of the corp answered through the same desk: what the platform says holds."""
    desk.says(ANN, "你好")
    desk.kf.thread(ANN).since_then = 5
    desk.tell_all(ANN, ["您的车到了"])
    desk.wait(lambda: desk.session(ANN).held_at is not None)
    assert "您的车到了" in desk.says(ANN, "你好", answers=2)


def test_answer_lost_on_the_way_back_is_not_said_twice(desk: Desk) -> None:
    desk.kf.wecom.fail("kf/send_msg", RESET)
    (answer,) = desk.says(ANN, "你好")
    desk.wait(lambda: desk.sent("@reply") == 1)
    assert desk.kf.thread(ANN).texts == [answer]
    assert len([call for call in desk.kf.wecom.calls if call.path == "kf/send_msg"]) == 2


def test_token_that_ran_out_is_renewed_and_the_stream_goes_on(desk: Desk) -> None:
    desk.says(ANN, "你好")
    desk.kf.wecom.expire_tokens()
    assert desk.says(ANN, "几点关门")


def test_call_that_is_lost_is_made_good_by_the_next_poll(desk: Desk) -> None:
    desk.says(ANN, "你好")
    desk.kf.calls = False
    desk.kf.says(ANN, "几点关门")
    assert desk.gets(ANN, lambda: desk.later(seconds=121))


def test_picture_of_a_customer_is_kept(desk: Desk) -> None:
    desk.gets(ANN, lambda: desk.kf.shows(ANN, b"\x89PNG\r\n\x1a\n" + bytes(64)))
    with desk.core.database.read() as session:
        assert session.execute(select(func.count()).select_from(Blob)).scalar_one() == 1


def test_person_who_cannot_be_had_at_the_platform(desk: Desk) -> None:
    desk.kf.wecom.fail("kf/service_state/trans", 95015)
    (told,) = desk.says(ANN, "转人工")
    assert "尽快联系您" in told


def test_put_through_twice_after_a_lost_answer(desk: Desk) -> None:
    """The platform did it, its answer was lost: asked again it refuses, and is then asked how it stands."""
    desk.says(ANN, "王先生13800138000想看ES6")
    desk.kf.wecom.fail("kf/service_state/trans", RESET)
    desk.kf.says(ANN, "转人工")
    desk.wait(lambda: desk.session(ANN).state == "person")
    assert desk.session(ANN).servicer == "rep1"


@pytest.mark.parametrize(("why", "dead"), [(6, False), (10, True)])
def test_message_that_never_arrived_is_told_to_whoever_is_responsible(desk: Desk, why: int, dead: bool) -> None:
    desk.says(ANN, "你好")
    desk.kf.never_arrived(ANN, desk.kf.thread(ANN).got[0]["msgid"], why)
    desk.wait(lambda: desk.pushed("manager1", "desk_held"))
    desk.settled()
    known = desk.core.accounts.known("kf", desk.kf.wecom.corp, f"{ANN}@{DESK}", "starway")
    assert known is not None
    with desk.core.database.read() as session:
        row = session.execute(select(Identity).where(col(Identity.person_id) == known.person_id)).scalars().one()
        assert row.dead is dead


def test_picture_goes_out_before_its_words(desk: Desk) -> None:
    desk.says(ANN, "你好")
    image = desk.picture_of(ANN)
    desk.gets(ANN, lambda: desk.show(ANN, "您的报价单", image), answers=2)
    picture, words = desk.kf.thread(ANN).got[1:]
    assert desk.kf.wecom.media[picture["image"]["media_id"]].startswith(b"\x89PNG")
    assert "您的报价单" in words["text"]["content"]
    assert picture["msgid"] != words["msgid"]


def test_picture_the_platform_has_forgotten_is_uploaded_again(desk: Desk) -> None:
    desk.says(ANN, "你好")
    image = desk.picture_of(ANN)
    desk.gets(ANN, lambda: desk.show(ANN, "第一次", image), answers=2)
    desk.kf.wecom.media.clear()
    desk.gets(ANN, lambda: desk.show(ANN, "第二次", image), answers=2)
    assert [one["msgtype"] for one in desk.kf.thread(ANN).got[1:]] == ["image", "text"] * 2


def test_visitor_belongs_to_the_dealer_whose_desk_it_is(desk: Desk) -> None:
    desk.core.policies.documents["servicedesk"].values["units"] = {DESK: DEALER}
    desk.says(ANN, "你好")
    assert desk.core.actor(desk.session(ANN).person_id).unit == DEALER


def test_cards_of_those_who_are_called_say_who_waits(desk: Desk) -> None:
    desk.says(ANN, "转人工")
    assert "一位新客户要找人工客服" in desk.drawn("manager1", "desk_call")
    desk.says("wmBob", "王先生13800138000想看ES6")
    desk.says("wmBob", "转人工")
    assert "王先生" in desk.drawn("rep1", "desk_call")


def test_nobody_else_sees_who_waits(desk: Desk) -> None:
    desk.says(ANN, "王先生13800138000想看ES6")
    desk.says(ANN, "转人工")
    with pytest.raises(NotFound):
        desk.core.ask(ServiceCall(session_id=desk.session(ANN).id), desk.core.actor("rep2"))
