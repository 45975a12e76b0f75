"""The demo dealership is complete, consistent, invented and without absolute dates."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from tests.examples.data import HEADERS, HOME, TABLES, column, group, oe_key, rows, several, units

COUNTS = {
    "staff": 8, "customers": 60, "vehicles": 80, "stock_cars": 15, "parts": 300, "applications": 600,
    "contacts": 400,
}  # fmt: skip
REFERENCES = [
    ("customers", "owner", "staff", "id"), ("vehicles", "customer", "customers", "id"),
    ("vehicles", "model_key", "models", "key"), ("stock_cars", "model_key", "models", "key"),
    ("applications", "oe", "parts", "oe"), ("applications", "model_key", "models", "key"),
    ("stock", "oe", "parts", "oe"), ("leads", "customer", "customers", "id"),
    ("leads", "owner", "staff", "id"), ("leads", "model_key", "models", "key"),
    ("contacts", "customer", "customers", "id"), ("contacts", "by", "staff", "id"),
    ("test_drives", "customer", "customers", "id"),
    ("test_drives", "by", "staff", "id"), ("test_drives", "model_key", "models", "key"),
    ("quotes", "customer", "customers", "id"), ("quotes", "by", "staff", "id"),
    ("orders", "customer", "customers", "id"), ("orders", "owner", "staff", "id"),
    ("appointments", "customer", "customers", "id"), ("appointments", "by", "staff", "id"),
]  # fmt: skip
# fmt: off
CHOICES = {
    ("staff", "role"): "rep manager tech admin warehouse finance",
    ("staff", "language"): "zh en",
    ("customers", "level"): "H A B C",
    ("customers", "consent_marketing"): "yes no",
    ("customers", "birthday_calendar"): "solar lunar",
    ("customers", "gender"): "m f",
    ("models", "fuel"): "petrol hybrid phev erev bev",
    ("stock_cars", "state"): "in_stock in_transit reserved demo",
    ("parts", "position"): "front rear left right front_left front_right rear_left rear_right",
    ("parts", "group"): "filter brake ignition fluid suspension cooling electrical body belt wiper engine"
    " gearbox clutch other",
    ("applications", "fits"): "yes no",
    ("leads", "outcome"): "open won lost",
    ("leads", "source"): "website autohome dongchedi walk_in phone referral wecom douyin exhibition"
    " old_customer",
    ("contacts", "channel"): "call wecom visit sms service note",
    ("contacts", "direction"): "in out",
    ("contacts", "outcome"): "reached no_answer busy wrong_number interested not_interested",
    ("test_drives", "state"): "done missed cancelled",
    ("quotes", "state"): "sent accepted expired rejected",
    ("orders", "kind"): "car parts service",
    ("orders", "state"): "confirmed in_production in_transit arrived delivered cancelled",
    ("appointments", "kind"): "test_drive service delivery visit",
}
# fmt: on
STAGES = {
    "car_sale": "new contacted needs test_drive quote negotiation contract delivery",
    "five_stages": "prospect first_talk needs proposal signing",
    "parts_seven": "sourcing development needs plan negotiation contract delivery",
}
INVENTED_PHONE = re.compile(r"13800138\d{3}|13900139\d{3}|1990000\d{4}")
HISTORY = ("leads", "contacts", "test_drives", "quotes", "orders")
VIN_VALUES = {letter: value for value, letters in enumerate(
    ("", "AJ", "BKS", "CLT", "DMU", "ENV", "FW", "GPX", "HY", "RZ")) for letter in letters}  # fmt: skip
VIN_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)


def check_digit(vin: str) -> str:
    """The ninth character of a VIN by GB 16735 / ISO 3779."""
    values = [int(char) if char.isdigit() else VIN_VALUES[char] for char in vin]
    rest = sum(value * weight for value, weight in zip(values, VIN_WEIGHTS, strict=True)) % 11
    return "X" if rest == 10 else str(rest)


@pytest.mark.parametrize(("table", "count"), COUNTS.items())
def test_promised_size(table: str, count: int) -> None:
    assert len(rows(table)) == count


def test_history_is_big_enough() -> None:
    assert len(column("orders", "id")) == 60
    assert len(rows("leads")) >= 50
    assert len(column("models", "key")) >= 50
    assert {unit["id"] for unit in units("dealer").values()} == {"sh-pudong", "sz-park", "hz-binjiang"}


@pytest.mark.parametrize("table", TABLES)
def test_readme_names_the_columns(table: str) -> None:
    described = f"`{', '.join(HEADERS[table])}`"
    assert described in (HOME / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("table", sorted(set(TABLES) - {"orders", "models", "parts", "stock"}))
def test_ids_are_unique(table: str) -> None:
    assert len(column(table, "id")) == len(rows(table))


def test_other_keys_are_unique() -> None:
    assert len(column("models", "key")) == len(rows("models"))
    assert len({oe_key(row["oe"]) for row in rows("parts")}) == len(rows("parts"))
    assert len({(row["oe"], row["unit"]) for row in rows("stock")}) == len(rows("stock"))
    assert len({(row["id"], row["line"]) for row in rows("orders")}) == len(rows("orders"))


@pytest.mark.parametrize(("table", "name", "target", "key"), REFERENCES)
def test_references_exist(table: str, name: str, target: str, key: str) -> None:
    assert column(table, name) <= column(target, key)


@pytest.mark.parametrize("table", [table for table in TABLES if "unit" in HEADERS[table]])
def test_units_exist(table: str) -> None:
    kinds = () if table == "staff" else ("dealer",)
    assert column(table, "unit") <= units(*kinds).keys()


@pytest.mark.parametrize("table", [table for table in TABLES if "customer" in HEADERS[table]])
def test_records_stay_at_the_customers_dealer(table: str) -> None:
    home = {row["id"]: row["unit"] for row in rows("customers")}
    assert [row for row in rows(table) if row["unit"] != home[row["customer"]]] == []


def test_owners_work_at_the_dealer() -> None:
    desk = {row["id"]: row["unit"] for row in rows("staff")}
    for table, name in [("customers", "owner"), ("leads", "owner"), ("contacts", "by"), ("quotes", "by")]:
        assert [row for row in rows(table) if row[name] and not desk[row[name]].startswith(row["unit"])] == []


def test_unit_tree() -> None:
    paths: dict[str, str] = {}
    for unit in group()["units"]:
        parent = paths[unit["parent"]] if unit["parent"] else ""
        assert unit["path"] == f"{parent}{unit['id']}."
        paths[unit["id"]] = unit["path"]
    assert len(paths) == len(group()["units"])
    assert paths[group()["tenant"]["id"]] == "starway."


@pytest.mark.parametrize("path", units("dealer"))
def test_dealer_hours(path: str) -> None:
    for desk in units()[path]["hours"].values():
        assert list(desk) == ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
        for spans in desk.values():
            edges = [edge for span in spans for edge in span.split("-")]
            assert edges == sorted(edges)
            assert all(re.fullmatch(r"[0-2]\d:[0-5]\d", edge) for edge in edges)


@pytest.mark.parametrize(("table", "name"), CHOICES)
def test_values_are_those_described(table: str, name: str) -> None:
    assert column(table, name) <= set(CHOICES[table, name].split())


def test_stages_belong_to_their_pipeline() -> None:
    wrong = [row for row in rows("leads") if row["stage"] not in STAGES[row["pipeline"]].split()]
    assert wrong == []
    assert {row["outcome"] for row in rows("leads")} == {"open", "won", "lost"}


def test_phones_are_plausible_and_invented() -> None:
    phones = [phone for row in rows("customers") for phone in several(row["phones"])]
    phones += [row["phone"] for table in ("staff", "leads") for row in rows(table)]
    assert [phone for phone in phones if not INVENTED_PHONE.fullmatch(phone)] == []
    assert not {"13800138000", "13900139000"} & set(phones), "kept free for people who try a new lead"


def test_vins_are_valid_and_unique() -> None:
    vins = [row["vin"] for table in ("vehicles", "stock_cars") for row in rows(table)]
    assert len(set(vins)) == len(vins)
    for vin in vins:
        assert re.fullmatch(r"[A-HJ-NPR-Z0-9]{17}", vin)
        assert vin[8] == check_digit(vin), vin


def test_check_digit_knows_published_numbers() -> None:
    assert check_digit("1M8GDM9AXKP042788") == "X"
    assert check_digit("11111111111111111") == "1"


def test_plates_are_unique_and_well_formed() -> None:
    plates = [row["plate"] for row in rows("vehicles")]
    assert len(set(plates)) == len(plates)
    assert [plate for plate in plates if not re.fullmatch(r"[沪苏浙][A-Z][A-Z0-9]{5,6}", plate)] == []


def test_no_absolute_dates_in_history() -> None:
    date = re.compile(r"(19|20)\d\d([-/.]\d{1,2}[-/.]\d{1,2}|年\d{1,2}月)")
    allowed = {"birthday", "month_from", "month_to"}
    dated = [
        (table, name, row[name])
        for table in TABLES
        for row in rows(table)
        for name in HEADERS[table]
        if name not in allowed and date.search(row[name])
    ]
    assert dated == []


@pytest.mark.parametrize("table", HISTORY)
def test_history_ends_today_and_lasts_a_year(table: str) -> None:
    days = [int(row["days_ago"]) for row in rows(table)]
    assert min(days) >= 0
    assert 330 <= max(days) <= 366
    assert all(re.fullmatch(r"[01]\d:[0-5]\d|2[0-3]:[0-5]\d", row["time"]) for row in rows(table))


def test_twelve_months_without_a_gap() -> None:
    months = Counter(int(row["days_ago"]) // 31 for row in rows("contacts"))
    assert set(months) >= set(range(12))


def test_appointments_lie_ahead() -> None:
    assert all(0 < int(row["in_days"]) <= 30 for row in rows("appointments"))


def test_money_adds_up() -> None:
    for row in rows("orders"):
        assert int(row["amount_yuan"]) == int(row["quantity"]) * int(row["unit_price_yuan"]), row["id"]
    for row in rows("quotes"):
        assert int(row["price_yuan"]) == int(row["list_price_yuan"]) - int(row["discount_yuan"]), row["id"]
    assert [row["oe"] for row in rows("parts") if int(row["cost_yuan"]) >= int(row["price_yuan"])] == []


@pytest.mark.parametrize("table", ["quotes", "orders"])
def test_items_are_known(table: str) -> None:
    numbers = column("parts", "oe")
    known = {"car": column("models", "key"), "parts": numbers, "service": numbers | {""}}
    assert [row for row in rows(table) if row["item"] not in known[row["kind"]]] == []


@pytest.mark.parametrize("table", HISTORY)
def test_nothing_is_older_than_its_customer(table: str) -> None:
    known = {row["id"]: int(row["created_days_ago"]) for row in rows("customers")}
    early = [row["id"] for row in rows(table) if int(row["days_ago"]) > known[row["customer"]]]
    assert early == []
