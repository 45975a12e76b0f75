"""After a visit to the workshop: the service of the car is written down, its mileage is asked for."""

from __future__ import annotations

import re

from bot.conversation.pending import Draft
from bot.conversation.talk import Talk
from crm_core.appointments.messages import AppointmentView
from crm_core.kernel.errors import ChexinError, Unavailable
from crm_core.vehicles.messages import CarView, CustomerCars, RecordService

_REPAIR = re.compile(r"维修|修车|修理|检修|钣金|喷漆|补漆|补胎|洗车|贴膜|投诉|异响|\brepairs?\b|\bfix|\bpaint|\bwash", re.I)
_SERVICE = re.compile(r"保养|首保|\bservic|\bmaintenance\b|\boil change\b", re.I)


def record(talk: Talk, view: AppointmentView) -> None:
    """The only car, or the one that was named, is serviced as of the visit; whoever knows the dial's figure may say it.

    A repair is no service. Without a car on record, or with several that fit, nothing is written.
    """
    said = f"{view.text} {view.vehicle}"
    car = _car(talk, view)
    if car is None or (_REPAIR.search(said) and not _SERVICE.search(said)):
        return
    on = min(view.end, talk.now).astimezone(talk.voice.here.tzinfo).date()
    try:
        result = talk.do(RecordService(car_id=car.id, on=on))
    except Unavailable:
        raise
    except ChexinError:
        return
    talk.about("customer", view.customer_id, view.customer_name)
    draft = Draft("record_service", {"when": {"value": on.isoformat(), "words": ""}},
                  {"person": view.customer_id, "car": car.id}, asked="km")  # fmt: skip
    talk.memory.put(draft, talk.now)
    talk.say("car.serviced_km", *talk.take_back(result.undo_id), name=view.customer_name, car=car.name)


def _car(talk: Talk, view: AppointmentView) -> CarView | None:
    cars: list[CarView] = talk.ask(CustomerCars(customer_id=view.customer_id))
    words = view.vehicle.lower()
    named = [car for car in cars if words and (words in car.name.lower() or (car.plate and car.plate.lower() in words))]
    found = named or cars
    return found[0] if len(found) == 1 else None
