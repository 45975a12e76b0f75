"""Cards of customer contact: codes to add a colleague, and contacts that stay where they were."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bot.cards.base import PRIMARY, Easel, button, lines, out, pushed
from bot.ports import Card, Field, Outbound
from bot.texts import Voice
from crm_core.campaigns.messages import ContactCodeCard, ContactCodeView, TransferCard, TransferView
from crm_core.customers.messages import CustomerCard, CustomerView


@pushed("contact_code", subject="contact_code")
def contact_code(easel: Easel, code_id: str, params: dict[str, Any]) -> Outbound:
    """A code with its picture and its link, or why there is none."""
    view: ContactCodeView = easel.ask(ContactCodeCard(code_id=code_id))
    voice, subject = easel.voice, f"contact_code:{code_id}"
    if view.state == "failed":
        title = voice.say("push.contact_code.failed", campaign=view.campaign)
        note = voice.say("push.contact_code.why", error=view.error)
        return out(Card("contact_code", title, note=note, tone="bad", subject=subject))
    if view.state == "making":
        return out(Card("contact_code", voice.say("contact_code.making", campaign=view.campaign), subject=subject))
    card = Card(
        "contact_code", voice.say("push.contact_code.title", campaign=view.campaign),
        fields=lines(voice, ("link", view.link)),
        note=voice.say("push.contact_code.text", name=view.person_name), subject=subject,
    )  # fmt: skip
    # Made to be shown around: whoever opens the picture comes to the code itself.
    image = {"url": f"/media/{view.image_id}", "alt": view.campaign, "link": view.link} if view.image_id else None
    return Outbound(card=card, image=image)


def codes_card(voice: Voice, codes: Sequence[ContactCodeView]) -> Card:
    """The codes somebody has, and how many came by each."""
    fields = tuple(Field(one.campaign, f"{voice.say('contact_code.came', n=one.customers)} · {one.link}") for one in codes)
    return Card("contact_codes", voice.say("contact_code.codes"), fields=fields)


@pushed("contact_stays", subject="transfer")
def contact_stays(easel: Easel, transfer_id: str, params: dict[str, Any]) -> Outbound:
    """Why a contact did not go along, and the way back for the customer."""
    view: TransferView = easel.ask(TransferCard(transfer_id=transfer_id))
    voice = easel.voice
    back = button(voice, "give_back", "contact.return", PRIMARY, customer=view.customer_id, to=view.from_id,
                  name=view.customer_name, colleague=view.from_name)  # fmt: skip
    return out(Card(
        "contact_stays", voice.say("push.contact_stays.title", name=view.customer_name, to=view.to_name),
        note=voice.maybe(f"push.contact_stays.{view.state}", error=view.error) or None,
        buttons=(back,) if view.may_return else (), subject=f"transfer:{view.id}",
    ))  # fmt: skip


@pushed("contact_left", "contact_removed")
def contact_ended(easel: Easel, customer_id: str, params: dict[str, Any]) -> Outbound:
    """Somebody ended a connection; the customer is still there to be called."""
    view: CustomerView = easel.ask(CustomerCard(customer_id=customer_id))
    voice, kind, subject = easel.voice, str(params["kind"]), f"customer:{customer_id}"
    title = voice.say(f"push.{kind}.title", name=view.name, colleague=params.get("colleague", ""))
    buttons = (button(voice, "open_record", "open", PRIMARY, subject=subject),)
    return out(Card(kind, title, note=voice.say(f"push.{kind}.text"), buttons=buttons, subject=subject))
