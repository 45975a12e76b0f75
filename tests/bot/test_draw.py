"""Pushes are drawn from the present state of their record, in the reader's language."""

from __future__ import annotations

from typing import Any

import pytest

from bot.cards import draw
from bot.cards.base import by_kind, by_subject
from bot.ports import Card, Outbound
from bot.terminal import Terminal
from bot.texts import Texts
from crm_core.api import Core
from crm_core.leads.messages import CreateLead, LoseLead, MarkContacted
from tests.bot.conftest import TEAM

TEXTS = Texts.load()
PUSHED = (
    "lead", "lead_touched", "lead_offer", "lead_moved", "lead_pool", "approval", "approval_reminder",
    "approval_result", "appointment_booked", "appointment_changed", "appointment_due", "appointment_check",
    "appointment_unanswered",
    "task_new", "task_due", "question", "answer", "followup_remind", "followup_escalated", "followup_missed",
    "birthday", "greeting", "handover",
)  # fmt: skip


def card(core: Core, kind: str, subject: str, person: str, **params: Any) -> Card:
    drawn = draw(kind, subject, params, core, core.actor(person), TEXTS)
    assert drawn.card is not None
    return drawn.card


@pytest.fixture
def lead(dealer: Core) -> str:
    """A lead of rep1's."""
    command = CreateLead(name="张伟", phone="13800138000", vehicle="ES6", unit=TEAM, keep=True, channel="chat")
    return dealer.execute(command, dealer.actor("rep1")).id


@pytest.mark.parametrize("kind", PUSHED)
def test_every_pushed_kind_has_its_drawer(kind: str) -> None:
    assert kind in by_kind


@pytest.mark.parametrize("subject", sorted(by_subject))
def test_a_record_that_is_gone_says_so(dealer: Core, subject: str) -> None:
    drawn = card(dealer, "anything", f"{subject}:nowhere", "rep1")
    # What somebody shared is told to be over, whether it was taken back or never there.
    title = "这个共享已经结束了" if subject == "share" else "这条信息现在看不到了"
    assert (drawn.title, drawn.buttons) == (title, ())


def test_a_kind_nobody_knows_shows_the_record(dealer: Core, lead: str) -> None:
    assert "张伟" in card(dealer, "made_up", f"lead:{lead}", "rep1").title


def test_a_kind_without_a_record_is_still_a_message(dealer: Core) -> None:
    drawn = draw("made_up", "", {"text": "你好"}, dealer, dealer.actor("rep1"), TEXTS)
    assert drawn == Outbound(text="你好")


def test_the_card_shows_the_present_state(dealer: Core, lead: str) -> None:
    subject, rep = f"lead:{lead}", dealer.actor("rep1")
    labels = [b.label for b in card(dealer, "lead", subject, "rep1").buttons]
    assert labels == ["已联系", "改约", "转派", "战败"]
    dealer.execute(MarkContacted(lead_id=lead, outcome="interested"), rep)
    contacted = card(dealer, "lead", subject, "rep1")
    assert [b.label for b in contacted.buttons] == ["改约", "转派", "战败"]
    assert contacted.status == "已联系 · 有意向"
    dealer.execute(LoseLead(lead_id=lead, reason="买了别家"), rep)
    lost = card(dealer, "lead", subject, "rep1")
    assert (lost.status, lost.buttons) == ("战败", ())


def test_a_masked_phone_is_not_told_by_the_message(dealer: Core) -> None:
    said = CreateLead(name="张伟", phone="13800138000", vehicle="ES6", message="打我13800138000", unit=TEAM)
    lead_id = dealer.execute(said, dealer.system("star")).id
    for person in ("rep1", "rep2"):
        drawn = draw("lead_offer", f"lead:{lead_id}", {}, dealer, dealer.actor(person), TEXTS)
        phone = next((f.v for f in drawn.card.fields if f.k == "电话"), "") if drawn.card else ""
        assert "13800138000" not in str(drawn) or phone == "13800138000"


def test_in_the_readers_language(dealer: Core, lead: str) -> None:
    Terminal(dealer, "rep1").say("说英文")
    labels = [b.label for b in card(dealer, "lead", f"lead:{lead}", "rep1").buttons]
    assert labels == ["Contacted", "Reschedule", "Reassign", "Lost"]


def test_a_stored_message_comes_back_whole(dealer: Core, lead: str) -> None:
    drawn = draw("lead", f"lead:{lead}", {}, dealer, dealer.actor("rep1"), TEXTS)
    assert Outbound.from_dict(drawn.to_dict()) == drawn
