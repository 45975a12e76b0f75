"""Random catalogues against an oracle that tries every car there may be: a "fits" holds for all of them.

The oracle knows nothing of how the answer is found: it takes the rows as they were written and enumerates the
trims, options, months, production numbers, places and remarks that are open.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from random import Random
from typing import Any

import pytest

from crm_core.api import Core
from crm_core.fitment.messages import (
    AddApplication,
    AddPart,
    CheckFit,
    FitAnswer,
    LookupParts,
    PartSpec,
    VehicleSpec,
)
from crm_core.fitment.rules import OTHER, UNKNOWN
from crm_core.kernel.access import Actor
from crm_core.org.messages import AddUnit
from crm_core.vehicles.messages import AddModel

TRIMS, ENGINES, OPTIONS = ("T1", "T2"), ("ENA", "ENB"), ("1ZE", "2ZZ")
MONTHS = ("2018-01", "2018-06", "2018-12", "2019-06")
TAILS = ("000100", "000200", "000300", "000400")
PLACES = ("front", "rear")
REMARKS = (("note", "with sport suspension"), ("SubModel", "X"), ("SubModel", "Y"))
KIND, MODELS, PARTS_A_MODEL = "制动盘", 14, 4


@dataclass(frozen=True)
class Car:
    """One car there may be: everything that a row can ask about."""

    engine: str
    trim: str
    options: frozenset[str]
    month: str
    tail: str
    place: str
    sport: bool
    submodel: str


@dataclass(frozen=True)
class Listed:
    """A row as it was written."""

    part: str
    fits: bool
    conditions: dict[str, Any]

    def holds(self, car: Car) -> bool:
        said = self.conditions
        month_in = said.get("from_month", "") <= car.month <= (said.get("to_month") or "9999-99")
        tail_in = said.get("from_vin", "") <= car.tail <= (said.get("to_vin") or "999999")
        named = dict(said.get("conditions", ()))
        return (
            (not said.get("trim") or car.trim in said["trim"].split(";"))
            and (not said.get("engine") or car.engine in said["engine"].split(";"))
            and (not said.get("option_code") or bool(car.options & set(said["option_code"].split(";"))))
            and (not said.get("position") or said["position"] == car.place)
            and month_in and tail_in
            and ("note" not in named or car.sport)
            and ("SubModel" not in named or named["SubModel"] == car.submodel)
        )  # fmt: skip


@dataclass(frozen=True)
class World:
    """A model with its rows; `trim` and the months are what the catalogue knows of it."""

    code: str
    engine: str
    trim: str
    months: tuple[str, str]
    rows: tuple[Listed, ...]

    def cars(self, asked: VehicleSpec) -> list[Car]:
        """Every car of this model that is as the asker says."""
        said = dict(asked.answers)
        trims = [said["trim"]] if said.get("trim") in TRIMS else [self.trim] if self.trim else [*TRIMS, "T3"]
        months = [m for m in MONTHS if self.months[0] <= m <= self.months[1]]
        options = [frozenset(o for o, has in zip(OPTIONS, bits, strict=True) if has) for bits in product((0, 1), repeat=2)]
        return [
            Car(self.engine, *rest)
            for rest in product(
                trims, [o for o in options if _options_as_said(o, asked, said)],
                [asked.month] if asked.month else months, [asked.vin[-6:]] if asked.vin else TAILS, PLACES,
                [True, False], ["X", "Y", "Z"],
            )
        ]  # fmt: skip


def _options_as_said(options: frozenset[str], asked: VehicleSpec, said: dict[str, str]) -> bool:
    if said.get("option_code") == OTHER:
        return not options
    named = {said["option_code"]} if said.get("option_code") in OPTIONS else set()
    return options >= (set(asked.options) | named)


def _world(random: Random, number: int) -> World:
    months = sorted(random.sample(MONTHS, 2))
    rows = []
    for part in range(PARTS_A_MODEL):
        for _ in range(random.randint(1, 3)):
            rows.append(Listed(f"P{number:03d}{part}X", random.random() < 0.7, _conditions(random)))
    return World(f"w{number}", random.choice(ENGINES), random.choice((*TRIMS, "")), (months[0], months[1]), tuple(rows))


def _conditions(random: Random) -> dict[str, Any]:
    chosen: dict[str, Any] = {}
    for name, values in (("trim", TRIMS), ("engine", ENGINES), ("option_code", OPTIONS)):
        if random.random() < 0.3:
            chosen[name] = ";".join(random.sample(values, random.randint(1, 2)))
    if random.random() < 0.2:
        chosen["position"] = random.choice(PLACES)
    for low, high, values in (("from_month", "to_month", MONTHS), ("from_vin", "to_vin", TAILS)):
        if random.random() < 0.25:
            ends = sorted(random.sample(values, 2))
            chosen |= {low: ends[0], high: ends[1]}
    if random.random() < 0.2:
        chosen["conditions"] = (random.choice(REMARKS),)
    return chosen


def _asked(random: Random, world: World) -> VehicleSpec:
    """The model by its external id, and a random part of what there is to say about the car."""
    answers: dict[str, str] = {}
    if random.random() < 0.4:
        answers["option_code"] = random.choice((*OPTIONS, OTHER, UNKNOWN))
    if not world.trim and random.random() < 0.3:
        answers["trim"] = random.choice((*TRIMS, UNKNOWN))
    months = [m for m in MONTHS if world.months[0] <= m <= world.months[1]]
    return VehicleSpec(
        external_id=f"aces:{world.code}", answers=tuple(answers.items()),
        options=tuple(random.sample(OPTIONS, 1)) if random.random() < 0.2 and "option_code" not in answers else (),
        vin=f"LFV3A23C0J3{random.choice(TAILS)}" if random.random() < 0.4 else "",
        month=random.choice(months) if random.random() < 0.4 else "",
    )  # fmt: skip


def _load(core: Core, worlds: list[World]) -> Actor:
    job = core.system("star")
    core.execute(AddUnit(path="star.", name="集团"), job)
    for world in worlds:
        core.execute(AddModel(code=world.code, brand="大众", series=world.code, engine_code=world.engine, trim=world.trim,
                              from_month=world.months[0], to_month=world.months[1],
                              external_id=f"aces:{world.code}"), job)  # fmt: skip
        for part in sorted({row.part for row in world.rows}):
            core.execute(AddPart(oe=part, name=KIND, category=KIND, brand="大众"), job)
        for at, row in enumerate(world.rows):
            core.execute(AddApplication(oe=row.part, model_code=world.code, fits=row.fits, code=f"{world.code}-{at}",
                                        **row.conditions), job)  # fmt: skip
    return job


def _truly_fits(world: World, part: str, asked: VehicleSpec) -> bool:
    """Whatever the car is that was spoken of, some row says yes and none says no."""
    rows = [row for row in world.rows if row.part == part]
    cars = world.cars(asked)
    return bool(cars) and all(
        any(row.fits and row.holds(car) for row in rows)
        and not any(not row.fits and row.holds(car) for row in rows)
        for car in cars
    )


@pytest.mark.parametrize("seed", range(4))
def test_what_is_said_to_fit_fits_every_car_that_may_be_meant(core: Core, seed: int) -> None:
    random = Random(seed)
    worlds = [_world(random, number) for number in range(MODELS)]
    job = _load(core, worlds)
    wrong, unnamed, fits, ifs = [], [], 0, 0
    for world in worlds:
        for _ in range(6):
            asked = _asked(random, world)
            looked: FitAnswer = core.ask(LookupParts(part=PartSpec(category=KIND), vehicle=asked), job)
            if looked.verdict == "fits":
                named = {row.oe for row in looked.rows}
                wrong += [(world, asked, oe) for oe in named if not _truly_fits(world, oe, asked)]
            for part in sorted({row.part for row in world.rows}):
                found: FitAnswer = core.ask(CheckFit(part=PartSpec(oe=part), vehicle=asked), job)
                true = _truly_fits(world, part, asked)
                wrong += [(world, asked, part)] if found.verdict == "fits" and not true else []
                unnamed += [(world, asked, part)] if found.verdict == "fits_if" and not found.qualifiers else []
                fits, ifs = fits + (found.verdict == "fits"), ifs + (found.verdict == "fits_if")
    assert not wrong, wrong[0]
    assert not unnamed, unnamed[0]
    # It would be easy never to be wrong by never saying anything.
    assert fits > 12, fits
    assert ifs > 40, ifs


def test_an_undoubted_car_gets_a_plain_answer(core: Core) -> None:
    """Where one row without conditions says yes, and nothing says no, it fits: caution is no excuse."""
    random = Random(9)
    plain = [World(f"p{n}", "ENA", "T1", ("2018-01", "2018-12"), (Listed(f"Q{n:04d}X", True, {}),)) for n in range(20)]
    job = _load(core, plain)
    for world in plain:
        spec = _asked(random, world)
        answer: FitAnswer = core.ask(CheckFit(part=PartSpec(oe=world.rows[0].part), vehicle=spec), job)
        assert answer.verdict == "fits"
