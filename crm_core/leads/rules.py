"""Who gets a lead, and when two interests are one. Pure decisions with their reasons."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from crm_core.followups.rules import Clock, Duration

_NOISE = re.compile(r"[\W_]+|\d{4}款|想看|想买|咨询")

FILLED = ("name", "vehicle", "city", "source")


class Words(BaseModel):
    """A sentence for people, in both languages."""

    model_config = ConfigDict(extra="forbid")
    zh: str
    en: str

    @field_validator("zh", "en")
    @classmethod
    def _fillable(cls, text: str) -> str:
        try:
            text.format_map(dict.fromkeys(FILLED, ""))
        except (KeyError, IndexError, AttributeError) as error:
            raise ValueError(f"only {', '.join(FILLED)} can stand in braces") from error
        return text

    def filled(self, **values: str) -> tuple[str, str]:
        """Both sentences with their braces filled in."""
        return self.zh.format_map(values), self.en.format_map(values)


class When(BaseModel):
    """All given conditions must hold; a list means any of its words."""

    model_config = ConfigDict(extra="forbid")
    source: list[str] = []
    channel: list[str] = []
    campaign: list[str] = []
    city: list[str] = []
    vehicle: list[str] = []
    min_score: float | None = None
    working_hours: bool | None = None
    returning: bool | None = None
    typed: bool | None = None


class To(BaseModel):
    """Among whom to choose."""

    model_config = ConfigDict(extra="forbid")
    role: str = "rep"
    people: list[str] = []
    expertise: list[str] = []
    owner: bool = Field(default=False, description="the customer's own rep")
    typist: bool = Field(default=False, description="whoever typed it")


class Rule(BaseModel):
    """The first rule that fits and finds somebody on duty decides."""

    model_config = ConfigDict(extra="forbid")
    name: str
    reason: Words
    when: When = When()
    to: To = To()
    choose: Literal["least_load", "longest_waiting", "win_rate"] = "least_load"


class Out(BaseModel):
    """Somebody on the road with his phone at hand."""

    model_config = ConfigDict(extra="forbid")
    take_leads: bool = True
    offer_after: Duration = Field(default=timedelta(minutes=45), description="not called so long: others may")
    clock: Clock = "working"


class Pool(BaseModel):
    """How much of the public pool one person may take; None: as much as he likes."""

    model_config = ConfigDict(extra="forbid")
    per_day: int | None = Field(default=None, ge=1)
    uncalled: int | None = Field(default=None, ge=1, description="from so many own leads not called on: call first")


class AssignmentPolicy(BaseModel):
    """`assignment.yaml`."""

    model_config = ConfigDict(extra="forbid")
    rules: list[Rule]
    load_cap: int = Field(default=40, ge=1, description="uncontacted leads from which a rep counts as full")
    out: Out = Out()
    pool: Pool = Pool()


POLICIES = [("assignment", AssignmentPolicy)]


@dataclass(frozen=True)
class Arriving:
    """What is known of a lead when somebody must be found for it."""

    source: str = ""
    channel: str = ""
    campaign: str = ""
    city: str = ""
    vehicle: str = ""
    score: float | None = None
    working: bool = True
    owner_id: str | None = None
    typist_id: str | None = None


@dataclass(frozen=True)
class Candidate:
    """A colleague as the rule sees him. `load` counts uncontacted leads; `won` is a rate of 0..1 or None."""

    id: str
    code: str
    name: str
    expertise: tuple[str, ...] = ()
    away: bool = False
    load: int = 0
    last_assigned: datetime | None = None
    won: float | None = None


@dataclass(frozen=True)
class Choice:
    """Who, by which rule, and why. `person_id` None: nobody is there, the pool gets it."""

    person_id: str | None
    rule: str
    zh: str
    en: str


def interest_key(vehicle: str) -> str:
    """What makes two interests comparable: letters and digits of the words, folded."""
    folded = unicodedata.normalize("NFKC", vehicle).casefold()
    return _NOISE.sub("", folded)[:80]


def same_interest(a: str, b: str) -> bool:
    """Whether two interest keys mean the same: one says less than the other, or they are equal."""
    return not a or not b or a in b or b in a


def choose_owner(lead: Arriving, people: Sequence[Candidate], policy: AssignmentPolicy) -> Choice:
    """Apply the rules in order to those who are here; a full or absent rep is passed by while others are free."""
    for rule in policy.rules:
        if not fits(rule.when, lead):
            continue
        able = [p for p in people if not p.away and among(rule.to, p, lead)]
        free = [p for p in able if p.load < policy.load_cap] or able
        if free:
            chosen = min(free, key=lambda p: rank(rule.choose, p))
            zh, en = rule.reason.filled(name=chosen.name, vehicle=lead.vehicle, city=lead.city, source=lead.source)
            return Choice(chosen.id, rule.name, zh, en)
    return Choice(None, "nobody_on_duty", "当班没有可分配的同事,已放入公海", "nobody is on duty, it went to the public pool")


def fits(when: When, lead: Arriving) -> bool:
    """Whether every given condition holds."""
    checks = (
        _any_word(when.source, lead.source),
        _any_word(when.channel, lead.channel),
        _any_word(when.campaign, lead.campaign),
        _any_word(when.city, lead.city),
        _any_word(when.vehicle, lead.vehicle),
        when.min_score is None or (lead.score is not None and lead.score >= when.min_score),
        when.working_hours is None or when.working_hours == lead.working,
        when.returning is None or when.returning == (lead.owner_id is not None),
        when.typed is None or when.typed == (lead.typist_id is not None),
    )
    return all(checks)


def _any_word(words: list[str], text: str) -> bool:
    folded = text.casefold()
    return not words or any(word.casefold() in folded for word in words)


def among(to: To, person: Candidate, lead: Arriving) -> bool:
    """Whether a person is one the rule chooses among."""
    if to.owner:
        return person.id == lead.owner_id
    if to.typist:
        return person.id == lead.typist_id
    if to.people:
        return person.code in to.people
    if to.expertise:
        return any(e.casefold() in {x.casefold() for x in person.expertise} for e in to.expertise)
    return True


def rank(choose: str, person: Candidate) -> tuple[float, float, str]:
    """Smaller is chosen. Ties go to whoever has waited longest for a lead."""
    waited = person.last_assigned.timestamp() if person.last_assigned else 0.0
    if choose == "longest_waiting":
        return (waited, float(person.load), person.code)
    if choose == "win_rate":
        return (-(person.won if person.won is not None else 0.0), waited, person.code)
    return (float(person.load), waited, person.code)
