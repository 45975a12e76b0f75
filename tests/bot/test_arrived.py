"""A press or a reference shows that a message has arrived."""

from __future__ import annotations

import pytest

from bot.conversation.pipeline import Pipeline
from bot.texts import Texts
from crm_core.api import Core
from crm_core.chat.service import Ended, Send
from crm_core.kernel.outbox import SENT, UNCERTAIN, Delivery, Outcome, Settled
from crm_core.kernel.outcomes import Heard
from crm_core.kernel.tables import Outbox
from intents.types import Command
from tests.bot.conftest import Scripted, Wire
from tests.core.kernel.trial import rows

BODY = {"text": None, "card": {"kind": "x", "title": "新线索", "subject": "", "buttons": [
    {"label": "帮助", "verb": "language", "params": {}}]}}  # fmt: skip


@pytest.fixture
def doubtful(dealer: Core) -> Delivery:
    """A message to rep1 over a network that went silent."""
    with dealer.database.write() as session:
        uow = dealer._system_uow(session, "star", dealer.now())
        uow.push(dealer.actor("rep1").id, "note", key="m", chat="bot:1")
        uow.flush_pushes()
    (delivery,) = dealer.outbox.claim("w", dealer.now(), 9, ["bot"])
    public = dealer.chats.buttons.public(delivery.dedupe_key, delivery.person_id, BODY)
    dealer.chats.begin([Send(delivery, public, {"x": 1}, BODY)], "w", dealer.now())
    silent = Settled(delivery, Outcome.UNCERTAIN, error="timeout", heard=Heard.UNKNOWN)
    dealer.chats.settle([Ended(silent, public)], dealer.now())
    return delivery


def state(core: Core, delivery: Delivery) -> int:
    (row,) = rows(core, Outbox, Outbox.id == delivery.id)
    return int(row.state)


def test_a_reference_alone_is_thanked_for(dealer: Core, wire: Wire, doubtful: Delivery) -> None:
    turn = wire.say("rep1", f"{doubtful.ref} ")
    assert [reply.text for reply in turn.replies] == [f"好的，{doubtful.ref} 这条您已收到。"]
    assert state(dealer, doubtful) == SENT
    assert wire.say("rep1", doubtful.ref.lower()).replies, "saying it twice is no error"


def test_a_reference_among_other_words_leaves_them_their_meaning(
    dealer: Core, wire: Wire, brain: Scripted, doubtful: Delivery
) -> None:
    brain.learn("帮助", Command("help"))
    turn = wire.say("rep1", f"帮助 {doubtful.ref}")
    assert state(dealer, doubtful) == SENT
    assert brain.heard[-1][0] == "帮助"
    assert turn.replies


def test_nobody_speaks_for_others(dealer: Core, wire: Wire, doubtful: Delivery) -> None:
    wire.say("rep2", doubtful.ref)
    assert state(dealer, doubtful) == UNCERTAIN


def test_a_press_shows_that_it_arrived(dealer: Core, doubtful: Delivery) -> None:
    wire = Wire(dealer, Pipeline(dealer, Texts.load(), Scripted()))
    (action,) = dealer.chats.buttons.recent(doubtful.person_id, dealer.now())
    wire.say("rep2", action=action.id)
    assert state(dealer, doubtful) == UNCERTAIN
    wire.say("rep1", action=action.id)
    assert state(dealer, doubtful) == SENT
