"""Whom 他 or "her" means: who was spoken of last in this chat, unless a card about somebody else came in between."""

from __future__ import annotations

from datetime import UTC, datetime

from bot.conversation.pending import FOCUS_LIFE
from bot.conversation.talk import Talk
from bot.ports import Button
from crm_core.appointments.messages import AppointmentCard
from crm_core.chat.service import LiveAction
from crm_core.customers.messages import CustomerCard
from crm_core.kernel.errors import NotFound
from crm_core.leads.messages import LeadCard

LOOKED_AT = 20
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


def take_up(talk: Talk) -> None:
    """With nobody spoken of yet, the customer on the card that came last is meant."""
    if talk.is_staff and not talk.focused("customer") and (came := came_between(talk)):
        talk.about("customer", *came)


def came_between(talk: Talk) -> tuple[str, str] | None:
    """The customer (id, name) of the card pushed to this chat since somebody was spoken of, when it is another."""
    since = _spoken_at(talk)
    for action in talk.core.chats.buttons.recent(talk.actor.id, talk.now, LOOKED_AT):
        pushed = action.chat == talk.chat and not action.message_key.startswith("re:")
        if pushed and since < action.shown_at > talk.now - FOCUS_LIFE and (found := _customer(talk, action)):
            return found if found[0] != talk.focused("customer") else None
    return None


def either(talk: Talk, token: str, slot: str, other: tuple[str, str]) -> tuple[Button, ...]:
    """A chip for whom was spoken of, and one for whom the card is about."""
    spoken = (talk.focused("customer") or "", talk.memory.focus_name(talk.now) or "")
    return tuple(
        Button(name, "draft.pick", {"t": token, "slot": slot, "id": one, "name": name}) for one, name in (spoken, other)
    )


def _spoken_at(talk: Talk) -> datetime:
    seen = talk.memory.focus.get("customer")
    return datetime.fromisoformat(seen["at"]) if seen else LONG_AGO


def _customer(talk: Talk, action: LiveAction) -> tuple[str, str] | None:
    """Whom a card is about, as far as this person may see him."""
    params = action.params
    try:
        if "lead" in params:
            lead = talk.ask(LeadCard(lead_id=str(params["lead"])))
            return (lead.customer_id, lead.name) if lead.customer_id else None
        if "appointment" in params:
            visit = talk.ask(AppointmentCard(appointment_id=str(params["appointment"])))
            return visit.customer_id, visit.customer_name
        if "customer" in params:
            customer = talk.ask(CustomerCard(customer_id=str(params["customer"])))
            return customer.id, customer.name
    except NotFound:
        return None
    return None
