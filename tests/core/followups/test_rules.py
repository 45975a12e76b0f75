"""Cadences as data: what YAML may say, when steps are due, what ends them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from crm_core.followups.rules import POLICIES, Place, Sop, TemplatePolicy, duration, plan, stops
from crm_core.kernel.calendar import Hours
from crm_core.kernel.errors import ConfigError
from crm_core.kernel.policies import Policies

SHIPPED = Policies()
PLACE = Place(SHIPPED.model("hours", Hours), "Asia/Shanghai")
STEP = {"at": "1h", "do": "remind", "text": {"zh": "提醒", "en": "remind"}}


def sop(**more: Any) -> Sop:
    return Sop.model_validate(
        {
            "name": "x",
            "title": {"zh": "甲", "en": "x"},
            "trigger": {"event": "LeadAssigned"},
            "steps": [STEP],
            **more,
        }
    )


def local(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC) - timedelta(hours=8)


@pytest.mark.parametrize(
    ("written", "seconds"),
    [("45m", 2_700), ("4h", 14_400), ("2d", 172_800), ("0m", 0), (timedelta(hours=1), 3_600)],
)
def test_durations(written: object, seconds: int) -> None:
    assert duration(written).total_seconds() == seconds


@pytest.mark.parametrize("written", ["", "1", "h", "-1h", "1 week", "1.5h", None, "1h30m"])
def test_what_is_no_duration(written: object) -> None:
    with pytest.raises(ValueError, match="duration"):
        duration(written)


@pytest.mark.parametrize(
    ("clock", "at", "priority", "start", "due"),
    [
        ("calendar", "1h", "reminder", local(14, 10), local(14, 11)),
        ("calendar", "20h", "reminder", local(14, 4), local(15, 8, 30)),
        ("calendar", "20h", "must_know", local(14, 4), local(15, 0)),
        ("working", "1h", "must_know", local(14, 10), local(14, 11)),
        ("working", "1h", "must_know", local(14, 17, 50), local(15, 9, 50)),
        ("working", "1h", "must_know", local(14, 20), local(15, 10)),
        ("working", "4h", "must_know", local(14, 16), local(15, 11)),
    ],
)
def test_when_a_step_is_due(clock: str, at: str, priority: str, start: datetime, due: datetime) -> None:
    cadence = sop(clock=clock, steps=[STEP | {"at": at, "priority": priority}])
    assert [p.at for p in plan(cadence, start, PLACE)] == [due]


def test_quiet_hours_do_not_move_what_counts_as_missed() -> None:
    cadence = sop(steps=[STEP | {"at": "20h", "do": "miss"}])
    assert plan(cadence, local(14, 4), PLACE)[0].at == local(15, 0)


@pytest.mark.parametrize(
    ("event", "fields", "minutes", "ends"),
    [
        ("ContactLogged", {"kind": "call"}, 1, True),
        ("ContactLogged", {"kind": "call"}, -1, False),
        ("ContactLogged", {"kind": "visit"}, 119, False),
        ("ContactLogged", {"kind": "visit"}, 120, True),
        ("ContactLogged", {"kind": "note"}, 999, False),
        ("DealLost", {}, 0, True),
        ("DealWon", {}, 0, False),
    ],
)
def test_what_ends_the_test_drive_cadence(
    event: str, fields: dict[str, str], minutes: int, ends: bool
) -> None:
    cadence = SHIPPED.model("sop/test_drive", Sop)
    start = local(14, 16)
    assert stops(cadence, event, fields, start, start + timedelta(minutes=minutes)) is ends


@pytest.mark.parametrize("name", SHIPPED.names("sop"))
def test_a_cadence_is_the_same_after_it_was_kept(name: str) -> None:
    cadence = SHIPPED.model(name, Sop)
    assert name == f"sop/{cadence.name}"
    assert Sop.model_validate(cadence.model_dump(mode="json")) == cadence


HEAD = "name: x\ntitle: {zh: 甲, en: x}\n"
GOOD = "steps:\n  - {at: 1h, do: remind, text: {zh: 甲, en: x}}\n"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (HEAD + "trigger: {event: Nothing}\n" + GOOD, 3),
        (
            HEAD
            + "trigger: {event: LeadAssigned}\nsteps:\n  - {at: soon, do: remind, text: {zh: 甲, en: x}}\n",
            5,
        ),
        (
            HEAD + "trigger: {event: LeadAssigned}\nsteps:\n  - {at: 1h, do: dance, text: {zh: 甲, en: x}}\n",
            5,
        ),
        (HEAD + "trigger: {event: LeadAssigned}\nsteps:\n  - {at: 1h, do: remind, text: {zh: 甲}}\n", 5),
        (HEAD + "trigger: {event: LeadAssigned}\nstop:\n  - {event: Unknown}\n" + GOOD, 5),
        (HEAD + "trigger: {event: LeadAssigned}\nsteps: []\n", 4),
        (HEAD + "colour: red\ntrigger: {event: LeadAssigned}\n" + GOOD, 3),
    ],
)
def test_a_wrong_cadence_is_named_with_file_and_line(tmp_path: Path, text: str, line: int) -> None:
    (tmp_path / "sop").mkdir()
    (tmp_path / "sop" / "x.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as error:
        Policies(tmp_path).model("sop/x", Sop)
    assert error.value.where == f"x.yaml:{line}"


def test_steps_out_of_order_are_refused() -> None:
    with pytest.raises(ValueError, match="order"):
        sop(steps=[STEP | {"at": "2h"}, STEP])


@pytest.mark.parametrize(("name", "model"), [p for p in POLICIES if p[0] != "sop"])
def test_the_shipped_policies_are_good(name: str, model: type[Any]) -> None:
    assert SHIPPED.model(name, model)


def test_templates_fill_two_names_and_nothing_else() -> None:
    template = SHIPPED.model("templates", TemplatePolicy).templates["birthday"]
    text = template.model_copy(update={"en": "{name} {dealer} {secret}"}).filled(
        "en", name="{dealer}", dealer="D"
    )
    assert text == "D D {secret}"
