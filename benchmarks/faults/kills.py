"""Proofs 1 and 2: workers are killed, at random instants and at each named point of the path."""

from __future__ import annotations

import random
import time
from dataclasses import asdict, replace

from benchmarks.faults.crew import Crew, Hand, NotDone, crew, wait_for
from benchmarks.faults.ends import finish, quiet, spent
from benchmarks.faults.field import Accounts, Field
from benchmarks.faults.load import Load, bring, said
from benchmarks.faults.proof import Finding, Ground, Size
from benchmarks.faults.tally import tally
from crm_core.kernel.points import POINTS
from tests.support.platforms import Orders

# A lease of a minute is over in six seconds, and the time-out of a send (0.5 s) is far below it.
RATE = 10.0
TIMEOUT_S = 0.5
MEAN_LIFE_S = 0.45
DRAINED_S = 300.0
# How often a worker comes to a point at least, where it is not once for each of the two accounts.
PASSINGS = {"lease_taken": 1, "timer_claimed": 1, "timer_fired": 1, "before_send": 5, "after_send": 5, "inbox_stored": 5,
            "turn_done": 5}  # fmt: skip
ROUGH = Orders(busy=0.20, retry_after=0.2, silent=0.03, reset=0.02, error=0.02)


def random_kills(where: Ground, size: Size) -> Finding:
    """Two workers, one of which is killed after a random while, again and again, while reminders fall due."""
    field = where.field(Accounts(bots=4, corps=4, people=max(size.reminders // 60, 3)), rate=RATE)
    draw = random.Random(where.seed)
    life = size.kills * MEAN_LIFE_S * RATE
    with crew(field, replace(ROUGH, seed=where.seed)) as band:
        bring(field, Load(size.reminders, seconds=life, leads=size.reminders // 40, back=2400), where.seed)
        hands = [_hire(band), _hire(band)]
        for _ in range(size.kills):
            time.sleep(draw.uniform(0.05, 2 * MEAN_LIFE_S - 0.05))
            which = draw.randrange(2)
            hands[which].comes()  # on a busy machine it would else be killed before it began, each time
            hands[which].kill()
            hands[which] = _hire(band)
        healed = finish(field, band, seconds=DRAINED_S)
        figures = {"kills": size.kills, "heal_s": round(healed, 1)}
    return Finding(figures=figures | spent(field)).of(tally(field))


def _hire(band: Crew, **options: object) -> Hand:
    return band.hire(timeout=TIMEOUT_S, **options)


def killed_at_points(where: Ground, size: Size) -> Finding:
    """A worker dies at a named point; another, to whom the dead one's leases are over, takes up what it left."""
    field = where.field(Accounts(bots=1, corps=1, people=4), rate=RATE)
    found = Finding()
    with crew(field, Orders(seed=where.seed, busy=0.1, retry_after=0.1)) as band:
        for repeat in range(size.repeats):
            for number, point in enumerate(POINTS):
                passing = 1 + repeat % PASSINGS.get(point, 2)
                problem = _die(field, band, point, passing, repeat * len(POINTS) + number)
                found.demand(not problem, f"{point}, passing {passing}: {problem}")
        finish(field, band)
    found.figures = {"points": len(POINTS), "kills": len(POINTS) * size.repeats} | spent(field)
    return found.of(tally(field))


def _die(field: Field, band: Crew, point: str, passing: int, number: int) -> str:
    """What went wrong; empty when the worker died there and its heir finished."""
    bring(field, Load(8, seconds=0.2, ahead=0.0, leads=1), number)
    says = [asdict(one) for one in said(field, number, 6)]
    victim = _hire(band, die_at=(point, passing), says=says, turns=True)
    try:
        wait_for("the worker to come there", lambda: not victim.alive, 15, 0.01)
    except NotDone as error:
        victim.kill()
        return str(error)
    field.clock.offset += 91
    heir = _hire(band, says=says, turns=True)
    try:
        heir.comes("taken in")
        quiet(field, 15)
    except NotDone as error:
        return str(error)
    finally:
        heir.kill()
    return ""
