"""One message a day and digest: planned ahead, on the person's clock, as he wants it, and nobody twice."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from crm_core.insights.messages import DayPlan, MyDigest, PlanDigests, SetDigest
from crm_core.insights.tables import DigestChoice
from crm_core.kernel.errors import Invalid, Refused
from crm_core.kernel.tables import Outbox, Timer, new_row
from crm_core.org.messages import AddPerson
from crm_core.org.tables import Absence, Person
from crm_core.tasks.messages import AddTask
from crm_core.undo.messages import UndoLast
from tests.conftest import NOW
from tests.core.deals.house import DEALER, House

# The clock of the tests stands on Saturday 14 March, 10:00 in Shanghai.
UNCERTAIN, FOLDED = 3, 6
SUNDAY_0845 = datetime(2026, 3, 15, 0, 45, tzinfo=UTC)
MONDAY_9 = datetime(2026, 3, 16, 1, 0, tzinfo=UTC)


def plan(house: House) -> int:
    return int(house.job(PlanDigests()).view["made"])


def task(house: House, due: datetime | None = None, who: str = "rep1") -> str:
    return house.do(who, AddTask(title="回访李总", due_at=due)).id


def digests(house: House, to: datetime) -> list[tuple[str, str]]:
    """Who got which digest until then; the planner looks every two hours."""
    found = []
    while house.clock.now() < to:
        house.clock.move_to(min(house.clock.now() + timedelta(hours=2), to))
        plan(house)
        found += [(p.person, p.kind) for p in house.fire() if p.kind.startswith("digest_")]
    return found


def test_the_morning_plan_comes_at_a_quarter_to_nine_to_whoever_has_something_to_do(house: House) -> None:
    task(house, SUNDAY_0845 + timedelta(hours=3))
    plan(house)
    house.clock.move_to(SUNDAY_0845 - timedelta(minutes=1))
    assert not [p for p in house.fire() if p.kind == "digest_morning"]
    (pushed,) = [p for p in house.fire(minutes=1) if p.kind == "digest_morning"]
    assert (pushed.person, pushed.params["on"], pushed.priority) == ("rep1", "2026-03-15", 3)


def test_planning_as_often_as_one_likes_makes_one_timer_an_occurrence(house: House) -> None:
    assert plan(house) > 0
    assert plan(house) == 0
    house.clock.advance(minutes=30)
    assert plan(house) == 0
    timers = house.rows(Timer, Timer.kind == "digest")
    assert len({t.dedupe_key for t in timers}) == len(timers)
    assert all(t.due_at <= house.clock.now() + timedelta(hours=48) for t in timers)


def test_a_week_of_one_rep_is_a_message_a_morning_and_evening_and_one_for_the_manager(house: House) -> None:
    task(house)
    house.lead()
    got = digests(house, MONDAY_9 + timedelta(hours=12))
    assert [kind for who, kind in got if who == "rep1"] == [
        "digest_evening", "digest_morning", "digest_evening", "digest_morning", "digest_evening",
    ]  # fmt: skip
    assert [kind for who, kind in got if who == "manager1"] == ["digest_weekly"]
    assert not [who for who, _ in got if who == "tech1"]


def test_days_with_nothing_to_say_are_silent_unless_policy_wants_a_line(house: House) -> None:
    assert digests(house, MONDAY_9) == []
    wanted = house.core.policies.documents["digests"].values
    wanted["evening"] = wanted["evening"] | {"empty": "line"}
    house.core.policies._models.clear()
    got = digests(house, MONDAY_9 + timedelta(hours=10))
    assert sorted(got) == [(rep, "digest_evening") for rep in ("rep1", "rep2", "rep3")]


def test_planned_again_by_two_at_once_it_is_still_one_message(house: House) -> None:
    task(house)
    plan(house)
    house.clock.move_to(SUNDAY_0845)
    house.fire()
    house.do("rep1", SetDigest(digest="morning", send_at="08:50"))
    house.clock.advance(minutes=10)
    plan(house)
    house.fire()
    assert len(house.rows(Outbox, Outbox.kind == "digest_morning")) == 1


def test_his_own_time_holds_at_once_and_for_what_was_planned_already(house: House) -> None:
    task(house)
    plan(house)
    view = house.do("rep1", SetDigest(digest="morning", send_at="08:00")).view
    assert (view.enabled, view.send_at, view.next_at) == (True, "08:00", SUNDAY_0845 - timedelta(minutes=45))
    house.clock.move_to(SUNDAY_0845 - timedelta(minutes=45))
    assert [p.kind for p in house.fire() if p.kind.startswith("digest")][-1] == "digest_morning"
    house.clock.move_to(SUNDAY_0845 + timedelta(minutes=1))
    assert not [p for p in house.fire() if p.kind == "digest_morning"]


def test_off_stays_off_and_undo_brings_it_back(house: House) -> None:
    task(house)
    plan(house)
    result = house.do("rep1", SetDigest(digest="morning", enabled=False))
    assert house.ask("rep1", MyDigest(digest="morning")).next_at is None
    assert ("rep1", "digest_morning") not in digests(house, SUNDAY_0845 + timedelta(minutes=30))
    house.do("rep1", UndoLast(undo_id=result.undo_id))
    assert ("rep1", "digest_morning") in digests(house, SUNDAY_0845 + timedelta(hours=25))
    (choice,) = house.rows(DigestChoice)
    assert choice.enabled is None


def test_off_and_on_again_before_it_was_due_loses_nothing(house: House) -> None:
    task(house)
    plan(house)
    house.do("rep1", SetDigest(digest="morning", enabled=False))
    house.do("rep1", SetDigest(digest="morning", enabled=True))
    assert ("rep1", "digest_morning") in digests(house, SUNDAY_0845)


def test_whoever_wants_it_gets_it_whatever_his_role(house: House) -> None:
    task(house, who="tech1")
    house.do("tech1", SetDigest(digest="morning", enabled=True))
    assert ("tech1", "digest_morning") in digests(house, SUNDAY_0845)


def test_somebody_on_leave_is_left_alone(house: House) -> None:
    task(house)
    task(house, who="rep2")
    with house.core.database.write() as session:
        now = house.clock.now()
        session.add(Absence(tenant="starway", person_id=house.id("rep1"), kind="leave", start_at=now,
                            end_at=now + timedelta(days=2), created_at=now, updated_at=now))  # fmt: skip
    got = digests(house, SUNDAY_0845)
    assert ("rep2", "digest_morning") in got
    assert ("rep1", "digest_morning") not in got


def test_late_by_an_outage_it_comes_while_it_is_worth_it(house: House) -> None:
    task(house)
    plan(house)
    house.clock.move_to(SUNDAY_0845 + timedelta(hours=3))
    house.fire()
    assert [r.kind for r in house.rows(Outbox, Outbox.kind == "digest_morning")] == ["digest_morning"]
    plan(house)
    house.clock.move_to(SUNDAY_0845 + timedelta(days=3, hours=9))
    plan(house)
    house.fire()
    mornings = house.rows(Outbox, Outbox.kind == "digest_morning")
    assert len(mornings) == 1


def test_an_outage_longer_than_what_was_planned_still_makes_the_newest(house: House) -> None:
    task(house)
    house.clock.move_to(SUNDAY_0845 + timedelta(days=9, hours=1))
    plan(house)
    house.fire()
    rows = house.rows(Outbox, Outbox.kind == "digest_morning", Outbox.person_id == house.id("rep1"))
    payloads = [house.core.outbox.open_payload(r.dedupe_key, r.payload_enc) for r in rows]
    assert [p["on"] for p in payloads] == ["2026-03-24"]


def test_nobody_gets_what_was_due_before_he_came(house: House) -> None:
    house.clock.move_to(SUNDAY_0845 + timedelta(hours=1))
    house.job(AddPerson(code="rep9", name="新来的", role="rep", unit=f"{DEALER}a."))
    house.actors["rep9"] = house.core.actor("rep9")
    task(house, who="rep9")
    plan(house)
    assert ("rep9", "digest_morning") not in [(p.person, p.kind) for p in house.fire()]


@pytest.mark.parametrize(
    ("zone", "utc"), [("Europe/Berlin", "07:45"), ("Asia/Urumqi", "02:45"), ("Asia/Tokyo", "23:45")]
)
def test_each_on_his_own_clock(house: House, zone: str, utc: str) -> None:
    with house.core.database.write() as session:
        person = session.get(Person, house.id("rep1"))
        assert person is not None
        person.zone = zone
    plan(house)
    due = [t.due_at for t in house.rows(Timer, Timer.subject == f"digest:morning:{house.id('rep1')}")]
    assert due
    assert all(f"{at:%H:%M}" == utc for at in due)


def test_only_the_job_plans_only_managers_get_the_week_and_nonsense_is_refused(house: House) -> None:
    with pytest.raises(Refused):
        house.do("manager1", PlanDigests())
    with pytest.raises(Refused):
        house.do("rep1", SetDigest(digest="weekly", enabled=True))
    for wrong in ({"send_at": "25:00"}, {"language": "fr"}, {"weekday": 9}):
        with pytest.raises(Invalid):
            house.do("rep1", SetDigest.model_validate({"digest": "morning", **wrong}))


def test_the_language_he_wants_it_in_goes_along(house: House) -> None:
    task(house)
    house.do("rep1", SetDigest(digest="morning", language="en"))
    house.clock.move_to(SUNDAY_0845 - timedelta(hours=1))
    plan(house)
    (pushed,) = [p for p in house.fire(hours=1) if p.kind == "digest_morning"]
    assert pushed.params["language"] == "en"
    assert house.ask("rep1", DayPlan()).lines


def test_a_reminder_that_may_not_have_arrived_is_told_of_in_the_next_one_and_once(house: House) -> None:
    task(house)
    with house.core.database.write() as session:
        sealed = house.core.cipher.seal("outbox.payload.lost", "{}")
        row = {"tenant": "starway", "chat": "x:1", "person_id": house.id("rep1"), "kind": "task_due", "priority": 2,
               "payload_enc": sealed, "dedupe_key": "lost", "due_at": NOW, "created_at": NOW, "state": UNCERTAIN,
               "settled_at": NOW}  # fmt: skip
        session.add(new_row(Outbox, row))
    house.clock.move_to(SUNDAY_0845 - timedelta(hours=1))
    plan(house)
    house.fire(hours=1)
    (lost,) = house.rows(Outbox, Outbox.dedupe_key == "lost")
    (morning,) = house.rows(Outbox, Outbox.kind == "digest_morning", Outbox.person_id == house.id("rep1"))
    assert house.core.outbox.open_payload(morning.dedupe_key, morning.payload_enc)["unsure"] == [lost.id]
    assert lost.state == FOLDED
    house.do("rep1", SetDigest(digest="morning", send_at="08:50"))
    house.fire(minutes=10)
    assert len(house.rows(Outbox, Outbox.kind == "digest_morning", Outbox.person_id == house.id("rep1"))) == 1
