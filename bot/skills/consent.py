"""A customer wants no more greetings, or wants them again: his own word, or told by whoever follows him."""

from __future__ import annotations

from typing import Any

from bot.cards.base import button
from bot.conversation.gate import Act, Need, Step, Tier, after, perform, skill
from bot.conversation.pending import Draft
from bot.conversation.people import customer
from bot.conversation.presses import verb
from bot.conversation.talk import Talk
from crm_core.customers.messages import SetConsent
from crm_core.kernel.registry import Result


@skill("opt_out", tier=Tier.OWN)
def opt_out(talk: Talk, draft: Draft) -> Step:
    """By a word. Somebody we know nothing of gets nothing from us anyway."""
    if talk.actor.customer_id is None:
        talk.say("consent.unknown")
        return None
    return Act(_set(talk, granted=draft.text("choice") == "on"))


@skill("set_consent", tier=Tier.OWN)
def set_consent(talk: Talk, draft: Draft) -> Step:
    """Told by whoever follows the customer: he agreed, or no longer does."""
    who = customer(talk, draft)
    if isinstance(who, Need) or who is None:
        return who or Need("person")
    return Act(SetConsent(customer_id=who, granted=draft.text("choice") != "no", channel="told"))


def _set(talk: Talk, *, granted: bool) -> SetConsent:
    return SetConsent(
        customer_id=talk.actor.customer_id or "", granted=granted, channel=talk.chat.partition(":")[0][:20]
    )


@verb("consent.stop")
def press_stop(talk: Talk, params: dict[str, Any]) -> None:
    """By the button under a greeting."""
    perform(talk, _set(talk, granted=False))


@verb("consent.start")
def press_start(talk: Talk, params: dict[str, Any]) -> None:
    """He wants them after all."""
    perform(talk, _set(talk, granted=True))


@after(SetConsent)
def consent_set(talk: Talk, command: SetConsent, result: Result, draft: Draft | None) -> None:
    """Confirmed to the customer in his language; to staff with a way back."""
    if talk.is_staff:
        name = talk.memory.focus_name(talk.now) or ""
        key = "consent.staff_on" if command.granted else "consent.staff_off"
        talk.say(key, *talk.take_back(result.undo_id, draft), name=name)
    elif command.granted:
        talk.say("consent.on")
    else:
        talk.say("consent.off", button(talk.voice, "resume_messages", "consent.start"))
