"""What was recorded about a customer, and who he is. Only what the asker may see is ever read."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from bot.cards.base import joined
from bot.cards.customers import customer_card, due_soon, history_card, picture, record_label, record_text
from bot.cards.facts import brief_lines
from bot.cards.knowledge import answer_card
from bot.conversation.brain import CONTACTS
from bot.conversation.gate import Need, Step, skill
from bot.conversation.pending import Draft
from bot.conversation.people import PRONOUNS, customer, from_focus
from bot.conversation.presses import verb
from bot.conversation.talk import Talk
from bot.ports import Outbound
from bot.skills.briefs import is_before_visit, show_brief
from bot.skills.facts import answered_by_rule
from crm_core.customers.messages import (
    CustomerCard,
    CustomerHistory,
    CustomerLine,
    CustomerView,
    FindCustomers,
    RecordView,
)  # fmt: skip
from crm_core.histories.messages import CustomerFacts, FactsView
from crm_core.vehicles.messages import CarView, FindCar

SELF = frozenset({"我", "我的", "自己", "本人", "me", "i", "my", "myself", "mine"})
SHOWN, PICTURES = 5, 2
_PHONE = re.compile(r"(?<!\d)1[3-9]\d{9}(?!\d)")
# What people mean by what was said and done, before the steps the system noted.
TALKS = (*CONTACTS, "note", "photo", "test_drive", "service")


@skill("ask_history")
def ask_history(talk: Talk, draft: Draft) -> Step:
    """Records that answer the question, cited; a customer hears of himself only."""
    if not talk.is_staff and _about_another(talk, draft):
        talk.say("privacy.refuse")
        return None
    # Whoever has to choose between two of one name is answered what he asked before.
    asked = draft.chosen.setdefault("question", talk.text)
    who = _whose(talk, draft, asked)
    if isinstance(who, Need) or who is None:
        return who
    named = draft.words("person")
    question = asked.replace(named, "") if named and named.lower() not in PRONOUNS else asked
    if answered_by_rule(talk, draft, question, who):
        return None
    told: list[RecordView] = talk.ask(CustomerHistory(customer_id=who))
    records = [r for r in told if r.at <= talk.now]
    name = "" if not talk.is_staff else (talk.memory.focus_name(talk.now) or draft.text("person"))
    if not records:
        talk.say("history.none", name=name) if talk.is_staff else talk.say("history.own_none")
        return None
    _answer(talk, question, name, records, who)
    return None


def _answer(talk: Talk, question: str, name: str, records: list[RecordView], customer_id: str) -> None:
    found = talk.brain.history(question, records, talk.now)
    cited = [r for record_id, _ in found.sources for r in records if r.id == record_id]
    if found.state == "answer" and cited:
        lines = "\n".join(record_text(talk.voice, r) for r in cited)
        title = talk.voice.say("card.history", name=name) if talk.is_staff else talk.voice.say("card.own_history")
        sources = [(joined(record_label(talk.voice, r), r.by_name), r.ref) for r in cited]
        talk.show(answer_card(talk.voice, lines, sources, title=title))
        _pictures(talk, name, cited)
    else:
        talked = [r for r in records if r.kind in TALKS] or records
        talk.show(history_card(talk.voice, name, talked[:SHOWN], customer_id), talk.voice.say("history.no_match"))
        _pictures(talk, name, talked[:SHOWN])


def _pictures(talk: Talk, name: str, records: Sequence[RecordView]) -> None:
    """The newest pictures among what was shown."""
    for record in [r for r in records if r.image_id][:PICTURES]:
        talk.replies.append(Outbound(image=picture(talk.voice, name, record.image_id, record.text)))


def _whose(talk: Talk, draft: Draft, asked: str) -> str | Need | None:
    """By name; a plate, VIN or phone that was said counts before whoever was spoken of last. None: it was answered."""
    if not talk.is_staff or (draft.text("person") and not from_focus(talk, draft, "person")):
        return customer(talk, draft) or Need("person")
    plate, vin = draft.text("plate"), draft.text("vin")
    if (plate or vin) and "person" not in draft.chosen:
        car: CarView | None = talk.ask(FindCar(vin=vin, plate=plate))
        if car is None:
            talk.say("history.no_car", what=plate or vin)
        return car.customer_id if car is not None else None
    phone = _PHONE.search(asked)
    if phone and "person" not in draft.chosen:
        found: list[CustomerLine] = talk.ask(FindCustomers(words=phone[0], limit=2, near=False))
        if len(found) != 1:
            talk.say("history.no_phone", what=phone[0])
        return found[0].id if len(found) == 1 else None
    return customer(talk, draft) or Need("person")


def _about_another(talk: Talk, draft: Draft) -> bool:
    """Whether a customer asks about somebody else; told without looking anybody up."""
    person = draft.text("person").strip().lower()
    if not person or person in SELF or person in PRONOUNS:
        return bool(draft.value("plate") or draft.value("vin")) and not _own_car(talk, draft)
    return person != talk.actor.name.lower()


def _own_car(talk: Talk, draft: Draft) -> bool:
    car: CarView | None = talk.ask(FindCar(vin=draft.text("vin"), plate=draft.text("plate")))
    return car is not None and car.customer_id == talk.actor.customer_id


@skill("ask_profile")
def ask_profile(talk: Talk, draft: Draft) -> Step:
    """Who is this? Before a visit: all one wants to know by then."""
    asked = draft.chosen.setdefault("question", talk.text)
    who = customer(talk, draft)
    if isinstance(who, Need) or who is None:
        return who or Need("person")
    if is_before_visit(asked):
        show_brief(talk, who)
        return None
    view: CustomerView = talk.ask(CustomerCard(customer_id=who))
    talk.about("customer", view.id, view.name)
    facts: FactsView = talk.ask(CustomerFacts(customer_id=view.id, kinds=("quote", "promise", "complaint")))
    known = [*brief_lines(talk.voice, facts.facts), ("brief_last", _last_words(talk, view.id))]
    talk.show(customer_card(talk.voice, view, due=due_soon(talk.ask, talk.voice, view.id), known=known))
    return None


def _last_words(talk: Talk, customer_id: str) -> str:
    """What was said with him last, or noted of him."""
    told: list[RecordView] = talk.ask(CustomerHistory(customer_id=customer_id, kinds=(*CONTACTS, "note"), limit=5))
    newest = next((record for record in told if record.at <= talk.now and record.text), None)
    return record_text(talk.voice, newest)[:80] if newest is not None else ""


@verb("customer.history")
def press_history(talk: Talk, params: dict[str, Any]) -> None:
    """The newest records of a customer."""
    view: CustomerView = talk.ask(CustomerCard(customer_id=params["customer"]))
    talk.about("customer", view.id, view.name)
    records: list[RecordView] = talk.ask(CustomerHistory(customer_id=view.id, limit=SHOWN))
    if records:
        talk.show(history_card(talk.voice, view.name, records, view.id))
        _pictures(talk, view.name, records)
    else:
        talk.say("history.none", name=view.name)
