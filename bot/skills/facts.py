"""Questions about a customer's past that the records answer by rule: last service, quotes, spend, visits, promises."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

from bot.cards.base import joined
from bot.cards.facts import fact_card, fact_when, kilometres
from bot.cards.renewals import due_lines
from bot.conversation.pending import Draft
from bot.conversation.talk import Talk
from crm_core.histories.messages import CustomerFacts, Fact, FactsView, Kind
from crm_core.histories.rules import bought, days_of, spent
from crm_core.renewals.messages import Renewals, RenewalView
from intents.facts import FactAsked, fact_asked, is_only_fact

# Kinds that are counted or listed; of the others one wants the newest.
_RESOURCE = {"quote": "quote", "order": "order", "spend": "order", "visit": "appointment", "test_drive": "appointment"}
_DUE = {
    "maintenance": r"保养|维保|\bservice\b|maintenance",
    "insurance": r"保险|insurance",
    "inspection": r"年检|年审|inspection",
}
_MILEAGE = ("公里", "里程", "km", "mileage", "kilomet")


def answered_by_rule(talk: Talk, draft: Draft, question: str, customer_id: str) -> bool:
    """Whether the question asked for such a fact and was answered, if only by saying that there is no record."""
    asked = fact_asked(question)
    if asked is None:
        return False
    if asked.kind == "due":
        return _due(talk, question, customer_id)
    kinds: dict[str, Kind] = {"spend": "order", "owner": "visit", "car": "visit"}
    kind: Kind = kinds.get(asked.kind, asked.kind)  # type: ignore[arg-type]
    view: FactsView = talk.ask(CustomerFacts(customer_id=customer_id, kinds=(kind,)))
    if talk.is_staff:
        talk.about("customer", view.customer_id, view.name)
    if asked.kind in ("owner", "car"):
        _tell_plain(talk, asked.kind, view)
        return True
    if not talk.core.access.may(talk.actor, _RESOURCE.get(asked.kind, "customer"), "read"):
        own = not talk.is_staff and view.owner_name
        talk.say("fact.ask_rep", owner=view.owner_name) if own else talk.say("fact.not_shown")
        return True
    topic = "" if is_only_fact(draft.text("topic")) else draft.text("topic")
    facts = [f for f in view.facts if topic.lower() in f.what.lower()]
    if topic and not facts:
        return False
    _answer(talk, asked, view, _within(talk, asked, facts), question)
    return True


def _due(talk: Talk, question: str, customer_id: str) -> bool:
    """What comes due next, of the kinds that are named; that nothing is known to come due is an answer too."""
    if not talk.core.access.may(talk.actor, "renewal", "read"):
        return False
    kinds = tuple(kind for kind, said in _DUE.items() if re.search(said, question, re.I))
    found: list[RenewalView] = talk.ask(Renewals(customer_id=customer_id, kinds=kinds, limit=6))
    name = talk.memory.focus_name(talk.now) or ""
    lines = due_lines(talk.voice, [one for one in found if one.kind != "dormant"])
    if lines:
        talk.tell(talk.voice.say(_key(talk, "due"), name=name, what=lines[0][1]))
    else:
        talk.say(_key(talk, "none.due"), name=name)
    return True


def _within(talk: Talk, asked: FactAsked, facts: Sequence[Fact]) -> list[Fact]:
    since = date(talk.voice.here.year, 1, 1) if asked.this_year else date.min
    return [fact for fact in facts if fact.on >= since]


def _tell_plain(talk: Talk, kind: str, view: FactsView) -> None:
    if kind == "owner":
        key = "owner" if view.owner_name else "no_owner"
        talk.say(_key(talk, key), name=view.name, owner=view.owner_name)
    else:
        key = "car" if view.cars else "none.car"
        talk.say(_key(talk, key), name=view.name, cars=_joint(talk).join(view.cars))


def _joint(talk: Talk) -> str:
    return "、" if talk.voice.lang == "zh" else ", "


def _key(talk: Talk, key: str) -> str:
    return f"fact.{key}" if talk.is_staff else f"fact.own.{key}"


def _answer(talk: Talk, asked: FactAsked, view: FactsView, facts: list[Fact], question: str) -> None:
    facts = bought(facts) if asked.kind == "spend" else facts
    if not facts:
        year = "_year" if asked.kind == "spend" and asked.this_year else ""
        talk.say(_key(talk, f"none.{asked.kind}{year}"), name=view.name)
        return
    said, note = _SAYS.get(asked.kind, _counted)(talk, asked, view, facts)
    if asked.kind == "service" and not note and any(word in question.lower() for word in _MILEAGE):
        note = "" if _km(facts) else talk.voice.say("fact.no_km")
    few = asked.kind in ("service", "quote", "visit") and not (asked.count or asked.every)
    shown = [fact for fact in facts if fact.on == facts[0].on] if few else facts
    talk.show(fact_card(talk.voice, said, shown, view.customer_id, note=note))


def _km(facts: Sequence[Fact]) -> int | None:
    """What the dial showed at the newest service, by any record of that day."""
    return next((fact.km for fact in facts if fact.on == facts[0].on and fact.km is not None), None)


def _newest(talk: Talk, asked: FactAsked, view: FactsView, facts: list[Fact]) -> tuple[str, str]:
    """Service and visits: when the last one was, or how many there were."""
    newest, days = facts[0], days_of(facts)
    when = joined(fact_when(talk.voice, newest), kilometres(talk.voice, _km(facts)) if asked.kind == "service" else "")
    key = f"{asked.kind}s" if asked.count or asked.every else asked.kind
    return talk.voice.say(_key(talk, key), name=view.name, n=len(days), when=when), ""


def _quoted(talk: Talk, asked: FactAsked, view: FactsView, facts: list[Fact]) -> tuple[str, str]:
    key = "quotes" if asked.count or asked.every else "quote"
    return talk.voice.say(_key(talk, key), name=view.name, n=len(facts), amount=talk.voice.money(facts[0].amount_fen)), ""


def _spent(talk: Talk, asked: FactAsked, view: FactsView, facts: list[Fact]) -> tuple[str, str]:
    """What was delivered; what is ordered and not delivered is told apart."""
    paid, under_way = spent(facts)
    voice, year = talk.voice, "_year" if asked.this_year else ""
    said = voice.say(_key(talk, f"spend{year}"), name=view.name, amount=voice.money(paid))
    return said, voice.say("fact.under_way", amount=voice.money(under_way)) if under_way else ""


def _counted(talk: Talk, asked: FactAsked, view: FactsView, facts: list[Fact]) -> tuple[str, str]:
    when = fact_when(talk.voice, facts[0])
    return talk.voice.say(_key(talk, asked.kind), name=view.name, n=len(facts), when=when), ""


_SAYS = {"service": _newest, "visit": _newest, "quote": _quoted, "spend": _spent}
