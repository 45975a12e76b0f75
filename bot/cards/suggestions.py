"""Cards of what a colleague may write to a customer, and the message as the customer gets it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bot.cards.base import PRIMARY, Easel, button, lines, pushed
from bot.cards.delivery import reason
from bot.ports import Button, Card, Field, Outbound, Source
from bot.texts import Voice
from crm_core.org.messages import MyDealer, UnitView

SAID = 120


@dataclass(frozen=True)
class Suggestion:
    """A text a customer may be sent, and what it was made of."""

    text: str
    sources: tuple[Source, ...] = ()


@dataclass(frozen=True)
class Offer:
    """Suggestions for a customer ("" for nobody in particular): what about, and what goes on from here.

    `sendable`: he can be written to; `note` says why not, or what else to know. `again` are the parameters of the
    button for others, None when there are none. `task` is the question they answer.
    """

    found: Sequence[Suggestion]
    topic: str
    customer_id: str = ""
    name: str = ""
    said: str = ""
    task: str = ""
    sendable: bool = False
    note: str = ""
    again: dict[str, Any] | None = None


def suggestions_card(voice: Voice, offer: Offer) -> Card:
    """Each text on a line of its own, the sources below; one press takes a text on."""
    lines = tuple(Field(str(place), one.text) for place, one in enumerate(offer.found, 1))
    said = (Field(voice.label("field", "said"), offer.said[:SAID]),) if offer.said else ()
    sources = dict.fromkeys(source for one in offer.found for source in one.sources)
    key = "suggest_reply.title" if offer.name else "suggest_reply.title_any"
    return Card(
        kind="suggestions", title=voice.say(key, name=offer.name, topic=offer.topic), fields=(*said, *lines),
        buttons=_buttons(voice, offer), note=offer.note or None, sources=tuple(sources),
    )  # fmt: skip


def _buttons(voice: Voice, offer: Offer) -> tuple[Button, ...]:
    about = {"customer": offer.customer_id, "task": offer.task}
    key, verb = ("send_nth", "suggest.send") if offer.sendable else ("copy_nth", "suggest.copy")
    found = [Button(voice.say(f"button.{key}", n=place), verb, {**about, "text": one.text})
             for place, one in enumerate(offer.found, 1)]  # fmt: skip
    if offer.again is not None:
        found.append(button(voice, "others", "suggest.show", **about, **offer.again))
    if offer.sendable:
        found.append(button(voice, "write_own", "suggest.own", **about))
    return tuple(found)


def signed(voice: Voice, text: str, by: str, dealer: UnitView) -> str:
    """A colleague's words as a customer reads them: whose they are stands below."""
    home = dealer.name_en or dealer.name if voice.lang == "en" else dealer.name
    return f"{text}\n{voice.say('outreach.signed', by=by, dealer=home)}"


@pushed("not_reached")
def not_reached(easel: Easel, customer_id: str, params: dict[str, Any]) -> Outbound:
    """For who wrote to a customer: his words did not arrive, or nobody knows whether they did."""
    voice, key = easel.voice, "push.not_reached" if params.get("dead") else "push.not_reached_maybe"
    card = Card(
        "not_reached", voice.say(f"{key}.title", name=str(params.get("name", ""))),
        lines(voice, ("text", f"“{params.get('text', '')}”"), ("why", reason(voice, str(params.get("why", ""))))),
        (button(voice, "open_record", "open", PRIMARY, subject=f"customer:{customer_id}"),), tone="bad",
        note=voice.say(f"{key}.text"),
    )  # fmt: skip
    return Outbound(card=card)


@pushed("adviser_message")
def adviser_message(easel: Easel, record_id: str, params: dict[str, Any]) -> Outbound:
    """In the customer's chat: what his adviser wrote, with the picture he sent along."""
    voice = easel.voice
    text = signed(voice, str(params.get("text", "")), str(params.get("by", "")), easel.ask(MyDealer()))
    image_id = str(params.get("image") or "")
    image = {"url": f"/media/{image_id}", "alt": voice.say("quote.picture_title")} if image_id else None
    return Outbound(text=text, image=image)
