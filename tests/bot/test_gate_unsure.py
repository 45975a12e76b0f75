"""Nothing that the ranker, a model or a recording was read as is written before somebody confirms it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from bot.conversation.gate import skills
from bot.terminal import Terminal
from crm_core.api import Core
from intents import load_schema
from intents.types import Command
from tests.bot.conftest import Scripted, slots

Terminals = Callable[[str], Terminal]
WHEN = "2026-12-01T15:00:00+08:00"
VALUES: dict[str, Any] = {
    "person": "张伟", "phone": "13900006666", "when": WHEN, "text": "只要白色", "birthday": "--05-05", "choice": "on",
    "km": 30000, "renewal": "insurance", "reason": "太贵", "digest": "morning", "platform": "telegram",
    "person_to": "林佳", "absence": "leave", "channel": "phone", "outcome": "月底再定",
}  # fmt: skip
SILENT = sorted(name for name, spec in load_schema().items()
                if spec.risk == "own_write" and {"rep"} & set(spec.who) and name in skills)  # fmt: skip


@pytest.mark.parametrize("layer", ["ranker", "model", "spoken"])
@pytest.mark.parametrize("intent", SILENT)
def test_an_unsure_reading_writes_nothing(
    intent: str, layer: str, terminal: Terminals, brain: Scripted, dealer: Core
) -> None:
    rep = terminal("rep1")
    brain.learn("lead", Command("create_lead", slots(person="张伟", phone="13800138000", vehicle="ES6")))
    rep.say("lead")
    brain.layer = layer
    spec = load_schema()[intent]
    filled = {name: value for name, value in VALUES.items() if name in spec.slots}
    brain.learn("guessed", Command(intent, slots(**filled)))
    assert rep.say("guessed").commands == []


@pytest.mark.parametrize("layer", ["ranker", "model"])
def test_an_answer_to_its_question_does_not_make_it_sure(layer: str, terminal: Terminals, brain: Scripted) -> None:
    rep = terminal("rep1")
    brain.layer = layer
    brain.learn("guessed", Command("remind_me", slots(text="送合同")))
    assert rep.say("guessed").commands == []
    brain.layer = "reply"
    brain.learn("then", Command("remind_me", slots(when=WHEN)))
    assert rep.say("then").commands == []
