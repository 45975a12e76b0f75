"""Slots by cue words, where no sentence says which is which: 给X转给Y, from X to Y, a stage or a decision named."""

from __future__ import annotations

import re
from functools import cache

from .data import lists
from .grammar import expand, nameless, values
from .mask import MARK, Masked
from .schema import IntentSpec
from .types import Slot

_RECEIVER = re.compile(
    rf"(?:给|归|由|让|派|交|转|转到|换成|到|要|新跟进人|接手人|\bto|\bby|\bwith|\bhave|\blet)\s?(?P<who>{MARK['person']})"
)
_CLOSED = ("stage", "level", "metric", "renewal", "absence", "appointment", "topic")
_REVISED = ("level", "stage")  # 按A算不了了,B: what is said last counts
_BLUNT = " ,.;:!?,。;:!?、"


def people(spec: IntentSpec, part: Masked) -> dict[str, Slot]:
    """Who gives and who gets: the last person after a word of giving gets, the first one named is given."""
    if "person_to" not in spec.slots:
        return {}
    spans = {i: span for i, span in sorted(part.spans.items()) if span.kind == "person"}
    receivers = [m.start("who") for m in _RECEIVER.finditer(part.text) if m.start("who") in spans]
    if not receivers:
        return {}
    slots = {"person_to": Slot.of(spans[receivers[-1]])}
    giver = "person_from" if "person_from" in spec.slots else "person" if "person" in spec.slots else None
    others = [span for index, span in spans.items() if index != receivers[-1]]
    if giver and others:
        slots[giver] = Slot.of(others[0])
    return slots


def worded(spec: IntentSpec, part: Masked, raw: str, language: str) -> dict[str, Slot]:
    """Closed slots by their words, a decision by its amount or its no, and the stretch itself as text."""
    slots: dict[str, Slot] = {}
    for name in _CLOSED:
        hits = list(_words(language, name).finditer(part.text)) if name in spec.slots else []
        if hits:
            hit = hits[-1] if name in _REVISED else hits[0]
            a, b = part.original(hit.start(), hit.end())
            slots[name] = Slot(values(language)[name][hit[0]], raw[a:b], a, b)
    a, b = part.original(0, len(part.text))
    said = raw[a:b].strip(_BLUNT)
    if "decision" in spec.slots:
        if decision := _decision(part, language):
            slots["decision"] = Slot(decision, said, a, b)
    elif "text" in spec.required:
        slots["text"] = Slot(said, said, a, b)
    return slots


@cache
def _words(language: str, name: str) -> re.Pattern[str]:
    words = sorted(values(language).get(name, {"\0": ""}), key=len, reverse=True)
    plain = "|".join(re.escape(w) if not (w.isascii() and w.isalnum()) else rf"(?<![a-z0-9]){w}(?![a-z0-9])" for w in words)
    return re.compile(plain)


def _decision(part: Masked, language: str) -> str:
    """An amount with a limit, or alone, is a counter-offer; a no outweighs a yes; nothing said decides nothing."""
    amount = any(span.kind in ("money", "percent") for span in part.spans.values())
    no, yes, limit = (_said(name, part, language) for name in ("no", "yes", "limit"))
    if amount and (limit or not (no or yes)):
        return "counter"
    return "reject" if no else "approve" if yes else ""


def _said(name: str, part: Masked, language: str) -> bool:
    pattern = nameless(expand(lists(language, "decisions")[name], language))
    return re.search(pattern, part.text) is not None
