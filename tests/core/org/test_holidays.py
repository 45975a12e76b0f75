"""The yearly word that holidays are not known yet: to the admin, once, and only where they are kept."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from crm_core.api import Core
from crm_core.kernel.clock import FixedClock
from crm_core.kernel.errors import Refused
from crm_core.kernel.settings import Settings
from crm_core.org.messages import AddPerson, CheckCalendar
from tests.core.deals.house import DEALER, House


def house_with(settings: Settings, clock: FixedClock, folder: Path, hours: str) -> House:
    policies = folder / "policies"
    policies.mkdir()
    (policies / "hours.yaml").write_text(hours, encoding="utf-8")
    core = Core.open(settings.model_copy(update={"policies": policies}), clock)
    house = House(core, clock).build()
    house.job(AddPerson(code="admin1", name="周敏", role="admin", unit=DEALER))
    house.actors["admin1"] = core.actor("admin1")
    return house


def told(house: House, when: datetime) -> list[tuple[str, int]]:
    house.clock.move_to(when)
    house.job(CheckCalendar())
    return [(push.person, push.params["year"]) for push in house.pushed("holidays_unknown")]


def test_from_december_the_admin_hears_of_the_coming_year_once(
    settings: Settings, clock: FixedClock, tmp_path: Path
) -> None:
    house = house_with(settings, clock, tmp_path, "public_holidays: true\n")
    assert told(house, datetime(2040, 11, 30, 4, tzinfo=UTC)) != []  # nobody knows that year either
    assert told(house, datetime(2040, 12, 1, 15, tzinfo=UTC)) == [], "not at eleven at night"
    assert ("admin1", 2041) in told(house, datetime(2040, 12, 2, 4, tzinfo=UTC))
    assert told(house, datetime(2040, 12, 3, 4, tzinfo=UTC)) == []


def test_a_told_year_or_no_holidays_at_all_need_no_word(
    settings: Settings, clock: FixedClock, tmp_path: Path
) -> None:
    house = house_with(
        settings, clock, tmp_path, "public_holidays: true\nholidays: {2040: {}, 2041: {free: [2041-10-01]}}\n"
    )
    assert told(house, datetime(2040, 12, 2, 4, tzinfo=UTC)) == []
    with pytest.raises(Refused):
        house.do("rep1", CheckCalendar())
