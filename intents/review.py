"""A second opinion on what the sentences read: the ranker's, where a message resembles something else altogether.

People tell an order in passing: 李总说贷款没批下来,不买了 has the form of a talk and is a lost deal. Sentences cannot
see that; the ranker can, and what it reads is shown on a card.
"""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise

from .guards import told
from .mask import MARK
from .match import Reader, Reading
from .message import Message
from .ranking import clause, sure_of
from .schema import load_schema
from .types import Understanding

_GAINSAID = 0.35  # how much likelier another intent must be than what the sentences read
_PLAIN = 0.97  # a sentence that explains all of the message is believed
_INSTEAD = 0.75  # how sure the ranker must be to overrule a question, or a sentence of that form
_FORM_ONLY = frozenset({"log_contact", "ask_knowledge", "add_note", "open_ticket"})  # any text takes their form
# How likely the ranker must find what is written at once: a talk alone, beside other orders, anything else.
_BACKED_TALK, _BACKED_BESIDE, _BACKED = 0.7, 0.3, 0.1
_EXPLAINED = 0.65  # how much of a message such a write must explain
_JOINT = re.compile(r"(?:然后|顺便|顺带|另外|同时|并且|\bthen|\balso)[\s,]*$")  # ends a note that is dictated
_TALK = frozenset({"log_contact", "add_note"})
_TOLD = _TALK | {"set_absence", "mute_task", "take_lead"}  # beside an order often only its circumstances
_GLANCE = 0.6
_WORD = 1.0
_RIVAL = 0.4  # how likely another intent may be where a talk of one clause is believed


def reviewed(message: Message, reader: Reader, found: Understanding) -> Understanding:
    """`found`, or the ranker's reading instead; layer `ranker` where a write at once is not backed by it."""
    intents = {command.intent for command in found.commands}
    if found.outcome != "recognised" or found.layer != "grammar":
        return found
    at_once = {intent for intent in intents if load_schema()[intent].risk == "own_write"}
    # Somebody else's talk, and one that repeats words in quotation marks, is shown before it is written.
    quoted = bool(at_once & _TALK) and any(mood.name == "quoted" for mood in reader.moods)
    another = quoted or any("by" in command.slots for command in found.commands)
    if (len(intents) > 1 and at_once & _TOLD) or _appoints(reader, found) or another:
        return replace(found, layer="ranker")  # whoever tells more than the talk is shown what is written of it
    if at_once - {"create_lead"} and found.score < _EXPLAINED:
        return replace(found, layer="ranker")
    if _plain(reader, found, intents):
        return found
    text = _named(reader, found)
    if len(intents) == 1 and _at_first_glance(text, *intents):
        return found
    from .ranker import propose

    guesses, agreed, _ = propose(text, message.role, k=8)
    chances = dict(guesses)
    own = max(chances.get(intent, 0.0) for intent in intents)
    if len(intents) == 1 and guesses and guesses[0][0] not in intents and guesses[0][1] - own >= _GAINSAID:
        asks = not intents & _FORM_ONLY and not any(load_schema()[intent].writes for intent in intents)
        enough = guesses[0][1] >= (_INSTEAD if asks or found.score >= _PLAIN else 0.0)
        command = sure_of(message, reader, guesses, agreed) if enough else None
        if command:
            return replace(found, commands=(command,), layer="ranker", score=guesses[0][1])
    rival = max((p for intent, p in guesses if intent not in intents), default=0.0)
    backed = all(chances.get(intent, 0.0) >= _needed(intent, len(intents)) for intent in at_once)
    if at_once & _TALK:
        brief = intents == {"log_contact"} and len(reader.cuts()[0]) == 2
        backed = rival < _RIVAL if brief else backed and rival <= own
    return found if backed else replace(found, layer="ranker")


def _needed(intent: str, orders: int) -> float:
    return _BACKED_TALK if intent == "log_contact" else _BACKED_BESIDE if orders > 1 else _BACKED


def _named(reader: Reader, found: Understanding) -> str:
    """The masked text, in which names that only their sentence makes names are masked, too."""
    text = reader.masked.text
    for command in found.commands:
        for name in ("person", "person_to", "person_from"):
            if name in command.slots and command.slots[name].words:
                text = text.replace(command.slots[name].words.lower(), MARK["person"])
    return text


def _at_first_glance(text: str, intent: str) -> bool:
    """Whether the characters alone speak for the intent: it spares the load of a sentence model."""
    from .ranker import glance

    seen, share = glance(text)
    return seen == intent and (intent not in _TALK or share >= _GLANCE)


def _plain(reader: Reader, found: Understanding, intents: set[str]) -> bool:
    """Whether a sentence explains all there is, and not by taking it for free text."""
    if found.score < _PLAIN or (intents & _FORM_ONLY and intents != {"log_contact"}):
        return False
    said = [command.slots["outcome"] for command in found.commands if "outcome" in command.slots]
    return all(_free(reader, slot.start, slot.end) <= _WORD for slot in said)


def _free(reader: Reader, start: int, end: int) -> float:
    """How much free text, spans left out, stands between two places of the message."""
    masked = reader.masked
    inside = (i for i, at in enumerate(masked.starts) if start <= at < end and i not in masked.spans)
    return sum(reader.weights[i] for i in inside)


def _appoints(reader: Reader, found: Understanding) -> bool:
    """A talk in which somebody names an hour to come: 她说下周五下午两点能来试 may be an appointment."""
    talks = [c.slots["outcome"] for c in found.commands if c.intent == "log_contact" and "outcome" in c.slots]
    hours = [s for s in reader.masked.spans.values() if s.kind == "when" and "T" in str(s.value)]
    return any(
        talk.start <= hour.start and hour.end <= talk.end and str(hour.value)[:10] >= reader.today
        for talk in talks
        for hour in hours
        if isinstance(hour.value, str)
    )


def with_gaps(message: Message, reader: Reader, readings: list[Reading]) -> list[Reading]:
    """The readings and what the clauses between them surely say; the same list when they say nothing more."""
    cuts, _ = reader.cuts()
    found = _without_guesses(reader, readings)
    for start, end in pairwise(cuts) if len(cuts) > 2 else ():
        around = next((r for r in found if r.place[0] <= start and end <= r.place[1]), None)
        if around is not None and (not around.swallowed or start == around.place[0]):
            continue
        note = around is not None and around.command.intent == "add_note"
        dictated = note and not _JOINT.search(reader.masked.text, 0, start)
        if dictated or told(message.language).match(reader.masked.text, start):
            continue
        extra = clause(message, reader, found, start, end)
        if extra is None or extra.command.intent in _FORM_ONLY:
            continue
        if around is not None:
            shorter = reader.read(around.place[0], start)
            if shorter is None or shorter.command.intent != around.command.intent:
                continue
            found = [shorter if r is around else r for r in found]
        found = sorted([*found, extra], key=lambda r: r.place)
    return found


def _without_guesses(reader: Reader, readings: list[Reading]) -> list[Reading]:
    """Without a question that only its words of the trade suggest, beside something firmer."""
    from .ranker import glance

    if len(readings) < 2:
        return readings
    asked = [r for r in readings if r.command.intent == "ask_knowledge"]
    guessed = [r for r in asked if glance(reader.masked.text[slice(*r.place)])[0] != "ask_knowledge"]
    return [r for r in readings if r not in guessed] or readings
