"""Proofs 6 and 10: clocks that jump, sleep and disagree, and a day on which nobody worked."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from signal import SIGUSR1
from zoneinfo import ZoneInfo

from benchmarks.faults.crew import Crew, Hand, crew, wait_for
from benchmarks.faults.ends import finish, quiet
from benchmarks.faults.field import OPENING, Accounts, Field
from benchmarks.faults.load import Load, bring
from benchmarks.faults.proof import Finding, Ground, Size
from benchmarks.faults.tally import SENT, messages, tally
from tests.support.platforms import Orders

CROWD = Accounts(bots=1, corps=1, people=20)
ALIVE_WITHIN_S = 5.0
MUST_KNOW_WITHIN_S = 60.0
# What is less late than this comes as if nothing had been.
LATE = timedelta(minutes=30)
NEW_YORK = ZoneInfo("America/New_York")
SPRING, AUTUMN = (
    datetime(2026, 3, 8, 1, 59, 57, tzinfo=NEW_YORK),
    datetime(2026, 11, 1, 1, 59, 57, tzinfo=NEW_YORK),
)


def clocks(where: Ground, size: Size) -> Finding:
    """The wall is set back and forth, summer time comes and goes, the machine sleeps, two clocks disagree."""
    found = Finding()
    for name, start, disturb in (
        ("1 h back", OPENING, _set(-3600)), ("25 h ahead", OPENING, _set(90_000)),
        ("asleep for 8 h", OPENING, _sleep), ("spring", SPRING, _nothing), ("autumn", AUTUMN, _nothing),
        ("5 s apart", OPENING, _apart),
    ):  # fmt: skip
        _disturbed(where, size, found, name, start, disturb)
    return found


Disturb = Callable[[Field, Crew, Hand], None]


def _disturbed(
    where: Ground, size: Size, found: Finding, name: str, start: datetime, disturb: Disturb
) -> None:
    """Reminders fall due before, during and after; all come, once, and the clock lives soon after."""
    field = where.field(CROWD, start=start)
    with in_zone("America/New_York"), crew(field, Orders(seed=where.seed)) as band:
        bring(field, Load(min(size.down, 40), seconds=6), where.seed)
        hand = band.hire()
        begun = field.clock.now()
        time.sleep(2.0)
        disturb(field, band, hand)
        alive = _alive(field)
        found.demand(alive <= ALIVE_WITHIN_S, f"{name}: the clock took {alive:.1f} s")
        if field.clock.now() < begun:
            # What was due before the clock was set back is due again when it comes round.
            _set(3600)(field, band, hand)
        quiet(field, 60)
        finish(field, band)
    account = tally(field)
    found.demand(account.duplicates == 0, f"{name}: {account.duplicates} duplicates")
    found.of(account)
    found.figures[f"{name}, alive after s"] = round(alive, 1)


def _alive(field: Field) -> float:
    """Seconds until something that is due now was accepted."""
    before = len(field.entries())
    bring(field, Load(1, seconds=0.0, ahead=0.0), before)
    return wait_for("the clock to live", lambda: len(field.entries()) > before, 30, 0.05)


def _set(seconds: float) -> Disturb:
    """The machine's wall clock is set; everybody who looks at it sees the new time."""

    def disturb(field: Field, band: Crew, hand: Hand) -> None:
        (field.directory / f"{hand.name}.wall").write_text(str(seconds))
        hand.signal(SIGUSR1)
        field.clock.offset += seconds

    return disturb


def _sleep(field: Field, band: Crew, hand: Hand) -> None:
    """The machine sleeps: nothing runs, and when it wakes it is eight hours later."""
    hand.freeze()
    _set(8 * 3600)(field, band, hand)
    time.sleep(1.0)
    hand.thaw()


def _apart(field: Field, band: Crew, hand: Hand) -> None:
    """A second process whose clock is five seconds ahead."""
    band.hire(skew=5.0)


def _nothing(field: Field, band: Crew, hand: Hand) -> None:
    time.sleep(2.0)


@contextmanager
def in_zone(name: str) -> Iterator[None]:
    """Processes started here live in another time zone."""
    before = os.environ.get("TZ")
    os.environ["TZ"] = name
    try:
        yield
    finally:
        os.environ.pop("TZ")
        if before is not None:
            os.environ["TZ"] = before


def down(where: Ground, size: Size) -> Finding:
    """Nobody works for a day on which much falls due: what must be known comes first, the rest as one digest each."""
    field = where.field(Accounts(bots=2, corps=2, people=max(size.down // 80, 2)))
    found = Finding()
    with crew(field, Orders(seed=where.seed)) as band:
        bring(field, Load(size.down, seconds=20 * 3600, leads=size.down // 20), where.seed)
        field.clock.offset += 86_400
        band.hire()
        band.hire()
        restart = field.clock.now()
        took = quiet(field, 240)
        rows = messages(field)
        late = [m for m in rows if m.priority <= 1 and not m.is_edit and m.first_at]
        slowest = max(((field.clock.when(m.first_at) - restart).total_seconds() for m in late), default=0.0)
        nice = [m for m in rows if m.state == SENT and m.priority > 1]
        slept = [m.chat for m in nice if m.kind == "catch_up" or m.due_at <= restart - LATE]
        per_person = max(_per_chat(slept), default=0)
        finish(field, band)
    found.of(tally(field))
    found.demand(slowest <= MUST_KNOW_WITHIN_S, f"something that must be known came after {slowest:.0f} s")
    found.demand(per_person <= 3, f"{per_person} messages to one person that are nice to know")
    found.figures = {"due": size.down, "quiet_after_s": round(took, 1), "must_know": len(late),
                     "must_know_within_s": round(slowest, 1), "most_nice_to_one_person": per_person}  # fmt: skip
    return found


def _per_chat(chats: list[str]) -> list[int]:
    return [chats.count(chat) for chat in set(chats)]
