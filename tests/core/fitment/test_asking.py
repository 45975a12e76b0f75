"""Ways to ask the core about parts, and what each may see: plain texts, other tables' ids, "I do not know"."""

from __future__ import annotations

import pytest

from crm_core.customers.messages import AddCustomer
from crm_core.fitment.messages import (
    AddApplication,
    AddCrossRef,
    AddPart,
    CheckFit,
    FitAnswer,
    KnownNumbers,
    LookupParts,
    PartSpec,
    QuotePart,
    RowsOf,
    SetPrices,
    StockOf,
    VehicleSpec,
)
from crm_core.kernel.errors import Invalid, NotFound
from crm_core.org.messages import AddPerson
from crm_core.quotes.messages import LatestQuote
from crm_core.vehicles.messages import AddCar, AddModel
from tests.core.fitment.shop import FILTER, HERE, PAD, THERE, VIN, Shop


@pytest.mark.parametrize(
    ("part", "vehicle", "verdict"),
    [
        ("06L115562B", "2018款迈腾1.8T", "fits"),
        ("06l 115-562.b", "2018 Magotan 2.0T", "fits"),
        ("HU 6013 z", "GTI 高7", "fits"),
        ("06L115562B", "高尔夫7 1.4T", "does_not_fit"),
        ("04E 115 561 H", "aces:7541", "fits"),
        ("06L115562B", "aces:7541", "no_data"),
        ("06L115562B", "aces:99999", "no_data"),
        ("没有这种件", "2018款迈腾1.8T", "no_data"),
        ("", "", "no_data"),
        ("06L115562B", "", "no_data"),
        ("ZZZ 000 111", "2018款迈腾1.8T", "no_data"),
    ],
)
def test_plain_texts_will_do(shop: Shop, part: str, vehicle: str, verdict: str) -> None:
    asked = CheckFit.model_validate({"part": part, "vehicle": vehicle})
    looked = LookupParts.model_validate({"part": part, "vehicle": vehicle})
    assert shop.ask(asked).verdict == verdict
    assert shop.ask(looked).verdict == verdict


def test_a_vin_and_a_plate_are_texts_too(shop: Shop) -> None:
    shop.customer()
    for vehicle in (VIN, VIN.lower(), "沪A·8K206", "沪a8k206"):
        assert shop.ask(CheckFit.model_validate({"part": "06L115562B", "vehicle": vehicle})).verdict == "fits"


def test_words_that_are_a_parts_whole_name_say_where_it_is(shop: Shop) -> None:
    asked = LookupParts.model_validate({"part": "后刹车片", "vehicle": "2018款迈腾1.8T"})
    assert shop.ask(asked).ask == "vin"
    assert {row.oe for row in shop.ask(asked).rows} == {"5Q0 698 451 N"}


def test_several_models_of_one_id_that_disagree_are_never_a_plain_fit(shop: Shop) -> None:
    shop.do(AddModel(code="m14b", brand="大众", series="迈腾", year=2020, trim="舒适型", external_id="aces:7541"))
    shop.do(AddApplication(oe="04E115561H", model_code="m14b", fits=False))
    answer = shop.ask(CheckFit.model_validate({"part": "04E115561H", "vehicle": "aces:7541"}))
    assert answer.verdict == "fits_if"
    assert answer.ask


def test_who_does_not_know_hears_what_it_depends_on_and_is_not_asked_again(shop: Shop) -> None:
    unsure = VehicleSpec(series="迈腾", year=2018, displacement="1.8T", answers=(("option_code", "unknown"),))
    answer = shop.ask(LookupParts(vehicle=unsure, part=PartSpec(category=PAD, position="front")))
    assert (answer.verdict, answer.ask, answer.choices) == ("fits_if", "", ())
    assert [(name, set(values)) for name, values in answer.qualifiers] == [("option_code", {"1ZE", "1LJ", "other"})]
    assert {row.oe for row in answer.rows} == {"5Q0 698 151 D", "8V0 698 151 C"}
    golf = VehicleSpec(series="高尔夫", answers=(("displacement", "unknown"), ("year", "unknown"), ("trim", "unknown"),
                                              ("engine_code", "unknown"), ("model", "unknown")))  # fmt: skip
    open_ended = shop.ask(CheckFit(part=PartSpec(oe="06L115562B"), vehicle=golf))
    assert (open_ended.verdict, open_ended.ask) == ("fits_if", "")
    assert open_ended.qualifiers


def test_a_sources_own_conditions_are_asked_for_one_by_one(shop: Shop) -> None:
    conditions = (("note", "带运动悬架"), ("qual", "左舵"), ("SubModel", "SE"))
    shop.do(AddApplication(oe="WHT003857", model_code="g14", conditions=conditions))
    answers: list[tuple[str, str]] = []
    for _ in range(3):
        spec = VehicleSpec(words="2017款高尔夫1.4T", answers=tuple(answers))
        asked = shop.ask(CheckFit(part=PartSpec(oe="WHT003857"), vehicle=spec))
        assert asked.verdict == "fits_if"
        answers.append((asked.ask, asked.choices[0][0]))
    done = shop.ask(CheckFit(part=PartSpec(oe="WHT003857"), vehicle=spec.model_copy(update={"answers": tuple(answers)})))
    assert (done.verdict, {name for name, _ in answers}) == ("fits", {"is:带运动悬架", "is:左舵", "SubModel"})
    no = spec.model_copy(update={"answers": (("is:带运动悬架", "other"),)})
    assert shop.ask(CheckFit(part=PartSpec(oe="WHT003857"), vehicle=no)).verdict == "no_data"


def test_a_car_has_many_options_and_naming_one_denies_none(shop: Shop) -> None:
    shop.do(AddPart(oe="3QF 698 151", name="前刹车片", category="运动片", brand="大众"))
    shop.do(AddApplication(oe="3QF698151", model_code="gti", option_code="1KD"))
    shop.do(AddApplication(oe="3QF698151", model_code="gti", option_code="8GT", fits=False))
    spec = VehicleSpec(words="高7 GTI", answers=(("option_code", "1KD"),))
    asked = shop.ask(CheckFit(part=PartSpec(oe="3QF698151"), vehicle=spec))
    assert (asked.verdict, asked.ask, [value for value, _ in asked.choices]) == ("fits_if", "is:8GT", ["yes", "other"])
    for value, verdict in (("other", "fits"), ("yes", "no_data")):
        told = spec.model_copy(update={"answers": (*spec.answers, ("is:8GT", value))})
        assert shop.ask(CheckFit(part=PartSpec(oe="3QF698151"), vehicle=told)).verdict == verdict


def test_two_makers_may_use_one_number(shop: Shop) -> None:
    shop.do(AddPart(oe="06L115562B", name="别家的件", category=PAD, brand="奔驰"))
    answer = shop.ask(CheckFit.model_validate({"part": "06L115562B", "vehicle": "2018款迈腾1.8T"}))
    assert (answer.verdict, answer.part) == ("fits", FILTER)


def test_known_numbers_are_told_apart_from_words(shop: Shop) -> None:
    keys = ("06L115562B", "HU6013Z", "13800138000", "IPHONE15")
    assert shop.core.ask(KnownNumbers(keys=keys), shop.rep) == {"06L115562B", "HU6013Z"}


def test_a_customer_of_a_class_sees_his_own_price_and_no_cost(shop: Shop) -> None:
    customer_id, customer = shop.customer()
    shop.do(SetPrices(oe="06L115562B", prices=(("fleet", 5000),)))
    made = shop.do(AddCustomer(name="车队", code="c9", unit=HERE, owner_id=shop.rep.id, login="fleet1", price_class="fleet"))
    mine = shop.ask(StockOf(oe="06L115562B"), customer)
    fleet = shop.ask(StockOf(oe="06L115562B"), shop.core.actor("fleet1"))
    assert (mine.price_fen, fleet.price_fen) == (6200, 5000)
    assert {line.cost_fen for line in (*mine.stock, *fleet.stock)} == {None}
    asked_for = shop.ask(StockOf(oe="06L115562B", customer_id=made.id))
    assert (asked_for.price_fen, shop.ask(StockOf(oe="06L115562B", customer_id=customer_id)).price_fen) == (5000, 6200)


def test_whose_car_it_is_does_not_shine_through(shop: Shop) -> None:
    """A customer, and a colleague of another dealer, hear of another's car exactly what they hear of nobody's."""
    customer_id, _ = shop.customer()
    shop.do(AddCustomer(name="王五", code="c2", unit=HERE, owner_id=shop.rep.id, login="customer2"))
    shop.do(AddPerson(code="rep9", name="别店", role="rep", unit=THERE))
    cars = shop.core.ask(StockOf(oe="06L115562B"), shop.rep)
    assert cars
    for who in ("customer2", "rep9"):
        actor = shop.core.actor(who)
        heard = [_heard(shop, actor, vehicle) for vehicle in (VIN, "LFV3A23C0J3999999", "沪A8K206", "沪A00000")]
        assert heard[0] == heard[1]
        assert heard[2] == heard[3]
        with pytest.raises(NotFound):
            shop.do(QuotePart(customer_id=customer_id, part_id=_part_id(shop)), actor)


def _heard(shop: Shop, actor: object, vehicle: str) -> FitAnswer:
    asked = CheckFit.model_validate({"part": "06L115562B", "vehicle": vehicle})
    return shop.core.ask(asked, actor).model_copy(update={"check_vin": False})  # type: ignore[arg-type,no-any-return]


def _part_id(shop: Shop, oe: str = "06L115562B") -> str:
    return shop.ask(StockOf(oe=oe)).part_id


def test_a_part_is_quoted_at_the_customers_price_beside_his_cars_quote(shop: Shop) -> None:
    customer_id, _ = shop.customer()
    made = shop.do(QuotePart(customer_id=customer_id, part_id=_part_id(shop), quantity=3), shop.rep)
    assert (made.view.net_fen, made.view.quantity, made.view.title) == (18600, 3, f"{FILTER} 06L 115 562 B")
    again = shop.do(QuotePart(customer_id=customer_id, part_id=_part_id(shop)), shop.rep)
    assert again.view.deal_id == made.view.deal_id
    assert shop.core.ask(LatestQuote(customer_id=customer_id), shop.rep).net_fen == 6200
    with pytest.raises(Invalid):
        shop.do(QuotePart(customer_id=customer_id, part_id=_part_id(shop, "04E115561H")), shop.rep)


def test_several_cars_are_asked_about_and_one_answers(shop: Shop) -> None:
    customer_id, customer = shop.customer()
    shop.do(AddCar(customer_id=customer_id, vin="LFV3A23C0J3000001", plate="沪A00001", model_code="g14"))
    asked = shop.ask(CheckFit(part=PartSpec(oe="06L115562B"), vehicle=VehicleSpec()), customer)
    assert (asked.ask, len(asked.choices)) == ("car", 2)
    found = {}
    for car_id, _ in asked.choices:
        spec = VehicleSpec(answers=(("car", car_id),))
        found[car_id] = shop.ask(CheckFit(part=PartSpec(oe="06L115562B"), vehicle=spec), customer).verdict
    assert set(found.values()) == {"fits", "does_not_fit"}


def test_other_makers_numbers_come_with_their_confidence(shop: Shop) -> None:
    shop.do(AddCrossRef(kind="aftermarket", from_oe="OX 1217D", to_oe="06L115562B", brand="MAHLE", confidence=80,
                        source="马勒目录"))  # fmt: skip
    answer = shop.ask(CheckFit.model_validate({"part": "06L115562B", "vehicle": "2018款迈腾1.8T"}))
    told = {one.number: (one.kind, one.confidence, one.source) for one in answer.substitutes}
    assert told["MAHLE OX 1217D"] == ("aftermarket", 80, "马勒目录")
    assert shop.ask(CheckFit.model_validate({"part": "ox1217d", "vehicle": "2018款迈腾1.8T"})).oe == "06L 115 562 B"


def test_what_a_number_is_listed_for(shop: Shop) -> None:
    rows = shop.core.ask(RowsOf(oe="hu 6013 z"), shop.rep)
    assert [row.fits for row in rows] == [True, True, True, False]
    assert rows[-1].note == "EA211 用 04E 115 561 H"
    assert shop.core.ask(RowsOf(oe="没有"), shop.rep) == []
