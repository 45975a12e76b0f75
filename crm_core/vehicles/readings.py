"""What a car's dial shows and when it was serviced."""

from __future__ import annotations

from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from crm_core.kernel.errors import Invalid
from crm_core.kernel.registry import Result, handles
from crm_core.kernel.uow import Uow
from crm_core.org.people import zone_of
from crm_core.vehicles.messages import CarChanged, RecordMileage, RecordService, SetReadings
from crm_core.vehicles.tables import Car

MAX_KM = 2_000_000
READINGS = ("mileage_km", "mileage_on", "serviced_on", "serviced_km")


@handles(RecordMileage)
def record_mileage(cmd: RecordMileage, uow: Uow) -> Result:
    """A reading never goes back, unless it corrects one of the same day."""
    car = uow.get(Car, cmd.car_id, "car", "write")
    on = _day(cmd.on, car, uow)
    _check_km(cmd.km, on, car)
    return _write(uow, car, {"mileage_km": cmd.km, "mileage_on": on}, serviced=False)


@handles(RecordService)
def record_service(cmd: RecordService, uow: Uow) -> Result:
    """The mileage of a service is a reading too."""
    car = uow.get(Car, cmd.car_id, "car", "write")
    on = _day(cmd.on, car, uow)
    changes: dict[str, Any] = {"serviced_on": on, "serviced_km": cmd.km}
    if cmd.km is not None:
        _check_km(cmd.km, on, car)
        changes |= {"mileage_km": cmd.km, "mileage_on": on}
    return _write(uow, car, changes, serviced=True)


@handles(SetReadings)
def set_readings(cmd: SetReadings, uow: Uow) -> Result:
    """As it was before. Raises Conflict when the car changed since."""
    car = uow.get(Car, cmd.car_id, "car", "write")
    uow.expect(car, cmd.version)
    return _write(uow, car, {name: getattr(cmd, name) for name in READINGS}, serviced=False)


def _day(on: date | None, car: Car, uow: Uow) -> date:
    """The day meant; today when none was said. Raises Invalid for one ahead."""
    today = uow.now.astimezone(ZoneInfo(zone_of(uow, car.unit))).date()
    if on is not None and on > today:
        raise Invalid("on", "error.future_contact")
    return on or today


def _check_km(km: int, on: date, car: Car) -> None:
    if not 0 <= km <= MAX_KM:
        raise Invalid("km", "error.mileage_range")
    if (
        car.mileage_km is not None
        and car.mileage_on is not None
        and on > car.mileage_on
        and km < car.mileage_km
    ):
        raise Invalid("km", "error.mileage_back", known=car.mileage_km)


def _write(uow: Uow, car: Car, changes: dict[str, Any], *, serviced: bool) -> Result:
    before = {name: getattr(car, name) for name in READINGS}
    for name, value in changes.items():
        uow.change(name, before[name], value, "date" if name.endswith("_on") else "text")
    uow.touch(car, **changes)
    uow.audit("write", "car", car.id, **changes)
    uow.emit(CarChanged(car_id=car.id, serviced=serviced))
    undo = uow.undoable(SetReadings(car_id=car.id, version=car.version, **before), "car")
    return Result(id=car.id, undo_id=undo)
