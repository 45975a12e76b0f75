"""Commands made whole: the person just named or spoken about, the day said before, the date that is meant."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime

from .entities.repeat import rule_of
from .fill import over, work
from .match import PLANNED, Reader, Reading
from .message import Message
from .normalize import normalise, readable
from .schema import load_schema
from .types import Command, Context, Slot

_COLLEAGUES = ("person_to", "person_from", "other")
_FOR_SOMEBODY = ("book_test_drive", "book_service", "book_visit", "request_discount", "add_note")
_OF_ONESELF = ("set_absence", "end_absence", "set_deputy", "ask_absence")
_OF_GOODS = ("ask_price", "ask_stock", "ask_fitment")
_PAST = ("ask_history", "log_contact", "report", "ask_order")


def named(reader: Reader) -> list[Slot]:
    """Everybody the message names, in its order."""
    spans = sorted(reader.masked.spans.values(), key=lambda span: span.start)
    return [Slot.of(span) for span in spans if span.kind == "person" and span.detail != "pronoun"]


def commands(message: Message, readings: list[Reading], everybody: list[Slot]) -> tuple[Command, ...]:
    """Commands with what they share filled in: the person just named, the one spoken about."""
    found: list[Command] = []
    others = {slot.start for r in readings for n, slot in r.command.slots.items() if n in _COLLEAGUES}
    people = [slot for slot in everybody if slot.start not in others]
    for reading in readings:
        command = completed(message, replace(reading, command=_about(reading.command, people)), found)
        if found and _settles(command, found[-1]):
            found[-1] = command
        elif found and _continues(command, found[-1]):
            found[-1] = found[-1].with_slots(**command.slots)
        elif command not in found:
            found += [command, *(command.with_slots(person=other) for other in reading.alike)]
    return tuple(c for c in found if not _only_identifies(c, found))


def completed(message: Message, reading: Reading, before: list[Command]) -> Command:
    command = _inherit(reading.command, before)
    command = _focus(command, message.context)
    command = _whole_text(command, message.text)
    command = _worked_on(command, message)
    command = _before_that(command, before, message.now)
    command = _repeated(command, message)
    command = _settled(command, message)
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


def _repeated(command: Command, message: Message) -> Command:
    """每周一早上9点提醒我: not once, but by a rule."""
    when = command.slots.get("when")
    if when is None or "repeat" not in load_schema()[command.intent].slots:
        return command
    found = rule_of(readable(message.text), when.start, message.now)
    return command.with_slots(repeat=Slot(found[0], found[1], when.start, when.end)) if found else command


_OR = r"\s?(?:或者?是?|还是|要么|or|/)\s?"
_ONE_OR = re.compile(rf"[\d一二两三四五六七八九十万千百kK元块]{_OR}$", re.I)
_OR_ANOTHER = re.compile(rf"{_OR}[\d一二两三四五六七八九十]", re.I)


_REFUSED = re.compile(
    r"\s?(?:块钱?|元)?\s?(?:也|就|都|还|实在|确实|有点|是|真|我|这)*"
    r"(?:太[多高狠大猛少低]|[多高狠少低]了|不够|不行|不批|不给|不可能|给不了|批不了|"
    r"(?:is |'s )?(?:way |far |a bit |just )*(?:too (?:much|high|many|low|little)|not possible|not ok))",
    re.I,
)


def _settled(command: Command, message: Message) -> Command:
    """优惠8000或者9000 names no amount, nor does 8000太多了 of an approval: without one it is asked for."""
    money = command.slots.get("money")
    if money is None or money.end < 0:
        return command
    text = message.text
    if command.intent == "decide_approval" and _REFUSED.match(text, money.end):
        return Command(command.intent, {name: slot for name, slot in command.slots.items() if name != "money"})
    if not _ONE_OR.search(text[: money.start]) and not _OR_ANOTHER.match(text, money.end):
        return command
    return Command(command.intent, {name: slot for name, slot in command.slots.items() if name != "money"})


def _continues(command: Command, before: Command) -> bool:
    """The same command, told in two clauses: its name in one, its car in the next."""
    return command.intent == before.intent and all(
        before.slots[name].value == slot.value for name, slot in command.slots.items() if name in before.slots
    )


def _settles(command: Command, before: Command) -> bool:
    """同意,但最多5000: the amount is the decision, what was said before it (八千不行) only leads there."""
    both = command.intent == before.intent == "decide_approval"
    said = {"money", "percent"}
    return both and (not said & set(before.slots) or bool(said & set(command.slots)))


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
    if not people:
        return command
    command = _receiver(command, people)
    if "person" not in load_schema()[command.intent].slots:
        return command
    person, starts = command.slots.get("person"), [s.start for s in command.slots.values() if s.start >= 0]
    if person is None:
        needed = "person" in load_schema()[command.intent].required
        only = len({p.value for p in people}) == 1 and (needed or command.intent in _FOR_SOMEBODY)
        who = people[0] if only else None
        before = [p for p in people if starts and p.start < max(starts)] if needed else []
        who = who or next(reversed(before), None)
    elif _is_pronoun(person) and person.value == person.words:
        who = next((p for p in reversed(people) if p.start < person.start), None)
    else:
        return command
    return command.with_slots(person=who) if who else command


def _receiver(command: Command, people: list[Slot]) -> Command:
    """冀先生是小蔡表哥,转他那儿吧: who gets the customer is who was named last."""
    giver = command.slots.get("person_from")
    if giver is not None and _is_pronoun(giver) and (first := next((p for p in people if p.start < giver.start), None)):
        command = command.with_slots(person_from=first)
    to = command.slots.get("person_to")
    if to is None or not _is_pronoun(to):
        return command
    before = [p for p in people if p.start < to.start]
    return command.with_slots(person_to=before[-1], person=before[0]) if len(before) > 1 else command


def _shared(command: Command) -> tuple[str, ...]:
    """What a later command of a message is about when it does not say: 有没有货,多少钱 is of one part of one car."""
    if command.intent in _OF_ONESELF:
        return ()
    if command.intent in _OF_GOODS:
        return ("person",) if {"part", "oe"} & set(command.slots) else ("person", "part", "oe", "vehicle")
    return ("person", "vehicle") if command.intent.startswith(("book_", "create_quote")) else ("person",)


def _inherit(command: Command, before: list[Command]) -> Command:
    if command.intent == "remind_me" and before and before[-1].intent == "remind_me":
        return command  # another thing to do is about whom its own words name
    wanted = load_schema()[command.intent].slots
    for name in _shared(command):
        has = command.slots.get(name)
        if name in wanted and (has is None or _is_pronoun(has)):
            earlier = next((c.slots[name] for c in reversed(before) if name in c.slots), None)
            if earlier:
                command = command.with_slots(**{name: earlier})
    return command


def unknown_whom(command: Command) -> bool:
    """What would be written at once about he or she, with nobody spoken about: that is a tale, no order."""
    person, spec = command.slots.get("person"), load_schema()[command.intent]
    stranger = person is not None and _is_pronoun(person) and person.value == person.words
    return stranger and spec.risk == "own_write" and "person" in spec.required


def _is_pronoun(slot: Slot) -> bool:
    words = slot.words.lower()
    return words in ("他", "她", "佢", "对方", "him", "her", "he", "she") or words.startswith(
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


def _worked_on(command: Command, message: Message) -> Command:
    """What is to be done to the car, and what a question about its past is about, in the words used."""
    name = {"book_service": "text", "ask_history": "topic"}.get(command.intent)
    if name is None or name in command.slots:
        return command
    plain = normalise(message.text).lower()
    if hit := work(message.language).search(plain):
        words = message.text[hit.start() : hit.end()].strip()
        return command.with_slots(**{name: Slot(words, words, hit.start(), hit.end())})
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
