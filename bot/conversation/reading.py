"""What a typed message is read as, by whom: a button's label, the sentences, a model."""

from __future__ import annotations

from bot.conversation.many import read_long
from bot.conversation.presses import presses
from bot.conversation.talk import Talk
from crm_core.chat.service import LiveAction
from intents.types import Context, Understanding

MAX_LABEL = 12


def understood_of(talk: Talk, said: str, context: Context, *, free: bool) -> Understanding:
    """By the sentences; by a model, where there is one, what they do not cover and nothing shorter answers.

    `free`: any words answer what was asked.
    """
    understood = read_long(talk, said, context, talk.brain.understand(said, talk.actor, talk.now, context))
    if talk.thinking is None or free or understood.outcome == "recognised" or labelled(talk, said) is not None:
        return understood
    return talk.thinking.read(talk, said, context) or understood


def labelled(talk: Talk, said: str) -> LiveAction | None:
    """The newest live button shown in this chat that has this label."""
    if len(said) > MAX_LABEL:
        return None
    recent = talk.core.chats.buttons.recent(talk.actor.id, talk.now)
    return next((a for a in recent if a.label == said and a.chat == talk.chat and a.verb in presses), None)
