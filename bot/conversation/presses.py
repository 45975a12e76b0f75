"""What a button does: verbs and the functions behind them. Parameters hold ids only."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bot.conversation.talk import Talk
from crm_core.chat.service import LiveAction

Press = Callable[[Talk, dict[str, Any]], None]
presses: dict[str, Press] = {}


def carry_out(talk: Talk, action: LiveAction) -> None:
    """Carry out a live button; `act:ID` makes a second press the same as the first."""
    talk.root, talk.layer = f"act:{action.id}", "reply"
    presses[action.verb](talk, {**action.params, "verb": action.verb})


def verb(*names: str) -> Callable[[Press], Press]:
    """The decorated `(talk, params) -> None` carries out presses of these verbs."""

    def register(press: Press) -> Press:
        for name in names:
            presses[name] = press
        return press

    return register
