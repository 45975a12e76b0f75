"""To which request a word of the manager's belongs, and that it is decided once."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bot.terminal import Shown, Terminal
from crm_core.api import Core
from crm_core.approvals.messages import PendingApprovals
from intents.types import Command
from tests.bot.conftest import Scripted, slots

Terminals = Callable[[str], Terminal]


def ask(rep: Terminal, brain: Scripted, name: str, phone: str, amount: int) -> None:
    brain.learn(f"lead {name}", Command("create_lead", slots(person=name, phone=phone, vehicle="ES6")))
    brain.learn(f"ask {name}", Command("request_discount", slots(person=name, money=amount)))
    rep.say(f"lead {name}")
    rep.say(f"ask {name}")
    rep.press("确认")


@pytest.fixture
def manager(terminal: Terminals, brain: Scripted) -> Terminal:
    brain.learn("同意", Command("decide_approval", slots(decision="approve")))
    brain.learn("好", Command("confirm"))
    brain.learn("最多5000", Command("decide_approval", slots(decision="approve", money=5000)))
    return terminal("manager1")


def kinds(shown: Shown) -> list[str]:
    return [r.card.kind for r in shown.replies if r.card]


def test_the_only_one_is_meant(terminal: Terminals, brain: Scripted, manager: Terminal, dealer: Core) -> None:
    ask(terminal("rep1"), brain, "张伟", "13800138000", 8000)
    shown = manager.say("最多5000")
    assert shown.commands == ["DecideApproval"]
    assert [r.text for r in shown.replies] == ["已同意最多优惠5,000元（张伟），已告诉陈晓明。"]
    assert dealer.ask(PendingApprovals(), dealer.actor("manager1")) == []


def test_of_several_one_is_chosen(terminal: Terminals, brain: Scripted, manager: Terminal) -> None:
    rep = terminal("rep1")
    ask(rep, brain, "张伟", "13800138000", 8000)
    ask(rep, brain, "王芳", "13800138001", 9000)
    manager.inbox()
    shown = manager.say("同意")
    assert shown.commands == []
    assert kinds(shown) == ["approvals"]
    chip = next(b.label for r in shown.replies if r.card for b in r.card.buttons if "王芳" in b.label)
    assert kinds(manager.press(chip)) == ["approval"]
    assert manager.press("同意").commands == ["DecideApproval"]


def test_the_one_shown_last_is_meant(
    terminal: Terminals, brain: Scripted, manager: Terminal, dealer: Core
) -> None:
    rep = terminal("rep1")
    ask(rep, brain, "张伟", "13800138000", 8000)
    manager.inbox()
    dealer.clock.advance(minutes=5)  # type: ignore[attr-defined]
    ask(rep, brain, "王芳", "13800138001", 9000)
    manager.inbox()
    assert manager.say("同意").commands == ["DecideApproval"]
    waiting = dealer.ask(PendingApprovals(), dealer.actor("manager1"))
    assert [a.customer_name for a in waiting] == ["张伟"]


def test_a_bare_yes_needs_a_card_shown_here(terminal: Terminals, brain: Scripted, manager: Terminal) -> None:
    ask(terminal("rep1"), brain, "张伟", "13800138000", 8000)
    assert manager.say("好").commands == []
    manager.inbox()
    assert manager.say("好").commands == ["DecideApproval"]
    assert manager.say("好").commands == []


def test_a_rep_decides_nothing(terminal: Terminals, brain: Scripted, manager: Terminal, dealer: Core) -> None:
    ask(terminal("rep1"), brain, "张伟", "13800138000", 8000)
    assert terminal("rep2").say("同意").commands == []
    assert terminal("rep1").say("同意").commands == []
    assert len(dealer.ask(PendingApprovals(), dealer.actor("manager1"))) == 1
