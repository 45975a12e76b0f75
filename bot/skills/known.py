"""What the record knows about a customer, said in his language: what a text to him may speak of, and its source."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.conversation.talk import Talk
from bot.ports import Source
from bot.texts import Voice
from crm_core.appointments.messages import Appointments, AppointmentView
from crm_core.customers.messages import CustomerCard, CustomerView
from crm_core.deals.messages import DealView, OpenDeals
from crm_core.org.messages import MyDealer, UnitView
from crm_core.quotes.messages import LatestQuote, QuoteView
from crm_core.vehicles.messages import CarView, CustomerCars


@dataclass(frozen=True)
class Fact:
    """A value as a text may say it; without a source it needs none (the rep's own name)."""

    value: str
    source: Source | None = None


Facts = dict[str, Fact]


def facts_of(talk: Talk, customer_id: str, language: str) -> Facts:
    """By placeholder; what is not known is not there. Only what the actor may read."""
    voice = replace(talk.voice, lang=language)
    found = _ours(talk, voice)
    if customer_id:
        view: CustomerView = talk.ask(CustomerCard(customer_id=customer_id))
        found["name"] = Fact(view.name)
        found |= _deal(talk, customer_id) | _quote(talk, customer_id, voice) | _visit(talk, customer_id, voice)
        found |= _car(talk, customer_id)
    return {name: fact for name, fact in found.items() if fact.value}


def _ours(talk: Talk, voice: Voice) -> Facts:
    dealer: UnitView = talk.ask(MyDealer())
    name = dealer.name_en or dealer.name if voice.lang == "en" else dealer.name
    return {"rep": Fact(talk.actor.name), "dealer": Fact(name), "address": Fact(dealer.address),
            "phone": Fact(dealer.phone)}  # fmt: skip


def _deal(talk: Talk, customer_id: str) -> Facts:
    deals: list[DealView] = talk.ask(OpenDeals(customer_id=customer_id))
    return {"car": Fact(deals[0].interest, _source(talk, "deal", deals[0].ref))} if deals else {}


def _quote(talk: Talk, customer_id: str, voice: Voice) -> Facts:
    """The newest quote that still holds."""
    view: QuoteView | None = talk.ask(LatestQuote(customer_id=customer_id))
    if view is None or view.state != "valid":
        return {}
    source = _source(talk, "quote", view.ref)
    return {
        "car": Fact(view.title, source), "price": Fact(voice.money(view.net_fen), source),
        "off": Fact(voice.money(view.discount_fen) if view.discount_fen else "", source),
        "until": Fact(_date(voice, view.valid_until) if view.valid_until else "", source),
    }  # fmt: skip


def _visit(talk: Talk, customer_id: str, voice: Voice) -> Facts:
    ahead: list[AppointmentView] = talk.ask(Appointments(customer_id=customer_id, start=talk.now))
    coming = next((one for one in ahead if one.start > talk.now), None)
    if coming is None:
        return {}
    source = _source(talk, "appointment", coming.ref)
    clock = "" if coming.vague else voice.clock(coming.start.astimezone(ZoneInfo(voice.zone)).time())
    joint = " " if voice.lang == "zh" else ", "
    when = joint.join(part for part in (_date(voice, coming.start), clock) if part)
    kind = voice.say(f"outreach.visit.{coming.kind}")
    return {"visit": Fact(kind, source), "when": Fact(when, source)}


def _car(talk: Talk, customer_id: str) -> Facts:
    """His car, when it is only one."""
    cars: list[CarView] = talk.ask(CustomerCars(customer_id=customer_id))
    return {"own_car": Fact(cars[0].name, Source(talk.voice.label("field", "car"), cars[0].name))} if len(cars) == 1 else {}


def _source(talk: Talk, kind: str, ref: str) -> Source:
    return Source(talk.voice.label("record", kind), ref)


def _date(voice: Voice, at: datetime) -> str:
    """In full: the message may be read on another day than it was offered."""
    return voice.full_day(at.astimezone(ZoneInfo(voice.zone)).date())
