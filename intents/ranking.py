"""What the ranker proposes when no sentence fits: one command when it is sure, else up to three choices."""

from __future__ import annotations

from itertools import pairwise

from .business import hints
from .complete import commands, completed, named
from .extract import extract
from .guards import guards
from .match import Reader, Reading
from .message import Message
from .schema import load_schema
from .types import Candidate, Command, Slot, Understanding

_SURE, _CHIPS = 0.83, 0.75
_KNOWN = 0.6  # of a message's character pairs; below it the text is about something else
_HINTED, _HINTED_KNOWN = 0.15, 0.3  # what is enough when words of the trade occur
_SURE_CLAUSE, _LEAST = 0.9, 3.0  # for a clause of several; and how much it must say to be asked about
_NEVER = frozenset(
    "confirm refuse cancel undo approve_all opt_out log_contact ask_pool set_absence end_absence".split()
)
_ENOUGH = 2  # of name, number and car make a lead of what only resembles one
_HINT = 0.1  # what each of those words adds


def ranked(message: Message, found: Understanding) -> Understanding:
    """What the ranker is sure of, as a whole or clause by clause; else up to three choices; else `found`.

    Whatever it reads is for a card: nothing of layer `ranker` may be written unasked.
    """
    from .ranker import propose

    spans = extract(message.text, message.now, message.lexicon)
    reader = message.reader([span for span in spans if not span.weak])
    guesses, agreed, known = propose(reader.masked.text, message.role)
    blocked = guards(reader.masked.text, message.language) | reader.unmeant(surely=True)
    if sure := _sure(message, reader, guesses, agreed):
        return Understanding(message.text, "recognised", sure[0], "ranker", sure[1])
    chips = [(i, p) for i, p in _choices(message, reader, guesses, known) if i not in blocked][:3]
    if not chips:
        return found
    options = tuple(Candidate(_proposed(message, reader, intent), score) for intent, score in chips)
    return Understanding(
        message.text, "ambiguous", (), "ranker", options[0].score, options, "resembles known requests"
    )


def _sure(
    message: Message, reader: Reader, guesses: list[tuple[str, float]], agreed: bool
) -> tuple[tuple[Command, ...], float] | None:
    """The commands of the clauses that are sure, when there are several; else the one of the whole message."""
    parts = _clause_commands(message, reader)
    if len(parts) > 1:
        readings = [Reading(command, 0.0, 0.0, 0.0) for command, _ in parts]
        return commands(message, readings, named(reader)), min(score for _, score in parts)
    if not guesses or not agreed or guesses[0][1] < _SURE:
        return None
    intent, score = guesses[0]
    command = _proposed(message, reader, intent)
    bare = intent == "create_lead" and len({"person", "phone", "vehicle"} & set(command.slots)) < _ENOUGH
    if bare or intent in _NEVER or reader.doubts(intent) or load_schema()[intent].missing(set(command.slots)):
        return None
    return (command,), score


def _clause_commands(message: Message, reader: Reader) -> list[tuple[Command, float]]:
    """What each clause is surely about, in their order."""
    from .ranker import propose

    cuts, _ = reader.cuts()
    found: list[tuple[Command, float]] = []
    if len(cuts) < 3:
        return found
    for start, end in pairwise(cuts):
        if sum(reader.weights[start:end]) < _LEAST:
            continue
        guesses, agreed, _ = propose(reader.masked.text[start:end], message.role)
        if not guesses or not agreed or guesses[0][1] < _SURE_CLAUSE or guesses[0][0] in _NEVER:
            continue
        intent, score = guesses[0]
        command = reader.proposal(intent, start, end).command
        people = {c.slots["person"].value for c, _ in found if "person" in c.slots}
        absent = set(load_schema()[intent].missing(set(command.slots))) - ({"person"} if people else set())
        if not absent and not reader.doubts(intent, start, end) and intent not in [c.intent for c, _ in found]:
            found.append((command, score))
    return found


def _proposed(message: Message, reader: Reader, intent: str) -> Command:
    """With the name that was said, even when no sentence confirms that it is one."""
    command = reader.proposal(intent).command
    if "person" in load_schema()[intent].required and "person" not in command.slots:
        names = (s for s in extract(message.text, message.now, message.lexicon) if s.kind == "person")
        first = next(names, None)
        command = command.with_slots(person=Slot.of(first)) if first is not None else command
    return completed(message, Reading(command, 0.0, 0.0, 0.0), [])


def _choices(
    message: Message, reader: Reader, ranked: list[tuple[str, float]], known: float
) -> list[tuple[str, float]]:
    """Intents to offer, likeliest first: what the ranker says, raised by words that hint at an intent."""
    scores = dict(ranked) if known >= _KNOWN or (known >= _HINTED_KNOWN and hints(reader.masked)) else {}
    best = max(scores.values(), default=0.0)
    about = {
        intent: scores.get(intent, 0.0) + _HINT * count
        for intent, count in hints(reader.masked).items()
        if message.role in load_schema()[intent].who
    }
    if not about:
        return [(i, p) for i, p in ranked if p >= _CHIPS / 3] if best >= _CHIPS and known >= _KNOWN else []
    scores = {i: p for i, p in scores.items() if p >= _HINTED} | about
    return sorted(((i, min(p, 1.0)) for i, p in scores.items()), key=lambda item: -item[1])
