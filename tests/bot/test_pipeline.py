"""Whatever arrives gets an answer, and the arrival is ended."""

from __future__ import annotations

from typing import Any

import pytest
from structlog.testing import capture_logs

from bot.conversation.brain import Found
from bot.conversation.gate import skills
from crm_core.api import Core
from crm_core.leads.messages import LeadPool, MyLeads
from crm_core.tasks.messages import MyTasks
from intents.types import Candidate, Command, Understanding
from tests.bot.conftest import Scripted, Wire, slots

NEUTRAL = "其他客户的情况我不能透露"


@pytest.mark.parametrize("text", ["", "   ", "😀", "👍👍👍", "!!!", "\u200b\u200d", "……"])
def test_messages_without_words(wire: Wire, text: str) -> None:
    turn = wire.say("rep1", text)
    assert len(turn.replies) == 1
    assert turn.replies[0].text
    assert turn.commands == []


def test_five_megabytes(wire: Wire, brain: Scripted) -> None:
    turn = wire.say("rep1", "张" * 1_700_000)
    assert "太长" in str(turn.replies[0].text)
    assert brain.heard == []


def test_a_crash_is_an_apology_with_a_reference(
    wire: Wire, brain: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*args: Any, **kw: Any) -> Any:
        raise RuntimeError("secret 13800138000")

    monkeypatch.setattr(brain, "understand", broken)
    with capture_logs() as logs:
        turn = wire.say("rep1", "张伟13800138000想看ES6")
    (line,) = [entry for entry in logs if entry["event"] == "turn_failed"]
    assert line["reference"] in str(turn.replies[0].text)
    assert line["error"] == "RuntimeError"
    assert "13800138000" not in str(line)
    assert "张伟" not in str(line)


def test_somebody_unknown_is_told_so(wire: Wire, dealer: Core) -> None:
    received = dealer.chats.receive(
        tenant="star", channel="test", account="t", chat="test:nobody", person_id="nobody", dedupe_key="x",
        body={"kind": "text", "text": "hi", "person_id": "nobody", "chat": "test:nobody"}, now=dealer.now(),
    )  # fmt: skip
    (arrival,) = dealer.inbox.claim(dealer.now(), 1, only=received.inbox_id)
    turn = wire.pipeline.process(arrival)
    assert "还不认识您" in str(turn.replies[0].text)
    assert dealer.inbox.claim(dealer.now(), 5) == []


@pytest.mark.parametrize("intent", sorted(skills))
def test_every_skill_answers_a_message_without_slots(wire: Wire, brain: Scripted, intent: str) -> None:
    brain.learn("x1", Command(intent))
    for person in ("rep1", "manager1", "tech1", "customer1"):
        with capture_logs() as logs:
            turn = wire.say(person, "x1")
        assert turn.replies
        assert [entry for entry in logs if entry["event"] == "turn_failed"] == []


def test_readings_become_chips(wire: Wire, brain: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    readings = (Candidate(Command("my_leads"), 0.6), Candidate(Command("my_tasks"), 0.55))
    monkeypatch.setattr(
        brain, "understand", lambda text, *a, **k: Understanding(text, "ambiguous", alternatives=readings)
    )
    card = wire.say("rep1", "看看").replies[0].card
    assert card is not None
    assert [b.label for b in card.buttons] == ["我的线索", "今天的安排"]
    assert "没有符合的线索" in str(wire.say("rep1", action=card.buttons[0].id).replies)


def test_three_misses_end_in_help(wire: Wire) -> None:
    said = [str(wire.say("rep1", "qwertz").replies[0]) for _ in range(3)]
    assert len(set(said)) == 3
    assert wire.say("rep1", "qwertz").replies


def test_language_is_each_persons_own(wire: Wire, dealer: Core) -> None:
    assert wire.say("rep1", "说英文").commands == ["SetLanguage"]
    assert dealer.actor("rep1").language == "en"
    assert dealer.actor("rep2").language == "zh"
    wire.say("rep1", "用中文吧")
    assert dealer.actor("rep1").language == "zh"


class TestCustomer:
    @pytest.mark.parametrize("name", ["李建军", "谁也不是"])
    @pytest.mark.parametrize("intent", ["ask_history", "ask_order"])
    def test_others_are_not_spoken_of(self, wire: Wire, brain: Scripted, intent: str, name: str) -> None:
        brain.learn("about", Command(intent, slots(person=name)))
        turn = wire.say("customer1", "about")
        assert [str(r.text)[: len(NEUTRAL)] for r in turn.replies] == [NEUTRAL]

    @pytest.mark.parametrize("name", ["李建军", "谁也不是"])
    def test_whoever_is_named_is_refused_alike(self, wire: Wire, brain: Scripted, name: str) -> None:
        brain.names = (name,)
        for text in (f"{name}的电话", f"{name}买了什么"):
            turn = wire.say("customer1", text)
            assert [str(r.text)[: len(NEUTRAL)] for r in turn.replies] == [NEUTRAL]
            assert turn.commands == []

    def test_the_unknown_goes_to_a_technician(self, wire: Wire, brain: Scripted, dealer: Core) -> None:
        brain.learn("q", Command("ask_knowledge", slots(text="轴距多少")))
        turn = wire.say("customer1", "q")
        assert turn.commands == ["AskColleague"]
        assert "轴距多少" in str(dealer.ask(MyTasks(), dealer.actor("tech1")))

    def test_an_answer_has_its_source(self, wire: Wire, brain: Scripted) -> None:
        brain.found = Found("answer", "可以低速开到店里检查。", (("用户手册", "第6章"),))
        brain.learn("q", Command("ask_knowledge", slots(text="灯亮了")))
        card = wire.say("customer1", "q").replies[0].card
        assert card is not None
        assert (card.note, card.sources[0].title) == ("可以低速开到店里检查。", "用户手册")

    def test_he_books_for_himself_whomever_he_names(self, wire: Wire, brain: Scripted) -> None:
        brain.learn("b", Command("book_service", slots(person="李建军", when="2026-12-01T15:00:00+08:00")))
        turn = wire.say("customer1", "b")
        assert "李建军" not in str(turn.replies)


def test_a_complaint_becomes_a_task_after_a_yes(wire: Wire, brain: Scripted) -> None:
    brain.learn("空调异响,投诉一下", Command("open_ticket", slots(text="空调异响,投诉一下")))
    card = wire.say("customer1", "空调异响,投诉一下").replies[0].card
    assert card is not None
    assert wire.say("customer1", action=card.buttons[0].id).commands == ["AddTask"]


def test_leads_do_not_leak_between_dealers(wire: Wire, brain: Scripted, dealer: Core) -> None:
    brain.learn("lead", Command("create_lead", slots(person="张伟", phone="13800138000", vehicle="ES6")))
    wire.say("rep1", "lead")
    brain.learn("who", Command("ask_profile", slots(person="张伟")))
    assert "13800138000" not in str(wire.say("rep3", "who").replies)
    assert dealer.ask(MyLeads(), dealer.actor("rep3")) == []
    assert dealer.ask(LeadPool(), dealer.actor("rep3")) == []
