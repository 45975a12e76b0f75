"""A colleague's own words to a customer: whose, where, and what stands against it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import select

from crm_core.chat.messages import BindAccount, Image, KeepImage
from crm_core.customers.messages import CustomerHistory, RecordView, SetConsent
from crm_core.delivery.messages import TellTroubles
from crm_core.delivery.troubles import DEAD, UNCERTAIN
from crm_core.kernel.errors import Conflict, Invalid, NotFound, Refused
from crm_core.kernel.tables import Audit, Outbox
from crm_core.leads.messages import CreateLead, LeadCard, LeadView
from crm_core.outreach.handlers import MAX_WORDS
from crm_core.outreach.messages import (
    CustomerReach,
    ReachView,
    ReplyTexts,
    ReplyTextsView,
    SendToCustomer,
    SentView,
    WhoAnswers,
)
from crm_core.quotes.messages import CreateQuote, QuoteView, RequestDiscount
from crm_core.servicedesk.messages import CallPerson, HearCustomer, PersonServes
from crm_core.tasks.messages import AddTask, AskColleague, TaskView
from tests.core.deals.house import House

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(64))
CHAT = "kf:ww1:wm1@wk1"


def sent(house: House, who: str = "rep1", **fields: Any) -> SentView:
    view = house.do(who, SendToCustomer(**fields)).view
    assert isinstance(view, SentView)
    return view


def at_desk(house: House, customer: str, login: str = "guest1") -> None:
    """The customer's chat is one at the service desk."""
    person = house.id(login)
    house.job(BindAccount(person_id=person, channel="kf", account="ww1", native_id="wm1@wk1", chat=CHAT))
    house.job(HearCustomer(account="kf:ww1", chat=CHAT, person_id=person, said_at=house.clock.now()))


def reach(house: House, customer: str, who: str = "rep1") -> ReachView:
    view = house.ask(who, CustomerReach(customer_id=customer))
    assert isinstance(view, ReachView)
    return view


def test_it_goes_to_his_own_chat_and_into_the_record(house: House) -> None:
    customer = house.customer(login="guest1")
    view = sent(house, customer_id=customer, text="您好,车到了\u202e")
    assert (view.customer_name, view.channel, view.waits) == ("张伟", "web", False)
    (push,) = house.pushed("adviser_message")
    assert (push.person, push.params["text"], push.params["by"]) == ("guest1", "您好,车到了", "陈晓明")
    records: list[RecordView] = house.ask("rep1", CustomerHistory(customer_id=customer, kinds=("message",)))
    assert [(one.kind, one.text, one.by_name) for one in records] == [("message", "您好,车到了", "陈晓明")]


def test_it_is_a_contact(house: House) -> None:
    """Who has written to a new customer has made the first contact."""
    customer = house.customer(login="guest1", phones=("13800138011",))
    lead = house.lead(phone="13800138011")
    assert (lead.customer_id, lead.state) == (customer, "new")
    sent(house, customer_id=customer, text="您好,收到您的咨询了")
    view: LeadView = house.ask("rep1", LeadCard(lead_id=lead.id))
    assert view.state == "contacted"


def test_who_wrote_is_in_the_audit_and_the_words_are_not(house: House) -> None:
    customer = house.customer(login="guest1")
    sent(house, customer_id=customer, text="秘密的话")
    with house.core.database.read() as session:
        rows = [row for row in session.execute(select(Audit)).scalars() if row.action == "send"]
        assert [(row.resource, row.record_id, row.actor_id) for row in rows] == [("customer", customer, house.id("rep1"))]
        assert "秘密" not in json.dumps([str(vars(row)) for row in rows], ensure_ascii=False)


@pytest.mark.parametrize("who", ["rep2", "rep3", "tech1", "guest1"])
def test_only_who_looks_after_him(house: House, who: str) -> None:
    customer = house.customer(login="guest1")
    for command in (SendToCustomer(customer_id=customer, text="您好"), SendToCustomer(customer_id="nobody", text="您好")):
        with pytest.raises((NotFound, Refused)):
            house.do(who, command)
    for question in (CustomerReach(customer_id=customer), ReplyTexts(customer_id=customer)):
        with pytest.raises((NotFound, Refused)):
            house.ask(who, question)
    assert house.pushed("adviser_message") == []


def test_texts_are_for_colleagues(house: House) -> None:
    house.customer(login="guest1")
    with pytest.raises(NotFound):
        house.ask("guest1", ReplyTexts(said="太贵了"))


@pytest.mark.parametrize("text", ["", "  \u200b ", "字" * (MAX_WORDS + 1)])
def test_nothing_and_too_much_is_refused(house: House, text: str) -> None:
    customer = house.customer(login="guest1")
    with pytest.raises(Invalid):
        sent(house, customer_id=customer, text=text)


def test_without_a_chat_of_his_nothing_is_sent(house: House) -> None:
    customer = house.customer()
    assert reach(house, customer).problem == "unreachable"
    with pytest.raises(Refused, match="reach_unreachable"):
        sent(house, customer_id=customer, text="您好")


def test_who_unsubscribed_is_left_alone_until_he_writes(house: House) -> None:
    customer = house.customer(login="guest1", consent_marketing=True)
    house.do("guest1", SetConsent(customer_id=customer, granted=False))
    assert reach(house, customer).problem == "opted_out"
    with pytest.raises(Refused, match="reach_opted_out"):
        sent(house, customer_id=customer, text="您好")
    house.do("guest1", AskColleague(question="车到了吗", role="rep"))
    assert reach(house, customer).problem == ""
    assert sent(house, customer_id=customer, text="到了").channel == "web"
    house.clock.advance(hours=49)
    assert reach(house, customer).problem == "opted_out"


def test_no_consent_asked_for_is_no_refusal(house: House) -> None:
    customer = house.customer(login="guest1")
    house.do("rep1", SetConsent(customer_id=customer, granted=False))
    assert reach(house, customer).problem == ""


def test_at_the_desk_the_platforms_window_counts(house: House) -> None:
    customer = house.customer(login="guest1")
    at_desk(house, customer)
    assert (reach(house, customer).channel, reach(house, customer).waits) == ("kf", False)
    house.clock.advance(hours=48)
    assert reach(house, customer).waits
    assert sent(house, customer_id=customer, text="您好").waits


def test_a_colleague_serves_him_already(house: House) -> None:
    customer = house.customer(login="guest1")
    at_desk(house, customer)
    house.job(CallPerson(chat=CHAT))
    assert reach(house, customer).problem == "served"
    house.job(PersonServes(chat=CHAT, state="person", servicer="fang"))
    with pytest.raises(Refused, match="reach_served"):
        sent(house, customer_id=customer, text="您好")


# Quotes and pictures


@pytest.fixture
def quoted(house: House) -> QuoteView:
    house.model()
    deal = house.deal(login="guest1")
    view = house.do("rep1", CreateQuote(deal_id=deal)).view
    assert isinstance(view, QuoteView)
    house.actors["guest1"] = house.core.actor("guest1")
    return view


def picture(house: House, who: str = "rep1") -> str:
    return house.do(who, KeepImage(mime="image/png", content=PNG)).id


def test_the_customer_may_see_the_picture_he_was_sent(house: House, quoted: QuoteView) -> None:
    image = picture(house)
    with pytest.raises(NotFound):
        house.ask("guest1", Image(image_id=image))
    sent(house, customer_id=quoted.customer_id, text="报价", image_id=image, quote_id=quoted.id, version=quoted.version)
    assert house.ask("guest1", Image(image_id=image)).content == PNG
    (push,) = house.pushed("adviser_message")
    assert push.params["image"] == image


def test_anothers_picture_is_not_sent(house: House, quoted: QuoteView) -> None:
    for image in (picture(house, "rep2"), "nothing"):
        with pytest.raises(NotFound):
            sent(house, customer_id=quoted.customer_id, text="报价", image_id=image)


def test_a_quote_goes_only_as_it_was_shown(house: House, quoted: QuoteView) -> None:
    command = {"customer_id": quoted.customer_id, "text": "报价", "quote_id": quoted.id, "version": quoted.version}
    house.do("rep1", RequestDiscount(deal_id=quoted.deal_id, amount_fen=100_000))
    with pytest.raises(Conflict, match="quote_replaced"):
        sent(house, **command)


def test_a_quote_that_lapsed_is_not_sent(house: House, quoted: QuoteView) -> None:
    house.clock.advance(days=60)
    with pytest.raises(Refused, match="quote_over"):
        sent(house, customer_id=quoted.customer_id, text="报价", quote_id=quoted.id, version=quoted.version)


def test_anothers_quote_is_not_sent(house: House, quoted: QuoteView) -> None:
    other = house.customer(name="李娜", login="guest2")
    with pytest.raises(NotFound):
        sent(house, customer_id=other, text="报价", quote_id=quoted.id)


# Which texts, and who answers


def texts(house: House, **question: Any) -> ReplyTextsView:
    view = house.ask("rep1", ReplyTexts(**question))
    assert isinstance(view, ReplyTextsView)
    return view


def test_his_last_words_tell_what_to_answer(house: House) -> None:
    customer = house.customer(login="guest1")
    assert texts(house, customer_id=customer).kind == "greeting"
    house.do("guest1", AskColleague(question="太贵了,我再想想", role="rep"))
    view = texts(house, customer_id=customer)
    assert (view.kind, view.heard, view.said) == ("price", True, "太贵了,我再想想")
    assert texts(house, customer_id=customer, said="要和老婆商量").kind == "family"
    assert texts(house, customer_id=customer, kind="silent").said == ""
    house.clock.advance(hours=49)
    assert texts(house, customer_id=customer).said == ""


@pytest.mark.parametrize(("channel", "said", "kind"), [("api", "能分期吗", "finance"), ("chat", "", "invite")])
def test_what_he_left_with_his_number_is_his_own_words(house: House, channel: str, said: str, kind: str) -> None:
    """What a colleague typed when he wrote the lead down is not."""
    lead = house.do("rep1", CreateLead(name="李芳", phone="13800138011", vehicle="迈腾", message="能分期吗",
                                       channel=channel, keep=True)).view  # fmt: skip
    view = texts(house, customer_id=lead.customer_id)
    assert (view.said, view.kind) == (said, kind)


def test_they_are_in_his_language(house: House) -> None:
    customer = house.customer(name="Grace Lee", language="en")
    view = texts(house, customer_id=customer, said="it is too expensive")
    assert (view.language, view.kind, view.title) == ("en", "price", "嫌贵")
    assert all(text.isascii() for text in view.texts)
    assert view.source.startswith("suggestions.yaml:")


def test_what_concerns_buying_is_his_own_reps(house: House) -> None:
    customer = house.customer("rep2", login="guest1")
    assert house.ask("guest1", WhoAnswers(said="太贵了")) == "rep"
    assert house.ask("guest1", WhoAnswers(said="火星上能开吗")) == "tech"
    task = house.do("guest1", AskColleague(question="太贵了", role="rep")).view
    assert isinstance(task, TaskView)
    assert task.assignee_id == house.id("rep2")
    handoff = house.do("guest1", AddTask(title="要找人", kind="handoff", role="rep", customer_id=customer)).view
    assert isinstance(handoff, TaskView)
    assert (handoff.assignee_id, handoff.from_customer) == (house.id("rep2"), True)


def test_an_answer_to_his_rep_goes_to_his_rep(house: House) -> None:
    customer = house.customer(login="guest1")
    sent(house, customer_id=customer, text="周六方便吗")
    assert house.ask("guest1", WhoAnswers(said="下午吧")) == "rep"
    house.clock.advance(hours=49)
    assert house.ask("guest1", WhoAnswers(said="下午吧")) == "tech"



@pytest.mark.parametrize(("state", "minutes", "dead"), [(DEAD, 0, True), (UNCERTAIN, 11, False)], ids=["dead", "unsure"])
def test_whoever_wrote_hears_when_it_did_not_arrive(house: House, state: int, minutes: int, dead: bool) -> None:
    customer = house.customer(login="guest1")
    sent(house, customer_id=customer, text="您好,车到了")
    with house.core.database.write() as session:
        row = session.execute(select(Outbox).where(Outbox.kind == "adviser_message")).scalars().one()
        row.state, row.settled_at, row.error = state, house.clock.now(), "blocked"
    house.pushed()
    house.clock.advance(minutes=minutes)
    for _ in range(2):
        house.job(TellTroubles())
        house.clock.advance(minutes=1)
    told = [one for one in house.pushed() if one.kind in ("not_reached", "undelivered")]
    (mine,) = [one for one in told if one.person == "rep1"]
    assert mine.kind == "not_reached"
    assert (mine.params["name"], mine.params["text"], mine.params["dead"]) == ("张伟", "您好,车到了", dead)
    assert {one.person for one in told if one.kind == "undelivered"} >= {"manager1"}
