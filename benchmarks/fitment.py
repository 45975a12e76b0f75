"""Parts at the counter: is every number found, is "fits" ever wrong, and does the catalogue's size matter?

The same questions are put to a small and a large catalogue, in turn, beside the plain indexed select a verdict
cannot do without. `--import N` measures an ACES file of N applications in a process of its own.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import text

from benchmarks import fitment_data as data
from benchmarks import options
from benchmarks.kept import opened
from benchmarks.places import TENANT, places
from benchmarks.timing import Series, in_turn
from crm_core.api import Core
from crm_core.fitment.messages import CheckFit, FitAnswer, LookupParts, PartSpec, StockOf, VehicleSpec
from crm_core.fitment.normalise import oe_key

SIZES = (10_000, 1_000_000)
WARM_UP = 5
FULL_WIDTH = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}
SPELLINGS: tuple[Callable[[str], str], ...] = (
    str, str.lower, lambda n: n.replace(" ", ""), lambda n: n.replace(" ", "-"), lambda n: n.replace(" ", "."),
    lambda n: n.translate(FULL_WIDTH), lambda n: f"OE:{n}", lambda n: f"oe号：{n.replace(' ', '')}", lambda n: f" {n}\u3000",
    lambda n: f"OE {n}", lambda n: f"Part No. {n.lower()}", lambda n: "  ".join(n.replace(" ", "")),
)  # fmt: skip
Ask = Callable[[int], object]


@dataclass
class Score:
    """What was right: questions asked, answers that named the part meant, and "fits" that were wrong."""

    asked: int = 0
    found: int = 0
    wrong_fits: int = 0
    sure: int = 0
    missed: list[str] = field(default_factory=list)


@dataclass
class Counter:
    """The questions put to one catalogue."""

    core: Core
    families: int
    owners: int = data.CARS
    scores: dict[str, Score] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.actor = self.core.actor("rep0-0", TENANT)
        self.cars = data.cars(self.families, self.owners)
        self.engine = self.core.database.engine

    def asks(self) -> dict[str, Ask]:
        return {
            "floor: select": self._floor,
            "OE number": self._number,
            "superseded": lambda n: self._check(n, "superseded", data.old_number),
            "aftermarket": lambda n: self._check(n, "aftermarket", data.aftermarket_number),
            "fit by VIN": lambda n: self._check(n, "fit by VIN", data.number, by="vin"),
            "fit by plate": lambda n: self._check(n, "fit by plate", data.number, by="plate"),
            "fit by id": lambda n: self._check(n, "fit by id", data.number, by="id"),
            "fit by words": lambda n: self._check(n, "fit by words", data.number, by="words"),
            "parts by VIN": lambda n: self._look_up(n, "parts by VIN", by="vin"),
            "parts by words": lambda n: self._look_up(n, "parts by words", by="words"),
            "unknown number": self._unknown,
        }

    def _draw(self, n: int) -> tuple[random.Random, data.Vehicle, int, int, int]:
        """A car, and a part that is of its family four times of five."""
        chance = random.Random(n)
        car = self.cars[chance.randrange(len(self.cars))]
        family = car.family if chance.random() < 0.8 else chance.randrange(self.families)
        return chance, car, family, chance.randrange(data.KINDS), chance.randrange(data.VARIANTS)

    def _vehicle(self, car: data.Vehicle, by: str) -> VehicleSpec:
        if by == "vin":
            return VehicleSpec(vin=car.vin)
        if by == "plate":
            return VehicleSpec(plate=car.plate)
        if by == "id":
            return VehicleSpec(external_id=f"aces:{car.family * data.YEARS + car.year}")
        return VehicleSpec(words=f"{2015 + car.year}款大众车系{car.family:05d}号")

    def _floor(self, n: int) -> object:
        _, _, family, kind, variant = self._draw(n)
        query = text("select a.* from parts p join applications a on a.tenant = p.tenant and a.part_id = p.id "
                     "where p.tenant = :tenant and p.oe_key = :key")  # fmt: skip
        key = oe_key(data.number(family, kind, variant))
        with self.engine.connect() as connection:
            return connection.execute(query, {"tenant": TENANT, "key": key}).fetchall()

    def _number(self, n: int) -> object:
        chance, _, family, kind, variant = self._draw(n)
        number = data.number(family, kind, variant)
        said = chance.choice(SPELLINGS)(number)
        answer = self.core.ask(StockOf(oe=said), self.actor)
        self._score("OE number", answer.oe == number, said)
        return answer

    def _check(self, n: int, name: str, numbered: Callable[[int, int, int], str], by: str = "id") -> object:
        chance, car, family, kind, variant = self._draw(n)
        said = chance.choice(SPELLINGS)(numbered(family, kind, variant))
        question = CheckFit(part=PartSpec(oe=said), vehicle=self._vehicle(car, by))
        answer = self.core.ask(question, self.actor)
        fits = data.truth(car, family, kind, variant)
        meant = {data.number(family, kind, variant), data.old_number(family, kind, variant)}
        self._judge(name, answer, fits, found=bool({answer.oe, *answer.superseded_by} & meant), said=said)
        return answer

    def _look_up(self, n: int, name: str, by: str) -> object:
        _, car, _, kind, _ = self._draw(n)
        question = LookupParts(vehicle=self._vehicle(car, by), part=PartSpec(category=data.category(kind)))
        answer = self.core.ask(question, self.actor)
        right = {
            data.number(car.family, kind, v)
            for v in range(data.VARIANTS)
            if data.truth(car, car.family, kind, v)
        }
        shown = {row.oe for row in answer.rows}
        sure = right >= shown if answer.verdict == "fits" else True
        self._judge(
            name,
            answer,
            sure,
            found=bool(right & shown) or answer.verdict == "no_data",
            said=data.category(kind),
        )
        return answer

    def _unknown(self, n: int) -> object:
        """A number like ours that nobody has: nothing may be found."""
        _, _, family, kind, variant = self._draw(n)
        answer = self.core.ask(StockOf(oe=data.number(family, kind, variant)[:-1] + "Q"), self.actor)
        self._score("unknown number", not answer.oe, "")
        return answer

    def _judge(self, name: str, answer: FitAnswer, fits: bool, *, found: bool, said: str) -> None:
        score = self._score(name, found, said)
        score.sure += answer.verdict in ("fits", "does_not_fit")
        score.wrong_fits += answer.verdict == "fits" and not fits

    def _score(self, name: str, found: bool, said: str) -> Score:
        score = self.scores.setdefault(name, Score())
        score.asked += 1
        score.found += found
        if not found and len(score.missed) < 5:
            score.missed.append(said)
        return score


def main(argv: list[str]) -> dict[str, Any]:
    """Run it. See `--help` for the options."""
    parser = options.parser("fitment", __doc__ or "", items=200)
    parser.add_argument("--applications", type=options.numbers, default=SIZES, metavar="SMALL,LARGE",
                        help="applications in the two catalogues (10000,1000000)")  # fmt: skip
    parser.add_argument("--import", type=int, default=0, dest="imported", metavar="N",
                        help="measure the import of an ACES file of N applications instead")  # fmt: skip
    chosen = parser.parse_args(argv)
    results: list[dict[str, Any]] = []
    skipped: list[dict[str, str]] = []
    with places(options.databases(chosen), skipped) as found:
        for place in found:
            if chosen.imported:
                from benchmarks.fitment_import import measured

                results += measured(place, chosen.imported)
                continue
            counters = [Counter(opened(place, size, data.populate), max(size // data.PER_FAMILY, 1))
                        for size in chosen.applications]  # fmt: skip
            results += _compared(place.name, counters, chosen)
    return {"results": results, "skipped": skipped}


def _compared(database: str, counters: list[Counter], chosen: Any) -> list[dict[str, Any]]:
    """Every kind of question, on the small and the large catalogue in turn."""
    small, large = counters[0], counters[-1]
    sides = [counter.asks() for counter in (small, large)]
    results = []
    floor = 0.0
    for name in sides[0]:
        for side in sides:
            for number in range(WARM_UP):
                side[name](10_000_000 + number)
        series = in_turn({"small": sides[0][name], "large": sides[1][name]}, chosen.items, chosen.rounds)
        floor = floor or series.total("large").quantile(0.5)
        results.append(_line(database, name, series, large.scores.get(name), floor))
    return results


def _line(database: str, item: str, series: Series, score: Score | None, floor: float) -> dict[str, Any]:
    small, large = series.total("small"), series.total("large")
    p50 = [side.quantile(0.5) for side in (small, large)]
    line = {
        "database": database, "item": item, "items": large.items, "cpu_ms": round(large.cpu_ms, 2),
        "p50_ms": round(p50[1], 2), "p95_ms": round(large.quantile(0.95), 2), "small_ms": round(p50[0], 2),
        "growth": round(p50[1] / p50[0], 2), "floors_of": round(p50[1] / floor, 1),
    }  # fmt: skip
    if score is not None:
        line |= {"found_pct": round(100 * score.found / score.asked, 2), "wrong_fits": score.wrong_fits,
                 "sure_pct": round(100 * score.sure / score.asked, 1), "missed": score.missed}  # fmt: skip
    return line
