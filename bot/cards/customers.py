"""Cards about customers: who he is, and what was said with him."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from bot.cards.base import PRIMARY, Easel, button, joined, lines, out, pushed
from bot.ports import Button, Card, Outbound
from bot.texts import Voice
from crm_core.customers.messages import CustomerCard, CustomerLine, CustomerView, RecordView


@pushed("customer", "handover", subject="customer")
def customer(easel: Easel, customer_id: str, params: dict[str, Any]) -> Outbound:
    """The customer as this person may see him; handed over, with whoever had him before."""
    view: CustomerView = easel.ask(CustomerCard(customer_id=customer_id))
    kind, before = params.get("kind", "customer"), params.get("from_name", "")
    card = customer_card(easel.voice, view)
    if kind == "handover":
        note = easel.voice.say("push.handover.text", from_name=before) if before else None
        card = replace(card, kind=kind, title=easel.voice.say("push.handover.title", name=view.name), note=note)
    return out(card)


def customer_card(voice: Voice, view: CustomerView, extra: tuple[Button, ...] = ()) -> Card:
    """One customer."""
    return Card(
        kind="customer",
        title=view.name,
        fields=lines(
            voice,
            ("phone", " / ".join(view.phones)),
            ("level", view.level),
            ("cars", " / ".join(view.cars)),
            ("deals", " / ".join(view.open_deals)),
            ("source", joined(voice.label("source", view.source), view.city)),
            ("company", view.company),
            ("birthday", view.birthday),
            ("owner", view.owner_name),
            ("tags", joined(voice.say("customer.decider") if view.decision_maker else "", " ".join(view.tags), by=" ")),
            ("last_touch", voice.when(view.last_touch)),
        ),
        buttons=(button(voice, "history", "customer.history", customer=view.id), *extra),
        subject=f"customer:{view.id}",
    )


def history_card(voice: Voice, name: str, records: Sequence[RecordView], customer_id: str) -> Card:
    """What was recorded, newest first; each line is a source that can be cited."""
    fields = tuple(
        line
        for record in records
        for line in lines(voice, (joined(record_label(voice, record), record.by_name), record_text(voice, record)))
    )
    title = voice.say("card.history", name=name) if name else voice.say("card.own_history")
    return Card("history", title, fields, subject=f"customer:{customer_id}")


def record_text(voice: Voice, record: RecordView) -> str:
    """What was said, and what came of it when that is something else."""
    outcome = voice.maybe(f"label.outcome.{record.outcome}") or ("" if record.outcome.isascii() else record.outcome)
    return joined(record.text, outcome if outcome != record.text else "")


def record_label(voice: Voice, record: RecordView) -> str:
    """`电话 · 昨天 14:30`."""
    return joined(voice.label("record", record.kind), voice.when(record.at))


def candidate(voice: Voice, line: CustomerLine) -> str:
    """A chip: name, phone tail and car, short enough for a button."""
    tail = voice.say("customer.tail", tail=line.phone_tail) if line.phone_tail else ""
    return joined(line.name, tail, line.vehicle, by=" ")[:40]


def choose_customer(voice: Voice, words: str, found: Sequence[CustomerLine], token: str) -> Card:
    """Several fit: at most three chips."""
    buttons = tuple(
        Button(candidate(voice, line), "draft.pick", {"t": token, "slot": "person", "id": line.id})
        for line in found[:3]
    )
    return Card("choose", voice.say("ask.which_person", words=words), buttons=buttons)


def create_card(voice: Voice, words: str, token: str) -> Card:
    """Nobody of this name: offer to write him down."""
    new = button(voice, "create_lead", "draft.create", PRIMARY, t=token)
    return Card("unknown_person", voice.say("ask.no_person", words=words), buttons=(new,))
