"""Codes by which customers add a colleague on WeChat, and customers who do not go over to another one there."""

from __future__ import annotations

import re
from typing import Any

from bot.cards.contacts import codes_card
from bot.conversation.gate import Act, Need, Step, Tier, after, perform, skill
from bot.conversation.pending import Draft
from bot.conversation.people import colleague
from bot.conversation.presses import verb
from bot.conversation.talk import Talk
from crm_core.campaigns.messages import ContactCodes, ContactCodeView, MakeContactCode
from crm_core.deals.messages import TransferDeals
from crm_core.kernel.registry import Result

# 做一个车展活码: the count is no part of the name.
_COUNT = re.compile(r"^(?:一个|个|一下)")


@skill("make_contact_code", tier=Tier.OWN)
def make_code(talk: Talk, draft: Draft) -> Step:
    """For the actor himself, or for a colleague he names."""
    if not talk.is_staff:
        talk.say("sorry.not_yet")
        return None
    campaign = _COUNT.sub("", draft.text("text")).strip(" \u201c\u201d\u2018\u2019\"'「」")
    if not campaign:
        return Need("text", "campaign")
    person_id = ""
    if draft.text("person_to"):
        found = colleague(talk, draft, role="")
        if isinstance(found, Need):
            return found
        person_id = found.id
    return Act(MakeContactCode(campaign=campaign[:60], person_id=person_id))


@after(MakeContactCode)
def making(talk: Talk, command: MakeContactCode, result: Result, draft: Draft | None) -> None:
    """It comes as a card of its own, in a moment."""
    view: ContactCodeView = result.view
    talk.say("contact_code.making", campaign=view.campaign)


@skill("my_contact_codes")
def my_codes(talk: Talk, draft: Draft) -> Step:
    """The codes there are."""
    found: list[ContactCodeView] = talk.ask(ContactCodes())
    if found:
        talk.show(codes_card(talk.voice, found))
    else:
        talk.say("contact_code.no_codes")
    return None


@verb("contact.return")
def press_return(talk: Talk, params: dict[str, Any]) -> None:
    """The customer goes back to whom he stays connected with."""
    perform(talk, TransferDeals(customer_id=str(params["customer"]), to_id=str(params["to"])))
