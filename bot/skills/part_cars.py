"""Which car a question about parts means: as said, by VIN or plate, the customer's own, or the one spoken of."""

from __future__ import annotations

import re
from typing import Any

from bot.cards.base import joined
from bot.conversation.gate import Need, pass_through
from bot.conversation.pending import Draft
from bot.conversation.people import customer
from bot.conversation.talk import Talk
from bot.ports import Button
from crm_core.fitment.messages import FitAnswer, VehicleSpec
from crm_core.vehicles.messages import CarView, CustomerCars
from crm_core.vehicles.variants import variant_words

ANSWER = "answer:"
_SPEC = ("brand", "series", "generation", "displacement", "engine", "trim", "month", "external_id")
_OF_SOMEBODY = re.compile(
    r"(?:他|她|这位|那位|客户|对方)(?:的|那台|那辆|这台|这辆)?车"
    r"|\b(?:his|her|their|(?:the|this|that) customer'?s) (?:car|one)\b", re.I,
)
_THIS_CAR = re.compile(r"[这那该](?:台|辆|部)?车|\b(?:this|that) (?:car|one)\b", re.I)
_TAIL = re.compile(
    r"(?:车架号|架子号|vin|底盘号)(?:码|的)?(?:后六位|后6位|尾号|最后六位|last (?:six|6)|tail|ending(?: in)?)?"
    r"(?:是|为|:|：)?\s*"
    r"(?P<a>[A-Z0-9]{2}\d{4})(?![A-Z0-9])|(?:尾号|后六位|后6位|last (?:six|6)|ending(?: in)?)(?:是|为|:|：)?\s*"
    r"(?P<b>[A-Z0-9]{2}\d{4})(?![A-Z0-9])|(?<![A-Z0-9])(?P<c>[A-Z0-9]{2}\d{4})(?:的)?[这那](?:台|辆|部)车",
    re.I,
)
MAX_CARS = 4
PARTS = frozenset({"ask_fitment", "ask_stock", "ask_price"})
_AROUND = " ,，。.!！的车架号VIN车牌:："


def vehicle_meant(talk: Talk, draft: Draft) -> VehicleSpec | Need:
    """What is known of the vehicle, or the question which one it is."""
    _read_codes(talk, draft)
    _read_variant(talk, draft)
    answers, values = answers_of(draft), _said(draft)
    known = {name for name, _ in answers}
    if values or known & {"car", "model"}:
        return VehicleSpec(**values, answers=answers)
    if not talk.is_staff:
        # The core takes his only car, or asks which of his.
        return VehicleSpec(answers=answers)
    return _spoken_of(talk, draft)


def answers_of(draft: Draft) -> tuple[tuple[str, str], ...]:
    """What was answered so far: (qualifier, value) pairs."""
    return tuple((slot.removeprefix(ANSWER), str(draft.value(slot))) for slot in draft.slots if slot.startswith(ANSWER))


def _read_codes(talk: Talk, draft: Draft) -> None:
    """A VIN, the end of one, or a plate that stands in the message, once."""
    if "codes" in draft.slots or not draft.told_apart() or _own_words(draft) not in talk.text:
        return
    draft.slots["codes"] = {"value": True, "words": ""}
    for said in talk.brain.parts_said(talk.text, talk.actor, talk.now):
        if said.kind in ("vin", "plate") and not draft.value(said.kind):
            draft.slots[said.kind] = {"value": said.value, "words": said.words}
    tail = _TAIL.search(talk.text)
    if tail is not None and not draft.value("vin"):
        found = next(filter(None, tail.groups()))
        draft.slots["vin"] = {"value": found.upper(), "words": found}


def _read_variant(talk: Talk, draft: Draft) -> None:
    """What the message says of the drive or body of the vehicle it names: another car than the plain one."""
    if draft.words("vehicle") and draft.words("vehicle") in talk.text:
        named = variant_words(talk.text.replace(_own_words(draft) or "\0", " "))
        draft.slots["variant"] = {"value": " ".join(named), "words": ""}


def is_car(talk: Talk, draft: Draft, said: str) -> bool:
    """Whether a message is just a VIN or a plate, said for the vehicle that was asked for; it is taken then."""
    codes = [one for one in talk.brain.parts_said(said, talk.actor, talk.now) if one.kind in ("vin", "plate")]
    if draft.intent not in PARTS or len(codes) != 1 or len(codes[0].words) < len(said.strip(_AROUND)):
        return False
    draft.fill({codes[0].kind: {"value": codes[0].value, "words": codes[0].words}})
    draft.asked = ""
    pass_through(talk, draft)
    return True


def _own_words(draft: Draft) -> str:
    return draft.words("oe") or draft.words("part")


def _said(draft: Draft) -> dict[str, Any]:
    """The vehicle as said, as fields of the question to the core."""
    value = draft.value("vehicle")
    values: dict[str, Any] = {k: str(value[k]) for k in _SPEC if value.get(k)} if isinstance(value, dict) else {}
    if isinstance(value, dict) and str(value.get("year") or "").isdigit():
        values["year"] = int(value["year"])
    if isinstance(value, str) and value:
        values["series"] = value
    if values and draft.text("variant"):
        values["words"] = draft.text("variant")
    return values | {name: str(draft.value(name)) for name in ("vin", "plate") if draft.value(name)}


def _spoken_of(talk: Talk, draft: Draft) -> VehicleSpec | Need:
    """His car, this car: of the customer named or spoken of; else the question, with the likely ones to choose from."""
    whose = _whose(talk, draft)
    if isinstance(whose, Need):
        return whose
    cars: list[CarView] = talk.ask(CustomerCars(customer_id=whose)) if whose else []
    last = _last(talk)
    if _THIS_CAR.search(talk.text) and last is not None:
        return VehicleSpec(answers=(last,))
    pointed = _OF_SOMEBODY.search(talk.text) or _THIS_CAR.search(talk.text) or "person" in draft.slots
    if pointed and len(cars) == 1:
        return VehicleSpec(answers=(*answers_of(draft), ("car", cars[0].id)))
    return Need("vehicle", "which_car_for_part" if len(cars) > 1 else "vehicle_for_part", {"part": part_words(draft)},
                _chips(talk, draft, cars))  # fmt: skip


def _whose(talk: Talk, draft: Draft) -> str | Need | None:
    """The customer whose car is meant: named as the owner in the message, else the one spoken of."""
    his = "|".join(re.escape(words) for words in ("车", draft.words("part"), draft.words("oe")) if words)
    for name in talk.brain.people(talk.text, talk.now) if "person" not in draft.slots else ():
        said = re.escape(name)
        if re.search(rf"{said}(?:的|那台|那辆|这台|这辆)*(?:{his})|{said}'s (?:car|\w+)", talk.text, re.I):
            draft.slots["person"] = {"value": name, "words": name}
    if draft.text("person"):
        return customer(talk, draft)
    return talk.focused("customer")


def _last(talk: Talk) -> tuple[str, str] | None:
    """The car or model of the last question about parts, unless another customer was spoken of since."""
    kind, _, record = (talk.memory.looking_at("part_car", talk.now) or "").partition(":")
    seen, whom = talk.memory.focus.get("part_car"), talk.memory.focus.get("customer")
    newer = seen is not None and whom is not None and whom["at"] > seen["at"] and bool(talk.focused("customer"))
    return (kind, record) if record and not newer else None


def remember(talk: Talk, answer: FitAnswer) -> None:
    """The vehicle of an answer is what 这台车 means next."""
    if answer.car_id or answer.model_id:
        record = f"car:{answer.car_id}" if answer.car_id else f"model:{answer.model_id}"
        talk.about("part_car", record, answer.vehicle)


def _chips(talk: Talk, draft: Draft, cars: list[CarView]) -> tuple[Button, ...]:
    """The cars of the customer spoken of, and the one the last question was about."""
    chips = [_chip(draft, "car", car.id, joined(car.name, car.plate, by=" ")) for car in cars[:MAX_CARS]]
    last = _last(talk)
    if last is not None and last[1] not in {car.id for car in cars}:
        chips.append(_chip(draft, *last, talk.memory.focus["part_car"]["name"]))
    return tuple(chips)


def _chip(draft: Draft, kind: str, record: str, label: str) -> Button:
    said = {"t": draft.token, "slot": f"{ANSWER}{kind}", "value": record, "words": label}
    return Button(label[:40], "draft.pick", said)


def part_words(draft: Draft) -> str:
    """The part as it was spoken of."""
    return _own_words(draft) or draft.text("part") or draft.text("oe")
