"""The auditor: what should happen and does not is found, mended where it can be, and told once to the right person."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, select, update

from crm_core.api import Core
from crm_core.delivery.messages import DeliveryReport
from crm_core.kernel.clock import FixedClock
from crm_core.kernel.registry import Command, handles, routine, routines
from crm_core.kernel.routines import run_routines
from crm_core.kernel.tables import Outbox, Timer
from crm_core.leads.messages import CreateLead
from crm_core.tasks.messages import AddTask
from schedulers.auditor import Auditor, Findings
from tests.support.site import settle_group


class Steady:
    """A clock nobody can set, moved along with the core's own unless a test says otherwise."""

    def __init__(self) -> None:
        self.at = 1000.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def group(core: Core) -> Core:
    settle_group(core)
    return core


def audit(core: Core, name: str = "w1") -> tuple[Findings, int]:
    """One look by a fresh auditor, and how often it said outside that all is well."""
    beats: list[int] = []
    found = Auditor(core, name, lambda: beats.append(1), Steady()).look()
    return found, len(beats)


def kinds(found: Findings) -> list[str]:
    return [t.kind for t in found.troubles]


def told(core: Core, code: str, kind: str = "delivery_trouble") -> list[dict[str, Any]]:
    """The pushes of a kind to a person."""
    with core.database.read() as session:
        person = core.actor(code).id
        rows = session.execute(select(Outbox).where(Outbox.person_id == person, Outbox.kind == kind)).scalars()
        return [core.outbox.open_payload(row.dedupe_key, row.payload_enc) for row in rows]


def new_lead(core: Core) -> None:
    core.execute(CreateLead(name="张伟", phone="13800138000", vehicle="ES6"), core.system("starway"))


def test_all_well_is_said_outside_each_time(group: Core) -> None:
    found, beats = audit(group)
    assert found.well
    assert beats == 1
    assert told(group, "admin1") == []


def test_what_is_overdue_is_found_and_told_once(group: Core, clock: FixedClock) -> None:
    new_lead(group)
    actor = group.actor("rep1")
    group.chats.receive(tenant=actor.tenant, channel="web", account="", chat="web:x", person_id=actor.id,
                        dedupe_key="a", body={}, now=group.now())  # fmt: skip
    assert audit(group)[0].well
    clock.advance(hours=3)
    for _ in range(3):
        found, beats = audit(group)
        assert set(kinds(found)) == {"late_timers", "late_messages", "late_arrivals"}
        assert (found.arrivals, beats) == (1, 0)
        assert found.timers >= 1
        assert found.messages >= 1
        clock.advance(minutes=1)
    assert [set(push["kinds"]) for push in told(group, "admin1")] == [
        {"late_timers", "late_messages", "late_arrivals"}
    ]


def test_a_trouble_that_comes_back_is_told_again(group: Core, clock: FixedClock) -> None:
    for _ in range(2):
        new_lead_reminder(group, clock)
        clock.advance(minutes=30)
        assert "late_timers" in kinds(audit(group)[0])
        while group.timers.fire_due(clock.now()):
            continue
        for one in group.outbox.claim("w", clock.now(), 200):
            group.chats.store([(one, {"text": "x"})], "w", clock.now())
        assert "late_timers" not in kinds(audit(group)[0])
    assert ["late_timers" in push["kinds"] for push in told(group, "admin1")].count(True) == 2


def new_lead_reminder(core: Core, clock: FixedClock) -> str:
    due = clock.now() + timedelta(minutes=10)
    return core.execute(AddTask(title="给客户回电话", due_at=due, kind="reminder"), core.actor("rep1")).id


def test_a_timer_deleted_by_hand_is_made_again_and_told(group: Core, clock: FixedClock) -> None:
    task_id = new_lead_reminder(group, clock)
    with group.database.write() as session:
        session.execute(delete(Timer).where(Timer.subject == f"task:{task_id}"))
    found, beats = audit(group)
    assert kinds(found) == ["healed"]
    assert beats == 0
    assert audit(group)[0].well
    assert [push["kinds"] for push in told(group, "admin1")] == [["healed"]]
    clock.advance(minutes=10)
    group.timers.fire_due(clock.now())
    assert len(told(group, "rep1", "task_due")) == 1


def test_a_timer_that_died_is_told_and_no_second_one_is_made(group: Core, clock: FixedClock) -> None:
    task_id = new_lead_reminder(group, clock)
    with group.database.write() as session:
        session.execute(update(Timer).where(Timer.subject == f"task:{task_id}").values(state=3))
    assert kinds(audit(group)[0]) == ["dead_timers"]
    clock.advance(minutes=1)
    assert kinds(audit(group)[0]) == ["dead_timers"]
    assert len(told(group, "admin1")) == 1


@pytest.mark.parametrize(
    ("silence", "behind", "kind"), [(70, 0, "worker_silent"), (5, 130, "worker_still"), (5, 5, "")]
)
def test_a_worker_that_does_not_work_is_found(
    group: Core, clock: FixedClock, silence: float, behind: float, kind: str
) -> None:
    seen = clock.now() - timedelta(seconds=silence)
    group.workers.beat("host:7", "worker", "0.2", seen, seen - timedelta(seconds=behind))
    assert kinds(audit(group)[0]) == ([kind] if kind else [])
    assert [t.what for t in audit(group)[0].troubles] == (["host:7"] if kind else [])


def test_a_worker_that_ended_cleanly_is_not_missed(group: Core, clock: FixedClock) -> None:
    group.workers.beat("host:7", "worker", "0.2", clock.now(), clock.now())
    group.workers.leave("host:7")
    clock.advance(hours=1)
    assert audit(group)[0].well


@pytest.mark.parametrize(
    ("moved", "found"),
    [(timedelta(), ["clock"]), (timedelta(hours=-1), ["clock"]), (timedelta(minutes=1), []), (timedelta(hours=25), []),
     (timedelta(hours=8), [])],
)  # fmt: skip
def test_a_clock_that_stands_still_or_goes_back_is_found(
    group: Core, clock: FixedClock, moved: timedelta, found: list[str]
) -> None:
    """A machine that slept or was put right went ahead, which is no trouble."""
    steady = Steady()
    auditor = Auditor(group, "w1", lambda: None, steady)
    auditor.look()
    steady.at += 60
    clock.move_to(clock.now() + moved)
    assert [k for k in kinds(auditor.look()) if k == "clock"] == found
    if found:
        assert [push["kinds"] for push in told(group, "admin1")] == [["clock"]]


def test_one_tells_for_all_and_another_takes_over(group: Core, clock: FixedClock) -> None:
    new_lead(group)
    clock.advance(hours=3)
    audit(group, "w1")
    found, _ = audit(group, "w2")
    assert found.timers
    assert len(told(group, "admin1")) == 1
    task_id = new_lead_reminder(group, clock)
    with group.database.write() as session:
        session.execute(delete(Timer).where(Timer.subject == f"task:{task_id}"))
    assert "healed" not in kinds(audit(group, "w2")[0])
    clock.advance(minutes=2)
    assert "healed" in kinds(audit(group, "w2")[0])


def test_a_paused_deployment_asks_what_to_do(group: Core, clock: FixedClock) -> None:
    new_lead(group)
    clock.advance(hours=3)
    group.leases.remember("deliveries", "paused:restored", clock.now())
    assert kinds(audit(group)[0]) == ["paused"]
    view = group.ask(DeliveryReport(), group.actor("admin1"))
    assert (view.paused, view.may_resume) == ("restored", True)
    with group.database.read() as session:
        (row,) = session.execute(select(Outbox).where(Outbox.kind == "delivery_trouble")).scalars()
        assert row.priority == 0, "the only kind of message that is sent while paused"


class Planned(Command):
    """A routine of these tests."""


class Broken(Command):
    """Another one, which fails."""


runs: list[str] = []


@handles(Planned)
def _planned(cmd: Planned, uow: Any) -> Any:
    from crm_core.kernel.registry import Result

    runs.append(uow.tenant)
    return Result(id="")


@handles(Broken)
def _broken(cmd: Broken, uow: Any) -> Any:
    raise RuntimeError


def test_a_routine_that_fails_keeps_no_other_from_running(group: Core) -> None:
    runs.clear()
    for command in (Broken, Planned, Planned):
        routine(7, command)
    try:
        assert run_routines(group, 7) == 1
    finally:
        routines.pop(7)
    assert runs == ["starway"]
