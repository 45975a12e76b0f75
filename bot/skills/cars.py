"""A customer's car: what its dial shows and when it was serviced."""

from __future__ import annotations

from datetime import date
from typing import Any

from bot.cards.base import joined
from bot.cards.renewals import due_day
from bot.conversation.gate import Act, Need, Step, Tier, after, skill
from bot.conversation.pending import Draft
from bot.conversation.people import customer
from bot.conversation.slots import read_when, vehicle_words
from bot.conversation.talk import Talk
from bot.ports import Button
from crm_core.kernel.registry import Result
from crm_core.renewals.messages import Renewals, RenewalView
from crm_core.vehicles.messages import AddCar, CarView, CustomerCars, FindCar, RecordMileage, RecordService


def car_of(talk: Talk, draft: Draft, customer_id: str, *, required: bool = True) -> CarView | Need | None:
    """The customer's car that is meant: by plate or words, the only one, or by a chip.

    None: there is none. Not required, several are none either.
    """
    cars: list[CarView] = talk.ask(CustomerCars(customer_id=customer_id))
    found = [car for car in cars if car.id == draft.chosen.get("car")] or _said(talk, draft, cars)
    if len(found) == 1:
        return found[0]
    if not required or not found:
        return None
    chips = tuple(Button(joined(car.name, car.plate, by=" ")[:40], "draft.pick",
                         {"t": draft.token, "slot": "car", "id": car.id}) for car in found[:3])  # fmt: skip
    return Need("car", "which_car", {}, chips)


def _said(talk: Talk, draft: Draft, cars: list[CarView]) -> list[CarView]:
    """Those that fit the words; all of them when none was described, or none fits."""
    if draft.text("plate"):
        car: CarView | None = talk.ask(FindCar(plate=draft.text("plate")))
        found = [one for one in cars if car is not None and one.id == car.id]
        if found:
            return found
    words = vehicle_words(draft.value("vehicle"), draft.words("vehicle")).lower()
    return [car for car in cars if words and words in car.name.lower()] or cars


def _car(talk: Talk, draft: Draft) -> CarView | Need | str | None:
    """The car a reading is about; the customer's id when he has none on record."""
    who = customer(talk, draft)
    if isinstance(who, Need) or who is None:
        return who
    return car_of(talk, draft, who) or who


def _new_car(talk: Talk, draft: Draft, customer_id: str, **facts: Any) -> Step:
    """A car nobody has written down yet comes into being with what was said of it."""
    name = vehicle_words(draft.value("vehicle"), draft.words("vehicle"))
    plate = draft.text("plate")
    if not name and not plate:
        return Need("vehicle", "car_name")
    return Act(AddCar(customer_id=customer_id, name=name, plate=plate, **facts))


def _day(talk: Talk, draft: Draft) -> date | None:
    when = read_when(draft.value("when"), talk.actor.zone)
    return when.day(talk.actor.zone) if when is not None else None


def _km(draft: Draft) -> int | None:
    value = draft.value("km")
    return round(value) if isinstance(value, int | float) else None


@skill("record_mileage", tier=Tier.OWN)
def record_mileage(talk: Talk, draft: Draft) -> Step:
    """What the dial shows."""
    car, km, on = _car(talk, draft), _km(draft), _day(talk, draft)
    if car is None or isinstance(car, Need):
        return car
    if km is None:
        return Need("km", "km")
    if isinstance(car, str):
        return _new_car(talk, draft, car, mileage_km=km, mileage_on=on or talk.voice.here.date())
    return Act(RecordMileage(car_id=car.id, km=km, on=on))


@skill("record_service", tier=Tier.OWN)
def record_service(talk: Talk, draft: Draft) -> Step:
    """The car was serviced."""
    car, km, on = _car(talk, draft), _km(draft), _day(talk, draft)
    if car is None or isinstance(car, Need):
        return car
    if isinstance(car, str):
        return _new_car(talk, draft, car, serviced_km=km, serviced_on=on or talk.voice.here.date())
    return Act(RecordService(car_id=car.id, km=km, on=on))


@after(AddCar)
def car_added(talk: Talk, command: AddCar, result: Result, draft: Draft | None) -> None:
    """The car is on record now, with its next service."""
    key = "car.new_serviced" if command.serviced_on else "car.new"
    _recorded(talk, key, result.id, result, None, car=command.name or command.plate)


@after(RecordMileage)
def mileage_recorded(talk: Talk, command: RecordMileage, result: Result, draft: Draft | None) -> None:
    """What was written down, and when the next service is due by it."""
    _recorded(talk, "car.mileage", command.car_id, result, draft, km=f"{command.km:,}")


@after(RecordService)
def service_recorded(talk: Talk, command: RecordService, result: Result, draft: Draft | None) -> None:
    """The service is written down, and the next one."""
    _recorded(talk, "car.serviced", command.car_id, result, draft)


def _recorded(talk: Talk, key: str, car_id: str, result: Result, draft: Draft | None, **said: str) -> None:
    due: list[RenewalView] = talk.ask(Renewals(customer_id=talk.focused("customer"), kinds=("maintenance",)))
    view = next((one for one in due if one.car_id == car_id), None)
    name = talk.memory.focus_name(talk.now) or ""
    undo = talk.take_back(result.undo_id, draft)
    following = ""
    if view is not None:
        overdue = "car.due" if view.days <= 0 else "car.next"
        following = talk.voice.say(overdue, when=due_day(talk.voice, view))
    talk.tell(joined(talk.voice.say(key, name=name, **said), following, by=""), *undo)
