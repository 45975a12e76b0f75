"""How soon what is due is handed to the sender, and how many rows a second, beside a bare claim loop.

`10,000 due at once` goes through everything: timers fire, messages are drawn, tries are written down, sent and
settled. The bare loop moves rows of the same tables through the same states by SQL alone, in batches as large.
`steady` lets reminders fall due at five times a group's peak while 10,000 other timers wait.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Engine, insert, select, text
from sqlmodel import col

from benchmarks import options
from benchmarks.places import Place, places
from benchmarks.timing import Timed
from bot.delivery.local import Deliverer
from bot.delivery.sender import Sender
from bot.ports import Capabilities, Delivery, Heard, Outbound, Receipt
from bot.texts import Texts
from crm_core.api import Core
from crm_core.chat.tables import Identity
from crm_core.kernel.ids import new_id
from crm_core.kernel.tables import Attempt, Outbox, Timer, metadata
from crm_core.kernel.uow import Uow
from crm_core.org.messages import AddPerson, AddUnit
from crm_core.tasks.messages import AddTask
from schedulers.engine import Engine as Works

TENANT, TEAM, ACCOUNT = "bench", "bench.d1.a.", "telegram:bench"
PEOPLE = 200
PEAK_ROWS, TIMES = 24, 5
BATCH = 50
AHEAD = timedelta(days=30)
# Time to write the reminders of the steady part before the first is due.
LEAD_IN_S, WRITING_S = 3, 0.006


class Handed:
    """A channel that accepts everything at once and notes when it was handed what."""

    name = "telegram"
    capabilities = Capabilities(max_buttons=20, max_text_bytes=4096, edit=True, toast=True, images=True,
                                push_first=True, idempotent=False)  # fmt: skip

    def __init__(self) -> None:
        self.waits_ms: list[float] = []
        self._numbers = itertools.count(1)

    def render(self, delivery: Delivery, message: Outbound) -> dict[str, Any]:
        return {"text": message.card.title if message.card else message.text, "ref": delivery.ref}

    async def send(self, delivery: Delivery, message: Outbound, body: dict[str, Any]) -> Receipt:
        self.waits_ms.append((time.time() - delivery.due_at.timestamp()) * 1000)
        return Receipt(Heard.ACCEPTED, provider_id=str(next(self._numbers)))

    async def update(self, delivery: Delivery, provider_id: str, message: Outbound) -> Receipt:
        return Receipt(Heard.ACCEPTED, provider_id=provider_id)


def main(argv: list[str]) -> dict[str, Any]:
    """Run it. See `--help` for the options."""
    parser = options.parser("due", (__doc__ or "").splitlines()[0], items=10_000, rounds=1)
    parser.add_argument("--minutes", type=float, default=5.0, help="how long the steady part takes (5)")
    chosen = parser.parse_args(argv)
    results: list[dict[str, Any]] = []
    skipped: list[dict[str, str]] = []
    with places(options.databases(chosen), skipped) as found:
        for place in found:
            results.append(at_once(place, chosen.items))
            results.append(steady(place, chosen.items, chosen.minutes * 60))
    return {"results": results, "skipped": skipped}


# Ours


def settle_in(core: Core) -> list[str]:
    """Reps who read at one bot; returns their ids."""
    system = core.system(TENANT)
    for path in (f"{TENANT}.", f"{TENANT}.d1.", TEAM):
        core.execute(AddUnit(path=path, name=path, city="上海"), system)
    found = []
    for number in range(PEOPLE):
        core.execute(AddPerson(code=f"rep{number}", name=f"销售{number}", role="rep", unit=TEAM), system)
        found.append(core.actor(f"rep{number}").id)
    now = core.now()
    shared = {"tenant": TENANT, "channel": "telegram", "account": "bench", "used_at": now, "created_at": now,
              "updated_at": now}  # fmt: skip
    with core.database.write() as session:
        session.add_all(
            Identity(id=new_id(), native_id=str(n), person_id=person, chat=f"{ACCOUNT}:{n}", **shared)
            for n, person in enumerate(found)
        )
    return found


def remind(core: Core, people: list[str], count: int, due: Callable[[int], datetime]) -> None:
    """Reminders of the people to themselves, by the core's own command; of one person in one unit of work."""
    for first, person in enumerate(people[:count]):
        with core.database.write() as session:
            uow = Uow(session=session, actor=core.actor(person), now=core.now(), services=core.services)
            for number in range(first, count, len(people)):
                uow.call(AddTask(title=f"给客户{number}回电", kind="reminder", due_at=due(number)))
            uow.settle()
            uow.flush_pushes()


@contextmanager
def working(core: Core, channel: Handed) -> Iterator[None]:
    """Engine and sender of one process, at work."""
    texts = Texts.load()
    sender = Sender(core, texts, "bench", {ACCOUNT: channel}, lambda: None)
    deliverer = Deliverer(core, texts, "bench", lambda: None)

    def deliver() -> int:
        sender.knock()
        return deliverer.run()

    engine = Works(core, "bench", turns=lambda: 0, deliver=deliver, reindex=lambda: None)
    engine.start()
    sender.start()
    try:
        yield
    finally:
        engine.stop()
        sender.stop()


def at_once(place: Place, items: int) -> dict[str, Any]:
    """So many reminders due at one instant, and the bare loop over as many rows."""
    core, channel = place.open(), Handed()
    people = settle_in(core)
    due = core.now() + timedelta(seconds=1)
    remind(core, people, items, lambda _: due)
    start, cpu = time.perf_counter(), time.process_time()
    with working(core, channel):
        _wait(lambda: _settled(core) >= items)
        seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
    ours = Timed(items, seconds, cpu, channel.waits_ms)
    bare = bare_loop(core, items)
    return _line(place, f"{items:,} due at once", ours) | {
        "floors": {"bare": {"per_second": round(bare, 1)}}, "ratio": {"bare": round(ours.per_second / bare, 3)},
    }  # fmt: skip


def steady(place: Place, items: int, seconds: float) -> dict[str, Any]:
    """Five times a group's peak, while `items` timers wait for another day."""
    core, channel = place.open(), Handed()
    people = settle_in(core)
    _lay_by(core, items)
    count = int(PEAK_ROWS * TIMES * seconds)
    begin = core.now() + timedelta(seconds=LEAD_IN_S + count * WRITING_S)
    remind(core, people, count, lambda n: begin + timedelta(seconds=n / (PEAK_ROWS * TIMES)))
    start, cpu = time.perf_counter(), time.process_time()
    with working(core, channel):
        _wait(lambda: _settled(core) >= count)
        whole = Timed(count, time.perf_counter() - start, time.process_time() - cpu, channel.waits_ms)
    return _line(place, f"{PEAK_ROWS * TIMES} a second for {seconds:.0f} s", whole)


def _lay_by(core: Core, items: int) -> None:
    """Timers of another day, which nobody may stumble over."""
    now = core.now()
    rows = [{"tenant": TENANT, "kind": "task_due", "subject": f"task:{n}", "payload": {}, "dedupe_key": f"later:{n}",
             "due_at": now + AHEAD, "state": 0, "attempts": 0, "created_at": now, "priority": 2}
            for n in range(items)]  # fmt: skip
    with core.database.write() as session:
        session.connection().execute(insert(metadata.tables[str(Timer.__tablename__)]), rows)


def _line(place: Place, item: str, timed: Timed) -> dict[str, Any]:
    return {
        "database": place.name, "item": item, "items": timed.items, "per_second": round(timed.per_second, 1),
        "cpu_ms": round(timed.cpu_ms, 2), "p50_ms": round(timed.quantile(0.5), 1),
        "p99_ms": round(timed.quantile(0.99), 1),
    }  # fmt: skip


def _settled(core: Core) -> int:
    with core.database.read() as session:
        return len(session.execute(select(col(Outbox.id)).where(col(Outbox.state) == 2)).all())


def _wait(done: Callable[[], bool], seconds: float = 900.0) -> None:
    until = time.monotonic() + seconds
    while not done():
        if time.monotonic() > until:
            raise RuntimeError("not everything was handed over in time")
        time.sleep(0.2)


# The floor


def bare_loop(core: Core, items: int) -> float:
    """Rows a second when SQL alone does it: claim a batch, write the tries, settle it."""
    _fill(core, items)
    engine, done, start = core.database.engine, 0, time.perf_counter()
    while taken := _claim(engine, core.database.is_sqlite):
        _try(engine, taken)
        _settle(engine, taken)
        done += len(taken)
    return done / (time.perf_counter() - start)


def _fill(core: Core, items: int) -> None:
    now = core.now()
    rows = [{"tenant": TENANT, "chat": f"bare:x:{n}", "account": "bare:x", "person_id": "x", "kind": "task_due",
             "subject": "", "payload_enc": "x" * 120, "priority": 2, "dedupe_key": f"bare:{n}", "due_at": now,
             "created_at": now, "state": 0, "token": 0, "attempts": 0} for n in range(items)]  # fmt: skip
    with core.database.write() as session:
        session.connection().execute(insert(metadata.tables[str(Outbox.__tablename__)]), rows)


def _claim(engine: Engine, is_sqlite: bool) -> list[int]:
    """BEGIN IMMEDIATE on SQLite, SKIP LOCKED on PostgreSQL."""
    lock = "" if is_sqlite else "for update skip locked"
    claim = text(f"""update outbox set state = 1, token = token + 1, attempts = attempts + 1 where id in (
        select id from outbox where state = 0 and account = 'bare:x' order by priority, due_at, id limit {BATCH} {lock})
        returning id""")  # fmt: skip
    with engine.connect().execution_options(chexin_write=True) as connection, connection.begin():
        return [row[0] for row in connection.execute(claim)]


def _try(engine: Engine, ids: list[int]) -> None:
    rows = [{"outbox_id": n, "token": 1, "worker": "bare", "at": datetime.now().astimezone()} for n in ids]
    with engine.connect().execution_options(chexin_write=True) as connection, connection.begin():
        connection.execute(insert(metadata.tables[str(Attempt.__tablename__)]), rows)


def _settle(engine: Engine, ids: list[int]) -> None:
    settle = text("update outbox set state = 2, provider_id = 'x' where id = :id and token = 1 and state = 1")
    with engine.connect().execution_options(chexin_write=True) as connection, connection.begin():
        connection.execute(settle, [{"id": n} for n in ids])
