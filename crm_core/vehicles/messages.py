"""Models (catalogue), cars (a VIN, a customer's) and car stock. The public vocabulary."""

from __future__ import annotations

from datetime import date

from crm_core.kernel.registry import Command, Event, Question, View


class AddModel(Command):
    """Create or change a catalogue model; `code` is its key in the dealer's files."""

    code: str
    brand: str
    series: str
    brand_en: str = ""
    series_en: str = ""
    aliases: tuple[str, ...] = ()
    generation: str = ""
    year: int | None = None
    engine: str = ""
    engine_code: str = ""
    displacement: str = ""
    fuel: str = ""
    gearbox: str = ""
    trim: str = ""
    market: str = "CN"
    from_month: str = ""
    to_month: str = ""
    list_fen: int | None = None
    external_id: str = ""


class AddCar(Command):
    """Create or change a customer's car; it is known again by its VIN, or by its plate when there is no VIN.

    What is not given stays as it is.
    """

    customer_id: str
    vin: str = ""
    plate: str = ""
    model_code: str = ""
    name: str = ""
    bought_on: date | None = None
    mileage_km: int | None = None
    mileage_on: date | None = None
    serviced_on: date | None = None
    serviced_km: int | None = None
    insured_until: date | None = None
    inspected_until: date | None = None
    colour: str = ""
    options: tuple[str, ...] = ()


class RecordMileage(Command):
    """What the car's dial shows, on a day (today). Raises Invalid for less than was read before."""

    car_id: str
    km: int
    on: date | None = None


class RecordService(Command):
    """The car was serviced on a day (today), at `km` when that is known; what was due is done."""

    car_id: str
    on: date | None = None
    km: int | None = None


class SetReadings(Command):
    """The readings of a car as they were; the inverse of RecordMileage and RecordService."""

    car_id: str
    version: int
    mileage_km: int | None = None
    mileage_on: date | None = None
    serviced_on: date | None = None
    serviced_km: int | None = None


class CarChanged(Event):
    """A car is new or something about it changed; `insured_until` and `inspected_until` when they were said."""

    car_id: str
    serviced: bool = False
    insured_until: date | None = None
    inspected_until: date | None = None


class AddStockCar(Command):
    """A new car in stock; price in fen."""

    code: str
    model_code: str
    unit: str
    vin: str = ""
    colour: str = ""
    list_fen: int | None = None
    state: str = "in_stock"
    days_in_stock: int = 0
    eta_days: int | None = None


class ModelView(View):
    id: str
    code: str
    brand: str
    series: str
    generation: str
    year: int | None
    engine: str
    displacement: str
    gearbox: str
    trim: str
    list_fen: int | None
    name: str
    engine_code: str = ""
    fuel: str = ""
    from_month: str = ""
    to_month: str = ""


class CarView(View):
    """A customer's car; VIN and plate as the actor may see them. `check_vin`: its check digit looks wrong."""

    id: str
    customer_id: str
    vin: str
    plate: str
    name: str
    model_id: str | None
    bought_on: date | None
    mileage_km: int | None
    options: tuple[str, ...] = ()
    check_vin: bool = False
    mileage_on: date | None = None
    serviced_on: date | None = None
    serviced_km: int | None = None
    version: int = 1


class FindModels(Question):
    """Catalogue models that fit what was said, best first: list[ModelView]."""

    brand: str = ""
    series: str = ""
    generation: str = ""
    year: int | None = None
    displacement: str = ""
    engine: str = ""
    trim: str = ""
    words: str = ""
    limit: int = 20


class SeriesNames(Question):
    """What the series of the own catalogue are called: list[SeriesNamesView]."""


class SeriesNamesView(View):
    brand: str
    series: str
    names: tuple[str, ...]


class CustomerCars(Question):
    """A customer's cars: list[CarView]."""

    customer_id: str


class FindCar(Question):
    """The visible car with this VIN or plate: CarView or None."""

    vin: str = ""
    plate: str = ""


class LikelyVins(Question):
    """VINs a misread or mistyped one may stand for, likeliest first, at most three: tuple[LikelyVin, ...]."""

    vin: str


class LikelyVin(View):
    """`name` is the visible car's that has it; empty when only its check digit speaks for it."""

    vin: str
    name: str = ""


class CarStock(Question):
    """New cars in stock that fit, at the actor's dealer first: list[StockCarView]."""

    brand: str = ""
    series: str = ""
    trim: str = ""


class StockCarView(View):
    id: str
    name: str
    colour: str
    list_fen: int | None
    state: str
    dealer: str
    count: int
