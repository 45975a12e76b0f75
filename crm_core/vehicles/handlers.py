"""Changes of models, cars and car stock."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, select
from sqlmodel import col

from crm_core.customers.tables import Customer
from crm_core.fitment.normalise import plate_key, valid_month, vin_key, vin_suggestion
from crm_core.kernel.errors import ChexinError, Invalid
from crm_core.kernel.registry import Result, handles
from crm_core.kernel.uow import Uow
from crm_core.vehicles import readings as readings
from crm_core.vehicles.messages import AddCar, AddModel, AddStockCar, CarChanged
from crm_core.vehicles.rules import model_name, name_keys
from crm_core.vehicles.tables import Car, Model, ModelName, StockCar

STOCK_STATES = ("in_stock", "in_transit", "reserved", "demo", "sold")
VIN_TAIL = 6


@handles(AddModel)
def add_model(cmd: AddModel, uow: Uow) -> Result:
    """Create or change one model; the same data again changes nothing."""
    uow.must("model", "write")
    return only(put_models([cmd], uow))


def only(outcomes: Sequence[Result | ChexinError]) -> Result:
    """The one outcome of a list of one. Raises it when it is an error."""
    if isinstance(outcomes[0], ChexinError):
        raise outcomes[0]
    return outcomes[0]


def put_models(commands: Sequence[AddModel], uow: Uow) -> list[Result | ChexinError]:
    """Many models at once; `view` of each result is added, changed or unchanged."""
    codes = [cmd.code for cmd in commands]
    found = uow.rows(select(Model).where(col(Model.tenant) == uow.tenant, col(Model.code).in_(codes)))
    known = {row.code: row for row in found}
    results: list[Result | ChexinError] = []
    for cmd in commands:
        try:
            _check_model(cmd)
        except Invalid as error:
            results.append(error)
            continue
        results.append(_put_model(cmd, known, uow))
    return results


def _put_model(cmd: AddModel, known: dict[str, Model], uow: Uow) -> Result:
    values = cmd.model_dump(exclude={"code"}) | {"aliases": list(cmd.aliases)}
    row = known.get(cmd.code)
    outcome = "added" if row is None else outcome_of(row, values)
    if row is None:
        row = known[cmd.code] = uow.new(Model, code=cmd.code, **values)
    elif outcome == "changed":
        uow.touch(row, **values)
        uow.flush()
        uow.session.execute(delete(ModelName).where(col(ModelName.model_id) == row.id))
    if outcome != "unchanged":
        for kind, name in sorted(name_keys(row)):
            uow.new(ModelName, model_id=row.id, kind=kind, name=name)
    return Result(id=row.id, view=outcome)


def outcome_of(row: Any, values: dict[str, Any]) -> str:
    """`changed` when a column differs from its new value, else `unchanged`."""
    return "changed" if any(getattr(row, name) != value for name, value in values.items()) else "unchanged"


def _check_model(cmd: AddModel) -> None:
    for field in ("code", "brand", "series"):
        if not getattr(cmd, field).strip():
            raise Invalid(field, "error.empty")
    for field in ("from_month", "to_month"):
        if not valid_month(getattr(cmd, field)):
            raise Invalid(field, "error.bad_month", value=getattr(cmd, field))


def model_by_code(code: str, uow: Uow) -> Model:
    """The model with this code. Raises Invalid on `model_code`."""
    row = uow.first(select(Model).where(col(Model.tenant) == uow.tenant, col(Model.code) == code))
    if row is None:
        raise Invalid("model_code", "error.unknown_model", value=code)
    return row


@handles(AddCar)
def add_car(cmd: AddCar, uow: Uow) -> Result:
    """Create or change a customer's car; the same data again changes nothing."""
    customer = uow.get(Customer, cmd.customer_id, "customer", "write")
    vin, plate = _vin(cmd.vin), plate_key(cmd.plate)
    if not (vin or plate or cmd.name or cmd.model_code):
        raise Invalid("vin", "error.empty")
    values = _car_values(cmd, vin, plate, uow)
    row = _known_car(customer, vin, plate, values, uow)
    outcome = "added" if row is None else outcome_of(row, values)
    if row is None:
        row = uow.new(Car, unit=customer.unit, owner_id=customer.owner_id, customer_id=customer.id)
    if outcome != "unchanged":
        sealed = {name: value for name, value in (("vin_enc", vin), ("plate_enc", plate)) if value}
        uow.touch(row, **values, **sealed)
        uow.audit(
            "write", "car", row.id, **{name: values[name] for name in values if not name.endswith("_index")}
        )
    if outcome != "unchanged" or cmd.insured_until or cmd.inspected_until:
        uow.emit(CarChanged(
            car_id=row.id, insured_until=cmd.insured_until, inspected_until=cmd.inspected_until,
            serviced="serviced_on" in values and outcome == "changed",
        ))  # fmt: skip
    return Result(id=row.id, view=outcome)


def _vin(text: str) -> str:
    """The VIN's key. Raises Invalid for what is none, with the one that was perhaps meant."""
    vin = vin_key(text)
    if text.strip() and not vin:
        raise Invalid("vin", "error.bad_vin", suggestion=vin_suggestion(text))
    return vin


def _car_values(cmd: AddCar, vin: str, plate: str, uow: Uow) -> dict[str, Any]:
    """The columns this command speaks of."""
    model = model_by_code(cmd.model_code, uow) if cmd.model_code else None
    given: dict[str, Any] = {
        "vin_index": vin and uow.cipher.index("vin", vin),
        "vin_tail_index": vin and uow.cipher.index("vin_tail", vin[-VIN_TAIL:]),
        "plate_index": plate and uow.cipher.index("plate", plate),
        "model_id": model and model.id,
        "name": cmd.name or (model_name(model) if model else ""),
        "bought_on": cmd.bought_on, "mileage_km": cmd.mileage_km, "mileage_on": cmd.mileage_on,
        "serviced_on": cmd.serviced_on, "serviced_km": cmd.serviced_km, "colour": cmd.colour,
        "options": list(cmd.options),
    }  # fmt: skip
    return {name: value for name, value in given.items() if value or value == 0}


def _known_car(customer: Customer, vin: str, plate: str, values: dict[str, Any], uow: Uow) -> Car | None:
    """This customer's car with the VIN, or with the plate unless that car has another VIN."""
    mine = select(Car).where(col(Car.tenant) == uow.tenant, col(Car.customer_id) == customer.id)
    if vin:
        found = uow.first(mine.where(col(Car.vin_index).in_(uow.cipher.indexes("vin", vin))))
        if found is not None:
            return found
    if plate:
        found = uow.first(mine.where(col(Car.plate_index).in_(uow.cipher.indexes("plate", plate))))
        return found if found is not None and (not vin or not found.vin_index) else None
    return None if vin else uow.first(mine.where(col(Car.name) == values["name"]))


@handles(AddStockCar)
def add_stock_car(cmd: AddStockCar, uow: Uow) -> Result:
    """Create or change a new car in stock."""
    uow.must("stock", "write", cmd.unit)
    if cmd.state not in STOCK_STATES:
        raise Invalid("state", "error.unknown_state", value=cmd.state, known=", ".join(STOCK_STATES))
    today = uow.now.date()
    values: dict[str, Any] = {
        "model_id": model_by_code(cmd.model_code, uow).id, "unit": cmd.unit, "colour": cmd.colour,
        "list_fen": cmd.list_fen, "state": cmd.state, "arrived_on": today - timedelta(days=cmd.days_in_stock),
        "eta_on": None if cmd.eta_days is None else today + timedelta(days=cmd.eta_days),
    }  # fmt: skip
    row = uow.first(
        select(StockCar).where(col(StockCar.tenant) == uow.tenant, col(StockCar.code) == cmd.code)
    )
    if row is not None:
        uow.must("stock", "write", row.unit)
    outcome = "added" if row is None else outcome_of(row, values)
    vin = _vin(cmd.vin)
    if row is None:
        row = uow.new(StockCar, code=cmd.code, vin_enc=vin, **values)
    elif outcome == "changed":
        uow.touch(row, **values, vin_enc=vin)
    return Result(id=row.id, view=outcome)
