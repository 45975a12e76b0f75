"""A card drawn before a change and kept after it is changed in place, whoever sends it and however it ended."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from threading import Thread
from typing import Any

import pytest

from bot.delivery import Deliverer
from bot.ports import Heard, Receipt
from bot.texts import Texts
from crm_core.api import Core
from crm_core.chat.tables import ChatMessage
from crm_core.kernel import points
from crm_core.kernel.clock import FixedClock
from crm_core.kernel.outbox import PENDING, SENT, UNCERTAIN
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
