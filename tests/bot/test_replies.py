"""Texts for a customer: only what the record and the documents bear out, whoever writes them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.conversation.brain import Found
from bot.conversation.thinking import Thinking
from bot.ports import Card
from bot.skills.replies import borne_out
from bot.skills.suggesting import _said
from bot.terminal import Terminal
from crm_core.api import Core
from crm_core.customers.messages import AddCustomer
from crm_core.kernel.access import Actor
from intents.llm import ModelSettings, open_model
from intents.types import Command
from retrieval.support import supported
from tests.bot.conftest import Scripted, slots
from tests.support.fakes.openai import KEY, OpenAi, Say, openai_server

ASKED = "怎么回复王小燕"
SECRET = "底价能到二十万五千元"


class Notes(Scripted):
    """Documents for colleagues, and others for everybody."""

    def knowledge(self, question: str, actor: Actor, *, outward: bool = False) -> Found:
        if outward:
            return Found("answer", "首付 30 % 起,24 期免息。", (("金融方案", "手册"),))
        return Found("answer", SECRET, (("内部制度", "手册"),))


@pytest.fixture
def notes(dealer: Core) -> Notes:
    brain = Notes()
    brain.learn(ASKED, Command("suggest_reply", slots(person="王小燕", text="太贵了,隔壁便宜2000")))
    owner = dealer.actor("rep1")
    dealer.execute(AddCustomer(name="王小燕", unit=owner.unit, owner_id=owner.id, login="guest1"), dealer.system("star"))
    return brain


@pytest.fixture
def model() -> Iterator[OpenAi]:
    with openai_server() as server:
        yield server


def card(terminal: Terminal) -> Card:
    shown = terminal.say(ASKED)
    assert shown.commands == []
    found = shown.replies[0].card
    assert found is not None
    assert found.kind == "suggestions"
    return found


def texts(found: Card) -> list[str]:
    return [line.v for line in found.fields if line.k.isdigit()]


def with_model(core: Core, brain: Notes, server: OpenAi) -> Terminal:
    model = open_model(ModelSettings("deepseek:small", server.url, KEY))
    assert model is not None
    return Terminal(core, "rep1", brain, thinking=Thinking(core, model))


def test_what_is_for_colleagues_only_is_told_apart_and_never_offered(dealer: Core, notes: Notes) -> None:
    found = card(Terminal(dealer, "rep1", notes))
    assert not any("底价" in text for text in texts(found))
    assert SECRET in (found.note or "")
    assert "别转发" in (found.note or "")
    assert any("首付 30 %" in text for text in texts(found))
    assert ("金融方案", "手册") in [(source.title, source.detail) for source in found.sources]


def test_a_models_text_comes_first_and_says_no_figure_of_its_own(dealer: Core, notes: Notes, model: OpenAi) -> None:
    model.will(Say("1. 王小燕您好,可以分期,首付 30 % 起。今天定再减 3000 元。\n- 隔壁便宜2000我们也能做到。\n"
                   "您看重哪一点,我帮您对比?"))  # fmt: skip
    found = texts(card(with_model(dealer, notes, model)))
    assert found[:2] == ["王小燕您好,可以分期,首付 30 % 起。", "您看重哪一点,我帮您对比?"]
    assert not any("3000" in text or "2000" in text for text in found)


def test_a_model_that_is_of_no_help_leaves_the_texts_of_the_house(dealer: Core, notes: Notes, model: OpenAi) -> None:
    model.will(Say(status=500, text="broken"))
    with_trouble = texts(card(with_model(dealer, notes, model)))
    assert with_trouble == texts(card(Terminal(dealer, "rep1", notes)))


def test_the_colleagues_papers_do_not_leave_for_a_model(dealer: Core, notes: Notes, model: OpenAi) -> None:
    model.will(Say("好的,我来帮您看看。"))
    card(with_model(dealer, notes, model))
    assert model.asked
    assert "底价" not in model.heard


def test_what_is_offered_reaches_nobody(dealer: Core, notes: Notes, model: OpenAi) -> None:
    model.will(Say("您好,欢迎来店里看看。"))
    terminal = with_model(dealer, notes, model)
    card(terminal)
    terminal.press("发第1条")
    guest = dealer.actor("guest1")
    assert dealer.outbox.unseen(guest.id) == []
    assert terminal.press("确认").commands == ["SendToCustomer"]
    assert [row.kind for row in dealer.outbox.unseen(guest.id)] == ["adviser_message"]


def test_a_press_of_an_old_button_sends_nothing_twice(dealer: Core, notes: Notes) -> None:
    terminal = Terminal(dealer, "rep1", notes)
    card(terminal)
    terminal.press("发第2条")
    assert terminal.press("确认").commands == ["SendToCustomer"]
    assert terminal.press("确认").commands == []


EVIDENCE = ["338,000元", "首付 30 % 起,24 期免息。", "11月28日(周六)"]


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("报价338,000元,到11月28日有效。", "报价338,000元,到11月28日有效。"),
        ("再便宜一点不行,我帮您对比?", "再便宜一点不行,我帮您对比?"),
        ("下午一点您方便吗?报价338,000元。", "报价338,000元。"),
        ("报价338,000元。明天涨到340,000元。", "报价338,000元。"),
        ("首付三成就行。送您三次保养。", "首付三成就行。"),
        ("免费保养两年。", ""),
        ("I can do 320,000 yuan. What do you think?", "What do you think?"),
        ("See https://example.com for more.", ""),
        ("好", ""),
        ("", ""),
        ("字" * 500, ""),
    ],
)
def test_a_sentence_that_says_more_is_left_out(said: str, left: str) -> None:
    assert borne_out(said, EVIDENCE) == left


@given(st.text(max_size=200))
def test_whatever_is_left_is_borne_out(said: str) -> None:
    assert supported(borne_out(said, EVIDENCE).replace("一点", ""), EVIDENCE)


@pytest.mark.parametrize(
    ("words", "said"),
    [("太贵了，我该", "太贵了"), ("贵的客户", "贵"), ('"too expensive"', "too expensive"), ("太贵了", "太贵了"),
     ("says it costs too much?", "it costs too much"), ("我该", "")],
)  # fmt: skip
def test_the_customers_words_are_cut_out_of_the_question(words: str, said: str) -> None:
    assert _said(words) == said
