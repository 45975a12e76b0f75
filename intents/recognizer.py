"""Words to meaning: reply words, then grammar on masked text, then the ranker's proposal."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from datetime import datetime

from . import replies
from .business import hints
from .entities.repeat import rule_of
from .extract import extract
from .guards import guards
from .mask import mask
from .match import MIN_LOOSE, MIN_WRITE, PLANNED, Reader, Reading, over
from .normalize import MAX_CHARS, is_chinese, normalise, readable
from .schema import load_schema
from .types import Candidate, Command, Context, Lexicon, Slot, Span, Understanding

_SURE, _CHIPS = 0.83, 0.75
_KNOWN = 0.6  # of a message's character pairs; below it the text is about something else
_HINTED, _HINTED_KNOWN = 0.15, 0.3  # what is enough when words of the trade occur
_HINT = 0.1  # what each of those words adds
_MIN_SHARE = 0.4  # of a message that its commands must explain when nothing is written unasked
_COLLEAGUES = ("person_to", "person_from", "other")
_FOR_SOMEBODY = ("book_test_drive", "book_service", "book_visit", "request_discount", "add_note")
_PAST = ("ask_history", "log_contact", "report", "ask_order")


@dataclass(frozen=True, slots=True)
class _Message:
    text: str
    role: str
    now: datetime
    context: Context
    lexicon: Lexicon | None

    @property
    def language(self) -> str:
        return "zh" if is_chinese(normalise(self.text)) else "en"


def understand(
    text: str,
    *,
    role: str = "rep",
    now: datetime,
    context: Context | None = None,
    lexicon: Lexicon | None = None,
    rank: bool = True,
) -> Understanding:
    """What `text` means when said by `role` at `now` (aware, in the dealer's zone).

    `rank=False` leaves the statistical ranker out. Nothing is looked up: a person is the words used.
    """
    started = time.perf_counter()
    if role not in load_schema()["help"].who:
        raise ValueError(f"unknown role {role!r}; known are {', '.join(sorted(load_schema()['help'].who))}")
    message = _Message(text[:MAX_CHARS], role, now, context or Context(), lexicon)
    found = _reply(message) or _grammar(message)
    if found.outcome == "unrecognised" and rank and message.text.strip():
        found = _ranked(message, found)
    return replace(found, text=text, ms=(time.perf_counter() - started) * 1000)


def _reply(message: _Message) -> Understanding | None:
    """Bare replies; a full sentence of another intent interrupts a pending question."""
    context = message.context
    if word := replies.word_reply(message.text, message.role):
        asked_text = context.asked_slot in ("text", "outcome", "reason") and word.intent not in (
            "cancel",
            "undo",
        )
        if not asked_text:
            return _recognised(message, (word,), "reply", 1.0)
    if context.asked_intent and message.role in load_schema()[context.asked_intent].who:
        answer = replies.asked_reply(message.text, context, message.now, message.lexicon)
        if answer and not (_is_free(answer) and _interrupts(message)):
            return _recognised(message, (answer,), "reply", 1.0)
    return None


def _is_free(command: Command) -> bool:
    return any(name in ("text", "reason", "outcome", "person") for name in command.slots)


def _interrupts(message: _Message) -> bool:
    found = _grammar(message)
    return found.outcome == "recognised" and found.score >= 0.8


def _grammar(message: _Message) -> Understanding:
    """The better of two readings: bare names taken as people, or as ordinary words."""
    spans = extract(message.text, message.now, message.lexicon)
    readers = [_reader(message, spans)]
    if any(s.weak for s in spans):
        readers.append(_reader(message, [s for s in spans if not s.weak]))
    tried = [(reader, *reader.best()) for reader in readers]
    reader, readings, share = max(tried, key=lambda t: (sum(r.covered + r.rank - 0.6 for r in t[1]), t[2]))
    if not readings:
        reasons = list(dict.fromkeys(r for t in tried for r in t[0].reasons))
        why = "; ".join(reasons[:3]) or "no sentence fits"
        return Understanding(message.text, "unrecognised", why=why)
    unasked = any(load_schema()[r.command.intent].risk == "own_write" for r in readings)
    loose = any(r.loose for r in readings)
    if share < (MIN_LOOSE if loose else MIN_WRITE if unasked else _MIN_SHARE):
        return Understanding(message.text, "unrecognised", why="most of the message is not understood")
    commands = _commands(message, readings, _named(reader))
    if any(_unknown_whom(c) for c in commands):
        return Understanding(message.text, "unrecognised", why="he or she is nobody spoken about")
    return _recognised(message, commands, "grammar", min(share, 1.0))


def _reader(message: _Message, spans: list[Span]) -> Reader:
    masked = mask(normalise(message.text), spans, message.language == "zh")
    today = message.now.date().isoformat()
    return Reader(masked, message.text, message.language, message.role, today)


def _recognised(message: _Message, commands: tuple[Command, ...], layer: str, score: float) -> Understanding:
    return Understanding(message.text, "recognised", commands, layer, score)  # type: ignore[arg-type]


def _named(reader: Reader) -> list[Slot]:
    """Everybody the message names, in its order."""
    spans = sorted(reader.masked.spans.values(), key=lambda span: span.start)
    return [Slot.of(span) for span in spans if span.kind == "person" and span.detail != "pronoun"]


def _commands(message: _Message, readings: list[Reading], named: list[Slot]) -> tuple[Command, ...]:
    """Commands with what they share filled in: the person just named, the one spoken about."""
    found: list[Command] = []
    others = {slot.start for r in readings for n, slot in r.command.slots.items() if n in _COLLEAGUES}
    people = [slot for slot in named if slot.start not in others]
    for reading in readings:
        command = _completed(message, replace(reading, command=_about(reading.command, people)), found)
        if found and _continues(command, found[-1]):
            found[-1] = found[-1].with_slots(**command.slots)
        elif command not in found:
            found += [command, *(command.with_slots(person=other) for other in reading.alike)]
    return tuple(c for c in found if not _only_identifies(c, found))


def _completed(message: _Message, reading: Reading, before: list[Command]) -> Command:
    command = _inherit(reading.command, before)
    command = _focus(command, message.context)
    command = _whole_text(command, message.text)
    command = _before_that(command, before, message.now)
    command = _repeated(command, message)
    return _without_strangers(_tense(command, message.now))


def _instant(value: object) -> datetime | None:
    return datetime.fromisoformat(value) if isinstance(value, str) and "T" in value else None


def _before_that(command: Command, before: list[Command], now: datetime) -> Command:
    """提前一小时提醒我 after an appointment: an hour before it, not before now."""
    when = command.slots.get("when")
    instants = [c.slots["when"].value for c in before if "when" in c.slots]
    if command.intent != "remind_me" or not when or not isinstance(when.value, dict) or not instants:
        return command
    start, end, at = (_instant(v) for v in (when.value.get("start"), when.value.get("end"), instants[-1]))
    if not (start and end and at) or end != now:
        return command
    moment = at - (end - start)
    return command.with_slots(when=replace(when, value=moment.isoformat()))


def _repeated(command: Command, message: _Message) -> Command:
    """每周一早上9点提醒我: not once, but by a rule."""
    when = command.slots.get("when")
    if when is None or "repeat" not in load_schema()[command.intent].slots:
        return command
    found = rule_of(readable(message.text), when.start, message.now)
    return command.with_slots(repeat=Slot(found[0], found[1], when.start, when.end)) if found else command


def _continues(command: Command, before: Command) -> bool:
    """The same command, told in two clauses: its name in one, its car in the next."""
    return command.intent == before.intent and all(
        before.slots[name].value == slot.value for name, slot in command.slots.items() if name in before.slots
    )


def _only_identifies(command: Command, all_: list[Command]) -> bool:
    """A name with its number beside another command says whom that is about; it asks for no new lead.

    Beside a test drive it does: who comes to drive and leaves a number is a lead.
    """
    others = [c for c in all_ if c.intent not in ("create_lead", "book_test_drive") and "person" in c.slots]
    bare = set(command.slots) <= {"person", "phone", "when"}
    return command.intent == "create_lead" and bare and bool(others)


def _without_strangers(command: Command) -> Command:
    """He or she with nobody to stand for fills no slot that may stay empty."""
    person = command.slots.get("person")
    spec = load_schema()[command.intent]
    if person and _is_pronoun(person) and person.value == person.words and "person" not in spec.required:
        return Command(command.intent, {n: s for n, s in command.slots.items() if n != "person"})
    return command


def _about(command: Command, people: list[Slot]) -> Command:
    """He or she is who was named last before; nobody at all is the only one the message names."""
    if "person" not in load_schema()[command.intent].slots or not people:
        return command
    person, starts = command.slots.get("person"), [s.start for s in command.slots.values() if s.start >= 0]
    if person is None:
        needed = "person" in load_schema()[command.intent].required
        only = len({p.value for p in people}) == 1 and (needed or command.intent in _FOR_SOMEBODY)
        named = people[0] if only else None
        before = [p for p in people if starts and p.start < max(starts)] if needed else []
        named = named or next(reversed(before), None)
    elif _is_pronoun(person) and person.value == person.words:
        named = next((p for p in reversed(people) if p.start < person.start), None)
    else:
        return command
    return command.with_slots(person=named) if named else command


def _inherit(command: Command, before: list[Command]) -> Command:
    wanted = load_schema()[command.intent].slots
    shared = ("person", "vehicle") if command.intent.startswith(("book_", "create_quote")) else ("person",)
    for name in shared:
        has = command.slots.get(name)
        if name in wanted and (has is None or _is_pronoun(has)):
            earlier = next((c.slots[name] for c in reversed(before) if name in c.slots), None)
            if earlier:
                command = command.with_slots(**{name: earlier})
    return command


def _unknown_whom(command: Command) -> bool:
    """What would be written at once about he or she, with nobody spoken about: that is a tale, no order."""
    person, spec = command.slots.get("person"), load_schema()[command.intent]
    stranger = person is not None and _is_pronoun(person) and person.value == person.words
    return stranger and spec.risk == "own_write" and "person" in spec.required


def _is_pronoun(slot: Slot) -> bool:
    words = slot.words.lower()
    return words in ("他", "她", "对方", "him", "her", "he", "she") or words.startswith(
        ("这", "那", "该", "上面", "刚才", "this ", "that ", "the ")
    )


def _focus(command: Command, context: Context) -> Command:
    spec = load_schema()[command.intent]
    person = command.slots.get("person")
    if context.focus_person and "person" in spec.slots:
        needed = "person" in spec.required or command.intent in ("ask_history", "request_discount")
        if (person and _is_pronoun(person)) or (person is None and needed):
            words = person.words if person else ""
            return command.with_slots(person=Slot(context.focus_person, words))
    return command


def _whole_text(command: Command, text: str) -> Command:
    spec = load_schema()[command.intent]
    if spec.whole_text and "text" not in command.slots:
        words = text.strip()
        return command.with_slots(text=Slot(words, words, 0, len(text)))
    return command


def _tense(command: Command, now: datetime) -> Command:
    """What is reported or asked about lies behind, what is planned ahead: of two readings of a date that one."""
    if command.intent in _PAST:
        fits = _behind
    elif command.intent in PLANNED:
        fits = _not_over
    else:
        return command
    changed: dict[str, Slot] = {}
    for name in ("when", "period"):
        slot = command.slots.get(name)
        if slot and not fits(slot.value, now):
            other = next((a for a in slot.alternatives if fits(a, now)), None)
            changed |= {name: replace(slot, value=other)} if other else {}
    return command.with_slots(**changed)


def _behind(value: object, now: datetime) -> bool:
    return not _ahead(value, now)


def _not_over(value: object, now: datetime) -> bool:
    return not over(value, now.date().isoformat())


def _ahead(value: object, now: datetime) -> bool:
    first = value.get("start") if isinstance(value, dict) else value
    return isinstance(first, str) and first[:10] > now.date().isoformat()


def _ranked(message: _Message, found: Understanding) -> Understanding:
    """The ranker's proposal: a read when it is sure, a write only for a card, else up to three chips."""
    from .ranker import propose

    spans = [span for span in extract(message.text, message.now, message.lexicon) if not span.weak]
    reader = _reader(message, spans)
    ranked, agreed, known = propose(reader.masked.text, message.role)
    blocked = guards(reader.masked.text, message.language) | reader.unmeant(surely=True)
    doubted = blocked | reader.unmeant()
    if ranked and known >= _KNOWN and ranked[0][0] not in doubted and ranked[0][1] >= _SURE and agreed:
        intent, score = ranked[0]
        spec, command = load_schema()[intent], _proposed(message, reader, intent)
        if not spec.missing(set(command.slots)) and spec.risk != "own_write":  # those are written unasked
            return Understanding(message.text, "recognised", (command,), "ranker", score)
    chips = [(i, p) for i, p in _choices(message, reader, ranked, known) if i not in blocked][:3]
    if not chips:
        return found
    options = tuple(Candidate(_proposed(message, reader, intent), score) for intent, score in chips)
    return Understanding(
        message.text, "ambiguous", (), "ranker", options[0].score, options, "resembles known requests"
    )


def _proposed(message: _Message, reader: Reader, intent: str) -> Command:
    """With the name that was said, even when no sentence confirms that it is one."""
    command = reader.proposal(intent).command
    if "person" in load_schema()[intent].required and "person" not in command.slots:
        names = (s for s in extract(message.text, message.now, message.lexicon) if s.kind == "person")
        first = next(names, None)
        command = command.with_slots(person=Slot.of(first)) if first is not None else command
    return _completed(message, Reading(command, 0.0, 0.0, 0.0), [])


def _choices(
    message: _Message, reader: Reader, ranked: list[tuple[str, float]], known: float
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
