"""A lead taken in: assigned, with its card in the outbox. The command alone, and over HTTP."""

from __future__ import annotations

from typing import Any

from sqlalchemy import text

from benchmarks import options
from benchmarks.floors import core_floor, driver_floor, footprint
from benchmarks.places import Place, found_group, places
from benchmarks.report import APP, CORE, DRIVER, beside_floors, figures
from benchmarks.server import post_all, serving
from benchmarks.timing import in_turn
from crm_core.kernel.db import make_engine, normal_url
from crm_core.leads.messages import CreateLead

WARM_UP = 20
PATH = "/api/leads"
SURNAMES = "王李张刘陈杨黄赵周吴徐孙马朱胡郭何林高罗"
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰涛明超秀霞平波"
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
            alone = command(place, chosen.items, chosen.rounds)
            results.append(alone)
            if chosen.http:
                results += over_http(place, chosen.items, chosen.http, alone)
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


def over_http(place: Place, items: int, people: tuple[int, ...], alone: dict[str, Any]) -> list[dict[str, Any]]:
    """`POST /api/leads` to a server process of its own; ratios are to the floors of the command alone."""
    url = place.fresh() if place.cluster is not None else None
    found = []
    with serving(url) as server:
        post_all(server, PATH, [_body(number) for number in range(WARM_UP)], 4)
        first = WARM_UP
        for connections in people:
            bodies = [_body(number) for number in range(first, first + items)]
            first += items
            timed = post_all(server, PATH, bodies, connections)
            ratio = {name: round(timed.per_second / floor["per_second"], 3) for name, floor in alone["floors"].items()}
            found.append({"database": place.name, "item": "lead, over HTTP", "people": connections, "items": items,
                          **figures(timed), "ratio": ratio})  # fmt: skip
        _all_there(server.url, first)
    return found


def _body(number: int) -> dict[str, Any]:
    return lead(number).model_dump(include={"name", "phone", "vehicle", "source", "city", "message"})


def _all_there(url: str, sent: int) -> None:
    """Every lead is in the database once, and so is its card for the owner."""
    engine = make_engine(normal_url(url))
    with engine.connect() as connection:
        leads = connection.execute(text("select count(*) from leads where source = '官网' and city = '上海' "
                                        "and state = 'new'")).scalar()  # fmt: skip
        cards = connection.execute(text("select count(*) from outbox where kind = 'lead'")).scalar()
    engine.dispose()
    if int(leads or 0) < sent or int(cards or 0) < sent:
        raise RuntimeError(f"{sent} leads were sent, {leads} are there with {cards} cards")
