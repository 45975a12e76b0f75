"""Cards whose buttons have done their work: they change in place, so that nobody presses them again."""

from __future__ import annotations

from bot.conversation.pending import Draft
from bot.conversation.talk import Talk
from crm_core.chat.service import LiveAction

SHOWN = 24
Spent = tuple[tuple[str, str], ...]
# What a pressed card shows; the others show the label that was pressed.
_STATUS = {"draft.confirm": "confirmed", "draft.cancel": "cancelled", "undo": "undone"}
_ANSWERS = ("draft.pick", "draft.create", "draft.again", "reading", "question.pass_on", "lead.outcome")


class Watch:
    """What was open before a turn, to tell afterwards which cards it has used up."""

    def __init__(self, talk: Talk) -> None:
        self._talk = talk
        self._settled = set(talk.memory.settled)
        self._rounds = {d.token: (d.round, d.asked) for d in talk.memory.drafts}

    def spent(self, action: LiveAction | None) -> Spent:
        """(message key, status to show) of cards used up; `action` is the button, if it was one.

        A card about a record is drawn anew by the record's own change and needs nothing here.
        """
        found = self._by_draft()
        if action is not None and not action.subject and self._used(action):
            found[action.message_key] = self._pressed(action)
        return tuple(sorted(found.items()))

    def _by_draft(self) -> dict[str, str]:
        """Cards of drafts that are settled now, or that a newer card has replaced."""
        memory, say = self._talk.memory, self._talk.voice.say
        settled = set(memory.settled) - self._settled
        moved = {d.token for d in memory.drafts if d.token in self._rounds and self._went_on(d)}
        if not settled and not moved:
            return {}
        talk = self._talk
        cards = talk.core.chats.buttons.loose(talk.actor.id, talk.chat, talk.now, SHOWN)
        ended = say("status.answered" if self._talk.commands else "status.cancelled")
        found = {a.message_key: say("status.replaced") for a in cards if a.params.get("t") in moved}
        found |= {a.message_key: ended for a in cards if a.params.get("t") in settled}
        if self._talk.commands:
            yes = (a for a in cards if a.params.get("t") in settled and a.verb == "draft.confirm")
            found |= {a.message_key: say("status.confirmed") for a in yes}
        return found

    def _went_on(self, draft: Draft) -> bool:
        """A newer card shows it, or what was asked has been answered."""
        before, asked = self._rounds[draft.token]
        return draft.round != before or bool(asked and asked != draft.asked)

    def _used(self, action: LiveAction) -> bool:
        token = action.params.get("t")
        if action.verb == "undo":
            return bool(self._talk.commands)
        if action.verb in _ANSWERS:
            return token is None or token in self._rounds
        return action.verb in _STATUS and token in set(self._talk.memory.settled) - self._settled

    def _pressed(self, action: LiveAction) -> str:
        key = _STATUS.get(action.verb)
        return self._talk.voice.say(f"status.{key}") if key else action.label
