"""Questions at the parts counter, on both databases."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import text

from crm_core.api import Core
from crm_core.customers.messages import AddCustomer
from crm_core.fitment.messages import AddPart, CheckFit, LookupParts, PartSpec, SetStock, StockOf, VehicleSpec
from crm_core.kernel.errors import Invalid, Refused
from tests.core.fitment.shop import FILTER, HERE, PAD, VIN, Shop

M18 = VehicleSpec(series="迈腾", year=2018, displacement="1.8T")
FRONT = PartSpec(category=PAD, position="front")


def check(shop: Shop, oe: str, **vehicle: object) -> str:
    return shop.ask(CheckFit(part=PartSpec(oe=oe), vehicle=VehicleSpec.model_validate(vehicle))).verdict


@pytest.mark.parametrize("spelled", ["06L 115 562 B", "06l115562b", "06L-115.562-B", "06L115562B"])
def test_a_number_is_found_in_any_spelling(shop: Shop, spelled: str) -> None:
    answer = shop.ask(CheckFit(part=PartSpec(oe=spelled), vehicle=M18))
    assert (answer.verdict, answer.oe) == ("fits", "06L 115 562 B")
    assert answer.rows[0].conditions == (("engine", "CUF"),)


@pytest.mark.parametrize(
    ("vehicle", "verdict"),
    [
        ({"words": "高7 GTI"}, "fits"),
        ({"words": "2017款高尔夫1.4T"}, "does_not_fit"),
        ({"series": "Golf", "generation": "MK7", "displacement": "2.0"}, "fits"),
        ({"external_id": "aces:7541"}, "no_data"),
        ({"series": "没有这个车"}, "no_data"),
        ({"series": "迈腾", "year": 2020}, "no_data"),
    ],
)
def test_verdicts_by_vehicle(shop: Shop, vehicle: dict[str, object], verdict: str) -> None:
    assert check(shop, "06L115562B", **vehicle) == verdict


def test_models_that_disagree_are_asked_about_and_an_answer_decides(shop: Shop) -> None:
    golf = VehicleSpec(series="高尔夫", generation="7")
    asked = shop.ask(CheckFit(part=PartSpec(oe="06L115562B"), vehicle=golf))
    assert (asked.verdict, asked.ask) == ("fits_if", "displacement")
    assert [value for value, _ in asked.choices] == ["1.4T", "2.0T"]
    for value, verdict in (("2.0T", "fits"), ("1.4T", "does_not_fit")):
        chosen = golf.model_copy(update={"answers": (("displacement", value),)})
        assert shop.ask(CheckFit(part=PartSpec(oe="06L115562B"), vehicle=chosen)).verdict == verdict


def test_a_denial_names_its_row_and_what_does_fit(shop: Shop) -> None:
    answer = shop.ask(CheckFit(part=PartSpec(oe="06L115562B"), vehicle=VehicleSpec(words="高7 1.4T")))
    assert answer.rows[0].note == "EA211 用 04E 115 561 H"
    assert answer.alternatives == ("04E 115 561 H",)


def test_one_question_about_a_condition_then_the_part(shop: Shop) -> None:
    asked = shop.ask(LookupParts(vehicle=M18, part=FRONT))
    assert (asked.verdict, asked.ask) == ("fits_if", "option_code")
    assert {value for value, _ in asked.choices} == {"1ZE", "1LJ", "other"}
    chosen = M18.model_copy(update={"answers": (("option_code", "1ZE"),)})
    answer = shop.ask(LookupParts(vehicle=chosen, part=FRONT))
    assert (answer.verdict, [row.oe for row in answer.rows]) == ("fits", ["5Q0 698 151 D"])
    none = M18.model_copy(update={"answers": (("option_code", "other"),)})
    assert shop.ask(LookupParts(vehicle=none, part=FRONT)).verdict == "no_data"


def test_front_or_rear_is_asked(shop: Shop) -> None:
    asked = shop.ask(LookupParts(vehicle=M18, part=PartSpec(category=PAD)))
    assert (asked.ask, [value for value, _ in asked.choices]) == ("position", ["front", "rear"])


def test_words_are_only_a_way_to_the_category(shop: Shop) -> None:
    answer = shop.ask(LookupParts(vehicle=M18, part=PartSpec(words="滤清器")))
    assert (answer.verdict, answer.oe) == ("fits", "06L 115 562 B")
    several = shop.ask(LookupParts(vehicle=M18, part=PartSpec(words="器")))
    assert (several.ask, {value for value, _ in several.choices}) == ("category", {FILTER, "轮速传感器"})
    assert shop.ask(LookupParts(vehicle=M18, part=PartSpec(words="没有这种件"))).ask == "part"


def test_a_superseded_number_shows_its_chain(shop: Shop) -> None:
    answer = shop.ask(CheckFit(part=PartSpec(oe="06L115562"), vehicle=M18))
    assert (answer.verdict, answer.oe) == ("fits", "06L 115 562 B")
    assert answer.superseded_by == ("06L 115 562 A", "06L 115 562 B")


def test_a_chain_that_runs_in_a_circle_ends(shop: Shop) -> None:
    shop.do(AddPart(oe="06L115562", name=FILTER, category=FILTER, brand="大众", supersedes=("06L115562B",)))
    answer = shop.ask(CheckFit(part=PartSpec(oe="06L115562A"), vehicle=M18))
    assert answer.verdict == "fits"
    assert "06L 115 562 A" not in answer.superseded_by


@pytest.mark.parametrize("said", ["HU 6013 z", "MANN HU6013Z", "hu6013z"])
def test_other_makers_numbers_are_found(shop: Shop, said: str) -> None:
    answer = shop.ask(CheckFit(part=PartSpec(oe=said), vehicle=M18))
    assert (answer.verdict, answer.oe) == ("fits", "06L 115 562 B")


def test_a_number_listed_as_the_same_part_leads_to_it(shop: Shop) -> None:
    chosen = M18.model_copy(update={"answers": (("option_code", "1LJ"),)})
    assert shop.ask(CheckFit(part=PartSpec(oe="8V0 698 151 A"), vehicle=chosen)).oe == "8V0 698 151 C"


def test_look_alikes_are_suggested_never_taken(shop: Shop) -> None:
    answer = shop.ask(CheckFit(part=PartSpec(oe="O6L1I5562B"), vehicle=M18))
    assert (answer.verdict, answer.rows, answer.near) == ("no_data", (), ("06L 115 562 B",))
    other = shop.ask(StockOf(oe="06L115562C"))
    assert other.stock == ()
    assert "06L 115 562 B" in other.near


def test_a_catalogue_that_says_both_is_never_a_fit(shop: Shop) -> None:
    answer = shop.ask(CheckFit(part=PartSpec(oe="WHT003857"), vehicle=M18))
    assert (answer.verdict, answer.contradiction) == ("no_data", True)
    assert {row.fits for row in answer.rows} == {True, False}


def test_the_dealers_own_record_of_the_car_decides(shop: Shop) -> None:
    shop.customer()
    by_vin = shop.ask(LookupParts(vehicle=VehicleSpec(vin=VIN), part=FRONT))
    by_plate = shop.ask(LookupParts(vehicle=VehicleSpec(plate="沪a8k206"), part=FRONT))
    assert [by_vin.oe, by_plate.oe] == ["5Q0 698 151 D"] * 2
    rear = PartSpec(category=PAD, position="rear")
    assert shop.ask(LookupParts(vehicle=VehicleSpec(vin=VIN), part=rear)).verdict == "fits"
    assert shop.ask(LookupParts(vehicle=M18, part=rear)).ask == "vin"


def test_a_customer_asks_about_his_own_car_and_nobody_elses(shop: Shop) -> None:
    _, customer = shop.customer()
    own = shop.ask(LookupParts(vehicle=VehicleSpec(), part=FRONT), customer)
    assert own.oe == "5Q0 698 151 D"
    shop.do(AddCustomer(name="王五", code="c2", unit=HERE, owner_id=shop.rep.id, login="customer2"))
    answer = shop.ask(LookupParts(vehicle=VehicleSpec(vin=VIN), part=FRONT), shop.core.actor("customer2"))
    assert (answer.verdict, answer.vehicle, answer.ask) == ("no_data", "", "vehicle")


def test_stock_as_each_may_see_it(shop: Shop) -> None:
    _, customer = shop.customer()
    mine = shop.ask(StockOf(oe="06L115562B")).stock
    assert [(line.dealer, line.quantity, line.bin) for line in mine] == [
        ("本店", 20, "A-1"),
        ("分店", 100, "B-2"),
    ]
    assert {line.cost_fen for line in mine} == {None}
    assert {line.cost_fen for line in shop.ask(StockOf(oe="06L115562B"), shop.boss).stock} == {4300}
    seen = shop.ask(StockOf(oe="06L115562B"), customer).stock
    assert [(line.quantity, line.bin, line.exact, line.price_fen) for line in seen] == [
        (1, "", False, 6200)
    ] * 2
    coming = shop.ask(StockOf(oe="5Q0698151D"), customer).stock[0]
    assert (coming.quantity, coming.in_transit, coming.eta_days) == (0, 1, 3)


def test_who_may_not_write_is_refused(shop: Shop) -> None:
    with pytest.raises(Refused):
        shop.do(SetStock(oe="06L115562B", unit=HERE, quantity=1), shop.rep)
    with pytest.raises(Invalid) as unknown:
        shop.do(SetStock(oe="没有", unit=HERE, quantity=1))
    assert unknown.value.key == "error.unknown_part"


def test_english_readers_get_english_names(shop: Shop) -> None:
    answer = shop.ask(CheckFit(part=PartSpec(oe="06L115562B"), vehicle=M18), replace(shop.rep, language="en"))
    assert (answer.part, answer.vehicle) == ("Oil filter", "VW Magotan B8 2018 1.8T 330TSI")


@pytest.mark.parametrize(
    ("statement", "index"),
    [
        ("select * from applications where tenant='t' and model_id in ('m') and category in ('c')",
         "ix_applications_model"),
        ("select * from parts where tenant='t' and oe_key in ('k')", "(tenant=? AND oe_key=?)"),
        ("select * from cross_refs where tenant='t' and from_key in ('k')", "ix_cross_refs_from"),
        ("select * from model_names where tenant='t' and kind='series' and name in ('n')", "ix_model_names_name"),
        ("select * from cars where tenant='t' and vin_index='v'", "ix_cars_vin"),
        ("select * from part_stock where tenant='t' and part_id in ('p')", "(tenant=? AND part_id=?)"),
    ],
)  # fmt: skip
def test_every_look_up_has_its_index(core: Core, statement: str, index: str) -> None:
    if not core.database.is_sqlite:
        pytest.skip("the planner of a database without rows prefers to read it whole")
    with core.database.read() as session:
        plan = " ".join(str(row) for row in session.execute(text(f"explain query plan {statement}")))
    assert index in plan
