"""Questions about models, cars and car stock."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import Any

from sqlalchemy import select
from sqlmodel import col

from crm_core.fitment.normalise import (
    plate_key,
    vin_advice,
    vin_check_digit,
    vin_key,
    vin_suggestion,
    word_key,
)
from crm_core.kernel.pii import mask_tail
from crm_core.kernel.registry import answers
from crm_core.kernel.uow import Reader
from crm_core.org.people import dealer_of
from crm_core.org.tables import Unit
from crm_core.vehicles.messages import (
    CarStock,
    CarView,
    CustomerCars,
    FindCar,
    FindModels,
    LikelyVin,
    LikelyVins,
    ModelView,
    SeriesNames,
    SeriesNamesView,
    StockCarView,
)
from crm_core.vehicles.naming import brand_at_end, is_named, is_of_brand, names_in
from crm_core.vehicles.rules import Said, model_name, narrow, read_words
from crm_core.vehicles.tables import Car, Model, ModelName, StockCar
from crm_core.vehicles.vins import near_vins

VIN_TAIL = 6
MAX_CANDIDATES = 2_000
LIKELY = 3


@answers(FindModels)
def find_models(question: FindModels, reader: Reader) -> list[ModelView]:
    """Models that contradict nothing that was said, best first; no name said, no models."""
    reader.must("model", "read")
    return [model_view(m, reader) for m in models_for(question, reader)[: question.limit]]


def models_for(question: FindModels, reader: Reader) -> list[Model]:
    """The rows behind `FindModels`, not limited."""
    heard = read_words(question.words)
    said = Said(
        generation=question.generation, year=question.year or heard.year, engine=question.engine,
        displacement=question.displacement or heard.displacement, trim=question.trim,
    )  # fmt: skip
    found = narrow(_named(question, reader), said)
    words = word_key(question.words)
    badged = [m for m in found if len(word_key(m.trim)) > 1 and word_key(m.trim) in words]
    return badged or found


@answers(SeriesNames)
def series_names(question: SeriesNames, reader: Reader) -> list[SeriesNamesView]:
    """Each series once, with its English name and the aliases of all its models."""
    reader.must("model", "read")
    query = select(col(Model.brand), col(Model.series), col(Model.series_en), col(Model.aliases))
    rows = reader.session.execute(query.where(col(Model.tenant) == reader.tenant).limit(MAX_CANDIDATES))
    names: dict[tuple[str, str], dict[str, None]] = {}
    for brand, series, english, aliases in rows:
        said = (series, english, *(aliases or ()))
        names.setdefault((brand, series), {}).update(dict.fromkeys(name for name in said if name))
    return [
        SeriesNamesView(brand=brand, series=series, names=tuple(known)) for (brand, series), known in names.items()
    ]


def _named(question: FindModels, reader: Reader) -> list[Model]:
    """Models by series, else by brand, else by the longest name the free words hold."""
    brand, series = word_key(question.brand), word_key(question.series)
    if series:
        exact = _by_name(reader, ("series", "both"), {series, brand + series})
        found = exact or _longest(reader, question.series)
        return [m for m in found if is_of_brand(m, question.brand) and (exact or is_named(m, question.series))]
    if brand:
        return _by_name(reader, ("brand",), {brand})
    return _longest(reader, question.words) if question.words else []


def _longest(reader: Reader, words: str) -> list[Model]:
    """Models whose series name or alias stands in the words, not behind another brand; the longest name counts."""
    before = names_in(words)
    if not before:
        return []
    rows = [row for kind in ("series", "both") for row in _names(reader, kind, before)]
    longest = max((len(name) for _, name in rows), default=0)
    named = {model_id: name for model_id, name in rows if len(name) == longest}
    return [m for m in _by_ids(reader, set(named)) if is_of_brand(m, brand_at_end(before[named[m.id]]))]


def _names(reader: Reader, kind: str, keys: Iterable[str]) -> list[tuple[str, str]]:
    """(model, name) of the names among the keys. Index: (tenant, kind, name)."""
    query = select(col(ModelName.model_id), col(ModelName.name)).where(
        col(ModelName.tenant) == reader.tenant, col(ModelName.kind) == kind, col(ModelName.name).in_(keys)
    )
    return [(model_id, name) for model_id, name in reader.session.execute(query.limit(MAX_CANDIDATES))]


def _by_name(reader: Reader, kinds: tuple[str, ...], names: set[str]) -> list[Model]:
    ids = select(col(ModelName.model_id)).where(
        col(ModelName.tenant) == reader.tenant, col(ModelName.kind).in_(kinds), col(ModelName.name).in_(names)
    )
    return _by_ids(reader, set(reader.session.execute(ids.limit(MAX_CANDIDATES)).scalars()))


def _by_ids(reader: Reader, ids: set[str]) -> list[Model]:
    if not ids:
        return []
    query = (
        select(Model)
        .where(col(Model.tenant) == reader.tenant, col(Model.id).in_(ids))
        .order_by(col(Model.code))
    )
    return reader.rows(query)


def model_view(model: Model, reader: Reader) -> ModelView:
    return ModelView(
        id=model.id, code=model.code, brand=model.brand, series=model.series, generation=model.generation,
        year=model.year, engine=model.engine, displacement=model.displacement, gearbox=model.gearbox,
        trim=model.trim, list_fen=model.list_fen, name=model_name(model, reader.actor.language),
        engine_code=model.engine_code, fuel=model.fuel, from_month=model.from_month, to_month=model.to_month,
    )  # fmt: skip


@answers(CustomerCars)
def customer_cars(question: CustomerCars, reader: Reader) -> list[CarView]:
    """A customer's cars; empty alike for none and forbidden."""
    query = (
        reader.select(Car, "car").where(col(Car.customer_id) == question.customer_id).order_by(col(Car.id))
    )
    return [car_view(car, reader) for car in reader.rows(query)]


@answers(FindCar)
def find_car(question: FindCar, reader: Reader) -> CarView | None:
    """The visible car with this VIN (or its last six) or plate."""
    car = car_by(reader, question.vin, question.plate)
    return None if car is None else car_view(car, reader)


def car_by(reader: Reader, vin: str = "", plate: str = "") -> Car | None:
    """The newest visible car with this VIN, tail of a VIN, or plate."""
    query = reader.select(Car, "car").order_by(col(Car.id).desc())
    whole, tail, sign = vin_key(vin), word_key(vin).upper(), plate_key(plate)
    if whole:
        query = query.where(col(Car.vin_index).in_(reader.cipher.indexes("vin", whole)))
    elif len(tail) == VIN_TAIL:
        query = query.where(col(Car.vin_tail_index).in_(reader.cipher.indexes("vin_tail", tail)))
    elif sign:
        query = query.where(col(Car.plate_index).in_(reader.cipher.indexes("plate", sign)))
    else:
        return None
    return reader.first(query)


def car_view(car: Car, reader: Reader) -> CarView:
    vin = reader.reveal(car, "vin")
    return CarView(
        id=car.id, customer_id=car.customer_id or "", vin=shown(vin, car, reader), name=car.name,
        plate=shown(reader.reveal(car, "plate"), car, reader), model_id=car.model_id, bought_on=car.bought_on,
        mileage_km=car.mileage_km, options=tuple(car.options), check_vin=bool(vin) and vin_advice(vin),
        mileage_on=car.mileage_on, serviced_on=car.serviced_on, serviced_km=car.serviced_km, version=car.version,
    )  # fmt: skip


def shown(value: str, car: Car, reader: Reader) -> str:
    """An identity field as the actor may see it; everybody sees his own."""
    own = reader.actor.customer_id is not None and car.customer_id == reader.actor.customer_id
    level = "read" if own else reader.access.sees(reader.actor, "identity")
    return {"read": value, "mask": mask_tail(value)}.get(level, "")


@answers(LikelyVins)
def likely_vins(question: LikelyVins, reader: Reader) -> tuple[LikelyVin, ...]:
    """Of visible cars first; then, when the check digit disagrees, those with which it agrees."""
    vin = vin_key(question.vin) or vin_suggestion(question.vin)
    if not vin:
        return ()
    near = list(dict.fromkeys(near_vins(vin)))
    found = _with_vins(reader, near)
    if not found and vin_advice(vin):
        found = [LikelyVin(vin=one) for one in near if vin_check_digit(one) == one[8]]
    return tuple(found[:LIKELY])


def _with_vins(reader: Reader, near: list[str]) -> list[LikelyVin]:
    """The visible cars that have one of these."""
    keys = {index: one for one in near for index in reader.cipher.indexes("vin", one)}
    query = reader.select(Car, "car").where(col(Car.vin_index).in_(keys)).order_by(col(Car.id).desc()).limit(LIKELY)
    return [LikelyVin(vin=keys[car.vin_index or ""], name=car.name) for car in reader.rows(query)]


@answers(CarStock)
def car_stock(question: CarStock, reader: Reader) -> list[StockCarView]:
    """New cars that fit, alike ones counted together, at the actor's dealer first."""
    reader.must("stock", "read")
    models = models_for(FindModels(brand=question.brand, series=question.series, trim=question.trim), reader)
    by_id = {m.id: m for m in models if m.list_fen is not None or len(models) == 1} or {
        m.id: m for m in models
    }
    cars = reader.rows(
        select(StockCar).where(col(StockCar.tenant) == reader.tenant, col(StockCar.model_id).in_(by_id),
                               col(StockCar.state) != "sold")
    )  # fmt: skip
    names, home = dealer_names(reader, {car.unit for car in cars}), dealer_of(reader.actor.unit)

    def alike(car: StockCar) -> tuple[Any, ...]:
        return (
            not car.unit.startswith(home),
            car.unit,
            car.model_id,
            car.state,
            car.colour,
            car.list_fen or 0,
        )

    found = []
    for _, group in groupby(sorted(cars, key=alike), alike):
        same = list(group)
        first = same[0]
        name = model_name(by_id[first.model_id], reader.actor.language)
        found.append(StockCarView(id=first.id, name=name, colour=first.colour, list_fen=first.list_fen,
                                  state=first.state, dealer=names[first.unit], count=len(same)))  # fmt: skip
    return found


def dealer_names(reader: Reader, units: set[str]) -> dict[str, str]:
    """The name of each unit in the actor's language; the path where there is none."""
    found = reader.rows(select(Unit).where(col(Unit.tenant) == reader.tenant, col(Unit.path).in_(units)))
    english = reader.actor.language == "en"
    return {path: path for path in units} | {
        u.path: (u.name_en or u.name) if english else u.name for u in found
    }  # fmt: skip
