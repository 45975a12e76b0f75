"""Two customers who are one person: shown with all that moves, merged on a yes, parted again for a day."""

from __future__ import annotations

from typing import Any

from bot.cards.base import button
from bot.cards.customers import candidate, choose_customer
from bot.conversation.gate import Act, Need, Step, Tier, after, pass_through, skill
from bot.conversation.pending import Draft
from bot.conversation.people import PRONOUNS
from bot.conversation.presses import verb
from bot.conversation.talk import Talk
from bot.skills.drafts import draft_of
from crm_core.customers.messages import CustomerLine, FindCustomers, MergeCustomers
from crm_core.kernel.registry import Result

KEPT, GONE = "person", "other"


@skill("merge_customers", tier=Tier.CONFIRM)
def merge_customers(talk: Talk, draft: Draft) -> Step:
    """`person` is kept, `other` goes into him; which way round is a press away."""
    if not draft.text(GONE) and draft.text(KEPT) and GONE not in draft.chosen:
        draft.slots[GONE] = dict(draft.slots[KEPT])
    kept = _one(talk, draft, KEPT, GONE)
    if isinstance(kept, Need):
        return kept
    gone = _one(talk, draft, GONE, KEPT)
    if isinstance(gone, Need):
        return gone
    swap = button(talk.voice, "swap", "merge.swap", t=draft.token, n=draft.round + 1)
    slots = [(talk.voice.label("field", "kept"), candidate(talk.voice, kept), draft.words(KEPT)),
             (talk.voice.label("field", "gone"), candidate(talk.voice, gone), draft.words(GONE))]  # fmt: skip
    return Act(MergeCustomers(keep_id=kept.id, gone_id=gone.id),
               talk.voice.say("merge.confirm", kept=kept.name, gone=gone.name), slots=slots,
               told=frozenset({"merged"}), buttons=(swap,))  # fmt: skip


def _one(talk: Talk, draft: Draft, slot: str, other: str) -> CustomerLine | Need:
    """The customer meant by a slot, never the one chosen for the other; several are asked about."""
    words = draft.text(slot).strip()
    if not words:
        return Need(slot, "merge_who")
    focus = talk.focused("customer")
    said = talk.memory.focus_name(talk.now) if words.lower() in PRONOUNS else words
    found: list[CustomerLine] = talk.ask(FindCustomers(words=said or words, focus_id=focus, limit=6))
    if slot in draft.chosen:
        chosen = [line for line in found if line.id == draft.chosen[slot]]
        if chosen:
            return chosen[0]
    found = [line for line in found if line.id != draft.chosen.get(other)]
    fitting = [line for line in found if line.name == said] or found
    if not fitting:
        return Need(slot, "no_such_person", {"words": words})
    same = draft.text(other).strip() == words
    if fitting[0].guessed or len(fitting) > (2 if same and other not in draft.chosen else 1):
        return Need(slot, card=choose_customer(talk.voice, words, fitting, draft.token, slot))
    draft.chosen[slot] = fitting[0].id
    return fitting[0]


@verb("merge.swap")
def press_swap(talk: Talk, params: dict[str, Any]) -> None:
    """The other way round: who was to go is kept."""
    draft = draft_of(talk, params)
    if draft is None:
        return
    draft.slots[KEPT], draft.slots[GONE] = draft.slots[GONE], draft.slots[KEPT]
    draft.chosen[KEPT], draft.chosen[GONE] = draft.chosen[GONE], draft.chosen[KEPT]
    pass_through(talk, draft)


@after(MergeCustomers)
def merged(talk: Talk, command: MergeCustomers, result: Result, draft: Draft | None) -> None:
    """One person now, and the way back."""
    talk.about("customer", result.id, str(result.view["name"]))
    talk.say("merge.done", *talk.take_back(result.undo_id), name=str(result.view["name"]))
