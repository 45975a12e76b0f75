"""The verdict: fits, fits if, does not fit, no data. Pure, and never "fits" by likeness.

A condition is true, false or unknown of a vehicle. A part fits when, whatever the unknown is, some row says
it fits and none says it does not; everything else asks, denies on evidence, or admits to know nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from crm_core.fitment.messages import Verdict
from crm_core.fitment.normalise import oe_key
from crm_core.fitment.spans import OPEN, Span, pieces, read_span

OTHER = "other"
# The answer of somebody who does not know: nothing is learnt, and the same is not asked again.
UNKNOWN = "unknown"
# What people can answer most easily comes first; what a source says in names or words of its own comes after these.
ASK_ORDER = ("engine", "option_code", "trim", "position", "month", "vin")
_SPANS = ("month", "vin")
# Remarks do not exclude one another as engines do: each is a question of its own, `is:<remark>`, yes or no.
_REMARKS = frozenset({"note", "qual"})
IS, YES = "is:", "yes"


class PriceClass(BaseModel):
    """A class of customers: its names (`also`: what people call it besides), and its share of the retail price where
    it has no price of its own."""

    model_config = ConfigDict(extra="forbid")

    zh: str
    en: str
    also: tuple[str, ...] = ()
    percent_of_retail: int = Field(default=100, ge=1, le=200)


class FitmentPolicy(BaseModel):
    """Who learns what of the stock of other dealers (quantity, yes_no or hide), what prices there are, and whom a
    technician's verdict is shown to before it becomes a row: the first of these roles that somebody else holds."""

    model_config = ConfigDict(extra="forbid")

    others_for_staff: Literal["quantity", "yes_no", "hide"] = "quantity"
    others_for_customers: Literal["quantity", "yes_no", "hide"] = "yes_no"
    price_classes: dict[str, PriceClass] = {"retail": PriceClass(zh="零售价", en="Retail")}
    default_class: str = "retail"
    reviewers: tuple[str, ...] = ("warehouse", "admin", "group_admin")


POLICIES = [("fitment", FitmentPolicy)]


def price_class_named(said: str, policy: FitmentPolicy) -> str | None:
    """The key of a class by its key or by what people call it; the default for nothing, None when there is none."""
    wanted = _bare(said)
    if not wanted:
        return policy.default_class
    for key, one in policy.price_classes.items():
        if wanted in {_bare(name) for name in (key, one.zh, one.en, *one.also)}:
            return key
    return None


def _bare(name: str) -> str:
    """`批发价` and `批发`, `wholesale prices` and `Wholesale` are one."""
    return re.sub(r"(?:价格|价|\s*(?:prices?|pricing|rates?|class))$", "", name.strip().lower())


@dataclass(frozen=True, slots=True)
class Row:
    """One catalogue row as these rules see it. Conditions with several values: any of them will do."""

    id: str
    part_id: str
    fits: bool = True
    trims: tuple[str, ...] = ()
    engines: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    position: str = ""
    vin: Span = OPEN
    month: Span = OPEN
    part_position: str = ""
    conditions: tuple[tuple[str, str], ...] = ()

    def values(self, qualifier: str) -> tuple[str, ...]:
        """The values of a closed condition; empty when the row has no such condition."""
        own = {"engine": self.engines, "option_code": self.options, "trim": self.trims}
        if qualifier in own:
            return own[qualifier]
        if qualifier == "position":
            return (self.position,) if self.position else ()
        return self._further.get(qualifier, ())

    @property
    def _further(self) -> dict[str, tuple[str, ...]]:
        """The source's own conditions, all of which must hold. One name said twice is one condition of both."""
        found: dict[str, tuple[str, ...]] = {}
        for name, value in self.conditions:
            if name.lower() in _REMARKS:
                found[IS + value] = (YES,)
            else:
                key = f"{name}_" if name in ASK_ORDER else name
                found[key] = ("; ".join((*found.get(key, ()), value)),)
        return found

    def span(self, qualifier: str) -> Span:
        return self.vin if qualifier == "vin" else self.month

    @property
    def qualifiers(self) -> tuple[str, ...]:
        """The conditions this row has."""
        own = (q for q in ASK_ORDER if (self.span(q).known if q in _SPANS else self.values(q)))
        return (*own, *self._further)


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a vehicle. `answers` hold what was answered to a question, by qualifier.

    `engines` are engine codes; `engine_names` what else the engine is called, which proves but never denies.
    """

    engines: frozenset[str] = frozenset()
    engine_names: frozenset[str] = frozenset()
    trims: frozenset[str] = frozenset()
    options: frozenset[str] = frozenset()
    position: str = ""
    vin: Span = OPEN
    month: Span = OPEN
    answers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict, the rows that made it, and what to ask: (qualifier, choices), most decisive first."""

    verdict: Verdict
    rows: tuple[Row, ...] = ()
    unknown: tuple[tuple[str, tuple[str, ...]], ...] = ()
    contradiction: bool = False


def judge(
    rows: Sequence[Row], facts: Facts, *, scope: Sequence[Row] = (), catalogue_knows: bool = False
) -> Judgement:
    """Whether the part of these rows (of one model) fits the vehicle.

    `scope` are all rows whose values were offered when something was asked; the rows themselves at least.
    `catalogue_knows`: another part of the same kind is listed for the vehicle, so that a part whose every
    row is contradicted is denied instead of unknown.
    """
    scope = scope or rows
    states = {row: holds(row, facts, scope) for row in rows}
    sure_yes, maybe_yes = _split(states, fits=True)
    sure_no, maybe_no = _split(states, fits=False)
    if sure_no:
        if not sure_yes and not maybe_yes:
            return Judgement("does_not_fit", tuple(sure_no))
        if all(_is_exception(no, yes) for no in sure_no for yes in (*sure_yes, *maybe_yes)):
            return Judgement("does_not_fit", tuple(sure_no))
        return Judgement("no_data", (*sure_no, *sure_yes, *maybe_yes), contradiction=True)
    if sure_yes and not maybe_no:
        return Judgement("fits", tuple(sure_yes))
    if sure_yes or maybe_yes:
        open_rows = [*maybe_yes, *maybe_no]
        return Judgement("fits_if", (*sure_yes, *maybe_yes, *maybe_no), questions(open_rows, facts, scope))
    if rows and not maybe_no and catalogue_knows:
        return Judgement("does_not_fit", tuple(rows))
    return Judgement("no_data", tuple(maybe_no))


def _split(states: dict[Row, bool | None], *, fits: bool) -> tuple[list[Row], list[Row]]:
    ours = {row: state for row, state in states.items() if row.fits is fits}
    return [r for r, s in ours.items() if s is True], [r for r, s in ours.items() if s is None]


def _is_exception(no: Row, yes: Row) -> bool:
    """A denial with more conditions than the approval it contradicts is an exception to it."""
    return set(no.qualifiers) > set(yes.qualifiers)


def holds(row: Row, facts: Facts, scope: Sequence[Row]) -> bool | None:
    """Whether every condition of the row is true of the vehicle; False when one is false, else unknown."""
    states = [holds_one(row, qualifier, facts, scope) for qualifier in row.qualifiers]
    if False in states:
        return False
    return None if None in states else True


def holds_one(row: Row, qualifier: str, facts: Facts, scope: Sequence[Row]) -> bool | None:
    """One condition. `scope` are the rows whose values were offered as choices."""
    if qualifier in _SPANS:
        said = _said(facts, qualifier)
        known = read_span(said) if said else getattr(facts, qualifier)
        return known.inside(row.span(qualifier)) if known.known else None
    if qualifier == "position":
        return _position(row, facts)
    wanted = {oe_key(v) or v for v in row.values(qualifier)}
    answered = _answered(qualifier, wanted, facts, scope)
    if answered is False and qualifier == "option_code" and not row.fits and _said(facts, qualifier) != OTHER:
        answered = _has_any(wanted, facts)
    if answered is not None:
        return answered
    if qualifier == "engine":
        return _engine(wanted, facts)
    known_values = {"trim": facts.trims, "option_code": facts.options}.get(qualifier, frozenset())
    # Not knowing a trim or option of a car is not knowing that it has none.
    return True if wanted & {oe_key(v) or v for v in known_values} else None


def _has_any(wanted: set[str], facts: Facts) -> bool | None:
    """A car has many options: naming one of them says nothing of those that a denial is about. Each is asked for."""
    said = [_said(facts, IS + code) for code in sorted(wanted)]
    return True if YES in said else False if set(said) == {OTHER} else None


def _said(facts: Facts, qualifier: str) -> str:
    """What was answered about a condition; nothing when it is not known."""
    said = facts.answers.get(qualifier, "")
    return "" if said == UNKNOWN else said


def _answered(qualifier: str, wanted: set[str], facts: Facts, scope: Sequence[Row]) -> bool | None:
    """What an answered question says of a condition; an answer that was no choice says nothing."""
    answer = _said(facts, qualifier)
    if not answer:
        return None
    if answer == OTHER:
        return False
    key = oe_key(answer) or answer
    if key in wanted:
        return True
    offered = {oe_key(v) or v for row in scope for v in row.values(qualifier)}
    return False if key in offered else None


def _engine(wanted: set[str], facts: Facts) -> bool | None:
    codes = {oe_key(e) for e in facts.engines if oe_key(e)}
    known = codes | {oe_key(e) for e in facts.engine_names if oe_key(e)}
    if wanted & known:
        return True
    if not codes or any(w.startswith(k) or k.startswith(w) for w in wanted for k in known):
        return None
    return False


def _position(row: Row, facts: Facts) -> bool | None:
    """Where on the car: as asked, or as the number itself says."""
    asked = _said(facts, "position") or facts.position
    if asked and ":" in row.position and asked != row.position:
        return None  # a place of another catalogue's own table, `aces:22`: nobody knows where that is
    if asked:
        return position_fits(row.position, asked)
    return True if row.position == row.part_position else None


def position_fits(ours: str, asked: str) -> bool:
    """`front` asked fits `front` and `front_left`; a part without a position, or one nobody can read, may fit."""
    return not ours or not asked or ours == asked or ":" in ours or set(asked.split("_")) <= set(ours.split("_"))


def questions(
    open_rows: Sequence[Row], facts: Facts, scope: Sequence[Row]
) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """(qualifier, choices) that are still unknown, the one most rows wait for first."""
    waiting: dict[str, list[Row]] = {}
    for row in open_rows:
        for q in row.qualifiers:
            if holds_one(row, q, facts, scope) is None:
                for asked in _asked_as(row, q, facts):
                    waiting.setdefault(asked, []).append(row)
    order = sorted(waiting, key=lambda q: (-len(waiting[q]), *_ease(q)))
    return tuple((q, _choices(q, waiting[q])) for q in order)


def _asked_as(row: Row, qualifier: str, facts: Facts) -> list[str]:
    """The questions that settle a condition: once an option was named, each further one by itself."""
    if qualifier != "option_code" or not _said(facts, qualifier):
        return [qualifier]
    codes = sorted({oe_key(v) or v for v in row.values(qualifier)})
    return [IS + code for code in codes if not facts.answers.get(IS + code)] or [IS + codes[0]]


def _ease(qualifier: str) -> tuple[int, str]:
    own = qualifier in ASK_ORDER
    return (ASK_ORDER.index(qualifier), "") if own else (len(ASK_ORDER), qualifier)


def _choices(qualifier: str, rows: Sequence[Row]) -> tuple[str, ...]:
    if qualifier in _SPANS:
        return tuple(str(span) for span in pieces([row.span(qualifier) for row in rows]))
    if qualifier.startswith(IS):
        return YES, OTHER
    return (*dict.fromkeys(v for row in rows for v in row.values(qualifier)), OTHER)


def successors(start: str, replaced_by: dict[str, list[str]]) -> list[str]:
    """The chain of numbers that replaced one another, oldest first, without the start. Cycles end it.

    Where a number was replaced by several, the chain stops before them: which one is not known.
    """
    chain: list[str] = []
    at = start
    while len(nexts := replaced_by.get(at, [])) == 1:
        at = nexts[0]
        if at == start or at in chain:
            break
        chain.append(at)
    return chain


def merge(verdicts: Sequence[Verdict]) -> Verdict:
    """What several readings of one vehicle have in common: their verdict when they agree, else a condition."""
    found = set(verdicts)
    if len(found) == 1:
        return verdicts[0]
    return "fits_if" if found & {"fits", "fits_if"} else "no_data"
