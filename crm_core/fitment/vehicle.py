"""From what was said about a vehicle to catalogue models and known facts."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import select
from sqlmodel import col

from crm_core.fitment.messages import VehicleSpec
from crm_core.fitment.normalise import valid_month, vin_advice, vin_key, word_key
from crm_core.fitment.rules import UNKNOWN, Facts
from crm_core.fitment.spans import Span, vin_tail
from crm_core.fitment.vin import read_vin
from crm_core.kernel.uow import Reader
from crm_core.vehicles.messages import FindModels
from crm_core.vehicles.naming import is_of_brand
from crm_core.vehicles.queries import car_by, models_for
from crm_core.vehicles.rules import model_name
from crm_core.vehicles.tables import Car, Model
from crm_core.vehicles.variants import of_variant

# What tells models apart, in the order in which people can answer it; the last ones are on a plate.
EASY = ("series", "displacement", "year", "generation", "trim")
ATTRIBUTES = (*EASY, "engine_code", "gearbox")
MAX_MODELS = 60
MAX_CHOICES = 8
Choices = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Vehicle:
    """The models that may be meant, and what is known beside the model. `ask` when none is."""

    models: tuple[Model, ...] = ()
    said: VehicleSpec = VehicleSpec()  # noqa: RUF009
    vin: str = ""
    options: frozenset[str] = frozenset()
    ask: str = ""
    choices: Choices = ()
    car_id: str = ""

    @property
    def model_id(self) -> str:
        """The one model meant; empty when several may be."""
        return self.models[0].id if len(self.models) == 1 else ""

    @property
    def dont_know(self) -> frozenset[str]:
        """The questions that were answered with "I do not know"."""
        return frozenset(name for name, value in self.said.answers if value == UNKNOWN)

    @property
    def check_vin(self) -> bool:
        return bool(self.vin) and vin_advice(self.vin)

    def facts(self, model: Model, position: str) -> Facts:
        """What is known when the vehicle is this model."""
        month = self.said.month if valid_month(self.said.month) else ""
        names = {model.engine, model.displacement, model.fuel} - {""}
        return Facts(
            engines=frozenset({model.engine_code} - {""}), engine_names=frozenset(names),
            trims=frozenset({model.trim, self.said.trim} - {""}), options=self.options, position=position,
            vin=Span(vin_tail(self.vin), vin_tail(self.vin)) if self.vin else Span(),
            month=Span(month, month) if month else Span(model.from_month, model.to_month),
            answers=dict(self.said.answers),
        )  # fmt: skip

    def label(self, language: str) -> str:
        """The vehicle in words: the one model, or what several have in common."""
        if len(self.models) == 1:
            return model_name(self.models[0], language)
        if not self.models:
            said = self.said
            return " ".join(str(one) for one in (said.brand, said.series, said.year or "", said.words) if one)
        english = language == "en" and all(model.brand_en and model.series_en for model in self.models)
        named = ("brand_en", "series_en") if english else ("brand", "series")
        common = [_common(self.models, name) for name in (*named, "generation", "displacement")]
        year = f"{self.said.year}" if self.said.year else ""
        return " ".join(part for part in (*common, year) if part)


def _common(models: Sequence[Model], name: str) -> str:
    values = {getattr(model, name) for model in models}
    return str(values.pop()) if len(values) == 1 else ""


def find_vehicle(spec: VehicleSpec, reader: Reader) -> Vehicle:
    """The vehicle meant: a car on record first, then an id, then words."""
    answers = {name: value for name, value in spec.answers if value != UNKNOWN}
    vehicle = Vehicle(said=spec, vin=vin_key(spec.vin), options=frozenset(spec.options))
    if reader.actor.customer_id and not _says_anything(spec) and "car" not in answers:
        cars = reader.rows(reader.select(Car, "car").order_by(col(Car.id)))
        if len(cars) != 1:
            return replace(
                vehicle, ask="car" if cars else "vehicle", choices=tuple((c.id, c.name) for c in cars)
            )
        return _of_car(cars[0], vehicle, reader)
    car = _car(spec, answers, reader)
    if car is not None:
        return _of_car(car, vehicle, reader)
    return _narrowed(vehicle, _by_id(spec, answers, reader) or _by_words(spec, reader))


def _says_anything(spec: VehicleSpec) -> bool:
    return any(value for name, value in spec if name not in ("answers", "options", "month"))


def _car(spec: VehicleSpec, answers: dict[str, str], reader: Reader) -> Car | None:
    car_id = answers.get("car", spec.car_id)
    if car_id:
        return reader.first(reader.select(Car, "car").where(col(Car.id) == car_id))
    return car_by(reader, spec.vin, spec.plate) if spec.vin or spec.plate else None


def _of_car(car: Car, vehicle: Vehicle, reader: Reader) -> Vehicle:
    model = reader.session.get(Model, car.model_id) if car.model_id else None
    models = [model] if model is not None else of_variant(
        models_for(FindModels(words=car.name), reader), car.name
    )
    vin = reader.reveal(car, "vin") or vehicle.vin
    known = replace(vehicle, vin=vin, options=vehicle.options | frozenset(car.options), car_id=car.id)
    return _narrowed(known, models)


def _by_id(spec: VehicleSpec, answers: dict[str, str], reader: Reader) -> list[Model]:
    query = select(Model).where(col(Model.tenant) == reader.tenant)
    if model_id := answers.get("model", spec.model_id):
        return reader.rows(query.where(col(Model.id) == model_id))
    if spec.external_id:
        return reader.rows(query.where(col(Model.external_id) == spec.external_id))
    return []


def _by_words(spec: VehicleSpec, reader: Reader) -> list[Model]:
    question = FindModels(
        brand=spec.brand, series=spec.series, generation=spec.generation, year=spec.year, engine=spec.engine,
        displacement=spec.displacement, trim=spec.trim, words=spec.words,
    )  # fmt: skip
    said = " ".join(filter(None, (spec.series, spec.trim, spec.words)))
    return _of_vin(of_variant(models_for(question, reader), said), spec.vin, reader)


def _of_vin(models: Sequence[Model], vin: str, reader: Reader) -> list[Model]:
    """The models that may carry this VIN: those of another brand than its maker's are none."""
    facts = read_vin(vin, reader.now) if vin else None
    if facts is None or not facts.brands:
        return list(models)
    return [model for model in models if any(is_of_brand(model, brand) for brand in facts.brands)]


def _narrowed(vehicle: Vehicle, models: Sequence[Model]) -> Vehicle:
    """Keep the models that the answers given so far allow; ask for the vehicle when there is none."""
    left = list(models)
    for name, value in vehicle.said.answers:
        if name in ATTRIBUTES and value != UNKNOWN and len(left) > 1:
            left = [m for m in left if word_key(str(getattr(m, name) or "")) == word_key(value)] or left
    return replace(vehicle, models=tuple(left), ask="" if left else "vehicle")


def tell_apart(
    models: Sequence[Model],
    outcome: Callable[[Model], Hashable],
    language: str,
    told: frozenset[str] = frozenset(),
) -> tuple[str, Choices]:
    """The one question that decides best between models of different outcomes, and its choices.

    What was answered with "I do not know" (`told`) is not asked again; nothing left to ask: two empty values.
    """
    names = [name for name in ATTRIBUTES if name not in told and _splits(models, name)]
    names = [name for name in names if name in EASY] or names
    if not names and "model" in told:
        return "", ()
    if not names:
        return "model", tuple((m.id, model_name(m, language)) for m in models[:MAX_CHOICES])
    best = min(names, key=lambda name: (_mixed(models, outcome, name), ATTRIBUTES.index(name)))
    return best, tuple((value, _shown(best, value, language)) for value in _values(models, best))


def _splits(models: Sequence[Model], name: str) -> bool:
    """Whether every model has a value and they differ, in few enough ways to choose from."""
    values = {getattr(model, name) for model in models}
    return not values & {"", None} and 1 < len(values) <= MAX_CHOICES


def _mixed(models: Sequence[Model], outcome: Callable[[Model], Hashable], name: str) -> int:
    """How many values of the attribute leave more than one outcome open."""
    groups: dict[object, set[Hashable]] = {}
    for model in models:
        groups.setdefault(getattr(model, name), set()).add(outcome(model))
    return sum(len(outcomes) > 1 for outcomes in groups.values())


def _values(models: Sequence[Model], name: str) -> list[str]:
    return sorted({str(getattr(model, name)) for model in models})


def _shown(name: str, value: str, language: str) -> str:
    return f"{value}款" if name == "year" and language == "zh" else value
