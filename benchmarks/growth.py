"""Does the size of the database matter? The same questions over 2,000 and over 200,000 customers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from benchmarks import options
from benchmarks.chat import Person, Talkers
from benchmarks.kept import opened
from benchmarks.leads import lead
from benchmarks.places import TENANT, places
from benchmarks.population import populate
from benchmarks.timing import Series, in_turn
from bot.conversation.pipeline import Turn
from crm_core.api import Core
from crm_core.customers.messages import CustomerCard, FindCustomers
from crm_core.customers.tables import Customer
from crm_core.kernel.access import Actor
from crm_core.leads.messages import MyLeads

SIZES = (2_000, 200_000)
ASKERS = {"rep": "rep0-0", "manager": "boss"}
NEW_PHONES = 50_000_000
WARM_UP = 5
Ask = Callable[[int], object]


def main(argv: list[str]) -> dict[str, Any]:
    """Run it. See `--help` for the options."""
    parser = options.parser("growth", __doc__ or "", items=60)
    parser.add_argument("--sizes", type=options.numbers, default=SIZES, metavar="SMALL,LARGE",
                        help="customers in the two databases (2000,200000)")  # fmt: skip
    parser.add_argument("--no-turns", action="store_true", help="the questions alone, no turns of a conversation")
    chosen = parser.parse_args(argv)
    results: list[dict[str, Any]] = []
    skipped: list[dict[str, str]] = []
    with places(options.databases(chosen), skipped) as found:
        for place in found:
            cores = [opened(place, size, populate) for size in chosen.sizes]
            for asker, code in ASKERS.items():
                sides = [_asks(core, code, turns=not chosen.no_turns) for core in cores]
                for name in sides[0]:
                    series = in_turn({"small": sides[0][name], "large": sides[1][name]}, chosen.items, chosen.rounds)
                    results.append(_line(place.name, name, asker, chosen.sizes, series))
    return {"results": results, "skipped": skipped}


def _line(database: str, item: str, asker: str, sizes: tuple[int, ...], series: Series) -> dict[str, Any]:
    small, large = (series.total(side) for side in ("small", "large"))
    p50 = [side.quantile(0.5) for side in (small, large)]
    return {
        "database": database, "item": item, "asker": asker, "items": small.items, "sizes": list(sizes),
        "small_ms": round(p50[0], 2), "large_ms": round(p50[1], 2), "growth": round(p50[1] / p50[0], 2),
        "cpu_ms": round(large.cpu_ms, 2),
    }  # fmt: skip


@dataclass(frozen=True)
class _Known:
    """Customers the asker may see, to ask about."""

    id: str
    name: str
    phone_tail: str


def _asks(core: Core, code: str, *, turns: bool) -> dict[str, Ask]:
    """What is asked, by name; each is given a number and asks about another customer."""
    actor = core.actor(code, TENANT)
    known = _customers(core, actor)

    def pick(number: int) -> _Known:
        return known[number % len(known)]

    intake = core.intake(TENANT, f"{TENANT}.")
    asks: dict[str, Ask] = {
        "by name": lambda n: core.ask(FindCustomers(words=pick(n).name), actor),
        "by honorific": lambda n: core.ask(FindCustomers(words=f"{pick(n).name[0]}先生"), actor),
        "by phone tail": lambda n: core.ask(FindCustomers(words=pick(n).phone_tail), actor),
        "customer card": lambda n: core.ask(CustomerCard(customer_id=pick(n).id), actor),
        "my leads": lambda n: core.ask(MyLeads(), actor),
    }
    if code == ASKERS["rep"]:
        asks["new lead"] = lambda n: core.execute(lead(NEW_PHONES + n), intake)
    if turns:
        asks |= _turns(core, actor, known)
    for ask in asks.values():
        for number in range(WARM_UP):
            ask(10_000 + number)
    return asks


def _turns(core: Core, actor: Actor, known: list[_Known]) -> dict[str, Ask]:
    """Whole turns of a conversation, from the message stored to the reply delivered."""
    talkers = Talkers(core)
    person = Person.of(core, actor)

    def say(text: str) -> Turn:
        return talkers.one(TENANT, person.says(text))

    return {
        "turn: list": lambda n: say("我的线索"),
        "turn: about one": lambda n: say(f"{known[n % len(known)].name}的资料"),
        "turn: note": lambda n: say(f"给{known[n % len(known)].name}记一下:喜欢白色{n}"),
    }


def _customers(core: Core, actor: Actor, limit: int = 40) -> list[_Known]:
    """Some of those the asker may see, of all ages."""
    with core.database.read() as session:
        reader = core.reader(session, actor)
        table: Any = Customer
        query = select(table.id, table.name).where(reader.clause(Customer, "customer")).order_by(table.id)
        rows = session.execute(query).all()
    step = max(len(rows) // limit, 1)
    found = []
    for row in rows[::step][:limit]:
        tail = core.ask(CustomerCard(customer_id=row.id), actor).phones[0][-4:]
        found.append(_Known(row.id, row.name, tail))
    return found
