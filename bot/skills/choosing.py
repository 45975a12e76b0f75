"""Some of several requests: boxes are ticked on one card, and the ticked ones are approved together.

Where a channel has forms, the boxes come with the press that sends them off; elsewhere each tick is a press that
changes the card in place.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Any

from bot.cards.approvals import choosing_card
from bot.conversation.presses import may_press, verb
from bot.conversation.talk import Talk
from bot.ports import Card
from bot.skills.approving import MANY, approve_each
from crm_core.approvals.messages import ApprovalView, PendingApprovals
from crm_core.kernel.ids import new_id

TICK = "approval.tick"


@verb("approval.choose")
def choose(talk: Talk, params: dict[str, Any]) -> None:
    """The requests of a list with a box each, as they are now."""
    waiting = _waiting(talk, params["approvals"])
    if waiting:
        talk.show(choosing_card(talk.voice, waiting, (), new_id()))
    else:
        talk.say("approval.none")


@verb(TICK)
def tick(talk: Talk, params: dict[str, Any]) -> None:
    """One box; those ticked before it stay, however fast one follows the other."""
    ticked = talk.memory.tick(params["choice"], params["approval"], on=params["on"])
    talk.redraw(_as_it_is(talk, params, ticked))


@verb("approval.chosen")
def approve_chosen(talk: Talk, params: dict[str, Any]) -> None:
    """Approve what was ticked, with the amounts that were shown; the card keeps what still waits."""
    approvals = _in_form(talk, params["chosen"]) if "chosen" in params else params["approvals"]
    if not approvals:
        talk.say("approval.none_chosen")
        talk.redraw(_as_it_is(talk, params, ()))
        return
    granted = approve_each(talk, approvals)
    talk.memory.ticked.pop(params["choice"], None)
    card = _as_it_is(talk, params, ())
    talk.redraw(replace(card, status=talk.voice.say("approval.chosen_done", n=granted)) if granted else card)


def _in_form(talk: Talk, chosen: dict[str, tuple[str, ...]]) -> list[tuple[str, int]]:
    """What the boxes of the pressed card stand for; boxes of other cards, or of nobody's, stand for nothing."""
    found = []
    for option in (one for options in chosen.values() for one in options):
        box = talk.core.chats.buttons.find(option)
        here = box is not None and talk.pressed is not None and box.message_key == talk.pressed.message_key
        if box is not None and here and box.verb == TICK and may_press(talk.actor, box):
            found.append((box.params["approval"], box.params["fen"]))
    return list(dict.fromkeys(found))


def _as_it_is(talk: Talk, params: dict[str, Any], ticked: Collection[str]) -> Card:
    """The card with what still waits of what it showed."""
    waiting = _waiting(talk, params["shown"])
    if not waiting:
        return Card("approvals", talk.voice.say("card.approvals_over"), tone="done")
    return choosing_card(talk.voice, waiting, ticked, params["choice"])


def _waiting(talk: Talk, approval_ids: Collection[str]) -> list[ApprovalView]:
    """Those of these that he may decide now, oldest first."""
    waiting: list[ApprovalView] = talk.ask(PendingApprovals(limit=MANY))
    return [view for view in waiting if view.may_decide and view.id in approval_ids]
