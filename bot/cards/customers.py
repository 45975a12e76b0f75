"""Cards about customers: who he is, and what was said with him."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from bot.cards.base import PRIMARY, Easel, button, joined, lines, out, pushed
from bot.cards.renewals import due_lines
from bot.ports import Button, Card, Field, Outbound
from bot.texts import Voice
from crm_core.customers.messages import CustomerCard, CustomerLine, CustomerView, RecordView
from crm_core.kernel.registry import Question
from crm_core.renewals.messages import Renewals, RenewalView

DUE_AHEAD = timedelta(days=60)


@pushed("customer", "handover", "opted_out", subject="customer")
def customer(easel: Easel, customer_id: str, params: dict[str, Any]) -> Outbound:
    """The customer as this person may see him; handed over, with whoever had him before."""
    view: CustomerView = easel.ask(CustomerCard(customer_id=customer_id))
    kind, before = params.get("kind", "customer"), params.get("from_name", "")
    card = customer_card(easel.voice, view, due=due_soon(easel.ask, easel.voice, customer_id))
    if kind == "handover":
        note = easel.voice.say("push.handover.text", from_name=before) if before else None
        card = replace(card, kind=kind, title=easel.voice.say("push.handover.title", name=view.name), note=note)
    elif kind == "opted_out":
        title = easel.voice.say("push.opted_out.title", name=view.name)
        card = replace(card, kind=kind, title=title, note=easel.voice.say("push.opted_out.text"))
    return out(card)


@pushed("customer_photo")
def customer_photo(easel: Easel, customer_id: str, params: dict[str, Any]) -> Outbound:
    """For who looks after a customer: the picture he sent, with his words and his card to open."""
    view: CustomerView = easel.ask(CustomerCard(customer_id=customer_id))
    voice, said = easel.voice, str(params.get("text", ""))
    opens = (button(voice, "open_record", "open", PRIMARY, subject=f"customer:{view.id}"),
             button(voice, "suggest", "suggest.show", customer=view.id))
    title = voice.say("push.customer_photo.title", name=view.name)
    card = Card("customer_photo", title, note=said or None, buttons=opens)
    return Outbound(card=card, image=picture(voice, view.name, str(params.get("image", "")), said))


def picture(voice: Voice, name: str, image_id: str, said: str = "") -> dict[str, str]:
    """A kept picture as a message shows it."""
    return {"url": f"/media/{image_id}", "alt": said or voice.say("photo.alt", name=name)}


@pushed("handed_on")
def handed_on(easel: Easel, record_id: str, params: dict[str, Any]) -> Outbound:
    """For who had a customer: whose he is now."""
    values = {key: str(params.get(key, "")) for key in ("name", "to_name", "by")}
    return Outbound(text=easel.voice.say("push.handed_on.text", **values))


def due_soon(ask: Callable[[Question], Any], voice: Voice, customer_id: str) -> Sequence[RenewalView]:
    """What comes due with a customer in the next two months, and what is overdue."""
    found: list[RenewalView] = ask(Renewals(customer_id=customer_id, end=voice.here.date() + DUE_AHEAD, limit=4))
    return found


def customer_card(
    voice: Voice, view: CustomerView, extra: tuple[Button, ...] = (), due: Sequence[RenewalView] = (),
    known: Sequence[tuple[str, str]] = (),
) -> Card:
    """One customer, what is `due` with him, and what is `known` besides."""
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
            ("birthday", voice.birthday(view.birthday)),
            ("owner", view.owner_name),
            ("tags", joined(voice.say("customer.decider") if view.decision_maker else "", " ".join(view.tags), by=" ")),
            ("last_touch", voice.when(view.last_touch)),
            *due_lines(voice, due),
            *known,
        ),
        buttons=(button(voice, "history", "customer.history", customer=view.id),
                 button(voice, "suggest", "suggest.show", customer=view.id),
                 *((button(voice, "show_number", "reveal.ask", customer=view.id),) if view.masked else ()), *extra),
        subject=f"customer:{view.id}",
    )


def history_card(voice: Voice, name: str, records: Sequence[RecordView], customer_id: str) -> Card:
    """What was recorded, newest first; each line is a source that can be cited."""
    fields = tuple(_told(voice, record) for record in records if record_text(voice, record))
    title = voice.say("card.history", name=name) if name else voice.say("card.own_history")
    return Card("history", title, fields, subject=f"customer:{customer_id}")


def _told(voice: Voice, record: RecordView) -> Field:
    """What it was, and on its line when, by whom and what: a phone has little room for what stands before a line."""
    when = joined(voice.when(record.at), record.by_name)
    return Field(voice.label("record", record.kind), f"{when}\n{record_text(voice, record)}")


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


def choose_customer(
    voice: Voice, words: str, found: Sequence[CustomerLine], token: str, slot: str = "person", *, new: bool = False
) -> Card:
    """Several fit: at most three chips. Where the name was only guessed, he may also be `new`."""
    guessed = found[0].guessed
    buttons = tuple(
        Button(candidate(voice, line), "draft.pick", {"t": token, "slot": slot, "id": line.id})
        for line in found[:3]
    )
    if guessed and new:
        buttons = (*buttons[:2], button(voice, "create_lead", "draft.create", t=token))
    return Card("choose", voice.say("ask.guessed_person" if guessed else "ask.which_person", words=words), buttons=buttons)


def create_card(voice: Voice, words: str, token: str) -> Card:
    """Nobody of this name: offer to write him down."""
    new = button(voice, "create_lead", "draft.create", PRIMARY, t=token)
    return Card("unknown_person", voice.say("ask.no_person", words=words), buttons=(new,))
