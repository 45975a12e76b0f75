"""A lead taken in: assigned, with its card in the outbox. The command alone, and over HTTP."""

from __future__ import annotations

from typing import Any

from benchmarks import options
from benchmarks.floors import core_floor, driver_floor, footprint
from benchmarks.measure import in_turn
from benchmarks.places import Place, found_group, places
from benchmarks.report import APP, CORE, DRIVER, beside_floors
from crm_core.leads.messages import CreateLead

WARM_UP = 20
SURNAMES = "王李张刘陈杨黄赵周吴徐孙马朱胡郭何林高罗"
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰涛明超秀霞平刚"
CARS = ("ES6", "宝马X5", "比亚迪汉", "迈腾", "凯美瑞", "奥迪A6L", "理想L7", "帕萨特")


def lead(number: int) -> CreateLead:
    """The lead of an invented person; another number is another person."""
    name = SURNAMES[number % 20] + GIVEN[number // 20 % 20] + GIVEN[number // 400 % 20]
    return CreateLead(
        name=name, phone=f"139{number % 10**8:08d}", vehicle=CARS[number % len(CARS)], source="官网",
        city="上海", message="想了解一下优惠和试驾时间", channel="api",
    )  # fmt: skip


def main(argv: list[str]) -> dict[str, Any]:
    """Run it. See `--help` for the options."""
    parser = options.parser("leads", __doc__ or "", items=500)
    parser.add_argument("--http", type=options.numbers, default=(1, 8, 32), metavar="N,N",
                        help="how many connections at once; empty: not over HTTP (1,8,32)")  # fmt: skip
    chosen = parser.parse_args(argv)
    results: list[dict[str, Any]] = []
    skipped: list[dict[str, str]] = []
    with places(options.databases(chosen), skipped) as found:
        for place in found:
            results.append(command(place, chosen.items, chosen.rounds))
    return {"results": results, "skipped": skipped}


def command(place: Place, items: int, rounds: int) -> dict[str, Any]:
    """`core.execute(CreateLead)` for one distinct person after the other, beside its floors."""
    core = place.open()
    intake = found_group(core)
    for number in range(WARM_UP):
        core.execute(lead(number), intake)
    print_ = footprint(core.database.engine, lambda: core.execute(lead(WARM_UP), intake))
    first = WARM_UP + 1
    series = in_turn(
        {
            APP: lambda number: _accept(core.execute(lead(first + number), intake).view.owner_id),
            DRIVER: driver_floor(place.fresh(), print_, items),
            CORE: core_floor(place.fresh(), print_, items),
        },
        items, rounds,
    )  # fmt: skip
    return beside_floors(place.name, "lead, command alone", series, print_)


def _accept(owner_id: str | None) -> None:
    if owner_id is None:
        raise RuntimeError("a lead found no owner: what is measured would not be the whole job")
