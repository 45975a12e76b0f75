"""Databases of many customers, built in bulk: dealers that are all alike, only more of them."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert, select

from benchmarks.leads import CARS, SURNAMES
from benchmarks.places import TENANT, dealer, found_group
from crm_core.api import Core
from crm_core.customers.rules import pinyin_of
from crm_core.customers.tables import ContactPoint, Customer
from crm_core.deals.tables import Deal, DealStage
from crm_core.kernel.ids import new_id, short_ref
from crm_core.kernel.tables import new_row
from crm_core.leads.rules import interest_key
from crm_core.leads.tables import Lead
from crm_core.org.messages import AddPerson
from crm_core.org.tables import Person

PER_REP = 300
REPS = 7
PER_DEALER = PER_REP * REPS - 100
CHUNK = 5_000
# How often the surnames of SURNAMES are met, the commonest first.
WEIGHTS = (71, 74, 68, 54, 45, 31, 23, 20, 20, 19, 15, 13, 13, 12, 11, 10, 10, 9, 9, 9)
GIVEN = (
    "伟芳娜敏静丽强磊军洋勇艳杰涛明超秀霞平波桂英华玉兰红建国文斌浩宇轩梓涵欣怡雨泽子豪晨曦佳琪思远嘉诚"
    "博文俊杰晓东志强海燕春梅雪琴立新永康韶华天佑一鸣若曦可心安然景行云飞星辰凯旋润之维正"
)
STATES = ("new", "contacted", "lost", "won")
Rows = dict[Any, list[dict[str, Any]]]


@dataclass(frozen=True)
class Rep:
    """Who a customer belongs to."""

    id: str
    unit: str


def given_name(chance: random.Random) -> str:
    """A surname and a given name of one or two characters."""
    return chance.choices(SURNAMES, WEIGHTS)[0] + "".join(chance.choices(GIVEN, k=chance.choice((1, 2, 2))))


def populate(core: Core, customers: int, name: Callable[[random.Random], str] = given_name) -> None:
    """A group with this many customers; the rep `rep0-0` has 300 of them, `boss` sees all.

    `name` gives each one's name. Every customer has a phone, a lead and a deal; four in five leads are closed.
    """
    dealers = max(round(customers / PER_DEALER), 1)
    found_group(core, dealers=dealers, reps=REPS)
    boss = AddPerson(code="boss", name="总经理", role="manager", unit=f"{TENANT}.")
    core.execute(boss, core.system(TENANT))
    reps = _reps(core)
    chance = random.Random(7)
    for start in range(0, customers, CHUNK):
        rows: Rows = {Customer: [], ContactPoint: [], Lead: [], Deal: [], DealStage: []}
        for number in range(start, min(start + CHUNK, customers)):
            _one(core, rows, number, _owner(reps, number, customers), chance, name(chance))
        with core.database.write() as session:
            for table, values in rows.items():
                session.connection().execute(insert(table.__table__), values)
    _analyse(core)


def _reps(core: Core) -> list[Rep]:
    person: Any = Person
    with core.database.read() as session:
        query = select(person.id, person.unit, person.code).where(person.code.like("rep%"))
        rows = sorted(session.execute(query).all(), key=lambda row: row.code)
    return [Rep(row.id, row.unit) for row in rows if row.code.startswith("rep")]


def _owner(reps: list[Rep], number: int, customers: int) -> Rep:
    """The first rep gets every n-th customer until he has 300; the others share the rest."""
    every = max(customers // PER_REP, 1)
    if number % every == 0 and number // every < PER_REP:
        return reps[0]
    return reps[1 + number % (len(reps) - 1)]


def _one(core: Core, rows: Rows, number: int, owner: Rep, chance: random.Random, name: str) -> None:
    """A customer with phone, lead and deal, some time in the last two years."""
    at = core.now() - timedelta(minutes=chance.randrange(2 * 365 * 24 * 60))
    state = chance.choices(STATES, (8, 12, 60, 20))[0]
    car = chance.choice(CARS)
    ids = {"customer": new_id(), "lead": new_id(), "deal": new_id()}
    for table, values in _rows(core, name, f"139{number:08d}", car, state, at, owner, ids):
        rows[table].append(_full(table, at, values))


def _rows(
    core: Core, name: str, phone: str, car: str, state: str, at: datetime, owner: Rep, ids: dict[str, str]
) -> Iterator[tuple[Any, dict[str, Any]]]:
    pinyin, initials = pinyin_of(name)
    mine = {"unit": owner.unit, "owner_id": owner.id}
    point, about = new_id(), {"customer_id": ids["customer"]}
    yield Customer, mine | {"id": ids["customer"], "name": name, "pinyin": pinyin, "initials": initials,
                            "surname": name[0], "city": "上海", "source": "官网", "touched_at": at}  # fmt: skip
    yield ContactPoint, about | {
        "id": point, "unit": owner.unit, "value_enc": core.cipher.seal(f"contact_points.value.{point}", phone),
        "value_index": core.cipher.index("phone", phone),
        "tail_index": core.cipher.index("phone-tail", phone[-4:]),
    }  # fmt: skip
    yield Lead, mine | about | {
        "id": ids["lead"], "ref": short_ref("L"), "state": state, "vehicle": car, "interest_key": interest_key(car),
        "source": "官网", "deal_id": ids["deal"], "rule": "assignment.yaml: least_load", "assigned_at": at,
        "contacted_at": None if state == "new" else at,
    }  # fmt: skip
    deal = "open" if state in ("new", "contacted") else state
    yield Deal, mine | about | {"id": ids["deal"], "ref": short_ref("D"), "lead_id": ids["lead"],
                                "pipeline": "car_sale", "stage": "new", "stage_since": at, "interest": car,
                                "state": deal, "closed_at": None if deal == "open" else at}  # fmt: skip
    yield DealStage, {"deal_id": ids["deal"], "stage": "new", "entered_at": at, "by_id": owner.id, "cause": "opened"}


def _full(table: Any, at: datetime, values: dict[str, Any]) -> dict[str, Any]:
    """All columns, as one statement for many rows needs them."""
    shared = {"tenant": TENANT, "created_at": at, "updated_at": at}
    row = dict(new_row(table, shared | values).__dict__)
    row.pop("_sa_instance_state")
    return row


def _analyse(core: Core) -> None:
    """What a database does by itself after a while: know how many there are of what."""
    with core.database.engine.connect().execution_options(chexin_write=True) as connection, connection.begin():
        connection.exec_driver_sql("ANALYZE")
        connection.commit()


__all__ = ["PER_REP", "dealer", "populate"]
