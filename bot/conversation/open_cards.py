"""What else is open in a chat: named again after something came between, and never lost without a word."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.cards.confirm import confirm_buttons
from bot.conversation.gate import Tier, is_slot, skills
from bot.conversation.pending import Draft
from bot.conversation.talk import Talk
from bot.ports import Button

# A card shown this much later than another is the one a bare yes is said to.
CLEARLY_LATER = timedelta(minutes=10)
MOST_CHIPS = 3
MAX_LABEL = 40


def come_back(talk: Talk, since: Draft) -> None:
    """After an interruption by `since`: what was open is named once more; interrupted again, it is let go."""
    waiting = talk.memory.waiting
    if waiting is not None and waiting.waits_for_yes:
        if waiting.token != since.token and waiting.at != talk.now.isoformat() and not waiting.reminded:
            waiting.reminded = True
            _name_card(talk, waiting)
        return
    if waiting is None or (waiting.token == since.token and not is_slot(talk, since.asked)):
        waiting = talk.memory.unanswered()
    if waiting is not None and waiting.token != since.token and is_slot(talk, waiting.asked):
        _name_question(talk, waiting)


def go_on(talk: Talk) -> None:
    """After a card or question was done with: the newest of those that still wait is next."""
    if talk.memory.waiting is not None:
        return
    cards = [draft for draft in talk.memory.drafts if draft.waits_for_yes]
    if cards:
        talk.memory.current = cards[-1].token
        _name_card(talk, cards[-1])
        return
    asked = talk.memory.unanswered()
    if asked is not None and is_slot(talk, asked.asked) and not talk.memory.is_stale(asked, talk.now):
        _name_question(talk, asked)


def which(talk: Talk, draft: Draft) -> bool:
    """A bare yes with several cards open that were shown at about the same time: it is asked which."""
    rivals = [d for d in talk.memory.drafts if d.waits_for_yes and d.token != draft.token and _near(d, draft)]
    if not rivals:
        return False
    chips = [
        Button(d.title[:MAX_LABEL], "draft.confirm", {"t": d.token, "n": d.round})
        for d in [draft, *reversed(rivals)][:MOST_CHIPS]
    ]
    talk.say("ask.which_card", *chips)
    return True


def _near(one: Draft, other: Draft) -> bool:
    return abs(datetime.fromisoformat(one.at) - datetime.fromisoformat(other.at)) < CLEARLY_LATER


def _name_card(talk: Talk, draft: Draft) -> None:
    """So that a bare yes is clear."""
    draft.at = talk.now.isoformat()
    talk.say("ask.still_open", *confirm_buttons(talk.voice, draft.token, draft.round), what=draft.title)


def _name_question(talk: Talk, draft: Draft) -> None:
    known = skills.get(draft.intent)
    what = talk.voice.maybe(f"intent.{draft.intent}") or draft.intent
    if known is None or known.tier is Tier.READ:
        talk.memory.settle(draft.token, talk.voice.say("press.over"))
    elif draft.reminded:
        talk.memory.settle(draft.token, talk.voice.say("press.let_go"))
        talk.say("ask.let_go", what=what)
    else:
        draft.reminded = True
        talk.memory.put(draft, talk.now)
        talk.say("ask.back_to", what=what, slot=talk.voice.label("slot", draft.asked))
