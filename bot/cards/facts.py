"""Cards that answer a question about a customer's past: one sentence, and the records it rests on."""

from __future__ import annotations

from collections.abc import Sequence

from bot.cards.base import joined
from bot.ports import Card, Field
from bot.texts import Voice
from crm_core.histories.messages import Fact

SHOWN = 5
# States that need no word: it is what one expects of a record of that kind.
_PLAIN = ("", "done", "delivered", "valid", "booked", "pending")


def fact_card(voice: Voice, said: str, facts: Sequence[Fact], customer_id: str, *, note: str = "") -> Card:
    """The answer `said`, and below it the newest records with kind, number, day and person."""
    more = voice.say("fact.more", n=len(facts) - SHOWN) if len(facts) > SHOWN else ""
    return Card("history", said, tuple(fact_line(voice, fact) for fact in facts[:SHOWN]),
                note=joined(note, more, by="\n") or None, subject=f"customer:{customer_id}")  # fmt: skip


def fact_line(voice: Voice, fact: Fact) -> Field:
    """`订单`: 2月3日(周二) · 常规保养 · 790元 · O-8F3K. A phone has little room for what stands before a line."""
    told = joined(_what(voice, fact), fact.by_name, _state(voice, fact)) or "—"
    return Field(voice.label("record", fact.source), joined(fact_when(voice, fact), told, fact.ref))


def fact_when(voice: Voice, fact: Fact) -> str:
    """The instant, or the day where only that is known."""
    return voice.when(fact.at or fact.on)


def kilometres(voice: Voice, km: int | None) -> str:
    """`65,500公里`; empty when it is not known."""
    return voice.say("fact.km", km=f"{km:,}") if km is not None else ""


def brief_lines(voice: Voice, facts: Sequence[Fact], besides: str = "") -> list[tuple[str, str]]:
    """What to know before one speaks with him: the last quote, what is open, a complaint that is not settled.

    `besides` is the id of an open thing that is shown already.
    """
    quote = next((fact for fact in facts if fact.kind == "quote"), None)
    promises = sorted((fact for fact in facts if fact.kind == "promise"), key=lambda fact: fact.on)
    open_complaints = [fact for fact in facts if fact.kind == "complaint" and fact.state == "open"]
    wanted = [fact for fact in promises if fact.id not in {besides, *(complaint.id for complaint in open_complaints)}][:3]
    named = [_what(voice, one)[:40] or voice.label("record", one.source) for one in wanted]
    semi = "；" if voice.lang == "zh" else "; "
    return [
        ("brief_quote", joined(_what(voice, quote), fact_when(voice, quote)) if quote else ""),
        ("brief_open", semi.join(joined(what, fact_when(voice, one)) for what, one in zip(named, wanted, strict=True))),
        ("brief_complaint", semi.join(one.what[:40] for one in open_complaints[:2])),
    ]


def _what(voice: Voice, fact: Fact) -> str:
    if fact.source == "approval":
        return voice.say("fact.asks_approval", amount=voice.money(fact.amount_fen), by=fact.by_name)
    if fact.source == "quote":
        off = (fact.list_fen or 0) - (fact.amount_fen or 0)
        less = voice.say("fact.less", amount=voice.money(off)) if off > 0 else ""
        return joined(fact.what, voice.money(fact.amount_fen), less)
    paid = voice.money(fact.amount_fen) if fact.amount_fen else ""
    known = "" if fact.km is None or f"{fact.km}" in fact.what else kilometres(voice, fact.km)
    return joined(fact.what[:120], known, paid)


def _state(voice: Voice, fact: Fact) -> str:
    if fact.source == "order":
        return voice.label("order", fact.state)
    if fact.kind == "complaint":
        return voice.label("state", fact.state)
    return "" if fact.state in _PLAIN else voice.label("state", fact.state)
