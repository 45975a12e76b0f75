"""Proof 7: every callback comes three times, and the processes that take it in are killed in between."""

from __future__ import annotations

import random
import time
from collections import Counter
from dataclasses import asdict

from sqlalchemy import select
from sqlmodel import col

from benchmarks.faults.crew import crew
from benchmarks.faults.ends import finish, quiet
from benchmarks.faults.field import Accounts, Field
from benchmarks.faults.load import Said, said
from benchmarks.faults.proof import Finding, Ground, Size
from benchmarks.faults.tally import tally
from crm_core.kernel.tables import Inbox, Outbox
from crm_core.tasks.tables import Task
from tests.support.platforms import Orders

BATCH = 6


def callbacks(where: Ground, size: Size) -> Finding:
    """Each is handled once: one task made, one answer given."""
    field = where.field(Accounts(bots=1, corps=1, people=6))
    draw, kills = random.Random(where.seed), 0
    everything: list[Said] = []
    with crew(field, Orders(seed=where.seed)) as band:
        for series in range(max(size.turns // BATCH, 1)):
            batch = said(field, series, BATCH)
            everything += batch
            hand = band.hire(says=[asdict(one) for one in batch], turns=True)
            hand.comes()
            time.sleep(draw.uniform(0.0, 0.8))
            hand.kill()
            kills += 1
            # Nobody acknowledged what the dead one had not stored, so the platform brings it again.
            field.clock.offset += 91
            heir = band.hire(says=[asdict(one) for one in batch], turns=True)
            heir.comes("taken in")
            quiet(field, 60)
            heir.kill()
        finish(field, band)
    found = Finding().of(tally(field))
    _judge(field, everything, found)
    found.figures = {"callbacks": len(everything), "deliveries": len(everything) * 6, "kills": kills}
    return found


def _judge(field: Field, everything: list[Said], found: Finding) -> None:
    with field.core() as core, core.database.read() as session:
        arrivals = Counter(session.execute(select(col(Inbox.dedupe_key))).scalars())
        done = session.execute(select(col(Inbox.state))).scalars().all()
        answers = Counter(key.rpartition(":")[0] for key in session.execute(
            select(col(Outbox.dedupe_key)).where(col(Outbox.kind) == "@reply")).scalars())  # fmt: skip
        tasks = session.execute(select(Task)).scalars().all()
        titles = Counter(core.cipher.get(task, "title") for task in tasks)
    found.demand(
        all(arrivals[one.key] == 1 for one in everything), "a callback was stored twice, or not at all"
    )
    found.demand(set(done) <= {2}, f"arrivals in states {Counter(done)}")
    found.demand(max(answers.values(), default=0) <= 1, f"answered more than once: {answers.most_common(3)}")
    found.demand(len(answers) == len(everything), f"{len(everything) - len(answers)} never answered")
    found.demand(len(tasks) == len(everything), f"{len(tasks)} tasks of {len(everything)} callbacks")
    found.demand(max(titles.values(), default=0) <= 1, f"made twice: {titles.most_common(2)}")
