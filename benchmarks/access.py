"""What it costs to ask who may: in a turn of a conversation, and on a list of 200 records.

A turn: the CPU time spent loading the speaker's rights (but for his own row, which is read in any case) and in the
access table, inside whole turns. A list: the same 200
records read by the rule and each checked once more, against reading them by their owner without asking anything.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import bindparam, select
from sqlmodel import col

from benchmarks import options
from benchmarks.chat import Person as Speaker
from benchmarks.chat import Talkers
from benchmarks.kept import opened
from benchmarks.places import TENANT, places
from benchmarks.population import populate
from benchmarks.timing import in_turn
from crm_core.api import Core
from crm_core.customers.tables import Customer
from crm_core.kernel.access import AccessTable, Actor
from crm_core.org.tables import Person

CUSTOMERS, LISTED = 2_000, 200
ASKERS = {"rep": "rep0-0", "manager": "boss"}
SAID = ("我的线索", "{name}的资料", "给{name}记一下:喜欢白色")
_SPEAKER = select(Person).where(col(Person.id) == bindparam("who"))
CHECKS = ("allows", "clause", "may", "sees", "why")


def main(argv: list[str]) -> dict[str, Any]:
    """Run it. See `--help` for the options."""
    chosen = options.parser("access", __doc__ or "", items=100).parse_args(argv)
    results: list[dict[str, Any]] = []
    skipped: list[dict[str, str]] = []
    with places(options.databases(chosen), skipped) as found:
        for place in found:
            core = opened(place, CUSTOMERS, populate)
            for asker, code in ASKERS.items():
                actor = core.actor(code, TENANT)
                results.append({"database": place.name, "asker": asker, **_turns(core, actor, chosen.items)})
                results.append({"database": place.name, "asker": asker, **_list(core, actor, chosen.items, chosen.rounds)})
    return {"results": results, "skipped": skipped}


def _turns(core: Core, actor: Actor, items: int) -> dict[str, Any]:
    """CPU milliseconds a turn spends on rights, and in all."""
    talkers, person = Talkers(core), Speaker.of(core, actor)
    with core.database.read() as session:
        rule = core.access.clause(actor, "customer", "read", Customer)
        names = list(session.execute(select(col(Customer.name)).where(rule).limit(50)).scalars())

    def say(number: int) -> None:
        said = SAID[number % len(SAID)].format(name=names[number % len(names)])
        talkers.one(TENANT, person.says(said))

    for number in range(6):
        say(number)
    with _meter(core) as spent:
        begun = time.process_time()
        for number in range(items):
            say(number)
        whole = time.process_time() - begun
    added = (spent["seconds"] - spent["speaker"]) * 1000 / items
    return {"item": "turn", "items": items, "checks": round(spent["calls"] / items, 1), "cpu_ms": round(added, 3),
            "turn_cpu_ms": round(whole * 1000 / items, 2)}  # fmt: skip


@contextmanager
def _meter(core: Core) -> Iterator[dict[str, float]]:
    """Adds up the CPU seconds of the outermost calls that have to do with rights."""
    spent = {"calls": 0.0, "seconds": 0.0, "depth": 0.0, "speaker": 0.0}
    kept = {name: getattr(AccessTable, name) for name in CHECKS}
    load = core.services.load_actor

    def metered(function: Callable[..., Any]) -> Callable[..., Any]:
        def run(*args: Any, **named: Any) -> Any:
            spent["depth"] += 1
            begun = time.thread_time()
            try:
                return function(*args, **named)
            finally:
                spent["depth"] -= 1
                if not spent["depth"]:
                    spent["seconds"] += time.thread_time() - begun
                    spent["calls"] += 1

        return run

    def bare(session: Any, who: str, *more: Any) -> Any:
        """Loads the speaker; what reading his row alone costs is not the check's."""
        begun = time.thread_time()
        session.execute(_SPEAKER, {"who": who}).scalars().all()
        spent["speaker"] += time.thread_time() - begun
        session.expunge_all()
        return loaded(session, who, *more)

    loaded = metered(load)

    for name, function in kept.items():
        setattr(AccessTable, name, metered(function))
    core.services.load_actor = core._load_actor = bare  # type: ignore[assignment]
    try:
        yield spent
    finally:
        for name, function in kept.items():
            setattr(AccessTable, name, function)
        core.services.load_actor = core._load_actor = load  # type: ignore[assignment]


def _list(core: Core, actor: Actor, items: int, rounds: int) -> dict[str, Any]:
    """The same records with and without asking who may see them: by the rule alone, as lists do, and each once more."""
    with core.database.read() as session:
        rule = core.access.clause(actor, "customer", "read", Customer)
        found = select(col(Customer.id)).where(rule).order_by(col(Customer.id)).limit(LISTED)
        ids = list(session.execute(found).scalars())

    def by_rule(number: int) -> None:
        with core.database.read() as session:
            _read(session, core.access.clause(actor, "customer", "read", Customer), ids, lambda row: True)

    def each(number: int) -> None:
        with core.database.read() as session:
            _read(session, None, ids, lambda row: core.access.allows(actor, "customer", "read", row))

    def plain(number: int) -> None:
        with core.database.read() as session:
            _read(session, None, ids, lambda row: True)

    for work in (by_rule, each, plain):
        work(0)
    series = in_turn({"rule": by_rule, "each": each, "plain": plain}, items, rounds)
    asked, checked, bare = series.total("rule"), series.total("each"), series.total("plain")
    return {"item": f"list of {len(ids)}", "items": asked.items, "cpu_ms": round(asked.cpu_ms, 3),
            "plain_cpu_ms": round(bare.cpu_ms, 3), "more": round(asked.cpu_ms / bare.cpu_ms - 1, 3),
            "each_more": round(checked.cpu_ms / bare.cpu_ms - 1, 3)}  # fmt: skip


def _read(session: Any, clause: Any, ids: list[str], check: Callable[[Any], bool]) -> None:
    query = select(Customer).where(col(Customer.id).in_(ids))
    rows = session.execute(query if clause is None else query.where(clause)).scalars().all()
    assert sum(check(row) for row in rows) == len(ids)
