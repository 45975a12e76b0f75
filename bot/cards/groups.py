"""Cards for teams' groups, where others read along: nothing personal, and buttons for whoever may."""

from __future__ import annotations

from typing import Any

from bot.cards.base import PRIMARY, Easel, button, joined, lines, out, pushed
from bot.ports import Card, Outbound
from crm_core.kernel.pii import mask_name
from crm_core.leads.messages import LeadCard, LeadView

# All that may be said to a group; it is drawn with what the deployment itself may read.
GROUP_KINDS = ("group_lead",)
CLOSED = ("lost", "dropped", "won")


@pushed("group_lead")
def group_lead(easel: Easel, lead_id: str, params: dict[str, Any]) -> Outbound:
    """A lead without name and number. Only the first to press gets it, and reads the rest in his own chat."""
    view: LeadView = easel.ask(LeadCard(lead_id=lead_id))
    voice = easel.voice
    fields = lines(
        voice, ("customer", joined(mask_name(view.name), view.ref)), ("interest", view.vehicle),
        ("source", joined(voice.label("source", view.source), view.city)),
    )  # fmt: skip
    free = view.state not in CLOSED and (view.offered or view.owner_id is None)
    buttons = (button(voice, "take_lead", "lead.take", PRIMARY, lead=view.id),) if free else ()
    status = voice.label("state", view.state) if view.state in CLOSED else None
    if not free and status is None and view.owner_name:
        status = voice.say("status.owner", owner=view.owner_name)
    return out(Card("group_lead", voice.say("card.group_lead"), fields, buttons, status,
                    tone="done" if view.state in CLOSED else None, subject=f"lead:{view.id}"))  # fmt: skip
