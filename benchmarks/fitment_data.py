"""An invented parts catalogue of any size, with its own truth of what fits which car, kept apart from the product.

Models come in families that share parts. For each kind of part a family has two parts, told apart by nothing, the
engine, an option, the production number or the month of building. A car is drawn with all of these decided, so
that `truth` can be asked about it; the product learns only what the database and the question say.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert

from benchmarks.places import TENANT, dealer, found_group
from crm_core.api import Core
from crm_core.customers.messages import AddCustomer
from crm_core.fitment.normalise import vin_check_digit
from crm_core.fitment.tables import Application, CrossRef, Part, PartStock
from crm_core.kernel.tables import new_row
from crm_core.vehicles.messages import AddCar
from crm_core.vehicles.rules import name_keys
from crm_core.vehicles.tables import Model, ModelName

YEARS, KINDS, VARIANTS = 5, 25, 2
PER_FAMILY = YEARS * KINDS * VARIANTS
RULES = ("any", "engine", "option", "vin", "month")
ENGINES, OPTIONS, CUT = ("CUF", "DPL"), ("1ZE", "1LJ"), "500000"
CARS = 200
CHUNK = 5_000


def category(kind: int) -> str:
    return f"配件{kind:02d}"


def number(family: int, kind: int, variant: int) -> str:
    """A VW number: three, three and three characters and a revision letter."""
    return f"{family // 100 % 10}{'BCDEFGHJKLMNPQR'[family // 1000 % 15]}{kind % 10} {kind:02d}{family % 10} " \
           f"{family // 10 % 10}{variant + 1}{family // 10_000 % 10} {'ABCDE'[kind // 10]}"  # fmt: skip


def old_number(family: int, kind: int, variant: int) -> str:
    """The number that was replaced: the same with another revision."""
    return number(family, kind, variant)[:-1] + "X"


def aftermarket_number(family: int, kind: int, variant: int) -> str:
    return f"HU {family:05d}/{kind:02d} {variant} z"


@dataclass(frozen=True, slots=True)
class Vehicle:
    """A car with everything decided; `year` counts from the first model year of its family."""

    family: int
    year: int
    option: str
    tail: str
    month: str
    vin: str
    plate: str

    @property
    def code(self) -> str:
        return f"m{self.family}-{self.year}"


def engine(family: int, year: int) -> str:
    return ENGINES[(family + year) % 2]


def months(year: int) -> tuple[str, str]:
    return f"{2015 + year}-01", f"{2015 + year}-12"


def truth(car: Vehicle, family: int, kind: int, variant: int) -> bool:
    """Whether the part really fits the car."""
    if car.family != family:
        return False
    rule = RULES[kind % len(RULES)]
    sides = {
        "any": variant, "engine": ENGINES.index(engine(family, car.year)), "option": OPTIONS.index(car.option),
        "vin": int(car.tail > CUT), "month": int(car.month[5:] > "06"),
    }  # fmt: skip
    return sides[rule] == variant


def conditions(kind: int, variant: int, year: int) -> dict[str, Any]:
    """The columns by which the catalogue says the same."""
    first, last = months(year)
    columns: dict[str, dict[str, Any]] = {
        "any": {},
        "engine": {"engines": [ENGINES[variant]]},
        "option": {"options": [OPTIONS[variant]]},
        "vin": {"from_vin": "500001" if variant else "", "to_vin": "" if variant else CUT},
        "month": {
            "from_month": f"{first[:5]}07" if variant else first,
            "to_month": last if variant else f"{first[:5]}06",
        },
    }
    return columns[RULES[kind % len(RULES)]]


def populate(core: Core, applications: int, owners: int = CARS) -> None:
    """A group with a catalogue of this many applications, a dealer with stock, and customers' cars."""
    found_group(core, dealers=1, reps=1)
    families = max(applications // PER_FAMILY, 1)
    with core.database.write() as session:
        connection = session.connection()
        for at in range(0, families, 20):
            rows: dict[Any, list[dict[str, Any]]] = {}
            for family in range(at, min(at + 20, families)):
                for row in _family(core, family):
                    rows.setdefault(type(row), []).append(dict(row.__dict__))
            for table, made in rows.items():
                _insert(connection, table, made)
    for car in cars(families, owners):
        _own(core, car)
    with core.database.engine.connect() as connection:
        connection.exec_driver_sql("ANALYZE")
        connection.commit()


def _insert(connection: Any, table: Any, rows: list[dict[str, Any]]) -> None:
    names = set(table.model_fields)
    clean = [{name: value for name, value in row.items() if name in names} for row in rows]
    for at in range(0, len(clean), CHUNK):
        connection.execute(insert(table.__table__), clean[at : at + CHUNK])


def _family(core: Core, family: int) -> Iterator[Any]:
    """Everything of one family of models, as rows."""
    shared = {"tenant": TENANT, "created_at": core.now(), "updated_at": core.now()}
    models = [_model(shared, family, year) for year in range(YEARS)]
    yield from models
    for model in models:
        for what, name in name_keys(model):
            yield new_row(ModelName, shared | {"model_id": model.id, "kind": what, "name": name})
    for kind in range(KINDS):
        for variant in range(VARIANTS):
            yield from _part(shared, family, kind, variant, models)


def _model(shared: dict[str, Any], family: int, year: int) -> Model:
    first, last = months(year)
    return new_row(Model, shared | {
        "code": f"m{family}-{year}", "brand": "大众", "brand_en": "Volkswagen", "series": f"车系{family:05d}号",
        "series_en": f"Series{family:05d}", "year": 2015 + year, "engine_code": engine(family, year),
        "displacement": "2.0T", "from_month": first, "to_month": last, "external_id": f"aces:{family * YEARS + year}",
    })  # fmt: skip


def _part(shared: dict[str, Any], family: int, kind: int, variant: int, models: list[Model]) -> Iterator[Any]:
    key = number(family, kind, variant).replace(" ", "")
    part = new_row(Part, shared | {
        "oe_key": key, "oe": number(family, kind, variant), "brand": "大众", "maker": "vag", "name": category(kind),
        "category": category(kind), "price_fen": 10_000,
    })  # fmt: skip
    yield part
    if family % 10 == 0:
        yield new_row(PartStock, shared | {"part_id": part.id, "unit": dealer(0), "quantity": 3})
    for mark, other, shown in (
        ("supersedes", old_number(family, kind, variant), ""),
        ("aftermarket", aftermarket_number(family, kind, variant), "MANN"),
    ):
        plain = "".join(c for c in other.upper() if c.isalnum())
        yield new_row(CrossRef, shared | {
            "kind": mark, "from_key": plain, "to_key": key, "display": f"{shown} {other}".strip(), "brand": shown,
        })  # fmt: skip
    for year, model in enumerate(models):
        yield new_row(Application, shared | {
            "natural_key": f"{family}-{kind}-{variant}-{year}", "part_id": part.id, "model_id": model.id,
            "category": category(kind), "source": "bench", **conditions(kind, variant, year),
        })  # fmt: skip


def cars(families: int, count: int = CARS) -> list[Vehicle]:
    """Cars of all ages and families; the same ones every time."""
    chance = random.Random(7)
    return [_car(chance, families, n) for n in range(count)]


def _car(chance: random.Random, families: int, n: int) -> Vehicle:
    family, year, tail = chance.randrange(families), chance.randrange(YEARS), f"{chance.randrange(10**6):06d}"
    draft = f"LFV3A23C0{'FGHJK'[year]}3{tail}"
    vin = draft[:8] + vin_check_digit(draft) + draft[9:]
    month = f"{2015 + year}-{chance.randrange(1, 13):02d}"
    return Vehicle(family, year, chance.choice(OPTIONS), tail, month, vin, f"沪B{n:05d}")


def _own(core: Core, car: Vehicle) -> None:
    job, rep = core.system(TENANT), core.actor("rep0-0", TENANT)
    made = core.execute(AddCustomer(name=f"车主{car.plate}", unit=rep.unit, owner_id=rep.id), job)
    core.execute(AddCar(customer_id=made.id, vin=car.vin, plate=car.plate, model_code=car.code,
                        options=(car.option,)), job)  # fmt: skip
