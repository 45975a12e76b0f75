"""The demo holds the awkward cases people meet, and answers to the questions it promises."""

from __future__ import annotations

import re
from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import pytest
import yaml
from openpyxl import load_workbook

from crm_core.kernel.calendar import Hours
from crm_core.kernel.policies import Policies
from retrieval.documents import learn
from tests.examples.data import HOME, Row, column, notes, oe_key, rows, several, units

MAGOTAN_18T = "vw-magotan-b8-2018-18t"
NOTES = notes()


def applications(model: str, *, name: str = "", position: str = "", oe: str = "") -> list[Row]:
    """Applications of a model, narrowed to a kind of part or to one number."""
    parts = {row["oe"]: row for row in rows("parts")}
    return [
        row
        for row in rows("applications")
        if row["model_key"] == model
        and (not name or parts[row["oe"]]["category"] == name)
        and (not position or row["position"] == position)
        and (not oe or oe_key(row["oe"]) == oe_key(oe))
    ]


def in_stock(oe: str, dealer: str) -> int:
    lines = [row for row in rows("stock") if oe_key(row["oe"]) == oe_key(oe) and f".{dealer}." in row["unit"]]
    return sum(int(row["quantity"]) - int(row["reserved"]) for row in lines)


def test_front_pads_of_the_story_depend_on_the_brake_option() -> None:
    found = applications(MAGOTAN_18T, name="刹车片", position="front")
    current = [row for row in found if row["fits"] == "yes" and not row["month_to"]]
    by_option = {row["option_codes"]: row["oe"] for row in current}
    assert set(by_option) == {"1ZE", "1LJ"}
    assert all(in_stock(oe, "sh-pudong") > 0 for oe in by_option.values())


def test_oil_filter_of_the_story_is_decidable_for_the_golf_7() -> None:
    golfs = [row["key"] for row in rows("models") if row["series"] == "高尔夫" and row["generation"] == "7"]
    verdicts = {key: {row["fits"] for row in applications(key, oe="06L115562B")} for key in golfs}
    engines = {row["key"]: row["engine"] for row in rows("models")}
    assert len(golfs) >= 3
    for key, verdict in verdicts.items():
        assert verdict == ({"yes"} if engines[key].startswith("EA888") else {"no"}), key


def test_some_questions_have_no_data() -> None:
    assert applications("vw-id4-2024", name="刹车片", position="rear") == []
    assert applications("li-l7-2023", name="大灯") == []


def test_customer1_decides_the_conditions_of_his_car() -> None:
    login = next(row for row in rows("customers") if row["login"] == "customer1")
    car = next(row for row in rows("vehicles") if row["customer"] == login["id"])
    assert car["model_key"] == MAGOTAN_18T
    assert "1ZE" in several(car["options"])
    rear = applications(MAGOTAN_18T, name="刹车片", position="rear")
    number = car["vin"][-6:]
    fitting = [
        row["oe"]
        for row in rear
        if row["fits"] == "yes" and (row["vin_from"] or "0") <= number <= (row["vin_to"] or "999999")
    ]
    assert fitting == ["5Q0 698 451 N"]


def test_supersession_chains_end() -> None:
    newer = {oe_key(row["supersedes"]): oe_key(row["oe"]) for row in rows("parts") if row["supersedes"]}
    known = {oe_key(row["oe"]) for row in rows("parts")}
    assert newer.keys() <= known
    assert newer["06L115562"] == "06L115562A"
    assert newer["06L115562A"] == "06L115562B"
    for start in newer:
        seen = [start]
        while seen[-1] in newer:
            assert newer[seen[-1]] not in seen
            seen.append(newer[seen[-1]])


def test_interchange_is_mutual_and_known() -> None:
    parts = rows("parts")
    pairs = {(oe_key(row["oe"]), oe_key(other)) for row in parts for other in several(row["interchange"])}
    assert pairs
    assert {(b, a) for a, b in pairs} == pairs
    assert {a for a, _ in pairs} <= {oe_key(row["oe"]) for row in rows("parts")}


def test_applications_do_not_contradict_each_other() -> None:
    plain: dict[tuple[str, str], set[str]] = {}
    for row in rows("applications"):
        plain.setdefault((row["oe"], row["model_key"]), set()).add(row["fits"])
    assert [key for key, verdicts in plain.items() if len(verdicts) > 1] == []
    without_id = Counter(tuple(row.values())[1:] for row in rows("applications"))
    assert max(without_id.values()) == 1


def test_every_kind_of_qualifier_occurs() -> None:
    for name in "trim engine_code option_codes vin_from vin_to month_from month_to note".split():
        assert column("applications", name), name
    assert Counter(row["fits"] for row in rows("applications"))["no"] >= 40


def test_months_and_production_numbers_are_well_formed() -> None:
    for table in ("models", "applications"):
        for row in rows(table):
            for name in ("month_from", "month_to"):
                assert re.fullmatch(r"(20\d\d-(0[1-9]|1[0-2]))?", row[name])
            assert not row["month_to"] or row["month_from"] <= row["month_to"]
    numbers = column("applications", "vin_from") | column("applications", "vin_to")
    assert all(re.fullmatch(r"\d{6}", number) for number in numbers)


def test_every_part_fits_something() -> None:
    assert column("parts", "oe") - {row["oe"] for row in rows("applications")} == set()


def test_stock_is_consistent() -> None:
    for row in rows("stock"):
        assert 0 <= int(row["reserved"]) <= int(row["quantity"])
        assert bool(row["eta_days"]) == (int(row["in_transit"]) > 0)
    assert any(row["quantity"] == "0" for row in rows("stock"))


def test_people_who_are_easily_confused() -> None:
    people = rows("customers")
    same = Counter((row["unit"], row["name"]) for row in people)
    assert max(same.values()) == 2
    shared = Counter(phone for row in people for phone in several(row["phones"]))
    assert max(shared.values()) == 2
    assert any(len(several(row["phones"])) == 2 for row in people)
    assert {"张伟", "章伟", "张炜"} <= column("customers", "name")
    called = Counter(row["called"] for row in people)
    assert called["王总"] >= 4
    assert called["李总"] >= 3


def test_birthdays() -> None:
    for row in rows("customers"):
        assert not (row["birthday"] and row["birthday_in_days"]), row["id"]
        assert bool(row["birthday_calendar"]) == bool(row["birthday"] or row["birthday_in_days"]), row["id"]
        if row["birthday"]:
            month, day = map(int, row["birthday"].split("-")[-2:])
            date(2000, month, day)
    assert "02-29" in column("customers", "birthday")
    assert "lunar" in column("customers", "birthday_calendar")
    assert len(column("customers", "birthday_in_days")) >= 3


def test_customer1_waits_for_a_car() -> None:
    login = next(row["id"] for row in rows("customers") if row["login"] == "customer1")
    waiting = [row for row in rows("orders") if row["customer"] == login and row["state"] == "in_transit"]
    assert len(waiting) == 1
    assert int(waiting[0]["expected_in_days"]) > 0


def test_demo_people_exist() -> None:
    assert {"rep1", "rep2", "rep3", "manager1", "tech1", "admin1"} <= column("staff", "id")
    assert column("customers", "login") == {"customer1"}


@pytest.mark.parametrize("path", NOTES, ids=lambda path: path.stem)
def test_note_is_complete(path: Path) -> None:
    front, body = NOTES[path]
    assert {"title", "audience", "lang", "tags", "questions", "source", "valid_from_days_ago"} <= front.keys()
    assert front["audience"] in ("public", "customer", "staff")
    assert front["lang"] in ("zh", "en")
    assert 2 <= len(front["questions"]) <= 4
    assert front["valid_from_days_ago"] >= 0
    assert len(body) >= 90
    assert front.get("unit", "starway.") in units()


def test_notes_cover_both_languages_and_every_audience() -> None:
    assert Counter(front["lang"] for front, _ in NOTES.values())["en"] >= 8
    assert len(NOTES) >= 40
    assert {front["audience"] for front, _ in NOTES.values()} == {"public", "customer", "staff"}
    questions = [question for front, _ in NOTES.values() for question in front["questions"]]
    assert len(set(questions)) == len(questions)
    assert "发动机灯亮了还能开吗" in questions


def test_note_sources_are_unique() -> None:
    sources = Counter(front["source"] for front, _ in NOTES.values())
    assert [source for source, count in sources.items() if count > 1] == []


def test_notes_can_be_learnt() -> None:
    today = date(2026, 3, 14)
    learnt = {document.id: document for document in learn(HOME / "knowledge", today=today)}
    assert set(learnt) == {path.stem for path in NOTES}
    assert learnt["engine-warning-light"].audience == "public"
    assert learnt["engine-warning-light"].valid_from == today - timedelta(days=300)


def test_staff_knowledge_does_not_leak_into_public_notes() -> None:
    for front, body in NOTES.values():
        if front["audience"] != "staff":
            assert not re.search("底价|返利|成本价|须店经理审批", body), front["title"]


def test_sample_workbook_and_mapping() -> None:
    sample = HOME / "sample_import"
    sheet = load_workbook(sample / "customers.xlsx").worksheets[0]
    header = [cell.value for cell in sheet[1]]
    assert header[:2] == ["客户姓名", "手机"]
    assert sheet.max_row >= 6
    mapping = yaml.safe_load((sample / "mapping.yaml").read_text(encoding="utf-8"))
    columns = (sample / "leads_unknown_columns.csv").read_text(encoding="utf-8").splitlines()[0].split(",")
    assert set(columns) == set(mapping["columns"]) | set(mapping["ignore"])


@pytest.mark.parametrize("path", units("dealer"))
def test_hours_policy_says_what_the_group_file_says(path: str) -> None:
    policies = Policies(extra=HOME / "policies")
    hours = policies.model("hours", Hours, unit=f"{path}team.")
    spans = {
        day: [f"{shift.start:%H:%M}-{shift.end:%H:%M}" for shift in shifts]
        for day, shifts in hours.week.items()
    }
    assert spans == units()[path]["hours"]["sales"]
