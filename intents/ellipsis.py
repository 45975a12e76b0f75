"""What a later clause leaves out: 王丽改成A级,李娜B级 · assign Sarah to Li and Grace to Wang · 明天提醒我…,后天给李娜…"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import cache
from itertools import pairwise
from typing import Any

from .cues import people, worded
from .data import lists
from .fill import CUT, fits, over
from .grammar import expand, nameless
from .mask import MARK, MARKS
from .match import Reader, Reading
from .schema import IntentSpec, load_schema
from .types import Command, Slot

_REST = 1.0  # the weight of what a clause may hold beside its values
_ONCE = ("own_write", "read")  # of these a bare value is no further order
_LEAST = 2.0  # what a further reminder must say


def with_repeats(reader: Reader, readings: list[Reading]) -> list[Reading]:
    """`readings` and, for each clause that only names another person and other values, the same order again."""
    found = list(readings)
    cuts, _ = reader.cuts()
    for start, end in pairwise(cuts) if len(cuts) > 2 else ():
        before = max((r for r in found if r.place[0] < start), key=lambda r: r.place, default=None)
        if before is None or any(r.place[0] <= start and end <= r.place[1] for r in found):
            continue
        if again := _again(reader, before.command, start, end):
            found.append(replace(before, command=again, place=(start, end), alike=(), swallowed=0.0))
    return sorted(found, key=lambda r: r.place)


def _again(reader: Reader, command: Command, start: int, end: int) -> Command | None:
    spec = load_schema()[command.intent]
    part = reader.masked.part(start, end)
    other = [c for c in part.text if c not in MARKS]
    weight = sum(w for w, c in zip(reader.weights[start:end], part.text, strict=True) if c not in MARKS)
    if spec.risk in _ONCE or "person" not in command.slots or not part.spans:
        return None
    said = people(spec, part)
    for _, span in sorted(part.spans.items()):
        if span.start not in {slot.start for slot in said.values()} and (name := fits(span, spec, said)):
            said[name] = Slot.of(span)
    closed = {n: s for n, s in worded(spec, part, reader.raw, reader.language).items() if n in ("level", "stage")}
    if "person_to" in command.slots and "person_to" not in said:
        said = _pair(reader, spec, start, end) or said
    words = sum(len(str(slot.words)) for slot in closed.values())
    said |= closed
    same = set(said) == {name for name in command.slots if name not in ("reason", "text")}
    if not same or len(said) < 2 or (weight - words > _REST and other):
        return None
    kept = {name: slot for name, slot in command.slots.items() if name not in ("reason", "text")}
    return Command(command.intent, kept | said)


def _pair(reader: Reader, spec: IntentSpec, start: int, end: int) -> dict[str, Slot] | None:
    """Two people in a row: who is given, then who gets."""
    spans = [s for i, s in sorted(reader.masked.spans.items()) if start <= i < end and s.kind == "person"]
    giver = "person_from" if "person_from" in spec.slots else "person"
    return {giver: Slot.of(spans[0]), "person_to": Slot.of(spans[1])} if len(spans) == 2 else None


def split_reminders(reader: Reader, readings: list[Reading]) -> list[Reading]:
    """A reminder in whose text another time begins another thing to do is two reminders."""
    return [part for reading in readings for part in _split(reader, reading)]


def _split(reader: Reader, reading: Reading) -> list[Reading]:
    text, when = reading.command.slots.get("text"), reading.command.slots.get("when")
    if reading.command.intent != "remind_me" or text is None or when is None or text.start < 0:
        return [reading]
    masked = reader.masked
    first, last = masked.starts.index(text.start), reading.place[1]
    for cut in CUT.finditer(masked.text, first, last):
        found = _further(reader.language).match(masked.text, cut.end(), last)
        span = masked.spans.get(found.start("when")) if found else None
        if found is None or span is None or over(span.value, reader.today):
            continue
        if sum(reader.weights[found.start("what") : last]) < _LEAST:
            continue
        return [_cut_short(reader, reading, first, cut.start()), *_split(reader, _next(reader, reading, found, last))]
    return [reading]


def _cut_short(reader: Reader, reading: Reading, first: int, end: int) -> Reading:
    command = _about(reader, reading.command, first, end)
    return replace(reading, command=command, place=(reading.place[0], end))


def _next(reader: Reader, reading: Reading, found: re.Match[str], last: int) -> Reading:
    when = _same_day(Slot.of(reader.masked.spans[found.start("when")]), reading.command.slots["when"], reader.today)
    command = Command("remind_me", {**reading.command.slots, "when": when})
    command = _about(reader, command, found.start("what"), last)
    return replace(reading, command=command, place=(found.start(), last))


def _same_day(when: Slot, before: Slot, today: str) -> Slot:
    """明天上午…,下午…: a time of day without a day is of the day said before."""
    first, own = (_day(slot) for slot in (before, when))
    if not first or own != today or first <= today or _DAY.search(when.words):
        return when
    days = date.fromisoformat(first) - date.fromisoformat(today)
    return replace(when, value=_later(when.value, days), alternatives=())


def _day(slot: Slot) -> str:
    value = slot.value.get("start") if isinstance(slot.value, dict) else slot.value
    return value[:10] if isinstance(value, str) else ""


def _later(value: Any, days: timedelta) -> Any:
    if isinstance(value, dict):
        return {name: _later(part, days) for name, part in value.items()}
    return (datetime.fromisoformat(value) + days).isoformat() if isinstance(value, str) and "T" in value else value


_DAY = re.compile(r"[今明后昨天日号周月]|星期|礼拜|day|tomorrow|tonight", re.I)


def _about(reader: Reader, command: Command, start: int, end: int) -> Command:
    """The reminder with the words of a stretch as its text, and the person named there."""
    a, b = reader.masked.original(start, end)
    words = reader.raw[a:b].strip(" ,.;:!?，。；：！？、")
    spans = (s for i, s in sorted(reader.masked.spans.items()) if start <= i < end and s.kind == "person")
    person = next((Slot.of(span) for span in spans), None)
    kept = {name: slot for name, slot in command.slots.items() if name not in ("person", "text")}
    kept["text"] = Slot(words, words, a, b)
    return Command(command.intent, kept | ({"person": person} if person else {}))


@cache
def _further(language: str) -> re.Pattern[str]:
    """The beginning of a clause that says when, then what to do."""
    deed = nameless(expand(lists(language, "fragments")["deed"], language))
    lead = r"(?:然后|再|还有|接着|,|\s)*" if language == "zh" else r"(?:\s|,|then|and|at|on)*"
    return re.compile(rf"{lead}(?P<when>{MARK['when']})\s*(?P<what>{deed}.+)", re.I)
