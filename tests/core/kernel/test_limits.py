"""Limits hold across threads and processes, and leave room for what matters."""

from __future__ import annotations

import itertools
import multiprocessing
from bisect import bisect_left
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import event

from crm_core.api import Core
from crm_core.kernel.clock import FixedClock
from crm_core.kernel.db import Database
from crm_core.kernel.limits import FIRST_NICE, Level, Limits, Pace, Rate, filled, free, wait_for
from crm_core.kernel.outbox import Outcome, Settled
from crm_core.kernel.pacing import Wish
from crm_core.kernel.tables import Outbox
from crm_core.kernel.uow import Priority
from tests.conftest import NOW
from tests.core.kernel.trial import rows

MEMBER = (Rate(30, 60), Rate(1000, 3600))
BOT = (Rate(30, 1),)
CHAT = (Rate(1, 1),)
RATES = st.builds(Rate, st.integers(1, 2000), st.sampled_from([1.0, 60.0, 3600.0]), st.sampled_from([0.1, 0.4, 0.7]))


def busiest(instants: list[datetime], seconds: float) -> int:
    """The most grants in any window of so many seconds."""
    instants = sorted(instants)
    return max((i - bisect_left(instants, at - timedelta(seconds=seconds)) + 1 for i, at in enumerate(instants)),
               default=0)  # fmt: skip


@given(rate=RATES, steps=st.lists(st.floats(0, 100), min_size=1, max_size=200), nice=st.booleans())
def test_no_window_ever_sees_more_than_the_platform_allows(
    rate: Rate, steps: list[float], nice: bool
) -> None:
    level, now, granted = Level(rate.burst, NOW), NOW, []
    for step in steps:
        now += timedelta(seconds=step * rate.seconds / 100)
        level = filled(level, rate, now)
        n = free(level, rate, 2 if nice else 0)
        granted += [now] * n
        level = Level(level.tokens - n, level.at)
    # A window that begins just after a grant.
    assert busiest(granted, rate.seconds * 0.999999) <= rate.n


@given(rate=RATES, priority=st.integers(0, 3))
def test_who_waits_as_long_as_he_is_told_may_go(rate: Rate, priority: int) -> None:
    empty = Level(0.0, NOW)
    later = NOW + wait_for(empty, rate, priority) + timedelta(microseconds=1)
    assert free(empty, rate, priority) == 0
    assert free(filled(empty, rate, later), rate, priority) >= 1


@given(rate=RATES, back=st.floats(0, 60))
def test_a_clock_that_is_a_little_behind_gives_nothing(rate: Rate, back: float) -> None:
    level = Level(0.0, NOW)
    assert filled(level, rate, NOW - timedelta(seconds=back)) == level


def test_a_clock_that_was_set_back_stops_nothing(core: Core) -> None:
    before = NOW - timedelta(hours=1)
    while core.limits.take("bot", BOT, 1, NOW):
        pass
    core.limits.block("bot", NOW + timedelta(seconds=30), NOW)
    assert core.limits.take("bot", BOT, 1, before) == 1
    while core.limits.take("bot", BOT, 1, before):
        pass
    assert core.limits.take("bot", BOT, 1, before + timedelta(seconds=1)) == 1, "it fills again"
    core.limits.block("bot", before + timedelta(seconds=30), before)
    assert core.limits.take("bot", BOT, 1, before + timedelta(seconds=29)) == 0


def test_a_share_is_left_to_what_people_must_know(core: Core) -> None:
    nice = core.limits.take("bot", BOT, 100, NOW, Priority.DIGEST)
    assert nice > 0
    assert core.limits.take("bot", BOT, 100, NOW, Priority.REMINDER) == 0
    assert core.limits.take("bot", BOT, 100, NOW, Priority.MUST_KNOW) > 0
    assert core.limits.take("bot", BOT, 100, NOW, Priority.REPLY) == 0


def test_every_limit_of_a_name_holds(core: Core) -> None:
    now, given_out = NOW, 0
    for _ in range(300):
        now += timedelta(seconds=12)
        given_out += core.limits.take("member", MEMBER, 10, now)
    assert 850 <= given_out <= 1000, "of 30 a minute and 1,000 an hour the hour is what counts"


def test_a_block_holds_for_everybody_until_it_ends(core: Core, clock: FixedClock) -> None:
    other = Limits(core.database)
    core.limits.block("bot", NOW + timedelta(seconds=30), NOW)
    core.limits.block("bot", NOW + timedelta(seconds=5), NOW)
    assert other.take("bot", BOT, 1, NOW + timedelta(seconds=29)) == 0
    assert other.take("bot", BOT, 1, NOW + timedelta(seconds=30)) == 1


def _hammer(url: str, gate: Any, seconds: float, out: Any) -> None:
    """A process that takes as fast as it can."""
    database = Database(url)
    limits = Limits(database)
    gate.wait()
    end = datetime.now(UTC) + timedelta(seconds=seconds)
    granted = []
    while (now := datetime.now(UTC)) < end:
        granted += [now] * limits.take("bot", (Rate(20, 1),), 3, now)
    out.put(granted)
    database.close()


def test_processes_share_one_limit(core: Core) -> None:
    """Three processes at once, beginning with a bucket that is not there yet."""
    spawn = multiprocessing.get_context("spawn")
    gate, out = spawn.Barrier(3), spawn.Queue()
    url = core.database.url
    processes = [spawn.Process(target=_hammer, args=(url, gate, 2.0, out)) for _ in range(3)]
    for one in processes:
        one.start()
    granted = list(itertools.chain.from_iterable(out.get(timeout=60) for _ in processes))
    for one in processes:
        one.join()
    assert busiest(granted, 0.999) <= 20
    assert len(granted) >= 20, "and it is not far below"


# Claims within limits


def put(core: Core, key: str, chat: str, priority: int = Priority.MUST_KNOW) -> None:
    with core.database.write() as session:
        uow = core._system_uow(session, "starway", core.now())
        uow.push("p1", "note", key=key, priority=priority, chat=chat)
        uow.flush_pushes()


def test_a_claim_takes_no_more_than_the_account_may_send(core: Core, clock: FixedClock) -> None:
    for n in range(60):
        put(core, f"m{n}", f"bot:{n}")
    pace = Pace(BOT)
    sent: list[datetime] = []
    for _ in range(40):
        batch = core.paced.claim("w", clock.now(), 50, "bot", pace)
        sent += [clock.now()] * len(batch.deliveries)
        clock.advance(seconds=0.1)
    assert len(sent) == 60
    assert busiest(sent, 0.999) <= 30


def test_a_chat_is_written_to_at_its_pace_and_holds_up_no_other(core: Core, clock: FixedClock) -> None:
    for n in range(3):
        put(core, f"a{n}", "bot:a")
    put(core, "b", "bot:b")
    pace = Pace((), CHAT)

    def claim() -> list[str]:
        found = core.paced.claim("w", clock.now(), 50, "bot", pace).deliveries
        core.outbox.settle_now([Settled(d, Outcome.SENT) for d in found], clock.now())
        return [d.dedupe_key.split(">")[0] for d in found]

    assert claim() == ["a0", "b"]
    held_up = core.paced.claim("w", clock.now(), 50, "bot", pace)
    assert (held_up.deliveries, held_up.put_off, held_up.again_at) == ((), 1, None), "a chat's pace is no account's"
    (waiting,) = rows(core, Outbox, Outbox.dedupe_key == "a1>p1")
    assert NOW + timedelta(seconds=1) < waiting.due_at < NOW + timedelta(seconds=1.3)
    clock.move_to(waiting.due_at)
    assert claim() == ["a1"]


def test_what_people_must_know_passes_a_queue_of_digests(core: Core, clock: FixedClock) -> None:
    for n in range(50):
        put(core, f"d{n}", f"bot:{n}", Priority.DIGEST)
    pace = Pace(BOT)
    while core.paced.claim("w", clock.now(), 50, "bot", pace).deliveries:
        continue
    put(core, "must", "bot:0")
    (must,) = core.paced.claim("w", clock.now(), 50, "bot", pace).deliveries
    assert must.priority < FIRST_NICE


def test_what_was_put_back_counts_as_no_try(core: Core, clock: FixedClock) -> None:
    put(core, "a", "bot:a")
    put(core, "b", "bot:a")
    pace = Pace((), CHAT)
    (first,) = core.paced.claim("w", clock.now(), 50, "bot", pace).deliveries
    core.outbox.settle_now([Settled(first, Outcome.SENT)], clock.now())
    assert core.paced.claim("w", clock.now(), 50, "bot", pace).deliveries == ()
    clock.advance(seconds=2)
    (second,) = core.paced.claim("w", clock.now(), 50, "bot", pace).deliveries
    assert (second.attempts, second.tries) == (1, 0)


@pytest.mark.parametrize("limit", [1, 7])
def test_no_more_than_there_are_slots(core: Core, limit: int) -> None:
    for n in range(10):
        put(core, f"m{n}", f"bot:{n}")
    assert len(core.paced.claim("w", core.now(), limit, "bot", Pace()).deliveries) == limit


def test_several_accounts_are_claimed_in_one_transaction_each_within_its_limits(core: Core, clock: FixedClock) -> None:
    for n in range(20):
        put(core, f"a{n}", f"slow:{n}")
        put(core, f"b{n}", f"fast:{n}")
    commits: list[object] = []
    event.listen(core.database.engine, "commit", commits.append)
    found = core.paced.claim_each("w", clock.now(), [Wish("slow", 50, Pace(BOT)), Wish("fast", 15, Pace())])
    assert len(commits) == 1
    assert len(found["fast"].deliveries) == 15
    assert 0 < len(found["slow"].deliveries) < 20
    assert {one.account for one in found["slow"].deliveries} == {"slow"}
    again = core.paced.claim_each("w", clock.now(), [Wish("fast", 15, Pace()), Wish("slow", 50, Pace(BOT))])
    assert len(again["fast"].deliveries) == 5
    assert again["slow"].again_at is not None


def test_each_account_is_due_at_its_own_time(core: Core, clock: FixedClock) -> None:
    put(core, "first", "one:1")
    clock.advance(seconds=5)
    put(core, "second", "two:1")
    put(core, "third", "one:2")
    due = core.outbox.due_of(["one", "two", "three"])
    assert due == {"one": NOW, "two": NOW + timedelta(seconds=5)}
    assert core.outbox.next_due(["one", "two"]) == NOW
    assert core.outbox.next_due(["three"]) is None
    assert core.outbox.due_of([]) == {}
