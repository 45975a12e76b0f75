"""Approvals: decided by a press or a sentence, once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, cast

from bot.cards.approvals import approval_card, waiting_card
from bot.cards.handovers import handover_card
from bot.conversation.gate import Act, Need, Step, Tier, after, pass_through, perform, skill
from bot.conversation.pending import Draft
from bot.conversation.presses import verb
from bot.conversation.slots import read_money
from bot.conversation.talk import Talk
from bot.ports import Button, Card
from crm_core.approvals.messages import (
    ApprovalCard,
    ApprovalView,
    DecideApproval,
    Decision,
    PendingApprovals,
    WithdrawApproval,
)
from crm_core.handovers.messages import HandoverView, PendingHandovers
from crm_core.kernel.errors import AlreadyDecided
from crm_core.kernel.registry import Result
from crm_core.quotes.messages import ApplyDiscount

DECISIONS = ("approve", "reject", "counter")
DECIDING = ("approval.approve", "approval.reject", "approval.counter")
SHOWN = 40
CLEARLY = timedelta(minutes=1)


@skill("decide_approval", tier=Tier.OWN)
def decide_approval(talk: Talk, draft: Draft) -> Step:
    """A decision in words binds to the card last shown here, or to the only one that waits."""
    approval_id = _meant(talk, draft)
    if not isinstance(approval_id, str):
        return approval_id
    view: ApprovalView = talk.ask(ApprovalCard(approval_id=approval_id))
    if view.state != "pending":
        raise AlreadyDecided(state=view.state, by=view.decider_name)
    decision, amount = _decision(draft, view)
    if decision == "counter" and amount is None:
        half = view.requested_fen // 200 * 100
        chip = Button(talk.voice.money(half), "draft.pick",
                      {"t": draft.token, "slot": "money", "value": half / 100})  # fmt: skip
        return Need("money", "counter", {"amount": talk.voice.money(view.requested_fen)}, (chip,) if half else ())
    if decision not in DECISIONS:
        return Need("decision", card=approval_card(talk.voice, view, talk.actor))
    return Act(DecideApproval(approval_id=approval_id, decision=cast("Decision", decision), amount_fen=amount,
                              text=draft.text("text")))  # fmt: skip


def _decision(draft: Draft, view: ApprovalView) -> tuple[str, int | None]:
    """An agreement with a smaller amount is a counter-offer."""
    decision = draft.text("decision")
    amount = read_money(draft.value("money"))
    kept, share = draft.value("percent"), draft.value("share")
    if amount is None and isinstance(share, int | float):
        amount = round(view.requested_fen * float(share) / 100) * 100
    if amount is None and isinstance(kept, int | float) and view.list_fen:
        amount = round(view.list_fen * (1 - float(kept)))
    if decision == "approve" and amount is not None:
        decision = "counter" if amount < view.requested_fen else "approve"
    return decision, amount if decision == "counter" else None


def _meant(talk: Talk, draft: Draft) -> str | Need | None:
    """The approval: chosen, named by reference, the last one shown here, or the only one."""
    if "approval" in draft.chosen:
        return draft.chosen["approval"]
    waiting: list[ApprovalView] = talk.ask(PendingApprovals(limit=10))
    reference = draft.text("ref").upper()
    if reference:
        waiting = [a for a in waiting if reference in (a.ref, a.deal_ref)]
    shown = [a for a in waiting if a.id in (talk.focused("approval"), last_shown(talk))]
    if not waiting:
        _handover_or_none(talk)
        return None
    if len(shown or waiting) > 1 and draft.text("decision") == "approve" and draft.value("money") is None:
        talk.show(waiting_card(talk.voice, waiting))
        return None
    if len(shown or waiting) > 1:
        return Need("approval", card=_choose(talk, draft, waiting))
    draft.chosen["approval"] = (shown or waiting)[0].id
    return draft.chosen["approval"]


def _handover_or_none(talk: Talk) -> None:
    """A hand-over is confirmed by its button; in words its card is shown again."""
    handovers: list[HandoverView] = talk.ask(PendingHandovers()) if talk.is_staff else []
    for view in handovers[:1]:
        talk.show(handover_card(talk.voice, view, talk.actor))
    if not handovers:
        talk.say("approval.none")


def last_shown(talk: Talk) -> str | None:
    """The approval whose live card this person was shown in this chat last, clearly later than any other."""
    recent = talk.core.chats.buttons.recent(talk.actor.id, talk.now, SHOWN)
    cards = [a for a in recent if a.chat == talk.chat]
    if not cards or cards[0].verb not in DECIDING:
        return None
    newest = cards[0]
    found = str(newest.params["approval"])
    rivals = [a for a in cards if a.verb in DECIDING and a.params["approval"] != found]
    return found if all(newest.shown_at - a.shown_at >= CLEARLY for a in rivals) else None


def _choose(talk: Talk, draft: Draft, waiting: list[ApprovalView]) -> Card:
    buttons = tuple(
        Button(f"{a.customer_name} {talk.voice.money(a.requested_fen)} · {a.asker_name}"[:40], "draft.pick",
               {"t": draft.token, "slot": "approval", "id": a.id})
        for a in waiting[:3]
    )  # fmt: skip
    return Card("choose", talk.voice.say("ask.which_approval"), buttons=buttons)


@after(DecideApproval)
def decided(talk: Talk, command: DecideApproval, result: Result, draft: Draft | None) -> None:
    """One line; the card above changes in place."""
    view: ApprovalView = result.view
    talk.memory.focus.pop("approval", None)
    talk.say(f"approval.told_{view.state}", name=view.customer_name, asker=view.asker_name,
             amount=talk.voice.money(view.granted_fen))  # fmt: skip


@verb("approval.approve", "approval.reject")
def press_decision(talk: Talk, params: dict[str, Any]) -> None:
    """Decided with one press; the card held the numbers."""
    decision: Decision = "reject" if params["verb"].endswith("reject") else "approve"
    perform(talk, DecideApproval(approval_id=params["approval"], decision=decision))


@verb("approval.counter")
def press_counter(talk: Talk, params: dict[str, Any]) -> None:
    """Up to how much?"""
    draft = Draft("decide_approval", {"decision": {"value": "counter", "words": ""}},
                  chosen={"approval": params["approval"]})  # fmt: skip
    talk.about("approval", params["approval"])
    pass_through(talk, draft)


@verb("approval.apply")
def press_apply(talk: Talk, params: dict[str, Any]) -> None:
    """The rep uses what he was granted."""
    perform(talk, ApplyDiscount(approval_id=params["approval"]))


@verb("approval.withdraw")
def press_withdraw(talk: Talk, params: dict[str, Any]) -> None:
    """The asker takes his request back."""
    perform(talk, WithdrawApproval(approval_id=params["approval"]))


@after(WithdrawApproval)
def withdrawn(talk: Talk, command: WithdrawApproval, result: Result, draft: Draft | None) -> None:
    talk.say("approval.withdrawn")
