"""What to know of a customer before one meets him: one card of at most twelve lines."""

from __future__ import annotations

from typing import Any

from bot.cards.base import PRIMARY, Easel, button, joined, lines, out, pushed
from bot.cards.customers import record_label, record_text
from bot.cards.facts import brief_lines, fact_when, kilometres
from bot.cards.renewals import due_lines
from bot.ports import Card, Outbound
from bot.texts import Voice
from crm_core.appointments.messages import AppointmentCard, AppointmentView
from crm_core.histories.messages import BriefView, CustomerBrief, Fact
from crm_core.histories.rules import bought, spent

MAX_LINES = 12
SAID = 100


@pushed("visit_brief")
def visit_brief(easel: Easel, appointment_id: str, params: dict[str, Any]) -> Outbound:
    """Shortly before an appointment, for who receives the customer."""
    visit: AppointmentView = easel.ask(AppointmentCard(appointment_id=appointment_id))
    view: BriefView = easel.ask(CustomerBrief(customer_id=visit.customer_id))
    return out(brief_card(easel.voice, view, visit))


def brief_card(voice: Voice, view: BriefView, visit: AppointmentView | None = None) -> Card:
    """Who he is, what was said last, what is promised and what comes due. `visit` is what it is for."""
    his, coming = view.customer, visit or view.coming
    known = brief_lines(voice, view.facts, coming.id if coming is not None else "")
    fields = lines(
        voice,
        ("brief_visit", _visit(voice, coming) if coming is not None else ""),
        ("phone", " / ".join(his.phones)),
        ("deals", " / ".join(his.open_deals) or his.level),
        ("cars", " / ".join(his.cars)),
        ("tags", joined(voice.say("customer.decider") if his.decision_maker else "", " ".join(his.tags), by=" ")),
        ("brief_last", _last(voice, view)),
        *known,
        ("brief_service", _service(voice, view.facts)),
        *due_lines(voice, view.due),
        ("brief_spent", _spent(voice, view.facts)),
    )  # fmt: skip
    return Card(
        "visit_brief", voice.say("card.visit_brief", name=his.name), fields[:MAX_LINES],
        (button(voice, "history", "customer.history", PRIMARY, customer=his.id),
         button(voice, "suggest", "suggest.show", customer=his.id)),
        note=None if view.last or view.facts else voice.say("brief.nothing"), subject=f"customer:{his.id}",
    )  # fmt: skip


def _visit(voice: Voice, visit: AppointmentView) -> str:
    when = voice.span(visit.start, visit.end, visit.vague)
    return joined(voice.label("appointment", visit.kind), visit.vehicle, when, visit.text[:40])


def _last(voice: Voice, view: BriefView) -> str:
    """What was said last: how, when, by whom, and the words."""
    if view.last is None:
        return ""
    return joined(record_label(voice, view.last), view.last.by_name, record_text(voice, view.last)[:SAID])


def _service(voice: Voice, facts: tuple[Fact, ...]) -> str:
    newest = next((fact for fact in facts if fact.kind == "service"), None)
    return joined(fact_when(voice, newest), newest.what[:60], kilometres(voice, newest.km)) if newest else ""


def _spent(voice: Voice, facts: tuple[Fact, ...]) -> str:
    """What he has bought so far, in number and money."""
    orders = bought(facts)
    paid, under_way = spent(orders)
    if not paid + under_way:
        return ""
    waits = voice.say("brief.under_way", amount=voice.money(under_way)) if under_way else ""
    return joined(voice.say("brief.spent", n=len(orders), amount=voice.money(paid)) if paid else "", waits)
