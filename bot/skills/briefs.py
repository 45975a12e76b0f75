"""Before a visit: 见张伟之前给我说说, brief me before I see Tom; the button of the appointment's card."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from bot.cards.briefs import brief_card
from bot.conversation.presses import verb
from bot.conversation.talk import Talk
from bot.ports import Card
from crm_core.histories.messages import BriefView, CustomerBrief

_MEETING = re.compile(
    r"(?:见|见面|接待|拜访|会面|来店|到店|进店|试驾|来)[\u4e00-\u9fffA-Za-z .]{0,12}?(?:之前|以前|前)"
    r"|(?:要|准备|马上|一会儿?|等下|等会儿?|待会儿?|今天|明天)(?:去)?(?:见|接待|拜访)|概况|简报"
    r"|\bbrief(?:ing)?\b|\bbefore (?:i|we) (?:see|meet|visit)\b"
    r"|\bbefore (?:he|she|they|\w+(?: \w+)?) (?:comes?|arrives?|visits?)\b"
    r"|\b(?:about to|going to|i'?m) (?:see|meet|seeing|meeting)\b",
    re.I,
)


def is_before_visit(said: str) -> bool:
    """Whether a question about a customer is asked because one is about to meet him."""
    return _MEETING.search(said) is not None


def show_brief(talk: Talk, customer_id: str) -> None:
    """The card; a visit that lies further ahead brings it once more."""
    view: BriefView = talk.ask(CustomerBrief(customer_id=customer_id))
    talk.about("customer", view.customer.id, view.customer.name)
    talk.show(_with_again(talk, brief_card(talk.voice, view), view))


def _with_again(talk: Talk, card: Card, view: BriefView) -> Card:
    if view.again_at is None:
        return card
    again = talk.voice.say("brief.again", when=talk.voice.when(view.again_at))
    return replace(card, note="\n".join(filter(None, (card.note, again))))


@verb("customer.brief")
def press_brief(talk: Talk, params: dict[str, Any]) -> None:
    """From the card of an appointment."""
    show_brief(talk, str(params["customer"]))
