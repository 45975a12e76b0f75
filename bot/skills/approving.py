"""Several requests at once: what waits for a decider on one card, and all of it approved with one press or word."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bot.cards.approvals import approval_card, waiting_card
from bot.cards.base import joined
from bot.conversation.gate import UNSURE, Step, Tier, skill
from bot.conversation.pending import Draft
from bot.conversation.presses import carry_out, verb
from bot.conversation.talk import Talk
from crm_core.approvals.messages import ApprovalCard, ApprovalView, DecideApproval, PendingApprovals
from crm_core.chat.service import LiveAction
from crm_core.kernel.errors import ChexinError, Unavailable

ALL = "approval.all"
MANY = 50
SHOWN = 40


@skill("my_approvals")
def my_approvals(talk: Talk, draft: Draft) -> Step:
    """What waits for him: one request with its buttons, several as lines."""
    waiting: list[ApprovalView] = talk.ask(PendingApprovals(limit=MANY))
    if not waiting:
        talk.say("approval.none")
    elif len(waiting) == 1:
        talk.show(approval_card(talk.voice, waiting[0], talk.actor))
    else:
        talk.show(waiting_card(talk.voice, waiting))
    return None


@skill("approve_all", tier=Tier.CONFIRM)
def approve_all(talk: Talk, draft: Draft) -> Step:
    """全部同意 right after the list approves what is on it; otherwise the list comes first."""
    shown = list_shown(talk) if draft.layer not in UNSURE else None
    waiting: list[ApprovalView] = talk.ask(PendingApprovals(limit=MANY)) if shown else []
    if shown is None or not {one.id for one in waiting} & {known for known, _ in shown.params["approvals"]}:
        return my_approvals(talk, draft)
    carry_out(talk, shown)
    return None


def list_shown(talk: Talk) -> LiveAction | None:
    """The button for all of a list that is the last card shown in this chat."""
    recent = talk.core.chats.buttons.recent(talk.actor.id, talk.now, SHOWN)
    here = [action for action in recent if action.chat == talk.chat]
    last = [action for action in here if action.message_key == here[0].message_key]
    return next((action for action in last if action.verb == ALL), None)


@verb(ALL)
def press_all(talk: Talk, params: dict[str, Any]) -> None:
    """All that the card shows."""
    approve_each(talk, params["approvals"])


def approve_each(talk: Talk, approvals: Sequence[tuple[str, int]]) -> int:
    """Each request is decided by itself, with the amount that was shown; what is another one now is left alone.

    Answers what became of each, and returns how many were approved.
    """
    granted, left = [], []
    for approval_id, shown_fen in approvals:
        command = DecideApproval(approval_id=approval_id, decision="approve", shown_fen=shown_fen)
        try:
            granted.append(talk.do(command, of=approval_id).view)
        except Unavailable:
            raise
        except ChexinError as error:
            left.append(_left(talk, approval_id, error))
    talk.memory.focus.pop("approval", None)
    talk.tell(joined(_granted(talk, granted), _not_granted(talk, left), by="\n"))
    return len(granted)


def _granted(talk: Talk, views: list[ApprovalView]) -> str:
    if not views:
        return talk.voice.say("approval.all_none")
    named = (talk.voice.say("approval.all_one", name=view.customer_name, amount=talk.voice.money(view.granted_fen))
             for view in views)  # fmt: skip
    total = sum(view.granted_fen or 0 for view in views)
    return talk.voice.say("approval.all_done", n=len(views), total=talk.voice.money(total),
                          named=joined(*named, by=talk.voice.say("approval.all_joint")))  # fmt: skip


def _left(talk: Talk, approval_id: str, error: ChexinError) -> str:
    """Which one, if he may still know of it, and why."""
    why = talk.voice.error(error)
    try:
        view: ApprovalView = talk.ask(ApprovalCard(approval_id=approval_id))
    except Unavailable:
        raise
    except ChexinError:
        return why
    return talk.voice.say("approval.all_left_one", name=view.customer_name, why=why)


def _not_granted(talk: Talk, left: list[str]) -> str:
    return talk.voice.say("approval.all_left", left="\n".join(left)) if left else ""
