"""Colleagues get in by a link, by what the corp says, and in no other way."""

from __future__ import annotations

from datetime import timedelta

import pytest

from crm_core.channels.accounts import Account
from crm_core.chat.service import Chats
from crm_core.org.messages import AddPerson
from tests.core.deals.house import DEALER
from tests.reception.conftest import Hall

STAFF, GUESTS, APP = "telegram:7", "telegram:8", "wecom:ww1-2"


def test_a_colleague_opens_his_link_and_is_greeted_and_known(hall: Hall) -> None:
    first, *_ = hall.happens(STAFF, "start", "100", token=hall.token("rep1"))
    assert "陈晓明，接好了" in first
    (known,) = hall.identities("rep1")
    assert (known.native_id, known.chat, known.vouched) == ("100", "telegram:7:100", "token")
    assert hall.core.chats.chat_of(hall.id("rep1")) == "telegram:7:100"
    assert "张伟" in " ".join(hall.happens(STAFF, "text", "100", text="张伟13800138000想看迈腾"))


@pytest.mark.parametrize("kind", ["start", "text", "enter", "press", "media", "contact", "other"])
def test_a_stranger_hears_how_to_get_in_and_nothing_else(hall: Hall, kind: str) -> None:
    said = hall.happens(STAFF, kind, "100", text="张伟13800138000想看迈腾", language="zh-hans")
    assert len(said) == 1
    assert "邀请链接" in said[0]
    assert hall.identities() == []
    assert "invitation link" in hall.happens(STAFF, "text", "101", text="hi", language="de")[0]


def test_a_stranger_is_not_answered_for_ever(hall: Hall) -> None:
    said = [hall.happens(STAFF, "text", "100", text="?") for _ in range(10)]
    assert [len(one) for one in said[:2]] == [1, 1]
    assert not any(said[2:])


def test_a_link_works_once_for_one_account(hall: Hall) -> None:
    token = hall.token("rep1")
    hall.happens(STAFF, "start", "100", token=token)
    assert "用过或过期" in hall.happens(STAFF, "start", "200", token=token)[0]
    # His own second press on the link is no error.
    assert "接好了" not in " ".join(hall.happens(STAFF, "start", "100", token=token))
    hall.clock.advance(days=4)
    assert "用过或过期" not in " ".join(hall.happens(STAFF, "start", "100", token=token))
    assert [one.native_id for one in hall.identities()] == ["100"]


def test_a_link_ends_after_its_time(hall: Hall) -> None:
    theirs, own = hall.token("rep1"), hall.own_token("rep2")
    hall.clock.advance(minutes=10)
    assert "用过或过期" in hall.happens(STAFF, "start", "200", token=own)[0]
    hall.clock.advance(hours=72)
    assert "用过或过期" in hall.happens(STAFF, "start", "100", token=theirs)[0]
    assert hall.identities() == []


def test_a_newer_link_of_ones_own_ends_the_older(hall: Hall) -> None:
    old, new = hall.own_token("rep1"), hall.own_token("rep1")
    assert "用过或过期" in hall.happens(STAFF, "start", "100", token=old)[0]
    assert "接好了" in hall.happens(STAFF, "start", "100", token=new)[0]


def test_a_link_is_for_its_channel_and_its_kind_of_people(hall: Hall) -> None:
    token = hall.token("rep1")
    assert "用过或过期" in hall.happens(APP, "text", "li", text=f"绑定 {token}")[0]
    assert "不是在这里用的" in hall.happens(GUESTS, "start", "100", token=token)[0]
    assert hall.identities() == []
    assert "接好了" in hall.happens(STAFF, "start", "100", token=token)[0]


@pytest.mark.parametrize("typed", ["/start {0}", "绑定 {0}", "bind {0}", " 绑定：{0} "])
def test_a_code_can_be_typed_where_there_is_no_link(hall: Hall, typed: str) -> None:
    token = hall.token("rep1", "wecom")
    assert "接好了" in hall.happens(APP, "text", "chen", text=typed.format(token))[0]


def test_guessing_is_slowed_down(hall: Hall) -> None:
    said = [hall.happens(STAFF, "start", "100", token=f"guess-{n:020}") for n in range(7)]
    assert ["太多" in one[0] for one in said] == [False] * 5 + [True] * 2
    # Others are not held up by it.
    assert "接好了" in hall.happens(STAFF, "start", "200", token=hall.token("rep1"))[0]


def test_a_process_that_ends_in_between_leaves_nothing_half_done(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    arrival = hall.arrive(STAFF, "start", "100", token=hall.token("rep1"))
    with monkeypatch.context() as broken:
        broken.setattr(hall.reception._pipeline, "process", lambda _: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            hall.reception.process(arrival)
    hall.reception.process(arrival)
    assert "接好了" in hall.said("telegram:7:100")[0]
    assert len(hall.identities("rep1")) == 1


def test_a_new_account_replaces_the_old_one_which_is_told(hall: Hall) -> None:
    hall.bind("rep1", "100")
    hall.said("telegram:7:100")
    hall.bind("rep1", "200")
    assert hall.said("telegram:7:100") == ["<account_replaced>"]
    assert [one.native_id for one in hall.identities("rep1")] == ["200"]
    assert "邀请链接" in hall.happens(STAFF, "text", "100", text="今天有什么")[0]


def test_an_account_that_becomes_a_colleagues_takes_nothing_along(hall: Hall) -> None:
    hall.bind("rep1", "100")
    hall.happens(STAFF, "text", "100", text="给李总申请优惠8000")
    hall.bind("rep2", "100")
    assert hall.core.chats.conversation("telegram:7:100").state.get("drafts", []) == []
    assert "<account_gone>" in hall.said(Chats.web_chat(hall.id("rep1")))
    assert hall.core.chats.chat_of(hall.id("rep1")) == Chats.web_chat(hall.id("rep1"))
    assert [one.person_id for one in hall.identities()] == [hall.id("rep2")]


def test_whoever_left_the_dealership_is_a_stranger(hall: Hall) -> None:
    hall.bind("rep1", "100")
    with hall.core.database.write() as session:
        from sqlalchemy import update

        from crm_core.org.tables import Person

        session.execute(update(Person).where(Person.id == hall.id("rep1")).values(active=False))
    assert "邀请链接" in hall.happens(STAFF, "text", "100", text="今天有什么")[0]


# What the corp says


def hire(hall: Hall, userid: str, code: str = "rep9", unit: str = f"{DEALER}a.") -> None:
    hall.job(AddPerson(code=code, name="林小北", role="rep", unit=unit, wecom_userid=userid))
    hall.actors[code] = hall.core.actor(code)


def test_an_imported_userid_is_bound_at_once(hall: Hall) -> None:
    hire(hall, "LinXiaoBei")
    (known,) = hall.identities("rep9")
    assert (known.native_id, known.chat, known.vouched) == ("linxiaobei", "wecom:ww1-2:linxiaobei", "corp")
    assert hall.core.chats.chat_of(hall.id("rep9")) == "wecom:ww1-2:linxiaobei"
    assert "林小北" in hall.happens(APP, "text", "linxiaobei", text="你好")[0]


def test_it_is_bound_to_apps_that_come_later_too(hall: Hall) -> None:
    hire(hall, "lin")
    hall.add(Account("starway", "wecom", "ww1-3", "staff", "starway."))
    assert {one.account for one in hall.identities("rep9")} == {"ww1-2", "ww1-3"}


def test_another_userid_ends_the_former(hall: Hall) -> None:
    hire(hall, "lin")
    hire(hall, "lin.new")
    assert [one.native_id for one in hall.identities("rep9")] == ["lin.new"]
    assert "邀请链接" in hall.happens(APP, "text", "lin", text="你好")[0]
    hire(hall, "")
    assert hall.identities("rep9") == []


def test_a_userid_given_to_another_moves(hall: Hall) -> None:
    hire(hall, "lin")
    hire(hall, "lin", "rep10")
    assert hall.identities("rep9") == []
    assert [one.native_id for one in hall.identities("rep10")] == ["lin"]


def test_the_corps_list_is_not_where_he_reads_until_he_does(hall: Hall) -> None:
    hall.bind("rep1", "100")
    hall.job(AddPerson(code="rep1", name="陈晓明", role="rep", unit=f"{DEALER}a.", wecom_userid="chen"))
    assert hall.core.chats.chat_of(hall.id("rep1")) == "telegram:7:100"
    hall.happens(APP, "text", "chen", text="你好")
    assert hall.core.chats.chat_of(hall.id("rep1")) == "wecom:ww1-2:chen"


def test_one_group_knows_nothing_of_anothers_people(hall: Hall) -> None:
    hall.bind("rep1", "100")
    hall.lines["telegram:9"] = hall.lines[STAFF].__class__(account=Account("other", "telegram", "9", "staff", "other."))
    token = hall.token("rep2")
    assert "用过或过期" in hall.happens("telegram:9", "start", "300", token=token)[0]
    assert "邀请链接" in hall.happens("telegram:9", "text", "100", text="你好")[0]


def test_use_is_written_at_most_once_a_minute(hall: Hall) -> None:
    hall.bind("rep1", "100")
    begun = hall.identities("rep1")[0].used_at
    hall.happens(STAFF, "text", "100", text="你好")
    assert hall.identities("rep1")[0].used_at == begun
    hall.clock.advance(minutes=1)
    hall.happens(STAFF, "text", "100", text="你好")
    assert hall.identities("rep1")[0].used_at > begun + timedelta(minutes=1)
