"""A card drawn before a change and kept after it is changed in place, whoever sends it and however it ended."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from threading import Thread
from typing import Any

import pytest

from bot.delivery import Deliverer
from bot.ports import Heard, Receipt
from bot.texts import Texts
from crm_core.api import Core
from crm_core.chat.service import Send
from crm_core.chat.tables import ChatMessage
from crm_core.kernel import points
from crm_core.kernel.clock import FixedClock
from crm_core.kernel.outbox import DEAD, PENDING, SENT, UNCERTAIN, Delivery
from crm_core.kernel.tables import Outbox
from crm_core.leads.messages import CreateLead, MarkContacted
from tests.bot.sending import BOT, MUST, NICE, run, state
from tests.core.kernel.trial import rows
from tests.support.channels import DROPS_REPEATS, PLAIN, MemoryChannel

SILENT = Receipt(Heard.UNKNOWN, error="timeout")
DRAWN_TO_SETTLED = ("drawn", "attempt_written", "before_send", "after_send", "before_settle")


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """On both: what follows what is a matter of transactions."""
    if request.param == "sqlite":
        yield request.getfixturevalue("sqlite_url")
    else:
        with request.getfixturevalue("migrated_postgres").database() as url:
            yield url


@pytest.fixture
def lead(dealer: Core) -> str:
    return dealer.execute(CreateLead(name="张伟", phone="13800138000"), dealer.actor("rep1")).id


def push(core: Core, lead: str, chat: str = f"{BOT}:1", priority: int = MUST) -> None:
    with core.database.write() as session:
        uow = core._system_uow(session, "star", core.now())
        uow.push(core.actor("rep1").id, "lead", subject=f"lead:{lead}", key="card", priority=priority, chat=chat)
        uow.flush_pushes()


def at(point: str, change: Callable[[], Any]) -> None:
    """Change something when a sender comes to a point for the first time."""

    def watch(name: str) -> None:
        if name == point:
            points.watch(None)
            change()

    points.watch(watch)


@pytest.fixture(autouse=True)
def _nobody_watches() -> Iterator[None]:
    yield
    points.watch(None)


def contacted(core: Core, lead: str) -> Callable[[], Any]:
    return lambda: core.execute(MarkContacted(lead_id=lead), core.actor("rep1"))


def edits(channel: MemoryChannel) -> list[str]:
    return [got.edit_of for got in channel.got if got.edit_of]


@pytest.mark.parametrize("point", DRAWN_TO_SETTLED)
def test_a_change_between_drawing_and_settling_follows_the_card(dealer: Core, lead: str, point: str) -> None:
    channel = MemoryChannel(capabilities=PLAIN)
    push(dealer, lead)
    at(point, contacted(dealer, lead))
    run(dealer, channel)
    row = state(dealer, "card")
    assert row.state == SENT
    run(dealer, channel)
    assert edits(channel) == [f"m{row.id}"]
    assert channel.got[0].body != channel.got[1].body
    run(dealer, channel)
    assert len(channel.got) == 2, "once is enough"


def test_what_changed_before_the_drawing_needs_no_second_one(dealer: Core, lead: str) -> None:
    channel = MemoryChannel(capabilities=PLAIN)
    push(dealer, lead)
    contacted(dealer, lead)()
    assert state(dealer, "card").outdated
    run(dealer, channel)
    assert len(channel.got) == 1
    assert [row.kind for row in rows(dealer, Outbox) if row.kind == "@refresh"] == []


def test_a_repeat_shows_the_old_card_and_is_changed_after_it(dealer: Core, lead: str, clock: FixedClock) -> None:
    channel = MemoryChannel(capabilities=DROPS_REPEATS)
    channel.heard.append(SILENT)
    push(dealer, lead)
    run(dealer, channel)
    assert state(dealer, "card").state == PENDING
    contacted(dealer, lead)()
    run(dealer, channel, clock, rounds=3)
    assert [got.edit_of != "" for got in channel.kept] == [False, True]


def test_a_card_nobody_was_sure_about_is_changed_when_it_turns_out_to_have_arrived(dealer: Core, lead: str) -> None:
    channel = MemoryChannel(capabilities=PLAIN)
    channel.heard.append(SILENT)
    push(dealer, lead, priority=NICE)
    run(dealer, channel)
    row = state(dealer, "card")
    assert row.state == UNCERTAIN
    contacted(dealer, lead)()
    assert dealer.chats.arrived(row.person_id, dealer.now(), outbox_id=row.id, provider_id="m7")
    run(dealer, channel)
    assert edits(channel) == ["m7"]


def test_a_card_for_a_thread_kept_here_is_changed_too(dealer: Core, lead: str) -> None:
    chat = dealer.chats.web_chat(dealer.actor("rep1").id)
    push(dealer, lead, chat=chat)
    deliverer = Deliverer(dealer, Texts.load(), "w", lambda: None)
    at("drawn", contacted(dealer, lead))
    while deliverer.run():
        pass
    cards = [row for row in rows(dealer, ChatMessage) if row.key.startswith("card>")]
    assert [card.rev > card.seq for card in cards] == [True]
    (shown,) = [one for one in dealer.chats.messages(chat) if one.key.startswith("card>")]
    fresh = [one for one in rows(dealer, Outbox) if one.kind == "@refresh" and ":late:" in one.dedupe_key]
    assert [one.state for one in fresh] == [SENT]
    assert shown.body["card"]["buttons"] != []


def test_a_claim_waits_for_a_change_that_is_being_made(dealer: Core, lead: str) -> None:
    push(dealer, lead)
    claimed: list[bool] = []

    def claim() -> None:
        while not claimed:
            claimed.extend(one.subject == f"lead:{lead}" for one in dealer.outbox.claim("w", dealer.now(), accounts=[BOT]))

    claiming = Thread(target=claim, daemon=True)
    with dealer.database.write() as session:
        uow = dealer._system_uow(session, "star", dealer.now())
        uow.refresh(f"lead:{lead}")
        uow.flush_pushes()
        claiming.start()
        claiming.join(0.3)
        assert claimed == [], "what is drawn now would not show the change"
    claiming.join(10)
    assert claimed == [True]
    assert not state(dealer, "card").outdated, "it is drawn as it is now"


# Pressed before it was known that the card was sent

BUTTON = {"label": "确认", "verb": "draft.confirm", "params": {"t": "1"}}
CARD: dict[str, Any] = {"card": {"kind": "ask", "title": "确认？", "buttons": [BUTTON]}}
CHAT = f"{BOT}:1"


def said(core: Core, *replies: dict[str, Any], key: str = "m1", **more: Any) -> None:
    """A person says something in the chat, and the turn ends with these replies."""
    rep = core.actor("rep1")
    core.chats.receive(tenant=rep.tenant, channel="telegram", account="bot", chat=CHAT, person_id=rep.id, dedupe_key=key,
                       body={"text": "x"}, now=core.now())  # fmt: skip
    (arrival,) = core.inbox.claim(core.now())
    core.chats.finish(arrival, chat=CHAT, person_id=rep.id, replies=replies, state=None, now=core.now(), **more)


def reply(core: Core) -> Outbox:
    found: Outbox = next(row for row in rows(core, Outbox) if row.kind == "@reply")
    return found


def change(core: Core) -> Outbox:
    (found,) = [row for row in rows(core, Outbox) if row.kind == "@refresh"]
    assert isinstance(found, Outbox)
    return found


def spending(core: Core, pressed_on: str | None = None, press: bool = True) -> Callable[[], None]:
    """The button is pressed (or its answer typed): the card is used up."""

    def answer() -> None:
        row = reply(core)
        if press:
            core.chats.arrived(row.person_id, core.now(), key=row.dedupe_key, provider_id=pressed_on)
        said(core, key="m2", spent=[(row.dedupe_key, "已确认")])

    return answer


def dying(core: Core) -> Delivery:
    """The card is sent, and its sender dies before it hears an answer."""
    said(core, CARD)
    (claimed,) = core.outbox.claim("dead", core.now(), accounts=[BOT])
    public = core.chats.buttons.public(claimed.dedupe_key, claimed.person_id, CARD)
    core.chats.begin([Send(claimed, public, {"text": "x"}, CARD)], "dead", core.now())
    return claimed


def last(channel: MemoryChannel) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(channel.got[-1].body)
    return found


@pytest.mark.parametrize("press", [True, False], ids=["pressed", "typed"])
@pytest.mark.parametrize("point", ["before_send", "after_send", "before_settle"])
def test_a_card_answered_before_it_is_known_to_be_sent_loses_its_buttons(
    dealer: Core, clock: FixedClock, point: str, press: bool
) -> None:
    channel = MemoryChannel(capabilities=PLAIN)
    said(dealer, CARD)
    at(point, spending(dealer, press=press))
    run(dealer, channel, clock)
    clock.advance(seconds=2)
    run(dealer, channel, clock)
    assert edits(channel) == [f"m{reply(dealer).id}"]
    assert [json.loads(got.body)["buttons"] != [] for got in channel.got] == [True, False]
    clock.advance(minutes=1)
    run(dealer, channel)
    assert len(channel.got) == 2, "once is enough"


def test_a_press_tells_the_name_of_a_card_whose_sender_died(dealer: Core, clock: FixedClock) -> None:
    dying(dealer)
    spending(dealer, "m7")()
    clock.advance(minutes=2)
    dealer.outbox.reap(dealer.now())
    channel = MemoryChannel(capabilities=PLAIN)
    run(dealer, channel)
    assert edits(channel) == ["m7"]
    assert last(channel)["buttons"] == []
    assert len(channel.got) == 1, "it is not sent again"


def test_a_card_answered_in_words_whose_sender_died_is_changed_after_its_repeat(dealer: Core, clock: FixedClock) -> None:
    dying(dealer)
    spending(dealer, press=False)()
    clock.advance(minutes=2)
    dealer.outbox.reap(dealer.now())
    channel = MemoryChannel(capabilities=PLAIN)
    run(dealer, channel, clock, rounds=2)
    assert [got.edit_of != "" for got in channel.got] == [False, True]
    assert last(channel)["buttons"] == []


def test_a_card_whose_name_nobody_tells_is_given_up_after_a_while(dealer: Core, clock: FixedClock) -> None:
    dying(dealer)
    spending(dealer)()
    channel = MemoryChannel(capabilities=PLAIN)
    run(dealer, channel)
    assert change(dealer).state == PENDING
    clock.advance(minutes=1)
    run(dealer, channel)
    assert change(dealer).state == DEAD
    assert channel.got == []


def test_a_name_that_comes_later_is_kept(dealer: Core) -> None:
    """The card was named by its reference first, and pressed after that."""
    claimed = dying(dealer)
    person = dealer.actor("rep1").id
    assert dealer.chats.arrived(person, dealer.now(), outbox_id=claimed.id)
    for name in ("m7", "m8"):
        assert not dealer.chats.arrived(person, dealer.now(), key=claimed.dedupe_key, provider_id=name)
    (kept,) = [row for row in rows(dealer, ChatMessage) if row.direction == "out"]
    assert kept.provider_id == "m7"


def test_a_card_that_became_another_on_its_way_and_was_then_used_up(dealer: Core) -> None:
    channel = MemoryChannel(capabilities=PLAIN)
    said(dealer, CARD)

    def twice() -> None:
        key = reply(dealer).dedupe_key
        said(dealer, key="m2", changed=[(key, {"card": {**CARD["card"], "title": "选好了？"}})])
        said(dealer, key="m3", spent=[(key, "已确认")])

    at("before_send", twice)
    run(dealer, channel)
    run(dealer, channel)
    assert last(channel)["text"].startswith("选好了")
    assert last(channel)["buttons"] == []
    assert len(channel.got) == 2
