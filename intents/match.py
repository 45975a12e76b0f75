"""Readings of masked text: the best sentence for each stretch, and the best cut into commands."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from .cues import people, worded
from .data import lists
from .entities.birthday import read_birthday
from .fill import CUT, ahead, alike, at_clock, fits, guessed_names, mentions, over, swallowed, trimmed
from .grammar import FREE, Pattern, grammar, values
from .guards import guards, told
from .mask import MARK, MARKS, Masked
from .moods import Mood, moods
from .schema import IntentSpec, load_schema
from .types import Command, Slot, Span

MIN_WRITE, MIN_CARD, MIN_READ, MIN_LOOSE = 0.6, 0.5, 0.5, 0.12
_MAX_CLAUSES = 6
_FIRST, _NEXT = 0.6, 1.2  # what a command must explain to be worth reading one (more)
# A free-text intent is explained by its cue alone: a complaint firmly, a question unless another explains more.
_WHOLE_WRITE, _WHOLE_READ = 0.7, 0.5
_WHOLE_MOST = 4.0  # and never more than this: a cue with all its slots says what is meant
_MAX_CUTS = 8
_SOFT = 1.2  # and more when only a blank divides them
_SWALLOWED = 0.7  # how much less a later clause counts as free text than as a command of its own
_MENTIONED = ("channel", "level")
_TELLING = ("log_contact", "add_note", "mark_lost")
_REASONED = ("request_discount", "transfer_customer", "open_ticket")  # what he says or does next is their reason
_AHEAD = ("set_expected_close", "remind_me")  # a time that is over is when it was said
PLANNED = ("book_test_drive", "book_service", "book_visit", "move_appointment")
_BY_ANOTHER = "one_did_for_another"  # a guard that sentences which tell the two apart need not heed
_GUESSED = 0.8  # a name that nothing but its place in the sentence makes one
_LIGHT = 0.5
_LIGHT_WORDS = frozenset("给把将帮替为让叫请来去到过在是有和跟与着还又才这那们想要能会可以需一里边中打算准备已经")
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
    loose: bool = False  # read from a cue and its slots, whatever stands between them
    explains: float = 0.0  # the weight of what was understood, also where `covered` is capped
    place: tuple[int, int] = (0, 0)  # the stretch of masked text it was read from


@dataclass(slots=True)
class Reader:
    """Reads one message for one role; `reasons` collects why candidates were turned down."""

    masked: Masked
    raw: str
    language: str
    role: str
    today: str = ""
    reasons: list[str] = field(default_factory=list)
    weights: list[float] = field(default_factory=list)
    moods: list[Mood] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.moods = moods(self.masked, self.language)
        self.weights = weigh(self.masked.text, _noise(self.language))
        if not any(self.weights):
            self.weights = weigh(self.masked.text, None)

    def best(self) -> tuple[list[Reading], float]:
        """The best sequence of commands, and the share of the message they explain."""
        cuts, soft = self.cuts()
        total = sum(self.weights) or 1.0
        whole = self.read(0, len(self.masked.text))
        if whole and whole.score > 0.999 and not whole.swallowed:
            return [whole], whole.explains / total
        best: list[tuple[float, list[Reading]]] = [(0.0, [])]
        for end in range(1, len(cuts)):
            options = [(best[end - 1][0], best[end - 1][1])]
            # However many clauses there are, all of them may be one note.
            whole_too = [0] if end == len(cuts) - 1 > _MAX_CLAUSES else []
            for start in [*whole_too, *range(max(0, end - _MAX_CLAUSES), end)]:
                reading = self.read(cuts[start], cuts[end])
                if reading and self._may_follow(best[start][1], reading, cuts[start]):
                    cost = _FIRST if not best[start][1] else _NEXT
                    if best[start][1] and cuts[start] in soft and not _stands_alone(reading):
                        cost += _SOFT
                    gain = best[start][0] + reading.covered + reading.rank - cost
                    options.append((gain - _SWALLOWED * reading.swallowed, [*best[start][1], reading]))
            best.append(max(options, key=lambda option: option[0]))
        readings = best[-1][1]
        return readings, sum(r.explains for r in readings) / total

    def cuts(self) -> tuple[list[int], set[int]]:
        """Where one command may end and another begin: punctuation, and, then; a blank typed for a comma."""
        text = self.masked.text
        firm = [m.end() for m in CUT.finditer(text) if 0 < m.end() < len(text)][:_MAX_CUTS]
        soft = [b for b in self.masked.breaks if 0 < b < len(text) and b not in firm]
        soft = soft[: _MAX_CUTS - len(firm)]
        return [0, *sorted([*firm, *soft]), len(text)], set(soft)

    def _may_follow(self, before: list[Reading], reading: Reading, start: int) -> bool:
        """After a talk or a note only a whole command of one's own: what the customer said is no command."""
        if before and reading.loose and before[-1].command.intent == reading.command.intent:
            return False  # another cue of the same: its reason, its circumstances
        if before and before[-1].command.intent in _REASONED:
            return not _tale(self.masked.text[start:])
        if not before or before[-1].command.intent not in _TELLING:
            return True
        spec, command = load_schema()[reading.command.intent], reading.command
        known = {name for earlier in before for name in earlier.command.slots if name == "person"}
        said = told(self.language).match(self.masked.text, start)
        return not said and not spec.missing(known | set(command.slots))

    def read(self, start: int, end: int) -> Reading | None:
        """The best command that the stretch [start, end) reads as, if it explains enough of it."""
        part = self.masked.part(start, end)
        weights = self.weights[start:end]
        total = sum(weights)
        if not total:
            return None
        found = [r for r in self._readings(part, weights, total, start) if r.score >= self._needed(r)]
        best = max(found, key=lambda r: r.covered + r.rank, default=None)
        return replace(best, place=(start, end)) if best else None

    @staticmethod
    def _needed(reading: Reading) -> float:
        spec = load_schema()[reading.command.intent]
        if reading.loose:
            return MIN_LOOSE
        return MIN_WRITE if spec.risk == "own_write" else MIN_CARD if spec.writes else MIN_READ

    def _readings(self, part: Masked, weights: list[float], total: float, start: int) -> list[Reading]:
        found = []
        blocked = guards(part.text, self.language)
        for pattern, match in grammar(self.language).search(part.text):
            spec = load_schema()[pattern.intent]
            if self.role not in spec.who or (pattern.roles and self.role not in pattern.roles):
                self.reasons.append(f"{pattern.intent} is not for {self.role}")
                continue
            if pattern.intent in blocked and not (blocked[pattern.intent] == _BY_ANOTHER and "?P<by>" in pattern.regex):
                self.reasons.append(f"{pattern.intent}: {blocked[pattern.intent]}")
                continue
            if spec.writes and (mood := self._forbidden(pattern.intent, match, start)):
                self.reasons.append(f"{pattern.intent}: {mood}")
                continue
            reading = self._reading(pattern, spec, match, part, weights, total)
            command = reading.command
            known = {*command.slots, "person"} if self._named_before(start) else command.slots
            if pattern.lacks(known) or self._too_late(command) or _to_himself(command):
                continue
            if all(slot.value is not None for slot in reading.command.slots.values()):
                found.append(reading)
        return found

    def _named_before(self, start: int) -> bool:
        return any(index < start and span.kind == "person" for index, span in self.masked.spans.items())

    def _too_late(self, command: Command) -> bool:
        """Nobody plans for a day that is over: yesterday's is a tale."""
        return command.intent in PLANNED and self.is_over(command)

    def is_over(self, command: Command) -> bool:
        """Whether the time of a command lies wholly behind, whichever way it is read."""
        when = command.slots.get("when")
        if when is None or not self.today:
            return False
        return all(over(value, self.today) for value in (when.value, *when.alternatives))

    def _forbidden(self, intent: str, match: Any, offset: int) -> str:
        """Why a sentence at this place of the message is no order; empty when it may be one."""
        if not self.moods:
            return ""
        begin, stop = match.start() + offset, match.end() + offset
        own = [False] * begin + _said(match) + [False] * (len(self.masked.text) - stop)
        return next((m.name for m in self.moods if m.forbids(intent, own, begin, stop)), "")

    def _reading(
        self, pattern: Pattern, spec: IntentSpec, match: Any, part: Masked, weights: list[float], total: float
    ) -> Reading:
        slots, free = self._captured(pattern, match, part)
        covered = [False] * match.start() + _said(match) + [False] * (len(weights) - match.end())
        for i, span in part.spans.items():
            name = fits(span, spec, slots)
            inside = any(a <= i < b for a, b in free)
            if name and (not covered[i] or (inside and name == "person")):
                slots[name] = Slot.of(span)
                covered[i] = True
            elif not name and not covered[i] and (moment := at_clock(slots.get("when"), span)):
                slots["when"] = moment
                covered[i] = True
        for name, value in pattern.fixed.items():
            slots.setdefault(
                name, Slot(value, self.raw[slice(*part.original(match.start(), match.end()))].strip())
            )
        self._mention(pattern, spec, part, slots, covered)
        explained = sum(w for w, yes in zip(weights, covered, strict=True) if yes)
        share = explained / total
        if spec.whole_text:
            share = _WHOLE_WRITE if spec.writes else _WHOLE_READ
            explained = share * total if spec.writes else min(share * total, _WHOLE_MOST)
        if spec.name == "log_contact" and "text" not in slots:
            a, b = part.original(0, len(part.text))
            slots["text"] = Slot(self.raw[a:b].strip(_BLUNT), self.raw[a:b].strip(_BLUNT), a, b)
        if spec.name in _AHEAD and (still := ahead(slots.get("when"), part, self.today)):
            slots["when"] = still
        rank = pattern.weight + 0.05 * len(slots) - _GUESSED * guessed_names(slots, part)
        taken = swallowed(spec, match, part, weights)
        others = alike(slots, part)
        if others:
            explained = min(explained + 2.0 * len(others), total)
            share = explained / total
        command = Command(pattern.intent, slots)
        return Reading(command, explained, share, rank, taken, others, pattern.loose, share * total)

    def _mention(
        self, pattern: Pattern | None, spec: IntentSpec, part: Masked, slots: dict[str, Slot], covered: list[bool]
    ) -> None:
        """A channel or level named anywhere in the stretch: it was no part of the sentence, but it was said."""
        if "channel" in slots and any(_gives(slots["channel"], span) for span in part.spans.values()):
            del slots["channel"]
        for name in _MENTIONED:
            said = name in slots and (pattern is None or name not in pattern.fixed)
            if name not in spec.slots or said:
                continue
            if hit := mentions(self.language, name).search(part.text):
                a, b = part.original(hit.start("word"), hit.end("word"))
                slots[name] = Slot(values(self.language)[name][hit["word"]], self.raw[a:b], a, b)
                covered[hit.start() : hit.end()] = [True] * (hit.end() - hit.start())

    def unmeant(self, *, surely: bool = False) -> dict[str, str]:
        """Writes that the message hardly asks for, because of its moods (or `surely` not); with the reason."""
        denied = [m for m in self.moods if not (surely and m.front)]
        return {intent: m.name for m in denied for intent in load_schema() if intent not in m.spared}

    def doubts(self, intent: str, start: int = 0, end: int | None = None) -> bool:
        """Whether a guard or a mood speaks against an intent in a stretch that no sentence explains."""
        end = len(self.masked.text) if end is None else end
        moods_there = (m for m in self.moods if m.first < end and m.last > start)
        denied = any(intent not in mood.spared or mood.name == "hearsay" for mood in moods_there)
        return denied or intent in guards(self.masked.text[start:end], self.language)

    def proposal(self, intent: str, start: int = 0, end: int | None = None) -> Reading:
        """A command of a given intent with what a stretch says in its slots, by kind and by cue words."""
        end = len(self.masked.text) if end is None else end
        part, spec = self.masked.part(start, end), load_schema()[intent]
        slots = people(spec, part)
        for index, span in part.spans.items():
            if index not in {s.start for s in slots.values()} and (name := fits(span, spec, slots)):
                slots[name] = Slot.of(span)
        slots |= {name: slot for name, slot in worded(spec, part, self.raw, self.language).items() if name not in slots}
        self._mention(None, spec, part, slots, [False] * len(part.text))
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
                words = trimmed(words)
                words = words.removeprefix("了").strip(_BLUNT) if self.language == "zh" else words
                free.append((start, end))
                if words:
                    slots[name] = Slot(read_birthday(words) if name == "birthday" else words, words, a, b)
            else:
                table = values(self.language).get(name, {})
                slots[name] = Slot(table.get(part.text[start:end], words), words, a, b)
        return slots, free


def _said(match: Any) -> list[bool]:
    """Which characters of a match its sentence accounts for: all but those in gaps."""
    first = match.start()
    said = [True] * (match.end() - first)
    for name, group in match.re.groupindex.items():
        if name.startswith("gap_") and match.start(group) >= 0:
            a, b = match.start(group) - first, match.end(group) - first
            said[a:b] = [False] * (b - a)
    return said


def _to_himself(command: Command) -> bool:
    """Nobody is handed over to himself."""
    to = command.slots.get("person_to")
    givers = (command.slots.get(name) for name in ("person", "person_from"))
    return to is not None and any(giver is not None and giver.value == to.value for giver in givers)


def _tale(text: str) -> bool:
    """Whether a clause is about what he or she does."""
    return text.lstrip(" ,.;:。").startswith(MARK["pronoun"])


def _stands_alone(reading: Reading) -> bool:
    """A whole request: a blank before it divides as a comma would."""
    return reading.score > 0.95 and not reading.loose and load_schema()[reading.command.intent].risk == "confirm"


def _gives(channel: Slot, span: Span) -> bool:
    """电话13800138000 gives a number; it says nothing about where somebody came from."""
    return span.kind == "phone" and channel.value == "phone" and 0 <= span.start - channel.end <= 2


def weigh(text: str, noise: re.Pattern[str] | None) -> list[float]:
    """How much each character means: spans most, politeness and particles nothing."""
    weights = [
        0.5
        if c == MARK["pronoun"]
        else 2.0
        if c in MARKS
        else _LIGHT
        if c in _LIGHT_WORDS
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
