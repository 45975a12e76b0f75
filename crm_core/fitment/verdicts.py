"""One verdict over all models that may be meant, or the one question that decides."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from crm_core.fitment.catalogue import MAX_ROWS, Entry, entries, fit_row, near_numbers, parts_with, same_maker
from crm_core.fitment.crossrefs import aftermarket_of, replacements, same_parts, substitutes_of
from crm_core.fitment.messages import FitAnswer, FitRow, Verdict
from crm_core.fitment.normalise import oe_display
from crm_core.fitment.prices import prices_for
from crm_core.fitment.rules import OTHER, Judgement, Row, judge, merge, position_fits, questions, successors
from crm_core.fitment.stock import part_name, price_in, stock_lines
from crm_core.fitment.tables import Part
from crm_core.fitment.vehicle import Vehicle, tell_apart
from crm_core.kernel.uow import Reader
from crm_core.vehicles.tables import Model

MAX_SHOWN = 12


@dataclass(frozen=True, slots=True)
class Finding:
    """What the catalogue says about one model: the verdict, the parts it is about, the rows behind it."""

    verdict: Verdict
    parts: tuple[Part, ...] = ()
    rows: tuple[FitRow, ...] = ()
    unknown: tuple[tuple[str, tuple[str, ...]], ...] = ()
    others: tuple[str, ...] = ()
    contradiction: bool = False

    @property
    def outcome(self) -> tuple[object, ...]:
        """What must be alike for two models to need no question between them."""
        return self.verdict, frozenset(part.id for part in self.parts), self.unknown


@dataclass(slots=True)
class Catalogue:
    """The rows for some kinds of parts on the models meant, by model and part."""

    vehicle: Vehicle
    reader: Reader
    position: str = ""
    by_model: dict[str, dict[str, list[Entry]]] = field(default_factory=dict)
    # Rows may be missing, a denial among them: no verdict.
    partial: bool = False

    @classmethod
    def load(
        cls, vehicle: Vehicle, categories: Iterable[str], reader: Reader, position: str = ""
    ) -> Catalogue:
        found = cls(vehicle, reader, position)
        by_model: dict[str, dict[str, list[Entry]]] = defaultdict(lambda: defaultdict(list))
        rows = entries(reader, vehicle.models, categories, vehicle.vin)
        found.partial = len(rows) >= MAX_ROWS
        for entry in rows:
            by_model[entry.application.model_id][entry.part.id].append(entry)
        found.by_model = {model: dict(parts) for model, parts in by_model.items()}
        return found

    def judged(self, model: Model, part_id: str, *, knows: bool = False) -> Judgement:
        """The verdict on one part for one model."""
        rows = [entry.row for entry in self.by_model.get(model.id, {}).get(part_id, [])]
        facts = self.vehicle.facts(model, self.position)
        return judge(rows, facts, scope=self.scope(model), catalogue_knows=knows)

    def scope(self, model: Model) -> list[Row]:
        """All rows whose values may have been offered as choices."""
        return [entry.row for found in self.by_model.get(model.id, {}).values() for entry in found]

    def shown(self, model: Model, judgement: Judgement) -> tuple[FitRow, ...]:
        """The rows of a judgement as evidence."""
        entry_of = {e.row.id: e for found in self.by_model.get(model.id, {}).values() for e in found}
        return tuple(fit_row(entry_of[row.id], model, self.reader) for row in judgement.rows)

    def fitting(self, model: Model) -> dict[str, Judgement]:
        """Every part of the kind that fits, or may fit, this model at the position asked about."""
        found = {}
        for part_id, listed in self.by_model.get(model.id, {}).items():
            if position_fits(listed[0].part.position or listed[0].row.position, self.position):
                judgement = self.judged(model, part_id)
                if judgement.verdict in ("fits", "fits_if"):
                    found[part_id] = judgement
        return found

    def part(self, model: Model, part_id: str) -> Part:
        return self.by_model[model.id][part_id][0].part


def check(parts: Sequence[Part], model: Model, catalogue: Catalogue, line: dict[str, list[Part]]) -> Finding:
    """Whether one of the numbers meant fits this model. `line`: each part's candidates, itself first.

    A number that is several parts fits only when one of them does and none is denied.
    """
    findings = [_check_one(part, model, catalogue, line[part.id]) for part in parts]
    told = [f for f in findings if f.verdict != "no_data"]
    if not told:
        return findings[0]
    verdicts = {f.verdict for f in told}
    rows = tuple(row for f in told for row in f.rows)
    if "does_not_fit" in verdicts and len(verdicts) > 1:
        return Finding("no_data", rows=rows, contradiction=True)
    best = next((f for f in told if f.verdict == "fits"), told[0])
    return (
        best
        if best.verdict == "fits" or len(told) == 1
        else Finding(best.verdict, best.parts, rows, best.unknown)
    )


def _check_one(part: Part, model: Model, catalogue: Catalogue, candidates: Sequence[Part]) -> Finding:
    """The part's own rows decide where they are sure. Where they are not, a number that replaced it or is the
    same part may surely fit; else what is known of the first of them."""
    fitting = catalogue.fitting(model)
    found = [_judged(candidate, model, catalogue, fitting) for candidate in candidates]
    own = found[0]
    if own.verdict in ("fits", "does_not_fit") or own.contradiction:
        return own
    sure = next((f for f in found if f.verdict == "fits"), None)
    return sure or next((f for f in found if f.verdict != "no_data"), own)


def _judged(part: Part, model: Model, catalogue: Catalogue, fitting: dict[str, Judgement]) -> Finding:
    """What the part's own rows say."""
    rest = {part_id: judgement for part_id, judgement in fitting.items() if part_id != part.id}
    # "None of these" was said of what this part depends on, and proves nothing of others.
    sure = {} if OTHER in dict(catalogue.vehicle.said.answers).values() else rest
    beside = (catalogue.part(model, p) for p, j in sure.items() if j.verdict == "fits")
    others = tuple(other.oe for other in beside if position_fits(other.position, part.position))
    judgement = catalogue.judged(model, part.id, knows=bool(rest))
    rows = catalogue.shown(model, judgement)
    return Finding(judgement.verdict, (part,), rows, judgement.unknown, others, judgement.contradiction)


def look_up(model: Model, catalogue: Catalogue) -> Finding:
    """The parts of the kind that fit this model: those that surely do, else those that may."""
    found = _newest_only(catalogue.fitting(model), model, catalogue)
    sure = {p: j for p, j in found.items() if j.verdict == "fits"}
    chosen = sure or found
    if not chosen:
        return Finding("no_data")
    rows = tuple(row for judgement in chosen.values() for row in catalogue.shown(model, judgement)[:2])
    parts = tuple(catalogue.part(model, part_id) for part_id in chosen)
    if sure:
        return Finding("fits", parts, rows)
    open_rows = [row for judgement in chosen.values() for row in judgement.rows]
    facts = catalogue.vehicle.facts(model, catalogue.position)
    return Finding("fits_if", parts, rows, questions(open_rows, facts, catalogue.scope(model)))


def _newest_only(found: dict[str, Judgement], model: Model, catalogue: Catalogue) -> dict[str, Judgement]:
    """Without the parts whose replacement is listed for the vehicle as well."""
    key_of = {part_id: catalogue.part(model, part_id).oe_key for part_id in found}
    keys = set(key_of.values())
    replaced = replacements(catalogue.reader, keys)
    old = {part_id for part_id, key in key_of.items() if any(n in keys for n in successors(key, replaced))}
    return {part_id: judgement for part_id, judgement in found.items() if part_id not in old}


def line_of(part: Part, reader: Reader) -> tuple[list[str], list[str]]:
    """(numbers that replaced this one, oldest first; numbers that are the same part), as keys."""
    chain = successors(part.oe_key, replacements(reader, [part.oe_key]))
    return chain, [key for key in same_parts(reader, part.oe_key) if key not in chain]


def answer(
    findings: dict[str, Finding], vehicle: Vehicle, parts: Sequence[Part], reader: Reader, customer_id: str = ""
) -> FitAnswer:
    """One answer over the models that may be meant; prices as for the customer who asks or is asked for."""
    language = reader.actor.language
    told = [findings[model.id] for model in vehicle.models]
    outcomes = {model.id: findings[model.id].outcome for model in vehicle.models}
    one = len(set(outcomes.values())) <= 1
    verdict = merge([finding.verdict for finding in told])
    if not one and verdict == "fits":
        verdict = "fits_if"
    unknown = told[0].unknown if one and told else ()
    ask, choices = "", tuple[tuple[str, str], ...]()
    if not one:
        outcome = outcomes.__getitem__
        ask, choices = tell_apart(vehicle.models, lambda m: outcome(m.id), language, vehicle.dont_know)
        deciding, values = (
            (ask, choices) if ask else tell_apart(vehicle.models, lambda m: outcome(m.id), language)
        )
        unknown = ((deciding, tuple(label for _, label in values)),)
    elif open_questions := [one for one in unknown if one[0] not in vehicle.dont_know]:
        ask, choices = open_questions[0][0], tuple((value, value) for value in open_questions[0][1])
    found = {part.id: part for finding in told for part in finding.parts}
    shown = (
        list(parts) if parts and not one else list(found.values() if one or not ask else ()) or list(parts)
    )
    first = shown[0] if shown else None
    return FitAnswer(
        verdict=verdict, rows=tuple(row for finding in told for row in finding.rows)[:MAX_SHOWN],
        qualifiers=unknown, vehicle=vehicle.label(language), part=part_name(first, reader) if first else "",
        oe=first.oe if first else "", superseded_by=_chain(parts, reader),
        first_oe=parts[0].oe if parts else "", alternatives=_others(told, shown, reader),
        substitutes=substitutes_of(reader, [part.oe_key for part in shown])[:MAX_SHOWN] if shown else (),
        stock=stock_lines(_with_newest(shown, reader), reader, customer_id), ask=ask, choices=choices,
        check_vin=vehicle.check_vin, contradiction=any(finding.contradiction for finding in told),
        part_id=first.id if first else "", model_id=vehicle.model_id, car_id=vehicle.car_id,
        price_fen=price_in(prices_for([first], reader, customer_id), first.id) if first else None,
    )  # fmt: skip


def _chain(parts: Sequence[Part], reader: Reader) -> tuple[str, ...]:
    if len(parts) != 1:
        return ()
    keys = line_of(parts[0], reader)[0]
    shown = {key: same[0].oe for key, same in parts_with(reader, keys).items()} if keys else {}
    return tuple(shown.get(key) or display_of(key, parts[0].brand) for key in keys)


def display_of(key: str, brand: str) -> str:
    return oe_display(key, brand)


def _others(told: Sequence[Finding], shown: Sequence[Part], reader: Reader) -> tuple[str, ...]:
    """Other numbers worth trying: the same part, other makers' for what fits, else what does fit."""
    if any(finding.verdict in ("fits", "fits_if") for finding in told):
        keys = [part.oe_key for part in shown]
        same = [display_of(key, part.brand) for part in shown for key in same_parts(reader, part.oe_key)]
        listed = {part.oe for part in shown}
        return tuple(dict.fromkeys(oe for oe in (*same, *aftermarket_of(reader, keys)) if oe not in listed))[
            :MAX_SHOWN
        ]
    return tuple(dict.fromkeys(oe for finding in told for oe in finding.others))[:MAX_SHOWN]


def _with_newest(parts: Sequence[Part], reader: Reader) -> list[Part]:
    """The parts, each followed by the numbers that replaced it."""
    replaced = replacements(reader, [part.oe_key for part in parts])
    keys = {key for part in parts for key in successors(part.oe_key, replaced)}
    newer = [new for found in parts_with(reader, keys).values() for new in found] if keys else []
    ours = (new for new in newer if any(same_maker(part, new) for part in parts))
    return list({part.id: part for part in (*parts, *ours)}.values())


def unknown_number(text: str, reader: Reader, vehicle: str = "") -> FitAnswer:
    """The answer to a number the catalogue does not hold."""
    return FitAnswer(verdict="no_data", rows=(), vehicle=vehicle, near=near_numbers(reader, text))
