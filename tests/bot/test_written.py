"""A model's answer holds sentence by sentence, or it is not said."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from bot.conversation.brain import Found
from bot.conversation.thinking import Thinking
from bot.ports import Card
from bot.skills.written import borne_out
from bot.terminal import Terminal
from crm_core.api import Core
from crm_core.kernel.access import Actor
from intents.llm import ModelSettings, open_model
from intents.types import Command
from tests.bot.conftest import Scripted, slots
from tests.support.fakes.openai import KEY, OpenAi, Say, openai_server

EVIDENCE = ("小保养 680 元,每 1 万公里或 12 个月一次。纯电车型的检查 380 元。", "质保期不低于 3 年或 6 万公里。")


def test_cited_sentences_that_hold_are_kept_with_their_source() -> None:
    text = "小保养 680 元，每 1 万公里一次。[1]\n质保期不低于 36 个月。【2】"
    assert borne_out(text, EVIDENCE) == (("小保养 680 元，每 1 万公里一次。", 1), ("质保期不低于 36 个月。", 2))


def test_what_is_not_in_the_source_it_cites_is_dropped() -> None:
    for line in ("小保养 580 元。[1]", "小保养 680 元。[2]", "小保养 680 元。[7]", "小保养 680 元。", "小保养免费。[1]",
                 "质保期不低于 3 个月。[2]", "保证终身不收您一分工时费哦亲。[1]", ""):  # fmt: skip
        assert borne_out(line, EVIDENCE) == (), line


def test_several_on_one_line_and_list_marks() -> None:
    text = "1. 小保养 680 元[1]；检查 380 元[1]\n- 质保期 6 万公里 [2]"
    assert [place for _, place in borne_out(text, EVIDENCE)] == [1, 1, 2]


ASKED = "小保养是不是500块"
SAID = (("小保养 680 元,每 1 万公里或 12 个月一次。", 1), ("质保期不低于 3 年或 6 万公里。", 2))


@dataclass
class Notes(Scripted):
    """Two notes; `inner` are for colleagues alone."""

    inner: bool = False

    def knowledge(self, question: str, actor: Actor, *, outward: bool = False) -> Found:
        if outward and self.inner:
            return Found("unknown")
        return Found("answer", "", (("价目表", "a.md"), ("质保", "b.md")), (), SAID, EVIDENCE, ("500块", "680 元"))


@pytest.fixture
def model() -> Iterator[OpenAi]:
    with openai_server() as server:
        yield server


def asked(core: Core, server: OpenAi, *, inner: bool = False) -> Card:
    brain = Notes(inner=inner)
    brain.learn(ASKED, Command("ask_knowledge", slots(text=ASKED)))
    opened = open_model(ModelSettings("deepseek:small", server.url, KEY))
    assert opened is not None
    card = Terminal(core, "rep1", brain, thinking=Thinking(core, opened)).say(ASKED).replies[0].card
    assert card is not None
    return card


def test_a_models_sentences_are_cited_and_the_unsupported_one_is_not_said(dealer: Core, model: OpenAi) -> None:
    model.will(Say("小保养是 680 元，每 1 万公里一次。[1]\n现在做只要 500 元。[1]\n还送一年洗车。"))
    card = asked(dealer, model)
    note = card.note or ""
    assert "资料里是“680 元”，不是“500块”" in note
    assert "小保养是 680 元，每 1 万公里一次。 [1]" in note
    assert "只要 500" not in note
    assert "洗车" not in note
    assert [source.title for source in card.sources] == ["[1] 价目表"]


@pytest.mark.parametrize("said", [Say("质保 10 年。[2]"), Say("当然可以。"), Say(status=500, text="broken")])
def test_a_model_of_no_help_leaves_the_evidence_its_own_words(dealer: Core, model: OpenAi, said: Say) -> None:
    model.will(said)
    card = asked(dealer, model)
    assert "每 1 万公里或 12 个月一次。 [1]" in (card.note or "")
    assert len(card.sources) == 2


def test_papers_of_the_house_do_not_leave_for_a_model(dealer: Core, model: OpenAi) -> None:
    model.will(Say("小保养 680 元。[1]"))
    asked(dealer, model, inner=True)
    assert not model.asked
