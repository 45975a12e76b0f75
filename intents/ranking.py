"""What the ranker proposes when no sentence fits: one command when it is sure, else up to three choices."""

from __future__ import annotations

from itertools import pairwise

from .business import hints
from .complete import commands, completed, named
from .extract import extract
from .guards import guards
from .match import PLANNED, Reader, Reading
from .message import Message
from .rest import with_rest
from .schema import load_schema
from .types import Candidate, Command, Slot, Understanding

_SURE, _ALONE, _CHIPS = 0.6, 0.8, 0.75  # when all views agree, when they do not; for choices
_ASKED = ("ask_knowledge", "report")  # what any talk resembles a little
_CERTAIN, _AHEAD = 0.9, 0.3
_KNOWN = 0.6  # of a message's character pairs; below it the text is about something else
_HINTED, _HINTED_KNOWN = 0.15, 0.3  # what is enough when words of the trade occur
_SURE_CLAUSE, _ALONE_CLAUSE = 0.9, 2.0  # for a clause of several
_LONE = 2.0  # for the only clause
_LEAST = 2.0  # how much it must say to be asked about
_TAKEN_OVER = ("person", "vehicle", "part", "oe")
_NEVER = frozenset(
    "confirm refuse cancel approve_all opt_out ask_pool set_absence end_absence".split()
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
    if guesses and guesses[0][1] >= _SURE and reader.doubts(guesses[0][0]):
        return found  # what it resembles most is just what it does not ask for
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
    parts = _clause_readings(message, reader)
    command = sure_of(message, reader, guesses, agreed)
    if command and len(parts) < 2:
        return (command,), guesses[0][1]
    lone = len(parts) == 1 and parts[0].score < _LONE
    return (commands(message, parts, named(reader)), min(r.score for r in parts)) if parts and not lone else None


def sure_of(message: Message, reader: Reader, guesses: list[tuple[str, float]], agreed: bool) -> Command | None:
    """The command of the first guess when it is clear, complete and nothing in the message speaks against it."""
    if not guesses or not _clear(guesses, agreed):
        return None
    intent, score = guesses[0]
    command = _proposed(message, reader, intent)
    bare = intent == "create_lead" and len({"person", "phone", "vehicle"} & set(command.slots)) < _ENOUGH
    if intent in (*PLANNED, "set_expected_close") and reader.is_over(command):
        return None
    if (bare and score < _CERTAIN) or intent in _NEVER or reader.doubts(intent):
        return None
    return None if load_schema()[intent].missing(set(command.slots)) else with_rest(command, reader)


def _clear(guesses: list[tuple[str, float]], agreed: bool) -> bool:
    """Whether the first guess is far enough ahead; the less so the more views name it first."""
    if guesses[0][0] in _ASKED and guesses[0][1] < _CERTAIN:
        return False
    first, second = guesses[0][1], max((p for _, p in guesses[1:]), default=0.0)
    if agreed and first >= _CERTAIN:
        return True
    return first >= (_SURE if agreed else _ALONE) and first - second >= _AHEAD


def _clause_readings(message: Message, reader: Reader) -> list[Reading]:
    """What each clause is surely about, in their order."""
    cuts, _ = reader.cuts()
    found: list[Reading] = []
    for start, end in pairwise(cuts) if len(cuts) > 2 else ():
        if reading := clause(message, reader, found, start, end):
            found.append(reading)
    return found


def clause(message: Message, reader: Reader, others: list[Reading], start: int, end: int) -> Reading | None:
    """What one clause surely orders beside `others`, from which it may take whom and what it is about."""
    from .ranker import propose

    if sum(reader.weights[start:end]) < _LEAST:
        return None
    guesses, agreed, _ = propose(reader.masked.text[start:end], message.role)
    if not guesses or guesses[0][1] < (_SURE_CLAUSE if agreed else _ALONE_CLAUSE):
        return None
    intent = guesses[0][0]
    if intent in _NEVER or intent in [r.command.intent for r in others] or reader.doubts(intent, start, end):
        return None
    command = reader.proposal(intent, start, end).command
    said = {name for r in others for name in r.command.slots if name in _TAKEN_OVER}
    if load_schema()[intent].missing(said | set(command.slots)):
        return None
    return Reading(command, 0.0, guesses[0][1], 0.0, place=(start, end))


def _proposed(message: Message, reader: Reader, intent: str) -> Command:
    """With the name that was said, even when no sentence confirms that it is one."""
    command = reader.proposal(intent).command
    if "person_to" in load_schema()[intent].required and load_schema()[intent].missing(set(command.slots)):
        everybody = extract(message.text, message.now, message.lexicon)
        command = message.reader(everybody).proposal(intent).command
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
