"""What a button does: verbs and the functions behind them. Parameters hold ids only."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bot.conversation.talk import Talk
from crm_core.chat.service import LiveAction
from crm_core.kernel.access import Actor

Press = Callable[[Talk, dict[str, Any]], None]
presses: dict[str, Press] = {}


def may_press(actor: Actor, action: LiveAction) -> bool:
    """A button is its person's, wherever he presses it; one in a unit's group is any colleague's of that unit.

    What it does is checked again for whoever pressed it.
    """
    if action.unit:
        units = (actor.unit, *(grant.unit for grant in actor.grants))
        here = any(action.unit.startswith(unit) or unit.startswith(action.unit) for unit in units)
        return actor.is_staff and actor.tenant == action.tenant and here
    return action.person_id == actor.id


def carry_out(talk: Talk, action: LiveAction, chosen: Mapping[str, Sequence[str]] | None = None) -> None:
    """Carry out a live button, with what was chosen in its form; a second press is the same as the first.

    A button of a group is pressed by several people: for each it is a press of his own.
    """
    whose = f":{talk.actor.id}" if action.unit else ""
    picked = "".join(sorted(option for options in (chosen or {}).values() for option in options))
    form = f":{hashlib.sha256(picked.encode()).hexdigest()[:16]}" if picked else ""
    talk.root, talk.layer, talk.pressed = f"act:{action.id}{whose}{form}", "reply", action
    more = {"chosen": {name: tuple(options) for name, options in chosen.items()}} if chosen else {}
    presses[action.verb](talk, {**action.params, "verb": action.verb, **more})


def verb(*names: str) -> Callable[[Press], Press]:
    """The decorated `(talk, params) -> None` carries out presses of these verbs."""

    def register(press: Press) -> Press:
        for name in names:
            presses[name] = press
        return press

    return register
