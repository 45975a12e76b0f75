"""Everything of one colleague to another: asked by one person, confirmed by a second with a press."""

from __future__ import annotations

import re
from typing import Any

from bot.cards.handovers import handover_card
from bot.conversation.gate import Act, Need, Step, Tier, after, perform, skill
from bot.conversation.pending import Draft
from bot.conversation.people import colleague
from bot.conversation.presses import verb
from bot.conversation.talk import Talk
from crm_core.handovers.messages import (
    DecideHandOver,
    Decision,
    HandOver,
    HandoverView,
    ReturnHandOver,
    WithdrawHandOver,
)
from crm_core.kernel.registry import Result

_LEAVING = re.compile(r"离职|辞职|要走|走了|不干了|离开|\b(?:left|leav\w+|resign\w*|quit\w*|no longer works)\b", re.I)
_STAYS = re.compile(r"在职|\bon leave\b", re.I)


@skill("hand_over", tier=Tier.CONFIRM)
def hand_over(talk: Talk, draft: Draft) -> Step:
    """From whom, to whom, and whether he leaves for good; nothing moves before a second person confirms."""
    leaver = colleague(talk, draft, "person_from")
    if isinstance(leaver, Need):
        return leaver
    heir = colleague(talk, draft, "person_to")
    if isinstance(heir, Need):
        return heir
    draft.slots.setdefault("said", {"value": talk.text, "words": talk.text})
    said = draft.text("said")
    leaving = bool(_LEAVING.search(said)) and not _STAYS.search(said)
    account = talk.voice.say("handover.leaves" if leaving else "handover.stays")
    return Act(HandOver(from_id=leaver.id, to_id=heir.id, reason=draft.text("reason"), leaving=leaving),
               talk.voice.say("handover.confirm", leaver=leaver.name, heir=heir.name),
               words={"owner": draft.words("person_to")},
               slots=[(talk.voice.label("field", "account"), account, "")])  # fmt: skip


@after(HandOver)
def asked(talk: Talk, command: HandOver, result: Result, draft: Draft | None) -> None:
    """Who was asked to confirm; the card changes when he has."""
    talk.show(handover_card(talk.voice, result.view, talk.actor))


@verb("handover.approve", "handover.reject")
def press_decision(talk: Talk, params: dict[str, Any]) -> None:
    """The second person's word."""
    decision: Decision = "reject" if params["verb"].endswith("reject") else "approve"
    perform(talk, DecideHandOver(handover_id=str(params["handover"]), decision=decision))


@after(DecideHandOver)
def decided(talk: Talk, command: DecideHandOver, result: Result, draft: Draft | None) -> None:
    """One line; the card above changes in place."""
    view: HandoverView = result.view
    talk.say(f"handover.told_{view.state}", *talk.take_back(result.undo_id), leaver=view.from_name,
             heir=view.to_name, n=view.counts.get("customers", 0))  # fmt: skip


@verb("handover.withdraw")
def press_withdraw(talk: Talk, params: dict[str, Any]) -> None:
    """Not needed after all."""
    perform(talk, WithdrawHandOver(handover_id=str(params["handover"])))


@verb("handover.return")
def press_return(talk: Talk, params: dict[str, Any]) -> None:
    """Back to how it was, as far as nobody has worked on it."""
    perform(talk, ReturnHandOver(handover_id=str(params["handover"])))


@after(WithdrawHandOver)
@after(ReturnHandOver)
def taken_back(talk: Talk, command: object, result: Result, draft: Draft | None) -> None:
    """What it is now."""
    view: HandoverView = result.view
    talk.say(f"handover.told_{view.state}", leaver=view.from_name, heir=view.to_name, n=view.back)
