"""When the steps of a cadence are due, as tables: repeating, by level, at a time of day, on open days, and why."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from crm_core.followups.rules import Place, Sop, plan
from crm_core.followups.sop import reasons, turn_of
from crm_core.kernel.calendar import Hours
from crm_core.kernel.policies import Policies

SHIPPED = Policies()
DAILY = SHIPPED.model("hours", Hours)
# Closed on Sundays and on Monday 16 March; a lunch break; quiet from 21:30 to 08:30.
SIX_DAYS = Hours.model_validate(
    {
        "week": {
            d: [{"from": "09:00", "until": "12:00"}, {"from": "13:00", "until": "18:00"}]
            for d in ("mon", "tue", "wed", "thu", "fri", "sat")
        },
        "closed": ["2026-03-16"],
    }
)
ZONE = "Asia/Shanghai"
TEXT = {"zh": "提醒", "en": "remind"}


def sop(*steps: dict[str, Any], **more: Any) -> Sop:
    return Sop.model_validate(
        {
            "name": "x",
            "title": TEXT,
            "trigger": {"event": "LeadAssigned"},
            "steps": [{"do": "remind", "text": TEXT} | step for step in steps],
            **more,
        }
    )


def at(day: int, hour: int, minute: int = 0, month: int = 3) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=UTC) - timedelta(hours=8)


def turns(cadence: Sop, start: datetime, count: int, hours: Hours = DAILY) -> list[datetime | None]:
    found = [turn_of(cadence, 0, n, start, Place(hours, ZONE)) for n in range(count)]
    return [planned.at if planned else None for planned in found]


@pytest.mark.parametrize(
    ("step", "start", "due"),
    [
        ({"every": "1d"}, at(14, 10), [at(15, 10), at(16, 10), at(17, 10)]),
        ({"at": "1h", "every": "1d"}, at(14, 10), [at(14, 11), at(15, 11), at(16, 11)]),
        ({"every": "1d", "until": "2d"}, at(14, 10), [at(15, 10), at(16, 10), None]),
        ({"every": "1d", "until": "1h"}, at(14, 10), [None, None, None]),
        ({"every": "12h"}, at(14, 11), [at(15, 8, 30), at(15, 11), at(16, 8, 30)]),  # 23:00 is quiet
        ({"every": "7d", "time": "09:30"}, at(14, 23), [at(21, 9, 30), at(28, 9, 30), at(4, 9, 30, month=4)]),
        ({"at": "2h"}, at(14, 10), [at(14, 12), None, None]),
    ],
)
def test_what_repeats(step: dict[str, Any], start: datetime, due: list[datetime | None]) -> None:
    assert turns(sop(step), start, 3) == due


@pytest.mark.parametrize(
    ("span", "start", "due"),
    [
        ("1d", at(13, 10), at(14, 10)),  # Friday to Saturday
        ("1d", at(14, 10), at(17, 10)),  # Sunday and the closed Monday are passed by
        ("2d", at(14, 10), at(17, 10)),
        ("3d", at(14, 10), at(17, 10)),
        ("4d", at(14, 10), at(18, 10)),
    ],
)
def test_with_a_time_of_day_it_lands_on_an_open_day(span: str, start: datetime, due: datetime) -> None:
    cadence = sop({"at": span, "time": "10:00"}, clock="working")
    assert turns(cadence, start, 1, SIX_DAYS) == [due]


def test_working_minutes_skip_lunch_nights_and_closed_days() -> None:
    cadence = sop({"at": "2h", "do": "escalate", "priority": "must_know"}, clock="working")
    assert turns(cadence, at(13, 11, 30), 1, SIX_DAYS) == [at(13, 14, 30)]
    assert turns(cadence, at(14, 17), 1, SIX_DAYS) == [at(17, 10)]


@pytest.mark.parametrize(
    ("more", "due"),
    [({}, at(15, 8, 30)), ({"quiet": "ignore"}, at(14, 22)), ({"priority": "must_know"}, at(14, 22))],
)
def test_quiet_hours_move_a_reminder_unless_it_must_be_known_or_policy_says_so(
    more: dict[str, str], due: datetime
) -> None:
    step = {"at": "2h"} | ({"priority": more["priority"]} if "priority" in more else {})
    quiet = {"quiet": more["quiet"]} if "quiet" in more else {}
    assert turns(sop(step, **quiet), at(14, 20), 1) == [due]


@pytest.mark.parametrize(("level", "days"), [("H", 2), ("A", 7), ("B", 15), ("C", 30), ("", None)])
def test_each_level_has_its_rhythm(level: str, days: int | None) -> None:
    cadence = SHIPPED.model("sop/level_rhythm", Sop).at_level(level)
    if days is None:
        assert cadence is None
        return
    assert cadence is not None
    assert turns(cadence, at(14, 15), 1) == [at(14, 9, 30) + timedelta(days=days)]


def test_an_escalation_follows_each_reminder() -> None:
    cadence = sop(
        {"every": "7d", "until": "14d", "time": "10:00"},
        escalation={"after": "1d", "to": "manager", "text": TEXT},
    )
    place = Place(DAILY, ZONE)
    found = [turn_of(cadence, index, n, at(1, 12), place) for n in range(3) for index in range(2)]
    assert [(p.at, p.step.do) if p else None for p in found] == [
        (at(8, 10), "remind"), (at(9, 10), "escalate"), (at(15, 10), "remind"), (at(16, 10), "escalate"), None, None,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("steps", "complaint"),
    [
        ([{}], "`at`, `every` or both"),
        ([{"at": "1h", "until": "2d"}], "`until`"),
        ([{"every": "1d", "do": "miss"}], "cannot repeat"),
        ([{"every": "30m"}], "once an hour"),
        ([{"every": {"H": "10m"}}], "once an hour"),
        ([{"every": {"X": "1d"}}], "level|literal|Input"),
        ([{"every": "36h", "time": "10:00"}], "whole days"),
        ([{"at": "1h", "time": "10:00"}], "whole days"),
        ([{"at": "2d"}, {"every": "1d"}], "order"),
    ],
)
def test_what_a_step_may_not_say(steps: list[dict[str, Any]], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        sop(*steps)


def test_a_cadence_is_about_what_its_events_are_about() -> None:
    with pytest.raises(ValueError, match="about deal or customer, not about a lead"):
        sop({"at": "1h"}, trigger={"event": "DealOpened"}, about="lead")


@settings(max_examples=60, deadline=None)
@given(
    start=st.datetimes(datetime(2026, 1, 1), datetime(2027, 6, 1), timezones=st.just(UTC)),
    later=st.integers(0, 400 * 24),
    gap=st.sampled_from(["5h", "1d", "4d", "30d"]),
    clocked=st.booleans(),
    clock=st.sampled_from(["working", "calendar"]),
)
def test_the_next_turn_is_ahead_and_none_is_skipped(
    start: datetime, later: int, gap: str, clocked: bool, clock: str
) -> None:
    if gap == "5h" and (clocked or clock == "working"):
        return
    step = {"every": gap} | ({"time": "09:30"} if clocked else {})
    cadence, place = sop(step, clock=clock if clocked else "calendar"), Place(SIX_DAYS, ZONE)
    now = start + timedelta(hours=later)
    (planned,) = plan(cadence, start, place, now)
    assert planned.at > now
    before = turn_of(cadence, 0, planned.turn - 1, start, place) if planned.turn else None
    assert before is None or before.at <= now


@pytest.mark.parametrize(
    ("cadence", "start", "hours", "keys"),
    [
        (sop({"at": "1h"}), at(14, 10), DAILY, ["calendar"]),
        (sop({"at": "0m"}), at(14, 10), DAILY, ["start"]),
        (sop({"at": "2h"}), at(14, 20), DAILY, ["calendar", "quiet"]),
        (sop({"at": "2h", "priority": "must_know"}), at(14, 20), DAILY, ["calendar", "loud"]),
        (sop({"at": "2h"}, clock="working"), at(14, 17), SIX_DAYS, ["working", "closed", "hours"]),
        (sop({"every": "7d", "time": "10:00"}), at(14, 17), DAILY, ["every", "time"]),
        (sop({"at": "3d", "time": "10:00"}, clock="working"), at(14, 17), SIX_DAYS,
         ["later", "time", "closed", "hours"]),
    ],
)  # fmt: skip
def test_why_a_step_is_due_then(cadence: Sop, start: datetime, hours: Hours, keys: list[str]) -> None:
    place = Place(hours, ZONE)
    (planned,) = plan(cadence, start, place)
    found = list(reasons(cadence, planned, start, place))
    assert [reason.key for reason in found] == keys
    closed = next((reason.values["days"] for reason in found if reason.key == "closed"), None)
    assert closed in (None, "2026-03-15 2026-03-16")


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe"])
def test_a_time_of_day_stays_when_the_clocks_change(zone: str) -> None:
    from zoneinfo import ZoneInfo

    start = datetime(2026, 3, 1, 20, tzinfo=UTC)
    cadence, place = sop({"every": "1d", "time": "09:30"}), Place(DAILY, zone)
    days = []
    for n in range(300):
        planned = turn_of(cadence, 0, n, start, place)
        assert planned is not None
        local = planned.at.astimezone(ZoneInfo(zone))
        assert local.time() == time(9, 30)
        days.append(local.date())
    first: date = days[0]
    assert days == [first + timedelta(days=n) for n in range(300)]


GUIDE = (Path(__file__).parents[3] / "docs" / "cadences.md").read_text(encoding="utf-8")


def test_the_example_of_the_guide_is_a_cadence() -> None:
    text = GUIDE.split("```yaml\n")[1].split("```")[0]
    cadence = Sop.model_validate(yaml.safe_load(text))
    assert (cadence.repeats, cadence.by_level, cadence.escalation is not None) == (True, True, True)


def test_the_guide_names_every_cadence_that_is_shipped() -> None:
    named = {line.split("`")[1] for line in GUIDE.splitlines() if line.startswith("| `")}
    assert {name.removeprefix("sop/") for name in SHIPPED.names("sop")} <= named
