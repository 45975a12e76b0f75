"""Proofs 5 and 8: very much at once, and the limits of the platforms."""

from __future__ import annotations

import itertools
import time
from collections import defaultdict

from sqlalchemy import select
from sqlmodel import col

from benchmarks.faults.crew import crew, wait_for
from benchmarks.faults.ends import finish, quiet
from benchmarks.faults.field import Accounts, Field
from benchmarks.faults.load import push, targets
from benchmarks.faults.proof import Finding, Ground, Size
from benchmarks.faults.tally import Message, messages, tally
from benchmarks.timing import Timed
from crm_core.api import Core
from crm_core.kernel.tables import Outbox
from crm_core.kernel.uow import Priority
from tests.support.platforms import BUSY, LIMITED, Orders

PROCESSES = 4
CLAIMED_WITHIN_S = 10.0
MUST_KNOW_WITHIN_S = 5.0
BUSY_SHARE = 0.01
# What a Telegram-like bot and a WeCom-like member may get.
LIMITS = Orders(bot=(30, 1.0), chat=(1, 1.0), member=(30, 60.0))


def at_once(where: Ground, size: Size) -> Finding:
    """Four processes, a great many rows due at one instant: each goes out once, in order, and soon."""
    people = max(size.at_once // 20, 2)
    field = where.field(Accounts(bots=4, corps=0, people=people))
    gate = field.directory / "gate"
    with crew(field, Orders(seed=where.seed)) as band:
        with field.core() as core:
            push(core, targets(core, field), [f"burst:{n}" for n in range(size.at_once)], Priority.REMINDER)
        hands = [band.hire(gate=str(gate), timeout=10) for _ in range(PROCESSES)]
        for hand in hands:
            hand.comes()
        gate.touch()
        start = time.monotonic()
        with field.core() as core:
            wait_for("all to be claimed", lambda: not pending(core, Priority.REMINDER), 120, 0.02)
        claimed = time.monotonic() - start
        quiet(field, 120)
        sent = time.monotonic() - start
        finish(field, band)
    found = Finding().of(tally(field))
    ordered, broken = in_order(messages(field))
    assert found.tally is not None
    found.demand(found.tally.duplicates == 0, f"{found.tally.duplicates} duplicates")
    found.demand(broken == 0, f"{broken} of {ordered + broken} chats out of order")
    found.demand(claimed <= CLAIMED_WITHIN_S, f"claimed in {claimed:.1f} s")
    found.figures = {"rows": size.at_once, "processes": PROCESSES, "claimed_s": round(claimed, 2),
                     "sent_s": round(sent, 2), "chats_in_order": ordered, "chats_out_of_order": broken}  # fmt: skip
    return found


def in_order(sent: list[Message]) -> tuple[int, int]:
    """How many chats got their messages of one priority in the order of their rows, and how many did not."""
    chats: dict[tuple[str, int], list[int]] = defaultdict(list)
    for one in sorted(sent, key=lambda m: m.id):
        if one.first_seq:
            chats[one.chat, one.priority].append(one.first_seq)
    broken = sum(seqs != sorted(seqs) for seqs in chats.values())
    return len(chats) - broken, broken


def limits(where: Ground, size: Size) -> Finding:
    """Four workers and a mountain of digests against the platforms' limits, while things happen that must be known."""
    field = where.field(Accounts(bots=1, corps=1, people=40))
    with crew(field, Orders(seed=where.seed, bot=LIMITS.bot, chat=LIMITS.chat, member=LIMITS.member)) as band:
        with field.core() as core:
            push(core, targets(core, field), [f"digest:{n}" for n in range(size.digests)], Priority.DIGEST)
        hands = [band.hire(limits=True, timeout=2) for _ in range(PROCESSES)]
        _happen(field, size)
        for hand in hands:
            hand.quit()
    return _judged(field, size)


def _happen(field: Field, size: Size) -> None:
    """Two things a second that must be known, for as long as the proof lasts."""
    with field.core() as core:
        people, until = targets(core, field), time.monotonic() + size.limit_s
        for number in itertools.count():
            push(core, people[number % len(people) :], [f"must:{number}"], Priority.MUST_KNOW)
            time.sleep(0.5)
            if time.monotonic() > until:
                break
        wait_for("what must be known", lambda: not pending(core, Priority.MUST_KNOW), 30)


def pending(core: Core, priority: int) -> bool:
    """Whether nobody has claimed some message of a priority yet; asked often, so one row will do."""
    with core.database.read() as session:
        query = select(col(Outbox.id)).where(col(Outbox.state) == 0, col(Outbox.priority) == priority)
        return session.execute(query.limit(1)).first() is not None


def _judged(field: Field, size: Size) -> Finding:
    """Of the log: what was refused, dropped and late."""
    found, sends = Finding(), [e for e in field.entries() if e.method != "editMessageText"]
    rows = messages(field)
    must = [m for m in rows if m.key.startswith("must:")]
    waits = Timed(each_ms=[_wait_ms(field, m) for m in must if m.first_at])
    busy = sum(e.verdict in (BUSY, LIMITED) for e in sends)
    dropped = sum(e.method.endswith(":dropped") for e in sends)
    found.figures = {
        "digests": size.digests, "ran_s": size.limit_s, "accepted": sum(e.delivered for e in sends),
        "must_know": len(must), "must_know_p50_s": round(waits.quantile(0.5) / 1000, 2),
        "must_know_p99_s": round(waits.quantile(0.99) / 1000, 2), "refused": busy, "dropped": dropped,
    }  # fmt: skip
    found.demand(len(waits.each_ms) == len(must), "something that must be known was never accepted")
    found.demand(dropped == 0, f"{dropped} dropped in silence")
    found.demand(busy <= BUSY_SHARE * len(sends), f"{busy} of {len(sends)} refused for the time being")
    found.demand(
        waits.quantile(0.99) < MUST_KNOW_WITHIN_S * 1000, f"must-know p99 {waits.quantile(0.99):.0f} ms"
    )
    found.demand(not any(m.duplicates for m in rows), "duplicates")
    return found


def _wait_ms(field: Field, message: Message) -> float:
    """From the row's writing to its acceptance."""
    return (field.clock.when(message.first_at) - message.created_at).total_seconds() * 1000
