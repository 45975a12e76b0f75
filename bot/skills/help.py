"""What this person can do here, with examples; and a greeting."""

from __future__ import annotations

from typing import Any

from bot.conversation.brain import role_of
from bot.conversation.gate import Step, skill
from bot.conversation.pending import Draft
from bot.conversation.presses import verb
from bot.conversation.talk import Talk
from bot.ports import Card, Field

ROLES = ("tech", "service", "warehouse", "finance", "visitor")


@skill("help")
def help_(talk: Talk, draft: Draft) -> Step:
    """Examples this role can say."""
    show_help(talk)
    return None


@verb("help.show")
def press_help(talk: Talk, params: dict[str, Any]) -> None:
    """The examples."""
    show_help(talk)


def show_help(talk: Talk) -> None:
    """A card of example sentences."""
    voice = talk.voice
    role = _role(talk)
    fields = []
    for line in voice.texts.under(f"help.{role}", voice.lang):
        what, _, example = line.partition(" | ")
        fields.append(Field(what, example))
    talk.show(Card("help", voice.say("card.help"), tuple(fields), note=voice.say("help_note")))


def _role(talk: Talk) -> str:
    if not talk.is_staff:
        return "customer"
    if talk.actor.role in ROLES:
        return "tech"
    return role_of(talk.actor)


@skill("greet")
def greet(talk: Talk, draft: Draft) -> Step:
    """Hello."""
    hour = talk.voice.here.hour
    part = "morning" if hour < 12 else "afternoon" if hour < 18 else "evening"
    desk = "greet.desk" if talk.actor.role in ROLES else "greet.staff"
    key = desk if talk.is_staff else "greet.customer"
    talk.say(key, name=talk.actor.name, hello=talk.voice.say(f"greet.{part}"))
    return None
