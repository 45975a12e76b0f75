"""Buttons of drafts: confirm, change, cancel, choose among candidates, choose a reading."""

from __future__ import annotations

from typing import Any

from bot.conversation import gate, open_cards
from bot.conversation.pending import Draft
from bot.conversation.presses import verb
from bot.conversation.talk import Talk


def draft_of(talk: Talk, params: dict[str, Any]) -> Draft | None:
    """The draft a button belongs to; when it is done with, say again what became of it."""
    token = str(params["t"])
    draft = talk.memory.draft(token)
    if draft is None:
        over(talk, params)
    elif params.get("n", draft.round) != draft.round:
        talk.say("press.changed")
        return None
    return draft


def over(talk: Talk, params: dict[str, Any]) -> None:
    """A button that was used, or whose card a newer one has replaced: what became of it."""
    token = params.get("t")
    said = talk.memory.settled.get(str(token)) if token else None
    if said:
        talk.tell(said)
    elif not token or talk.memory.draft(str(token)) is None:
        talk.say("press.expired")
    else:
        talk.say("press.over")


@verb("draft.confirm")
def confirm(talk: Talk, params: dict[str, Any]) -> None:
    """The actor agrees with the card."""
    draft = draft_of(talk, params)
    if draft is not None:
        gate.confirm(talk, draft)
        open_cards.go_on(talk)


@verb("draft.go")
def go(talk: Talk, params: dict[str, Any]) -> None:
    """The rest of a message whose first part was not wanted after all."""
    draft = draft_of(talk, params)
    if draft is not None:
        draft.asked = ""
        gate.attempt(talk, draft)


@verb("draft.cancel")
def cancel(talk: Talk, params: dict[str, Any]) -> None:
    """Not after all."""
    draft = draft_of(talk, params)
    if draft is not None:
        gate.cancel(talk, draft)
        open_cards.go_on(talk)


@verb("draft.edit")
def edit(talk: Talk, params: dict[str, Any]) -> None:
    """Something in it is wrong."""
    draft = draft_of(talk, params)
    if draft is not None:
        gate.edit(talk, draft)


@verb("draft.pick")
def pick(talk: Talk, params: dict[str, Any]) -> None:
    """One of the candidates: a record, or a plain value."""
    draft = draft_of(talk, params)
    if draft is not None:
        take(talk, draft, params)


def take(talk: Talk, draft: Draft, params: dict[str, Any]) -> None:
    """Put a chosen chip into its draft and go on."""
    slot = str(params["slot"])
    if "id" in params:
        draft.chosen[slot] = str(params["id"])
        if slot == "person":
            talk.about("customer", draft.chosen[slot], str(params.get("name") or draft.text(slot)))
    else:
        draft.fill({slot: {"value": params["value"], "words": str(params.get("words", params["value"]))}})
    draft.asked = ""
    gate.pass_through(talk, draft)


@verb("draft.create")
def create(talk: Talk, params: dict[str, Any]) -> None:
    """Nobody has this name yet: write him down, then go on with what was wanted."""
    draft = draft_of(talk, params)
    if draft is None:
        return
    later = {"intent": draft.intent, "slots": {k: v for k, v in draft.slots.items() if k != "person"}}
    talk.memory.settle(draft.token, talk.voice.say("press.over"))
    new = Draft("create_lead", {"person": draft.slots["person"]}, layer=draft.layer, rest=[later, *draft.rest])
    if draft.intent == "create_lead" or not talk.is_staff:
        new.rest = draft.rest
    gate.pass_through(talk, new)


@verb("reading")
def reading(talk: Talk, params: dict[str, Any]) -> None:
    """One of several readings of an unclear message."""
    chosen = talk.memory.reading(params)
    if chosen is None:
        talk.say("press.over")
        return
    gate.pass_through(talk, Draft(chosen["intent"], chosen["slots"], layer="chosen" if params.get("yes") else "ranker"))


@verb("draft.again")
def start_over(talk: Talk, params: dict[str, Any]) -> None:
    """The same wish from its first question."""
    draft = draft_of(talk, params)
    if draft is not None:
        draft.slots.pop(draft.asked, None)
        gate.pass_through(talk, draft)
