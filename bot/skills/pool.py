"""The public pool, and who has not answered yet."""

from __future__ import annotations

from typing import Any

from bot.cards.pool import pool_card, waiting_card
from bot.conversation.gate import Act, Need, Step, Tier, after, perform, skill
from bot.conversation.pending import Draft
from bot.conversation.people import colleague
from bot.conversation.presses import verb
from bot.conversation.talk import Talk
from crm_core.kernel.registry import Result
from crm_core.leads.messages import LeadPool, LeadView, TakeLead
from crm_core.nudges.messages import Nudge, Waiting, WaitingView

MANY = 200


@skill("ask_pool")
def ask_pool(talk: Talk, draft: Draft) -> Step:
    """What anybody may take."""
    found: list[LeadView] = talk.ask(LeadPool())
    if found:
        talk.show(pool_card(talk.voice, found))
    else:
        talk.say("pool.empty")
    return None


@skill("take_lead", tier=Tier.OWN)
def take_lead(talk: Talk, draft: Draft) -> Step:
    """The one named, else the one that has waited longest; the first to take it gets it."""
    found: list[LeadView] = talk.ask(LeadPool(limit=MANY))
    reference, name = draft.text("ref").upper(), draft.text("person")
    if "-" in reference:
        found = [view for view in found if view.ref == reference or view.ref.startswith(reference)]
    elif reference and (spoken_of := talk.focused("lead")):
        found = [view for view in found if view.id == spoken_of]
    elif name:
        found = [view for view in found if name in view.name]
    if not found:
        talk.say("pool.not_there" if reference or name else "pool.empty", what=draft.words("ref") or name)
        return None
    return Act(TakeLead(lead_id=found[0].id))


@skill("ask_waiting")
def ask_waiting(talk: Talk, draft: Draft) -> Step:
    """Who has not pressed what he must know of, longest first."""
    person_id = None
    if draft.text("person"):
        person = colleague(talk, draft, "person", role="")
        if isinstance(person, Need):
            return person
        person_id = person.id
    found: list[WaitingView] = talk.ask(Waiting(person_id=person_id))
    if found:
        talk.show(waiting_card(talk.voice, found))
    else:
        talk.say("waiting.none")
    return None


@verb("nudge")
def press_nudge(talk: Talk, params: dict[str, Any]) -> None:
    """Bring it up again with whom it waits for."""
    perform(talk, Nudge(subject=str(params["subject"])))


@after(Nudge)
def nudged(talk: Talk, command: Nudge, result: Result, draft: Draft | None) -> None:
    talk.say("waiting.nudged", name=result.view["name"])
