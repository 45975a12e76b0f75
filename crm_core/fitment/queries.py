"""Questions about parts: does it fit, which fits, how many are there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from crm_core.fitment import cases as cases
from crm_core.fitment import cases_queries as cases_queries
from crm_core.fitment import quoting as quoting
from crm_core.fitment.catalogue import (
    categories_named,
    known_numbers,
    meant_by,
    named_position,
    parts_with,
    rows_of,
    same_maker,
)
from crm_core.fitment.messages import (
    CheckFit,
    FitAnswer,
    FitRow,
    KnownNumbers,
    LookupParts,
    PartSpec,
    RowsOf,
    StockOf,
)
from crm_core.fitment.rules import UNKNOWN
from crm_core.fitment.stock import part_name
from crm_core.fitment.tables import Part
from crm_core.fitment.vehicle import MAX_MODELS, Vehicle, find_vehicle, tell_apart
from crm_core.fitment.verdicts import Catalogue, answer, check, line_of, look_up, unknown_number
from crm_core.kernel.registry import answers
from crm_core.kernel.uow import Reader
from crm_core.vehicles.tables import Model

MAX_KEYS = 200
MAX_LISTED = 100


@answers(CheckFit)
def check_fit(question: CheckFit, reader: Reader) -> FitAnswer:
    """Does this part fit this vehicle? A part in words is looked up."""
    reader.must("part", "read")
    if not question.part.oe:
        return lookup_parts(LookupParts(**dict(question)), reader)
    vehicle = find_vehicle(question.vehicle, reader)
    parts = meant_by(reader, question.part.oe)
    if not parts:
        return unknown_number(question.part.oe, reader, vehicle.label(reader.actor.language))
    unclear = _which_vehicle(vehicle, parts, reader)
    if unclear is not None:
        return unclear
    line = {part.id: _candidates(part, reader) for part in parts}
    kinds = {candidate.category for candidates in line.values() for candidate in candidates}
    catalogue = Catalogue.load(vehicle, kinds, reader, question.part.position)
    if catalogue.partial:
        return _too_many(vehicle, reader).model_copy(update=_about(parts, reader))
    findings = {model.id: check(parts, model, catalogue, line) for model in vehicle.models}
    return answer(findings, vehicle, parts, reader, question.customer_id)


def _candidates(part: Part, reader: Reader) -> list[Part]:
    """The part itself, the numbers that replaced it (newest first), the numbers that are the same part."""
    newer, same = line_of(part, reader)
    known = parts_with(reader, {*newer, *same}) if newer or same else {}
    others = (other for key in (*reversed(newer), *same) for other in known.get(key, ()))
    return [part, *(other for other in others if same_maker(part, other))]


@answers(LookupParts)
def lookup_parts(question: LookupParts, reader: Reader) -> FitAnswer:
    """Which parts of this kind fit this vehicle?"""
    reader.must("part", "read")
    if question.part.oe:
        return check_fit(CheckFit(**dict(question)), reader)
    said = {name: value for name, value in question.vehicle.answers if value != UNKNOWN}
    spec = question.part.model_copy(update={
        "category": said.get("category", question.part.category),
        "position": said.get("position", question.part.position),
    })  # fmt: skip
    vehicle = find_vehicle(question.vehicle, reader)
    unclear = _which_vehicle(vehicle, (), reader)
    if unclear is not None:
        return unclear
    kinds = categories_named(reader, vehicle.models, spec)
    if len(kinds) != 1:
        return _which_kind(kinds, vehicle, reader)
    catalogue = Catalogue.load(vehicle, kinds, reader, spec.position)
    if catalogue.partial:
        return _too_many(vehicle, reader)
    spec = spec.model_copy(update={"position": spec.position or named_position(reader, kinds[0], spec.words)})
    catalogue = replace(catalogue, position=spec.position)
    places = _positions(catalogue, spec)
    if len(places) > 1 and "position" not in vehicle.dont_know:
        return _asking(vehicle, reader, "position", places)
    findings = {model.id: look_up(model, catalogue) for model in vehicle.models}
    return answer(findings, vehicle, (), reader, question.customer_id)


def _positions(catalogue: Catalogue, spec: PartSpec) -> list[str]:
    """Where on the car parts of this kind are listed that fit, when the asker did not say where."""
    if spec.position:
        return []
    found = {catalogue.part(m, p).position for m in catalogue.vehicle.models for p in catalogue.fitting(m)}
    return sorted(found - {""})


def _which_kind(kinds: Sequence[str], vehicle: Vehicle, reader: Reader) -> FitAnswer:
    return _asking(vehicle, reader, "category" if kinds else "part", kinds)


def _which_vehicle(vehicle: Vehicle, parts: Sequence[Part], reader: Reader) -> FitAnswer | None:
    """The question back when no vehicle, or far too many, may be meant; None when one can go on."""
    if not vehicle.models:
        asked = _asking(vehicle, reader, vehicle.ask)
        return asked.model_copy(update={"choices": vehicle.choices} | _about(parts, reader))
    if len(vehicle.models) <= MAX_MODELS:
        return None
    return _too_many(vehicle, reader).model_copy(update=_about(parts, reader))


def _too_many(vehicle: Vehicle, reader: Reader) -> FitAnswer:
    """More models, or more rows, than one answer can be about: the vehicle is narrowed first."""
    everybody: Sequence[Model] = vehicle.models
    told = vehicle.dont_know
    ask, choices = tell_apart(everybody, lambda model: model.series, reader.actor.language, told)
    return _asking(vehicle, reader, ask).model_copy(update={"choices": choices})


def _about(parts: Sequence[Part], reader: Reader) -> dict[str, str]:
    if not parts:
        return {}
    return {"oe": parts[0].oe, "part": part_name(parts[0], reader), "part_id": parts[0].id}


def _asking(vehicle: Vehicle, reader: Reader, ask: str, values: Sequence[str] = ()) -> FitAnswer:
    """No verdict yet, one question; none when its answer is not known."""
    if ask in vehicle.dont_know:
        ask, values = "", ()
    return FitAnswer(verdict="no_data", rows=(), vehicle=vehicle.label(reader.actor.language), ask=ask,
                     choices=tuple((value, value) for value in values), check_vin=vehicle.check_vin,
                     model_id=vehicle.model_id, car_id=vehicle.car_id)  # fmt: skip


@answers(StockOf)
def stock_of(question: StockOf, reader: Reader) -> FitAnswer:
    """Stock of a number in any spelling, with the numbers that replaced it."""
    reader.must("part", "read")
    parts = meant_by(reader, question.oe)
    if not parts:
        return unknown_number(question.oe, reader)
    return answer({}, replace(Vehicle(), models=()), parts, reader, question.customer_id)


@answers(RowsOf)
def rows_listed(question: RowsOf, reader: Reader) -> list[FitRow]:
    """Which vehicles a number is listed for."""
    reader.must("part", "read")
    return rows_of(reader, meant_by(reader, question.oe), min(question.limit, MAX_LISTED))


@answers(KnownNumbers)
def numbers_known(question: KnownNumbers, reader: Reader) -> frozenset[str]:
    """Nothing for those who may not read parts."""
    if not reader.access.may(reader.actor, "part", "read"):
        return frozenset()
    return known_numbers(reader, question.keys[:MAX_KEYS])
