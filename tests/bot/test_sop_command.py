"""`sop list` and `sop explain`: what is printed is what will happen, in words and as data."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.commands.sop import explain, list_cadences
from bot.texts import Texts
from crm_core.api import Core
from crm_core.customers.messages import FindCustomers, SetBirthday
from crm_core.deals.messages import SetLevel
from crm_core.followups.sop import STARTERS, STOPPERS
from crm_core.kernel.clock import FixedClock
from crm_core.kernel.errors import Invalid, NotFound
from crm_core.kernel.settings import Settings
from tests.core.deals.house import House

# Saturday 17:40 in Shanghai; the shipped hours end at 18:00.
NOW = datetime(2026, 3, 14, 9, 40, tzinfo=UTC)


@pytest.fixture
def lead(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, str, list[datetime]]:
    """A lead that just came: its reference, its deal, and when its first call's timers are due."""
    monkeypatch.setenv("CHEXIN_DATA_DIR", str(tmp_path))
    monkeypatch.delenv("CHEXIN_DATABASE_URL", raising=False)
    clock = FixedClock(NOW)
    core = Core.open(Settings(), clock)
    house = House(core, clock).build()
    view = house.lead()
    first_call = house.waiting_at("first_call")
    core.close()
    return view.ref, view.deal_id or "", first_call


def test_the_times_printed_are_those_of_the_timers(
    lead: tuple[str, str, list[datetime]], capsys: pytest.CaptureFixture[str]
) -> None:
    ref, _, due = lead
    assert explain("first_call", ref, NOW.isoformat(), "", "zh", True) == 0
    plan = json.loads(capsys.readouterr().out)
    assert plan["state"] == "running"
    assert [datetime.fromisoformat(step["at"]) for step in plan["steps"]] == due
    assert len(due) == 4


@pytest.mark.parametrize(
    ("language", "parts"),
    [
        ("zh", ["首次联系", "正在进行", "2026-03-15 周日 09:40  告诉赵国强", "开始后1小时，只算上班时间"]),
        ("en", ["First call", "Running since", "2026-03-15 Sun 09:40  tell 赵国强", "1 h of working time"]),
    ],
)  # fmt: skip
def test_it_says_when_to_whom_and_why(
    lead: tuple[str, str, list[datetime]], capsys: pytest.CaptureFixture[str], language: str, parts: list[str]
) -> None:
    explain("first_call", lead[0].lower(), NOW.isoformat(), "", language, False)
    said = capsys.readouterr().out
    assert [part for part in (*parts, "first_call.yaml:17") if part not in said] == []


def test_what_does_not_run_is_told_as_if_it_began_now(
    lead: tuple[str, str, list[datetime]], capsys: pytest.CaptureFixture[str]
) -> None:
    explain("level_rhythm", "李芳", NOW.isoformat(), "rep1", "", False)
    assert "还没有意向级别" in capsys.readouterr().out
    core = Core.open(Settings(), FixedClock(NOW))
    core.execute(SetLevel(deal_id=lead[1], level="A"), core.actor("rep1"))
    core.close()
    explain("level_rhythm", lead[1], NOW.isoformat(), "rep1", "en", False)
    said = capsys.readouterr().out
    assert "2026-03-21 Sat 09:30  remind 陈晓明" in said
    assert "every 7 d" in said
    explain("three_day_call", lead[0], NOW.isoformat(), "", "en", False)
    assert "Not started." in capsys.readouterr().out


def test_a_birthday_counts_from_its_day(
    lead: tuple[str, str, list[datetime]], capsys: pytest.CaptureFixture[str]
) -> None:
    explain("birthday", "李芳", NOW.isoformat(), "rep1", "en", False)
    assert "not known yet" in capsys.readouterr().out
    core = Core.open(Settings(), FixedClock(NOW))
    customer = core.ask(FindCustomers(words="李芳"), core.actor("rep1"))[0].id
    core.execute(SetBirthday(customer_id=customer, birthday="05-20"), core.actor("rep1"))
    core.close()
    explain("birthday", "李芳", NOW.isoformat(), "rep1", "en", False)
    assert "2026-05-20 Wed 09:00" in capsys.readouterr().out


def test_nobody_sees_more_than_he_may(lead: tuple[str, str, list[datetime]]) -> None:
    for who, what, error in (("rep3", lead[0], NotFound), ("rep1", "L-NONE", NotFound), ("rep1", "", NotFound)):
        with pytest.raises(error):
            explain("first_call", what, NOW.isoformat(), who, "", False)
    with pytest.raises(Invalid):
        explain("no_such", lead[0], NOW.isoformat(), "", "", False)


@pytest.mark.parametrize("as_json", [False, True])
def test_all_are_listed(
    lead: tuple[str, str, list[datetime]], capsys: pytest.CaptureFixture[str], as_json: bool
) -> None:
    assert list_cadences("", "en", as_json) == 0
    lines = capsys.readouterr().out.strip().splitlines()
    names = [json.loads(line)["name"] if as_json else line.split()[0] for line in lines]
    assert {"first_call", "first_contact", "test_drive", "three_day_call", "level_rhythm", "decision_maker",
            "dwell", "quote_expiry", "birthday"} <= set(names)  # fmt: skip
    assert names == sorted(names)


@pytest.mark.parametrize("event", sorted({*STARTERS, *STOPPERS}))
def test_every_event_has_its_words(event: str) -> None:
    assert Texts.load().has(f"sop.event.{event}")

