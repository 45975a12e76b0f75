"""Readings of masked text: the best sentence for each stretch, and the best cut into commands."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from .data import lists
from .grammar import FREE, Pattern, expand, grammar, nameless, values
from .mask import MARK, MARKS, Masked
from .schema import IntentSpec, load_schema
from .types import Command, Slot, Span

MIN_WRITE, MIN_READ = 0.6, 0.5
_CUT = re.compile(
    r"[,;.!?\n]+|然后|顺便|同时|并且|另外|还有(?=给|把|帮)|\band then\b|\band "
    r"also\b|\band\b|\bthen\b"
)
_MAX_CLAUSES = 6
_FIRST, _NEXT = 0.6, 1.5  # what a command must explain to be worth reading one (more)
# A free-text intent is explained by its cue alone: a complaint firmly, a question unless another explains more.
_WHOLE_WRITE, _WHOLE_READ = 0.7, 0.5
_MAX_CUTS = 8
_SOFT = 1.2  # and more when only a blank divides them
_SWALLOWED = 0.5  # how much less a later clause counts as free text than as a command of its own
_MENTIONED = ("channel", "level")
_TELLING = ("log_contact", "add_note", "mark_lost")
_GUESSED = 0.8  # a name that nothing but its place in the sentence makes one
_NOT_A_NUMBER = rf"(?![号码是:\s]*{MARK['phone']})"  # 电话138... gives a number, no channel
_FIRM_CUT = re.compile(r"[,;.!?\n]")
_BLUNT = " ,.;:!?，。；：！？、\"'“”"


@dataclass(frozen=True, slots=True)
class Reading:
    """A command read from a stretch: `covered` is the weight of what it explains, `score` the share."""

    command: Command
    covered: float
    score: float
    rank: float
    swallowed: float = 0.0  # weight of later clauses that free text took in
    alike: tuple[Slot, ...] = ()  # other people the same command is for: 把李总和王姐都改成H级


@dataclass(slots=True)
class Reader:
    """Reads one message for one role; `reasons` collects why candidates were turned down."""

    masked: Masked
    raw: str
    language: str
    role: str
    reasons: list[str] = field(default_factory=list)
    weights: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.weights = weigh(self.masked.text, _noise(self.language))
        if not any(self.weights):
            self.weights = weigh(self.masked.text, None)

    def best(self) -> tuple[list[Reading], float]:
        """The best sequence of commands, and the share of the message they explain."""
        cuts, soft = self._cuts()
        total = sum(self.weights) or 1.0
        whole = self.read(0, len(self.masked.text))
        if whole and whole.score > 0.999 and not whole.swallowed:
            return [whole], whole.covered / total
        best: list[tuple[float, list[Reading]]] = [(0.0, [])]
        for end in range(1, len(cuts)):
            options = [(best[end - 1][0], best[end - 1][1])]
            for start in range(max(0, end - _MAX_CLAUSES), end):
                reading = self.read(cuts[start], cuts[end])
                if reading and self._may_follow(best[start][1], reading, cuts[start]):
                    cost = _FIRST if not best[start][1] else _NEXT + (_SOFT if cuts[start] in soft else 0)
                    gain = best[start][0] + reading.covered + reading.rank - cost
                    options.append((gain - _SWALLOWED * reading.swallowed, [*best[start][1], reading]))
            best.append(max(options, key=lambda option: option[0]))
        readings = best[-1][1]
        return readings, sum(r.covered for r in readings) / total

    def _cuts(self) -> tuple[list[int], set[int]]:
        """Where one command may end and another begin: punctuation, and, then; a blank typed for a comma."""
        text = self.masked.text
        firm = [m.end() for m in _CUT.finditer(text) if 0 < m.end() < len(text)][:_MAX_CUTS]
        soft = [b for b in self.masked.breaks if 0 < b < len(text) and b not in firm]
        soft = soft[: _MAX_CUTS - len(firm)]
        return [0, *sorted([*firm, *soft]), len(text)], set(soft)

    def _may_follow(self, before: list[Reading], reading: Reading, start: int) -> bool:
        """After a talk or a note only a whole command of one's own: what the customer said is no command."""
        if not before or before[-1].command.intent not in _TELLING:
            return True
        spec, command = load_schema()[reading.command.intent], reading.command
        known = {name for earlier in before for name in earlier.command.slots if name == "person"}
        said = _told(self.language).match(self.masked.text, start)
        return not said and not spec.missing(known | set(command.slots))

    def read(self, start: int, end: int) -> Reading | None:
        """The best command that the stretch [start, end) reads as, if it explains enough of it."""
        part = self.masked.part(start, end)
        weights = self.weights[start:end]
        total = sum(weights)
        if not total:
            return None
        found = [r for r in self._readings(part, weights, total) if r.score >= self._needed(r)]
        return max(found, key=lambda r: r.covered + r.rank, default=None)

    @staticmethod
    def _needed(reading: Reading) -> float:
        return MIN_WRITE if load_schema()[reading.command.intent].writes else MIN_READ

    def _readings(self, part: Masked, weights: list[float], total: float) -> list[Reading]:
        found = []
        blocked = guards(part.text, self.language)
        for pattern, match in grammar(self.language).search(part.text):
            spec = load_schema()[pattern.intent]
            if self.role not in spec.who or (pattern.roles and self.role not in pattern.roles):
                self.reasons.append(f"{pattern.intent} is not for {self.role}")
                continue
            if pattern.intent in blocked:
                self.reasons.append(f"{pattern.intent}: {blocked[pattern.intent]}")
                continue
            found.append(self._reading(pattern, spec, match, part, weights, total))
        return found

    def _reading(
        self, pattern: Pattern, spec: IntentSpec, match: Any, part: Masked, weights: list[float], total: float
    ) -> Reading:
        slots, free = self._captured(pattern, match, part)
        covered = [match.start() <= i < match.end() for i in range(len(weights))]
        for name, group in match.re.groupindex.items():
            if name.startswith("gap_") and match.start(group) >= 0:
                for i in range(match.start(group), match.end(group)):
                    covered[i] = False
        for i, span in part.spans.items():
            name = fits(span, spec, slots)
            inside = any(a <= i < b for a, b in free)
            if name and (not covered[i] or (inside and name == "person")):
                slots[name] = Slot.of(span)
                covered[i] = True
            elif not name and not covered[i] and (moment := _at(slots.get("when"), span)):
                slots["when"] = moment
                covered[i] = True
        for name, value in pattern.fixed.items():
            slots.setdefault(
                name, Slot(value, self.raw[slice(*part.original(match.start(), match.end()))].strip())
            )
        self._mention(pattern, spec, part, slots, covered)
        explained = sum(w for w, yes in zip(weights, covered, strict=True) if yes)
        if spec.whole_text:
            explained = (_WHOLE_WRITE if spec.writes else _WHOLE_READ) * total
        if spec.name == "log_contact" and "text" not in slots:
            a, b = part.original(0, len(part.text))
            slots["text"] = Slot(self.raw[a:b].strip(_BLUNT), self.raw[a:b].strip(_BLUNT), a, b)
        rank = pattern.weight + 0.05 * len(slots) - _GUESSED * _guessed_names(slots, part)
        swallowed = _swallowed(spec, match, part, weights)
        alike = _alike(slots.get("person"), part)
        explained = min(explained + 2.0 * len(alike), total)
        return Reading(Command(pattern.intent, slots), explained, explained / total, rank, swallowed, alike)

    def _mention(
        self, pattern: Pattern, spec: IntentSpec, part: Masked, slots: dict[str, Slot], covered: list[bool]
    ) -> None:
        """A channel or level named anywhere in the stretch: it was no part of the sentence, but it was said."""
        for name in _MENTIONED:
            said = name in slots and name not in pattern.fixed
            if name not in spec.slots or said:
                continue
            if hit := _mentions(self.language, name).search(part.text):
                a, b = part.original(hit.start("word"), hit.end("word"))
                slots[name] = Slot(values(self.language)[name][hit["word"]], self.raw[a:b], a, b)
                covered[hit.start() : hit.end()] = [True] * (hit.end() - hit.start())

    def proposal(self, intent: str) -> Reading:
        """A command of a given intent with the spans of the whole message in its slots."""
        spec = load_schema()[intent]
        slots: dict[str, Slot] = {}
        for span in self.masked.spans.values():
            if name := fits(span, spec, slots):
                slots[name] = Slot.of(span)
        return Reading(Command(intent, slots), 0.0, 0.0, 0.0)

    def _captured(
        self, pattern: Pattern, match: Any, part: Masked
    ) -> tuple[dict[str, Slot], list[tuple[int, int]]]:
        slots: dict[str, Slot] = {}
        free: list[tuple[int, int]] = []
        for name, group in match.re.groupindex.items():
            start, end = match.start(group), match.end(group)
            if name not in load_schema()[pattern.intent].slots or start < 0 or end <= start:
                continue
            span = part.spans.get(start) if end == start + 1 and name not in FREE else None
            if span is not None:
                slots[name] = Slot.of(span)
                continue
            a, b = part.original(start, end)
            words = self.raw[a:b].strip(_BLUNT)
            if name in FREE:
                words = words.removeprefix("了").strip(_BLUNT) if self.language == "zh" else words
                free.append((start, end))
                if words:
                    slots[name] = Slot(words, words, a, b)
            else:
                table = values(self.language).get(name, {})
                slots[name] = Slot(table.get(part.text[start:end], words), words, a, b)
        return slots, free


_CLOCK = re.compile(
    r"(?:早上|上午|中午|下午|傍晚|晚上|早|晚)?\s?(?:\d{1,2}|[一二两三四五六七八九十]{1,3})(?:点|:|时)|"
    r"(?:at )?\d{1,2}(?::\d\d)?\s?(?:[ap]m|o'clock)", re.I,
)  # fmt: skip


def _at(day: Slot | None, span: Span) -> Slot | None:
    """A day said before and a clock said now: 星期天能做保养吗,我十点到 is Sunday at ten."""
    if day is None or span.kind != "when" or not (isinstance(day.value, str) and isinstance(span.value, str)):
        return None
    if len(day.value) != 10 or "T" not in span.value or not _CLOCK.match(span.words):
        return None
    hour, open_until = int(span.value[11:13]), 19
    if hour > open_until and span.words[:1] not in "晚" and "pm" not in span.words.lower():
        hour -= 12  # read as tonight's ten because this morning's is over; on another day it is the morning's
    clock = f"T{hour:02}{span.value[13:]}"
    return Slot(day.value + clock, f"{day.words} {span.words}", day.start, day.end)


_PEOPLE = re.compile(rf"{MARK['person']}(?:(?:和|与|跟|、|,|还有|以及| and |, ){MARK['person']})+(?=都|也|一起|全| both|$)")


def _alike(person: Slot | None, part: Masked) -> tuple[Slot, ...]:
    """Everybody named beside the person in one breath."""
    for match in _PEOPLE.finditer(part.text) if person else ():
        named = [Slot.of(part.spans[i]) for i in range(match.start(), match.end()) if i in part.spans]
        if person in named:
            return tuple(slot for slot in named if slot != person)
    return ()


def _guessed_names(slots: dict[str, Slot], part: Masked) -> int:
    known = {span.start for span in part.spans.values()}
    return sum(name.startswith("person") and slot.start not in known for name, slot in slots.items())


def _swallowed(spec: IntentSpec, match: Any, part: Masked, weights: list[float]) -> float:
    """The weight of whole clauses inside free text: they may be commands of their own."""
    group = next((g for n, g in match.re.groupindex.items() if n in FREE and match.start(g) >= 0), None)
    if group is None or spec.whole_text:
        return 0.0
    start, end = match.start(group), match.end(group)
    cuts = [m.end() for m in _FIRM_CUT.finditer(part.text, start, end)]
    if spec.name == "log_contact":
        cuts = [start, *part.breaks, *(m.end() for m in _CUT.finditer(part.text, start, end)), *cuts]
    elif spec.name == "remind_me":
        cuts = [c for c in cuts if sum(weights[start:c]) >= 2]
    first = min((c for c in cuts if start <= c < end), default=end)
    return sum(weights[first:end])


@cache
def _mentions(language: str, name: str) -> re.Pattern[str]:
    words = sorted((w for w in values(language)[name] if len(w) > 1), key=len, reverse=True)
    edge = r"\b" if language == "en" else ""
    before, after = (expand(lists(language, "fragments")[f"{name}_{side}"], language) for side in ("from", "tail"))
    return re.compile(f"(?:{before})?{edge}(?P<word>{'|'.join(map(re.escape, words))}){edge}{_NOT_A_NUMBER}(?:{after})?")


@cache
def _told(language: str) -> re.Pattern[str]:
    """The beginning of what somebody else said, thinks or wants."""
    words = nameless(expand(lists(language, "fragments")["told"], language))
    return re.compile(rf"[\s,.;:!?]*(?:{words})")


def fits(span: Span, spec: IntentSpec, filled: dict[str, Slot]) -> str | None:
    """The slot of an intent that a span outside its sentence may fill."""
    kind = span.kind
    if kind in spec.slots and kind not in filled:
        if (
            kind == "when"
            and "period" in spec.slots
            and isinstance(span.value, dict)
            and "T" not in str(span.value)
        ):
            return "period" if "period" not in filled else None
        return kind
    if kind == "when" and "period" in spec.slots and not {"period", "when"} & set(filled):
        return "period"
    return None


def weigh(text: str, noise: re.Pattern[str] | None) -> list[float]:
    """How much each character means: spans most, politeness and particles nothing."""
    weights = [
        0.5
        if c == MARK["pronoun"]
        else 2.0
        if c in MARKS
        else 1.0
        if "\u4e00" <= c <= "\u9fff"
        else 0.3
        if c.isalnum()
        else 0.0
        for c in text
    ]
    for match in noise.finditer(text) if noise else ():
        weights[match.start() : match.end()] = [0.0] * (match.end() - match.start())
    return weights


@cache
def _noise(language: str) -> re.Pattern[str]:
    words = sorted(lists(language, "noise"), key=len, reverse=True)
    edge = r"\b" if language == "en" else ""
    return re.compile("|".join(f"{edge}{re.escape(w)}{edge}" for w in words))


@cache
def _guards(language: str) -> list[tuple[re.Pattern[str], frozenset[str], str]]:
    rows = []
    for name, rule in lists(language, "guards").items():
        intents = (
            frozenset(i for i, s in load_schema().items() if s.writes)
            if rule["intents"] == "writes"
            else frozenset(rule["intents"])
        )
        intents -= frozenset(rule.get("except", ()))
        rows += [
            (re.compile(nameless(expand(say, language))), intents, name)
            for say in rule["say"]
        ]
    return rows


def guards(text: str, language: str) -> dict[str, str]:
    """Intents that this stretch must not be read as, with the reason: negation, hypothesis, report, past."""
    blocked: dict[str, str] = {}
    for pattern, intents, why in _guards(language):
        if pattern.search(text):
            blocked.update(dict.fromkeys(intents, why))
    return blocked
