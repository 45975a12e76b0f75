"""The buttons a channel had no room for: shown on a card of their own when somebody asks for the rest."""

from __future__ import annotations

from typing import Any

from bot.conversation.presses import may_press
from bot.conversation.talk import Talk
from bot.ports import Button, Card, Style
from crm_core.chat.service import LiveAction


def show_rest(talk: Talk, first_id: str) -> None:
    """The buttons of a message from this one on, as far as they are live."""
    first = talk.core.chats.buttons.find(first_id)
    card = _card_of(talk, first) if first is not None and may_press(talk.actor, first) else None
    shown = card["buttons"] if card else []
    place = next((n for n, button in enumerate(shown) if button["id"] == first_id), len(shown))
    rest = tuple(filter(None, (_button(talk, button) for button in shown[place:])))
    if card is None or not rest:
        talk.say("press.over")
        return
    talk.show(Card("more", card["title"], buttons=rest))


def _card_of(talk: Talk, action: LiveAction) -> dict[str, Any] | None:
    body = talk.core.chats.body_of(action.chat, action.message_key)
    return body.get("card") if body else None


def _button(talk: Talk, shown: dict[str, str]) -> Button | None:
    action = talk.core.chats.buttons.find(shown["id"])
    if action is None or action.expires_at <= talk.now:
        return None
    return Button(action.label, action.verb, action.params, Style(shown["style"]))
