"""What a VIN says by itself: who made the car, and in which model year. Advice, and never a verdict.

The dealer's own cars are the best source and are asked first. Decoders of more come behind `VinDecoder`; the one
for North American cars (`pip install chexin[vin]`) is used where it is installed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

import structlog

from crm_core.fitment.messages import DecodeVin, VinView
from crm_core.fitment.normalise import vin_advice, vin_key, vin_suggestion
from crm_core.kernel.registry import answers
from crm_core.kernel.uow import Reader

YEAR_CODES = "ABCDEFGHJKLMNPRSTVWXY123456789"
FIRST_YEAR, CYCLE = 1980, 30
NORTH_AMERICA = "12345"
REGIONS = {
    "A": "Africa",
    "J": "Asia",
    "S": "Europe",
    "1": "North America",
    "6": "Oceania",
    "8": "South America",
}
_HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class VinFacts:
    """What is known from the number: makers in two languages, the brands they build, the likely model year.

    `years` are all the year's code may mean, the likeliest first; it repeats every thirty years, and many
    European makers do not use it. `series`, `engine` and `displacement` are empty unless a decoder knows them.
    """

    vin: str
    maker: str = ""
    maker_en: str = ""
    brands: tuple[str, ...] = ()
    years: tuple[int, ...] = ()
    region: str = ""
    series: str = ""
    engine: str = ""
    displacement: str = ""
    source: str = "wmi"


class VinDecoder(Protocol):
    """Somebody who knows more of some VINs. Must be fast and offline: it is asked inside a question."""

    def decode(self, vin: str) -> VinFacts | None:
        """What it knows of a well-formed VIN; None when nothing."""


def read_vin(text: str, now: datetime, decoders: tuple[VinDecoder, ...] | None = None) -> VinFacts | None:
    """What a VIN in any spelling says; None for what is none."""
    vin = vin_key(text)
    if not vin:
        return None
    facts = _own(vin, now.year)
    for decoder in installed() if decoders is None else decoders:
        known = decoder.decode(vin)
        if known is not None:
            return replace(known, maker=facts.maker or known.maker, brands=facts.brands or known.brands,
                           region=facts.region, years=known.years or facts.years)  # fmt: skip
    return facts


def _own(vin: str, this_year: int) -> VinFacts:
    maker, english, brands = makers().get(vin[:3], ("", "", ()))
    return VinFacts(vin, maker, english, brands, model_years(vin, this_year), region(vin))


def model_years(vin: str, this_year: int) -> tuple[int, ...]:
    """The model years the tenth character may mean, none later than next year, the likeliest first.

    In North America a letter in seventh place says that the car is of 2010 or later.
    """
    if vin[9] not in YEAR_CODES:
        return ()
    first = FIRST_YEAR + YEAR_CODES.index(vin[9])
    found = list(range(first, this_year + 2, CYCLE))
    if vin[0] in NORTH_AMERICA and len(found) > 1:
        found = [found[-1]] if vin[6].isalpha() else found[:-1]
    return tuple(reversed(found))


def region(vin: str) -> str:
    """Where the maker is registered, by the first character."""
    start = vin[0]
    if start in "ABCDEFGH":
        return "Asia" if start == "H" else REGIONS["A"]
    if start in "JKLMNPR":
        return REGIONS["J"]
    if start in "STUVWXYZ":
        return REGIONS["S"]
    return REGIONS["1"] if start in NORTH_AMERICA else REGIONS["6"] if start in "67" else REGIONS["8"]


@cache
def makers() -> dict[str, tuple[str, str, tuple[str, ...]]]:
    """The first three characters → (maker in Chinese, maker in English, brands)."""
    import yaml

    loaded: dict[str, Any] = yaml.safe_load((_HERE / "wmi.yaml").read_text(encoding="utf-8"))
    return {code: (zh, en, tuple(brands)) for code, (zh, en, brands) in loaded.items()}


@dataclass(frozen=True, slots=True)
class NorthAmerica:
    """The public data of the American authority, through `ultravin`. Knows little of other markets, and says so."""

    decode_: Callable[[str], dict[str, Any]]

    def decode(self, vin: str) -> VinFacts | None:
        try:
            found = self.decode_(vin)
        except (ValueError, RuntimeError) as error:
            structlog.get_logger().warning("vin_decoder_failed", error=type(error).__name__)
            return None
        told = found.get("attributes", {})
        if not told.get("Model"):
            return None
        litres = str(told.get("Displacement (L)", ""))
        return VinFacts(
            vin, maker_en=str(told.get("Manufacturer Name", "")), brands=(str(told.get("Make", "")).title(),),
            years=(int(found["model_year"]),) if found.get("model_year") else (), series=str(told["Model"]),
            engine=str(told.get("Engine Model", "")), source="ultravin",
            displacement=f"{float(litres):.1f}L" if litres.replace(".", "", 1).isdigit() else "",
        )  # fmt: skip


@cache
def installed() -> tuple[VinDecoder, ...]:
    """The decoders there are here."""
    if find_spec("ultravin") is None:
        return ()
    from ultravin import decode

    return (NorthAmerica(decode),)


@answers(DecodeVin)
def decode_vin(question: DecodeVin, reader: Reader) -> VinView:
    """What a VIN says by itself; of whose car it is nothing is told."""
    reader.must("part", "read")
    facts = read_vin(question.vin, reader.now)
    if facts is None:
        return VinView(vin="", suggestion=vin_suggestion(question.vin))
    maker = facts.maker_en if reader.actor.language == "en" else facts.maker or facts.maker_en
    return VinView(
        vin=facts.vin, check=vin_advice(facts.vin), maker=maker, brands=facts.brands, years=facts.years,
        region=facts.region, series=facts.series, engine=facts.engine, displacement=facts.displacement,
        source=facts.source,
    )  # fmt: skip
