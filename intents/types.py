"""The vocabulary of this room: spans found in text, slots, commands, and what was understood."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import Any, Literal

Value = str | int | float | dict[str, Any] | None
Outcome = Literal["recognised", "ambiguous", "unrecognised"]
Layer = Literal["reply", "grammar", "ranker", "model"]
# Where a slot comes from: the speaker's words, words he passes on, the records, or a model's conclusion.
Source = Literal["said", "quoted", "record", "inferred"]


@dataclass(frozen=True, slots=True)
class Span:
    """A typed piece of the text: `start` and `end` index the text as typed, `value` is ready for JSON."""

    kind: str
    start: int
    end: int
    value: Any
    words: str
    alternatives: tuple[Any, ...] = ()
    detail: str = ""
    weak: bool = False

    def overlaps(self, other: Span) -> bool:
        return self.start < other.end and other.start < self.end


@dataclass(frozen=True, slots=True)
class Slot:
    """One filled slot with the words it was read from (an empty string: taken from the conversation)."""

    value: Value
    words: str = ""
    start: int = -1
    end: int = -1
    alternatives: tuple[Any, ...] = ()
    source: Source = "said"

    @classmethod
    def of(cls, span: Span) -> Slot:
        return cls(span.value, span.words, span.start, span.end, span.alternatives)

    def to_json(self) -> dict[str, Any]:
        """Its source is told when it is not what the speaker said."""
        source = {} if self.source == "said" else {"source": self.source}
        return {"value": self.value, "words": self.words, **source}


@dataclass(frozen=True, slots=True)
class Command:
    """An intent of the contract and its slots; required slots may still be missing (see `IntentSpec`)."""

    intent: str
    slots: dict[str, Slot] = field(default_factory=dict)

    def with_slots(self, **more: Slot) -> Command:
        return replace(self, slots={**self.slots, **more})

    def to_json(self) -> dict[str, Any]:
        return {"intent": self.intent, "slots": {k: s.to_json() for k, s in self.slots.items()}}


@dataclass(frozen=True, slots=True)
class Candidate:
    """A reading that was considered, with its score between 0 and 1."""

    command: Command
    score: float

    def to_json(self) -> dict[str, Any]:
        return {**self.command.to_json(), "score": round(self.score, 3)}


@dataclass(frozen=True, slots=True)
class Context:
    """What the conversation knows: who is spoken about, and what was asked last."""

    focus_person: str | None = None
    asked_intent: str | None = None
    asked_slot: str | None = None


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Names the caller knows: `people` in addition to surnames, and a dealer's own catalogue words.

    `series` maps a word to its vehicle value (`{"brand", "series"}`), `parts` a word to the part's name; `numbers` are
    the keys of part numbers that stand in this message, however they are spelled (`HU 6013 z` is `HU6013Z`).
    """

    people: tuple[str, ...] = ()
    series: tuple[tuple[str, str, str], ...] = ()
    parts: tuple[tuple[str, str], ...] = ()
    numbers: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Understanding:
    """The answer of `understand`: recognised commands, or up to three readings, or the reason for none."""

    text: str
    outcome: Outcome
    commands: tuple[Command, ...] = ()
    layer: Layer = "grammar"
    score: float = 0.0
    alternatives: tuple[Candidate, ...] = ()
    why: str = ""
    ms: float = 0.0

    def to_json(self) -> dict[str, Any]:
        """The contract's form, as plain values for `json.dumps`."""
        return {
            "text": self.text,
            "outcome": self.outcome,
            "commands": [c.to_json() for c in self.commands],
            "layer": self.layer,
            "score": round(self.score, 3),
            "alternatives": [c.to_json() for c in self.alternatives],
            "why": self.why,
            "ms": round(self.ms, 2),
        }

    def dumps(self) -> str:
        return json.dumps(self.to_json(), ensure_ascii=False)
