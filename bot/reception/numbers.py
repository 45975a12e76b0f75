"""A number typed instead of a press, where buttons are shown as numbered lines."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from bot.delivery.prepare import shown
from bot.ports import Capabilities
from bot.reception.degrade import fit

if TYPE_CHECKING:
    from crm_core.api import Core

_NUMBER = re.compile(r"(?:回复|选|reply )?\s*([1-9]|1\d)[.、。）)]?", re.I)


def typed_press(core: Core, chat: str, can: Capabilities, said: str) -> str:
    """The id of the button a typed number means: of the newest message of the chat, while it can be pressed.

    Empty where the words are no number, or that message has no such line.
    """
    number = _NUMBER.fullmatch(unicodedata.normalize("NFKC", said).strip())
    if number is None or not can.numbered:
        return ""
    newest = core.chats.messages(chat, limit=1)
    if not newest or newest[0].direction != "out":
        return ""
    card = fit(shown(newest[0].body), can)[-1].card
    buttons = card.buttons if card is not None else ()
    place = int(number[1]) - 1
    if place >= len(buttons):
        return ""
    action = core.chats.buttons.find(buttons[place].id.rpartition(":")[2])
    return buttons[place].id if action is not None and action.expires_at > core.now() else ""
