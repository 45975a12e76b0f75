"""How soon what is due is handed to the sender, and how many rows a second, beside a bare claim loop.

`10,000 due at once` goes through everything: timers fire, messages are drawn, tries are written down, sent and
settled. `steady` lets reminders fall due at five times a group's peak while 10,000 other timers wait.

Two floors move as many rows of the same tables by SQL alone, ready statements, nothing read or decided between:
`bare` in batches as large as the sender's slots, with the three commits a batch that no safe sender can do without
(claimed; the tries written before the network is touched; the ends), `one` with the same three commits for each
row, as a queue's textbook loop does. `queue alone` is the outbox as the sender uses it, without drawing, buttons,
threads and network: claims within limits, bodies sealed and kept, tries, ends, each fenced by its token.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Engine, func, insert, select, text
from sqlmodel import col

from benchmarks import options
from benchmarks.places import Place, places
from benchmarks.timing import Series, Timed
from bot.delivery.local import Deliverer
from bot.delivery.sender import SLOTS, Sender
from bot.ports import Capabilities, Delivery, Heard, Outbound, Receipt
from bot.texts import Texts
from crm_core.api import Core
from crm_core.chat.tables import Identity
from crm_core.kernel.clock import SystemClock
from crm_core.kernel.ids import new_id
from crm_core.kernel.limits import Pace
from crm_core.kernel.outbox import SENT, Outcome, Settled
from crm_core.kernel.tables import Attempt, Outbox, Timer, metadata
from crm_core.kernel.uow import Uow
from crm_core.org.messages import AddPerson, AddUnit
from crm_core.tasks.messages import AddTask
from schedulers.engine import Engine as Works

OURS = "ours"
TENANT, TEAM, ACCOUNT = "bench", "bench.d1.a.", "telegram:bench"
PEOPLE = 200
PEAK_ROWS, TIMES = 24, 5
ROUNDS = 5
AHEAD = timedelta(days=30)
# Reminders are written for this much later; then the clock is moved to shortly before the first is due.
LATER, LEAD_IN = timedelta(hours=1), timedelta(seconds=3)


class Handed:
    """A channel that accepts everything at once and notes when it was handed what."""

    name = "telegram"
    capabilities = Capabilities(max_buttons=20, max_text_bytes=4096, edit=True, toast=True, images=True,
                                push_first=True, idempotent=False)  # fmt: skip

    def __init__(self, core: Core) -> None:
        self.waits_ms: list[float] = []
        self._core = core
        self._numbers = itertools.count(1)

    def render(self, delivery: Delivery, message: Outbound) -> dict[str, Any]:
        return {"text": message.card.title if message.card else message.text, "ref": delivery.ref}

    async def send(self, delivery: Delivery, message: Outbound, body: dict[str, Any]) -> Receipt:
        self.waits_ms.append((self._core.now() - delivery.due_at) / timedelta(milliseconds=1))
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
            results.append(queue_alone(place, chosen.items))
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
    shared: dict[str, Any] = {"tenant": TENANT, "channel": "telegram", "account": "bench", "used_at": now, "created_at": now,
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
    """So many reminders due at one instant."""
    core = place.open()
    due = core.now() + LATER
    remind(core, settle_in(core), items, lambda _: due)
    series = Series([{OURS: _worked(core, due, items)} | {n: floor(core, items // 5) for n, floor in FLOORS.items()}])
    return _line(place, f"{items:,} due at once", series.total(OURS)) | _beside(series)


def queue_alone(place: Place, items: int) -> dict[str, Any]:
    """The queue's own functions and nothing else, in turn with the floors."""
    core = place.open()
    works = {OURS: queue, **FLOORS}
    rounds = [{n: work(core, max(items // ROUNDS, 1)) for n, work in works.items()} for _ in range(ROUNDS)]
    series = Series(rounds)
    return _line(place, "queue alone", series.total(OURS)) | _beside(series)


def queue(core: Core, items: int) -> Timed:
    """So many messages claimed, begun and ended as the sender does it."""
    with core.database.write() as session:
        uow = Uow(session=session, actor=core.system(TENANT), now=core.now(), services=core.services)
        for n in range(items):
            uow.push("x", "task_due", key=f"queue:{new_id()}", chat=f"queue:x:{n}")
        uow.flush_pushes()
    start, cpu, done = time.perf_counter(), time.process_time(), 0
    while taken := core.paced.claim("bench", core.now(), SLOTS, "queue:x", Pace()).deliveries:
        with core.database.write() as session:
            assert len(core.outbox.held(session, taken)) == len(taken)
            core.outbox.begin(session, [(one, {"text": "给客户回电"}) for one in taken], "bench", core.now())
        core.outbox.settle_now([Settled(one, Outcome.SENT, "x") for one in taken], core.now())
        done += len(taken)
    return Timed(done, time.perf_counter() - start, time.process_time() - cpu)


def _beside(series: Series) -> dict[str, Any]:
    """The floors, and what share of each ours reaches."""
    return {
        "floors": {name: {"per_second": round(series.total(name).per_second, 1)} for name in FLOORS},
        "ratio": {name: round(series.ratio(OURS, name), 3) for name in FLOORS},
    }  # fmt: skip


def steady(place: Place, items: int, seconds: float) -> dict[str, Any]:
    """Five times a group's peak, while `items` timers wait for another day."""
    core = place.open()
    people, begin, count = settle_in(core), core.now() + LATER, int(PEAK_ROWS * TIMES * seconds)
    _lay_by(core, items)
    remind(core, people, count, lambda n: begin + timedelta(seconds=n / (PEAK_ROWS * TIMES)))
    return _line(place, f"{PEAK_ROWS * TIMES} a second for {seconds:.0f} s", _worked(core, begin, count))


def _worked(core: Core, begin: datetime, count: int) -> Timed:
    """Engine and sender work from shortly before `begin` until so many were sent; what it took from there."""
    channel = Handed(core)
    core.clock = SystemClock(begin - LEAD_IN - datetime.now(UTC))
    with working(core, channel):
        _wait(lambda: core.now() >= begin, every=0.01)
        start, cpu = time.perf_counter(), time.process_time()
        # Counted in the database only at the end: it has no index for what is done.
        _wait(lambda: len(channel.waits_ms) >= count and _settled(core) >= count, every=0.02)
        return Timed(count, time.perf_counter() - start, time.process_time() - cpu, channel.waits_ms)


def _lay_by(core: Core, items: int) -> None:
    """Timers of another day, which nobody may stumble over."""
    now = core.now()
    rows = [{"tenant": TENANT, "kind": "task_due", "subject": f"task:{n}", "payload": {}, "dedupe_key": f"later:{n}",
             "due_at": now + AHEAD, "state": 0, "attempts": 0, "created_at": now, "priority": 2}
            for n in range(items)]  # fmt: skip
    with core.database.write() as session:
        session.connection().execute(insert(metadata.tables[str(Timer.__tablename__)]), rows)


def _line(place: Place, item: str, timed: Timed) -> dict[str, Any]:
    waits = {"p50_ms": round(timed.quantile(0.5), 1), "p99_ms": round(timed.quantile(0.99), 1)}
    return {
        "database": place.name, "item": item, "items": timed.items, "per_second": round(timed.per_second, 1),
        "cpu_ms": round(timed.cpu_ms, 2), **(waits if timed.each_ms else {}),
    }  # fmt: skip


def _settled(core: Core) -> int:
    with core.database.read() as session:
        return session.execute(select(func.count()).where(col(Outbox.state) == SENT)).scalar() or 0


def _wait(done: Callable[[], bool], seconds: float = 900.0, every: float = 0.2) -> None:
    until = time.monotonic() + seconds
    while not done():
        if time.monotonic() > until:
            raise RuntimeError("not everything was handed over in time")
        time.sleep(every)


# The floor


def bare_loop(core: Core, items: int, batch: int) -> Timed:
    """What SQL alone takes: claim a batch, write the tries, settle it; a commit each."""
    _fill(core, items)
    engine, done, start, cpu = core.database.engine, 0, time.perf_counter(), time.process_time()
    while taken := _claim(engine, core.database.is_sqlite, batch):
        _try(engine, taken)
        _settle(engine, taken)
        done += len(taken)
    return Timed(done, time.perf_counter() - start, time.process_time() - cpu)


def _fill(core: Core, items: int) -> None:
    now = core.now()
    rows = [{"tenant": TENANT, "chat": f"bare:x:{n}", "account": "bare:x", "person_id": "x", "kind": "task_due",
             "subject": "", "payload_enc": "x" * 120, "priority": 2, "dedupe_key": f"bare:{now}:{n}", "due_at": now,
             "created_at": now, "state": 0, "token": 0, "attempts": 0} for n in range(items)]  # fmt: skip
    with core.database.write() as session:
        session.connection().execute(insert(metadata.tables[str(Outbox.__tablename__)]), rows)


def _claim(engine: Engine, is_sqlite: bool, batch: int) -> list[int]:
    """BEGIN IMMEDIATE on SQLite, SKIP LOCKED on PostgreSQL."""
    lock = "" if is_sqlite else "for update skip locked"
    claim = text(f"""update outbox set state = 1, token = token + 1, attempts = attempts + 1 where id in (
        select id from outbox where state = 0 and account = 'bare:x' order by priority, due_at, id limit {batch} {lock})
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


# One row at a time is slow; a tenth of the rows tells as much.
FLOORS: dict[str, Callable[[Core, int], Timed]] = {
    "bare": lambda core, items: bare_loop(core, items, SLOTS),
    "one": lambda core, items: bare_loop(core, max(items // 10, 1), 1),
}
