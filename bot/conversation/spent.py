"""Cards whose buttons have done their work: they change in place, so that nobody presses them again."""

from __future__ import annotations

from bot.conversation.talk import Talk
from crm_core.chat.service import LiveAction

Spent = tuple[tuple[str, str], ...]
_BY_VERB = {"draft.confirm": "confirmed", "draft.cancel": "cancelled", "undo": "undone"}
_CHIPS = ("draft.pick", "draft.create", "reading")


def spent_cards(talk: Talk, action: LiveAction | None, open_before: set[str], settled_before: set[str]) -> Spent:
    """(message key, status to show) of the cards this turn has used up; `action` is the button, if it was one.

    A card about a record is drawn anew by the record's own change and needs nothing here.
    """
    settled = set(talk.memory.settled) - settled_before
    if action is not None:
        return _by_press(talk, action, open_before, settled)
    if not settled:
        return ()
    recent = talk.core.chats.buttons.recent(talk.actor.id, talk.now)
    keys = {a.message_key for a in recent if a.verb == "draft.confirm" and a.params.get("t") in settled}
    status = talk.voice.say("status.confirmed" if talk.commands else "status.cancelled")
    return tuple((key, status) for key in sorted(keys))


def _by_press(talk: Talk, action: LiveAction, open_before: set[str], settled: set[str]) -> Spent:
    token = action.params.get("t")
    if action.verb in _CHIPS and (token is None or token in open_before):
        return ((action.message_key, action.label),)
    done = bool(talk.commands) if action.verb == "undo" else token in settled
    if action.verb in _BY_VERB and done:
        return ((action.message_key, talk.voice.say(f"status.{_BY_VERB[action.verb]}")),)
    return ()
