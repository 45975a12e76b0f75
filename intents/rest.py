"""What is said beside the order fills its free text: why somebody is lost, what came of a talk, what was done.

Only where a message holds one order: the clauses that carry it (its cue, its amount, who gets the customer) are left
out, and what remains is the reason, the outcome or the text.
"""

from __future__ import annotations

import re
from functools import cache
from itertools import pairwise

from .data import lists
from .fill import fits
from .grammar import expand, nameless
from .mask import MARK, MARKS
from .match import Reader
from .schema import load_schema
from .types import Command, Slot

# The free slot of an intent and the marks of the clause that carries the order itself.
_SLOTS = {
    "mark_lost": ("reason", ""),
    "hand_over": ("reason", "person"),
    "transfer_customer": ("reason", "person"),
    "request_discount": ("reason", "money percent"),
    "complete_task": ("text", ""),
    "create_lead": ("text", "phone"),
    "log_contact": ("outcome", ""),
}
_BLUNT = " ,.;:!?，。；：！？、\"'“”…~"
_GOODS = ("vehicle", "part", "oe", "vin", "plate")
_LEAST = 2.0  # what a clause must say to be a reason


def with_rest(command: Command, reader: Reader) -> Command:
    """`command` with its reason, outcome or text, when the message says one beside the order."""
    name, kinds = _SLOTS.get(command.intent, ("", ""))
    if not name or name in command.slots:
        return command
    cuts = [0, *(b for b in reader.cuts()[0] if b)]
    carries = _cue(command.intent, reader.language)
    marks = "".join(MARK[kind] for kind in kinds.split())
    kept = []
    for start, end in pairwise(cuts):
        text = reader.masked.text[start:end]
        if _carries(command, reader, start, end, marks) or carries.search(text):
            continue
        if sum(w for w, c in zip(reader.weights[start:end], text, strict=True) if c not in MARKS) >= _LEAST:
            kept.append((start, end))
    if not kept or len(cuts) < 3:
        return command
    a, b = reader.masked.original(kept[0][0], kept[-1][1])
    words = reader.raw[a:b].strip(_BLUNT)
    return command.with_slots(**{name: Slot(words, words, a, b)}) if words else command


def with_goods(command: Command, reader: Reader) -> Command:
    """`command` with the car, part or number that another clause of the message names."""
    spec = load_schema()[command.intent]
    for _, span in sorted(reader.masked.spans.items()):
        if span.kind in _GOODS and fits(span, spec, command.slots) == span.kind:
            command = command.with_slots(**{span.kind: Slot.of(span)})
    return command


def _carries(command: Command, reader: Reader, start: int, end: int, marks: str) -> bool:
    """Whether the amount, the number or who gets the customer stands in this clause."""
    for index, span in reader.masked.spans.items():
        if start <= index < end and reader.masked.text[index] in marks:
            receiver = command.slots.get("person_to")
            if span.kind != "person" or (receiver is not None and span.start == receiver.start):
                return True
    return False


@cache
def _cue(intent: str, language: str) -> re.Pattern[str]:
    words = lists(language, "orders").get(intent, [])
    return re.compile("|".join(nameless(expand(word, language)) for word in words) or r"(?!)")
