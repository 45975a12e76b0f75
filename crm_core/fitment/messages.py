"""Which part fits which vehicle: an exact catalogue look-up, never a guess. The public vocabulary."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

from pydantic import model_validator

from crm_core.fitment.normalise import part_said, vehicle_said
from crm_core.kernel.registry import Command, Question, View

Verdict = Literal["fits", "fits_if", "does_not_fit", "no_data"]


class AddPart(Command):
    """Create or change a part; `oe` in any spelling, unique per maker. Money in fen.

    Without a brand the only part with the number is meant. `is_aftermarket`: by a maker of parts, not of cars;
    None asks `makers.yaml`. `supersedes`: the numbers this one replaced. A list that is given replaces the one
    known so far.
    """

    oe: str
    name: str
    name_en: str = ""
    brand: str = ""
    position: str = ""
    category: str = ""
    price_fen: int | None = None
    cost_fen: int | None = None
    supplier: str = ""
    supersedes: tuple[str, ...] = ()
    interchange: tuple[str, ...] = ()
    aftermarket: tuple[str, ...] = ()
    is_aftermarket: bool | None = None


class AddApplication(Command):
    """Part × model with its conditions; `fits` False says it was tried and does not.

    Conditions with several values (`1ZE;1LJ`) hold when any of them does. `from_vin` and `to_vin` are whole
    VINs or their last six characters; months are `2018-05`; both ends are inclusive. `model_code` is a model's
    code, or an external id (`aces:7541`) and then means every model that carries it. `conditions` are further
    (name, value) pairs that must hold and that only people can judge; `note` restricts nothing. `code` is the
    row's id in its source: the same code again changes that row. `confidence` is 0-100.
    """

    oe: str
    model_code: str
    brand: str = ""
    code: str = ""
    fits: bool = True
    trim: str = ""
    engine: str = ""
    position: str = ""
    from_vin: str = ""
    to_vin: str = ""
    from_month: str = ""
    to_month: str = ""
    option_code: str = ""
    note: str = ""
    source: str = ""
    conditions: tuple[tuple[str, str], ...] = ()
    quantity: int | None = None
    confidence: int | None = None
    author_id: str = ""


class AddCrossRef(Command):
    """The number `from_oe` stands for `to_oe`, a part of ours; both in any spelling.

    supersedes: `from_oe` is the old number. interchange: they are the same part. aftermarket: `from_oe` is a
    number of the parts maker `brand`. `confidence` is 0-100; `source` says whose table it was.
    """

    kind: Literal["supersedes", "interchange", "aftermarket"]
    from_oe: str
    to_oe: str
    brand: str = ""
    confidence: int | None = None
    source: str = ""


class SetPriceClass(Command):
    """What a customer pays for parts: a class of `fitment.yaml`, by its key or a name people use; "" for the default.

    Only whoever may `price` the customer. Raises Invalid for a class there is not.
    """

    customer_id: str
    price_class: str


class SetPrices(Command):
    """What classes of customers pay for a part: (class, fen) pairs; None takes the class's own price away.

    `unit` is the dealer, region or group the price is of; empty is the whole group. Days are inclusive.
    """

    oe: str
    prices: tuple[tuple[str, int | None], ...]
    brand: str = ""
    unit: str = ""
    valid_from: date | None = None
    valid_until: date | None = None
    source: str = ""


class SetStock(Command):
    """How many of a part a dealer has; `reserved` ones are not available."""

    oe: str
    unit: str
    brand: str = ""
    quantity: int
    reserved: int = 0
    bin: str = ""
    in_transit: int = 0
    eta_days: int | None = None


class QuotePart(Command):
    """Quote a part to a customer at the price of his class. Result: QuoteView."""

    customer_id: str
    part_id: str
    quantity: int = 1


class VehicleSpec(View):
    """A vehicle as asked about: any of these may be missing. `external_id` such as `aces:7541`.

    A plain text will do as well: an external id, a VIN, a plate, or words (`2018款迈腾2.0T`).

    `car_id` is a car of a customer. `words` are free words that may hold a series, year and displacement.
    `answers` are (qualifier, value) pairs chosen from `FitAnswer.choices`. A customer who says nothing asks
    about his own car.
    """

    brand: str = ""
    series: str = ""
    generation: str = ""
    year: int | None = None
    displacement: str = ""
    engine: str = ""
    trim: str = ""
    vin: str = ""
    plate: str = ""
    model_id: str = ""
    external_id: str = ""
    car_id: str = ""
    words: str = ""
    month: str = ""
    options: tuple[str, ...] = ()
    answers: tuple[tuple[str, str], ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _of_text(cls, value: Any) -> Any:
        return vehicle_said(value) if isinstance(value, str) else value


class PartSpec(View):
    """A part as asked about: a number of any maker in any spelling, or words resolved to a category and position.

    A plain text will do as well: a number, or words (`前刹车片`).
    """

    oe: str = ""
    category: str = ""
    position: str = ""
    words: str = ""

    @model_validator(mode="before")
    @classmethod
    def _of_text(cls, value: Any) -> Any:
        return part_said(value) if isinstance(value, str) else value


class FitRow(View):
    """A catalogue row behind a verdict."""

    application_id: str
    part_id: str
    oe: str
    part_name: str
    model: str
    fits: bool
    conditions: tuple[tuple[str, str], ...]
    note: str
    source: str
    ref: str = ""
    confidence: int | None = None


class StockLine(View):
    """Stock of one part at one dealer; price and cost only for those who may see them.

    For customers (and where policy says so) `quantity` is 1 for yes and 0 for no, and `bin` is empty. `own` is
    the asker's dealer.
    """

    oe: str
    part_name: str
    dealer: str
    quantity: int
    in_transit: int
    eta_days: int | None
    bin: str
    price_fen: int | None
    cost_fen: int | None = None
    exact: bool = True
    own: bool = False


class Substitute(View):
    """Another number for the part: `kind` interchange (the same part) or aftermarket. `confidence` is 0-100, if stated."""

    kind: str
    number: str
    source: str = ""
    confidence: int | None = None


class FitAnswer(View):
    """The verdict with its rows.

    `ask` names one question back and `choices` its (value, label) pairs; sending the pair (`ask`, value) in
    `VehicleSpec.answers` goes on. `ask` is vehicle, model, car, displacement, year, generation, engine_code,
    trim, gearbox (which vehicle), part, category, position (which part), or engine, option_code, month, vin
    (a condition of the catalogue), or a name or remark (`is:…`) of its source. The value `other` says: none of these;
    `unknown`: the asker does not know, then it is not asked again. `qualifiers` name what decides a `fits_if`.
    `part_id` and `price_fen` are of the part in `oe`, `model_id` and `car_id` of the one vehicle meant; empty when
    there is none. `first_oe` is the number asked about, `superseded_by` the chain of newer numbers, oldest first.
    `substitutes` say where the `alternatives` of a part that fits come from. `near` are numbers that look alike:
    suggestions, never answers.
    `check_vin`: the VIN's check digit looks wrong. `contradiction`: the catalogue says both yes and no.
    """

    verdict: Verdict
    rows: tuple[FitRow, ...]
    qualifiers: tuple[tuple[str, tuple[str, ...]], ...] = ()
    vehicle: str = ""
    part: str = ""
    oe: str = ""
    superseded_by: tuple[str, ...] = ()
    first_oe: str = ""
    alternatives: tuple[str, ...] = ()
    substitutes: tuple[Substitute, ...] = ()
    stock: tuple[StockLine, ...] = ()
    ask: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    near: tuple[str, ...] = ()
    check_vin: bool = False
    contradiction: bool = False
    part_id: str = ""
    model_id: str = ""
    car_id: str = ""
    price_fen: int | None = None


class CheckFit(Question):
    """Does this part fit this vehicle? FitAnswer. `customer_id`: whose prices count when a colleague asks."""

    part: PartSpec
    vehicle: VehicleSpec
    customer_id: str = ""


class LookupParts(Question):
    """Which parts of this kind fit this vehicle? FitAnswer, with one row a part and its stock."""

    vehicle: VehicleSpec
    part: PartSpec
    customer_id: str = ""


class DecodeVin(Question):
    """What a VIN says by itself, in any spelling: VinView."""

    vin: str


class VinView(View):
    """Maker, brands and model years of a VIN, the likeliest year first; all empty for what is none.

    `check`: its check digit looks wrong where one is prescribed; advice, never a block. `suggestion`: what was
    perhaps meant by one typed with I, O or Q. `series`, `engine` and `displacement` where a decoder knows them.
    """

    vin: str
    check: bool = False
    suggestion: str = ""
    maker: str = ""
    brands: tuple[str, ...] = ()
    years: tuple[int, ...] = ()
    region: str = ""
    series: str = ""
    engine: str = ""
    displacement: str = ""
    source: str = ""


class Contradictions(Question):
    """Where the catalogue says both yes and no: list[Contradiction], the newest rows first, at most `limit`."""

    limit: int = 200


class Contradiction(View):
    """One row says that a part fits a model, another that it does not, and a car may meet both.

    `yes` and `no` are their conditions and sources in words.
    """

    oe: str
    brand: str
    model: str
    yes: str
    no: str
    yes_id: str
    no_id: str


class StockOf(Question):
    """Stock of a part by OE number in any spelling: FitAnswer with `stock`, or with `near` suggestions."""

    oe: str
    customer_id: str = ""


class RowsOf(Question):
    """What the catalogue lists for a number, whatever the vehicle: list[FitRow], what fits first; at most `limit`."""

    oe: str
    limit: int = 12


class KnownNumbers(Question):
    """Which of these keys (`06L115562B`) are numbers of parts, of any maker: frozenset[str]."""

    keys: tuple[str, ...]
