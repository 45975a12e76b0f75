"""The contract of intents, read from schema.yaml."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import Any, Literal

from .data import ROOT, DataError, lines_of, load

Risk = Literal["read", "own_write", "confirm", "approval"]
RISKS = ("read", "own_write", "confirm", "approval")
SLOTS = frozenset(
    "person person_to person_from other phone vehicle vin plate oe part when money "
    "percent stage level channel text "
    "birthday quantity topic period metric reason decision ref outcome digest choice renewal km "
    "absence appointment platform repeat role share was by".split()
)
PATH = ROOT / "schema.yaml"


@dataclass(frozen=True, slots=True)
class IntentSpec:
    """One intent: who may say it, its slots and the cost of a mistake."""

    name: str
    who: frozenset[str]
    risk: Risk
    required: tuple[str, ...] = ()
    needs_one: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    example: dict[str, str] = field(default_factory=dict)
    whole_text: bool = False

    @property
    def slots(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((*self.required, *self.needs_one, *self.optional)))

    @property
    def writes(self) -> bool:
        return self.risk != "read"

    def missing(self, filled: set[str] | frozenset[str]) -> tuple[str, ...]:
        """Required slots without a value; the first of `needs_one` stands for the group."""
        absent = tuple(name for name in self.required if name not in filled)
        if self.needs_one and not filled & set(self.needs_one):
            return (*absent, self.needs_one[0])
        return absent


@cache
def load_schema() -> dict[str, IntentSpec]:
    """All intents by name; raises DataError with file and line when the contract is malformed."""
    raw = load(PATH)
    groups = raw["groups"]
    return {name: _spec(name, entry, groups) for name, entry in raw["intents"].items()}


def roles() -> frozenset[str]:
    return frozenset(load(PATH)["groups"]["anyone"])


def _spec(name: str, entry: dict[str, Any], groups: dict[str, list[str]]) -> IntentSpec:
    problem = _problem(entry, groups)
    if problem:
        raise DataError(PATH, lines_of(PATH).get(("intents", name), 1), f"{name}: {problem}")
    return IntentSpec(
        name=name,
        who=frozenset(role for group in entry["who"] for role in groups[group]),
        risk=entry["risk"],
        required=tuple(entry.get("required", ())),
        needs_one=tuple(entry.get("needs_one", ())),
        optional=tuple(entry.get("optional", ())),
        example=dict(entry["example"]),
        whole_text=entry.get("text") == "whole",
    )


def _problem(entry: dict[str, Any], groups: dict[str, list[str]]) -> str | None:
    known = {"who", "required", "needs_one", "optional", "risk", "example", "text"}
    if extra := set(entry) - known:
        return f"unknown keys {sorted(extra)}; known are {sorted(known)}"
    if wrong := [g for g in entry.get("who", ["?"]) if g not in groups]:
        return f"`who` must name groups {sorted(groups)}, not {wrong}"
    if entry.get("risk") not in RISKS:
        return f"`risk` must be one of {', '.join(RISKS)}, not {entry.get('risk')!r}"
    named = [*entry.get("required", ()), *entry.get("needs_one", ()), *entry.get("optional", ())]
    if wrong := [slot for slot in named if slot not in SLOTS]:
        return f"unknown slots {wrong}"
    if set(entry.get("example", {})) != {"zh", "en"}:
        return "`example` needs a zh and an en sentence"
    return None
