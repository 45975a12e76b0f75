"""VINs: who made the car and when, in any spelling; decoders and services of others behind their ports."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from crm_core.fitment.messages import DecodeVin, VinView
from crm_core.fitment.vin import NorthAmerica, VinFacts, makers, model_years, read_vin
from crm_core.fitment.vin_service import OfferedPart, open_service, parts_of
from crm_core.kernel.errors import ConfigError
from tests.core.fitment.shop import VIN, Shop

NOW = datetime(2026, 6, 1, tzinfo=UTC)
HONDA = "1HGCM82633A004352"


def test_the_table_of_makers_is_sound() -> None:
    assert len(makers()) >= 150
    assert all(len(code) == 3 and not set(code) & set("IOQ") and code.isalnum() for code in makers())
    assert all(zh and en and brands for zh, en, brands in makers().values())


@pytest.mark.parametrize(("vin", "maker", "brand"), [
    ("LFV3A23C0J3138206", "一汽-大众", "奥迪"), ("LSVAA49J132047371", "上汽大众", "斯柯达"),
    ("LRW3E7FA0LC000001", "特斯拉（上海）", "特斯拉"), ("WBAVB13506PT22180", "宝马", "宝马"),
    ("LGXC16DF4A0000001", "比亚迪", "比亚迪"), ("LE43X8GB5JL000001", "北京奔驰", "奔驰"), ("ZZZ00000000000000", "", ""),
])  # fmt: skip
def test_who_made_it(vin: str, maker: str, brand: str) -> None:
    facts = read_vin(vin, NOW, ())
    assert facts is not None
    assert (facts.maker, brand in facts.brands) == (maker, bool(brand))


@pytest.mark.parametrize(("vin", "years"), [
    ("LFV3A23C0J3138206", (2018, 1988)), ("LFV3A23C0R3138206", (2024, 1994)), ("LFV3A23C093138206", (2009,)),
    ("LFV3A23C0W3138206", (1998,)), ("LFV3A23C0V3138206", (2027, 1997)), (HONDA, (2003,)),
    ("1HGCM8A23JA004352", (2018,)), ("1HGCM8263JA004352", (1988,)), ("WVWZZZ1KZ0W000001", ()), ("WVWZZZ1KZUW000001", ()),
])  # fmt: skip
def test_the_code_of_the_year_repeats(vin: str, years: tuple[int, ...]) -> None:
    assert model_years(vin, 2026) == years


def test_a_question_about_a_vin_in_any_spelling(shop: Shop) -> None:
    view = shop.core.ask(DecodeVin(vin="lfv3 a23c-0j3 138206"), shop.rep)
    assert isinstance(view, VinView)
    assert (view.vin, view.maker, view.check, view.region) == (VIN, "一汽-大众", False, "Asia")
    assert shop.core.ask(DecodeVin(vin=VIN.replace("0J3", "1J3")), shop.rep).check is True
    meant = shop.core.ask(DecodeVin(vin="LFV3A23COJ3138206"), shop.rep)
    assert (meant.vin, meant.suggestion) == ("", VIN)


def test_a_decoder_says_more_and_nothing_against_our_own_table() -> None:
    said = {"model_year": 2003, "attributes": {"Make": "HONDA", "Model": "Accord", "Displacement (L)": "2.998832712",
                                               "Engine Model": "J30A4", "Manufacturer Name": "AMERICAN HONDA"}}  # fmt: skip
    facts = read_vin(HONDA, NOW, (NorthAmerica(lambda vin: said),))
    assert facts is not None
    assert (facts.series, facts.engine, facts.displacement, facts.years, facts.brands, facts.source) == (
        "Accord", "J30A4", "3.0L", (2003,), ("本田",), "ultravin")  # fmt: skip

    def broken(vin: str) -> dict[str, object]:
        raise ValueError(vin)

    for decoder in (NorthAmerica(broken), NorthAmerica(lambda vin: {"attributes": {}})):
        assert read_vin(VIN, NOW, (decoder,)) == read_vin(VIN, NOW, ())


def test_the_extra_decoder_when_it_is_installed() -> None:
    ultravin = pytest.importorskip("ultravin")
    facts = read_vin(HONDA, NOW, (NorthAmerica(ultravin.decode),))
    assert isinstance(facts, VinFacts)
    assert facts.series == "Accord"


class Service:
    """A paid service, as an adapter would be."""

    name = "示例服务"

    def __init__(self, wait: threading.Event | None = None, error: Exception | None = None) -> None:
        self.wait, self.error = wait, error

    def parts(self, vin: str, words: str, seconds: float) -> Sequence[OfferedPart]:
        if self.wait is not None:
            self.wait.wait(30)
        if self.error is not None:
            raise self.error
        return [OfferedPart("5Q0 698 151 D", words), OfferedPart("···")]


def made() -> Service:
    return Service()


def test_a_service_is_named_by_a_setting() -> None:
    assert open_service("") is None
    service = open_service("tests.core.fitment.test_vin:made")
    assert service is not None
    assert parts_of(service, VIN.lower(), "前刹车片") == (OfferedPart("5Q0 698 151 D", "前刹车片"),)
    for wrong in (
        "no.such.module:x",
        "tests.core.fitment.test_vin:nothing",
        "tests.core.fitment.test_vin",
        "json:loads",
    ):
        with pytest.raises(ConfigError, match="CHEXIN_VIN_SERVICE"):
            open_service(wrong)


def test_a_service_that_fails_or_is_slow_holds_nobody_up() -> None:
    assert parts_of(Service(error=RuntimeError("no credit")), VIN, "x") is None
    assert parts_of(Service(), "no vin", "x") is None
    stuck = threading.Event()
    try:
        assert [parts_of(Service(wait=stuck), VIN, "x", seconds=0.05) for _ in range(6)] == [None] * 6
    finally:
        stuck.set()
    for _ in range(100):
        if parts_of(Service(), VIN, "x") is not None:
            break
        threading.Event().wait(0.05)
    else:
        pytest.fail("the places of those that were left behind are never free again")
