"""Figures for whoever may see them."""

from __future__ import annotations

from bot.cards.deals import funnel_card
from bot.conversation.gate import Need, Step, skill
from bot.conversation.pending import Draft
from bot.conversation.people import colleague
from bot.conversation.slots import read_when
from bot.conversation.talk import Talk
from crm_core.deals.messages import Funnel


@skill("report")
def report(talk: Talk, draft: Draft) -> Step:
    """Deals by stage, of a period and a colleague when named."""
    period = read_when(draft.value("period"), talk.actor.zone)
    owner = None
    if draft.text("person"):
        person = colleague(talk, draft, "person")
        if isinstance(person, Need):
            return person
        owner = person.id
    rows: list[tuple[str, int, int]] = talk.ask(
        Funnel(since=period.start if period else None, until=period.end if period else None, owner_id=owner)
    )
    if not any(count for _, count, _ in rows):
        talk.say("report.none")
        return None
    said = draft.words("period") or talk.voice.say("report.open")
    talk.show(funnel_card(talk.voice, talk.voice.say("card.report", period=said), rows))
    return None
