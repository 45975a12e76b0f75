"""Cards about the public pool, and about what waits for somebody's press."""

from __future__ import annotations

from collections.abc import Sequence

from bot.cards.base import joined
from bot.ports import Button, Card, Field
from bot.texts import Voice
from crm_core.leads.messages import LeadView
from crm_core.nudges.messages import WaitingView

BUTTONS, NUDGES = 6, 4


def pool_card(voice: Voice, views: Sequence[LeadView]) -> Card:
    """What anybody may take, oldest first; each line takes its lead."""
    fields = tuple(
        Field(view.name or view.ref, joined(view.vehicle, voice.label("source", view.source), _waits(voice, view), view.ref))
        for view in views
    )  # fmt: skip
    buttons = tuple(
        Button(voice.say("button.take_one", name=view.name or view.ref), "lead.take", {"lead": view.id}, line=place)
        for place, view in enumerate(views[:BUTTONS])
    )
    return Card("pool", voice.say("card.pool", n=len(views)), fields, buttons, note=voice.say("pool.hint"))


def _waits(voice: Voice, view: LeadView) -> str:
    return voice.say("waiting.since", time=voice.duration(voice.now - view.created_at))


def waiting_card(voice: Voice, views: Sequence[WaitingView]) -> Card:
    """Whom it waits for, what, and how long; a line opens it, a button nudges him."""
    fields = tuple(
        Field(view.person_name or voice.say("waiting.nobody"),
              joined(voice.say(f"waiting.{view.what}"), view.customer_name, view.about,
                     voice.say("waiting.since", time=voice.duration(voice.now - view.since))))
        for view in views
    )  # fmt: skip
    opens = tuple(
        Button(voice.say("button.open", name=view.customer_name or view.about)[:40], "open", {"subject": view.subject},
               line=place)
        for place, view in enumerate(views)
    )  # fmt: skip
    nudges = tuple(
        Button(voice.say("button.nudge", name=joined(view.person_name, view.customer_name)), "nudge",
               {"subject": view.subject})
        for view in views if view.person_id is not None
    )[:NUDGES]  # fmt: skip
    return Card("waiting", voice.say("card.waiting", n=len(views)), fields, opens + nudges)
