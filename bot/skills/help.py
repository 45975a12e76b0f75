"""What this person can do here, with examples; and a greeting."""

from __future__ import annotations

from typing import Any

from bot.conversation.brain import role_of
from bot.conversation.gate import Step, skill
from bot.conversation.pending import Draft
from bot.conversation.presses import verb
from bot.conversation.talk import Talk
from bot.ports import Card, Field
from crm_core.customers.rules import pinyin_of, surname_of
from crm_core.leads.messages import LeadView, MyLeads
from crm_core.org.messages import FindColleagues, PersonView

MANY, SOME = 40, 4
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
    lines = (line.partition(" | ") for line in examples(talk))
    fields = [Field(what, example) for what, _, example in lines]
    talk.show(Card("help", voice.say("card.help"), tuple(fields), note=voice.say("help_note")))


def examples(talk: Talk) -> list[str]:
    """`what | sentence`, with this person's own customers and colleagues in it, so that it works when typed."""
    voice = talk.voice
    lines = voice.texts.under(f"help.{_role(talk)}", voice.lang)
    if not talk.is_staff:
        return lines
    names = _customers(talk) or [voice.say("help_names.name")]
    colleague = next(iter(_colleagues(talk)), voice.say("help_names.colleague"))
    return [line.format(name=names[n % len(names)], colleague=colleague) for n, line in enumerate(lines)]


def _customers(talk: Talk) -> list[str]:
    """Some of his own customers, by names as he would type them."""
    if not talk.core.access.may(talk.actor, "lead", "read"):
        return []
    leads: list[LeadView] = talk.ask(MyLeads(limit=MANY))
    named = [_typed(talk, lead.name) for lead in leads if lead.name and "*" not in lead.name]
    return [name for name in dict.fromkeys(named) if named.count(name) == 1][:SOME]


def _colleagues(talk: Talk) -> list[str]:
    people: list[PersonView] = talk.ask(FindColleagues(role="rep"))
    return [_typed(talk, p.name) for p in people if p.id != talk.actor.id and not p.away]


def _typed(talk: Talk, name: str) -> str:
    """韩雪, or Han Xue for who writes English."""
    if talk.voice.lang != "en" or name.isascii():
        return name
    family = surname_of(name)
    return " ".join(pinyin_of(part)[0].title() for part in (family, name.removeprefix(family)) if part)


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
