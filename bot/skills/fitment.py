"""Parts: does it fit, is it there, what does it cost. Only the catalogue decides."""

from __future__ import annotations

import re
from typing import Any

from bot.cards.base import joined
from bot.cards.fitment import choice_label, fitment_card, listed_card, several, stock_card
from bot.conversation.gate import Need, Step, skill
from bot.conversation.pending import Draft
from bot.conversation.slots import vehicle_words
from bot.conversation.talk import Talk
from bot.ports import Button, Card, Field
from bot.skills.knowledge import answer_question
from bot.skills.part_actions import actions, ask_button, ask_technician
from bot.skills.part_cars import ANSWER, PARTS, part_words, remember, vehicle_meant
from crm_core.fitment.messages import (
    CheckFit,
    DecodeVin,
    FitAnswer,
    FitRow,
    LookupParts,
    PartSpec,
    RowsOf,
    StockOf,
    VehicleSpec,
    VinView,
)
from crm_core.fitment.normalise import oe_key
from crm_core.fitment.rules import OTHER, UNKNOWN
from crm_core.vehicles.messages import CarStock, FindModels, LikelyVin, LikelyVins, ModelView, StockCarView

# What says which vehicle it is, and so holds for the next part of the same message too.
_CAR_SLOTS = frozenset({"vehicle", "variant", "vin", "plate", "codes", "person"})
_JOINT = re.compile(r"和|与|跟|及|、|,|，|还有|加上|以及|\band\b|\bplus\b|&|\+|;|；", re.I)
_WHICH = re.compile(r"(?:哪些|什么|哪几款|哪款|哪种|啥|几款)车|\b(?:which|what) (?:cars?|models?|vehicles?)\b", re.I)
_SAME = re.compile(
    r"通用|一样|互换|替代|替换|代替|同一个"
    r"|interchangeable|the same|equivalent|replace[sd]?\b|instead of", re.I,
)
_SIDES = re.compile(r"主驾|副驾|驾驶[位侧]|driver'?s? side|passenger'?s? side", re.I)


@skill("ask_fitment")
def ask_fitment(talk: Talk, draft: Draft) -> Step:
    """Fits, fits if, does not fit, no data; or one question back."""
    _other_part(talk, draft)
    _spread(talk, draft)
    if _compared(talk, draft):
        return None
    vehicle = vehicle_meant(talk, draft)
    if draft.value("oe"):
        return _check(talk, draft, vehicle)
    return _lookup(talk, draft, vehicle)


def _check(talk: Talk, draft: Draft, vehicle: VehicleSpec | Need) -> Step:
    """A number for a vehicle. Without one it is said what the number is, and the vehicle is asked for."""
    oe = draft.text("oe")
    if isinstance(vehicle, Need):
        answer: FitAnswer = talk.ask(StockOf(oe=oe, customer_id=_whose(talk)))
        if not answer.part:
            return _number_shown(talk, draft, answer)
        rows: list[FitRow] = talk.ask(RowsOf(oe=oe)) if _WHICH.search(talk.text) else []
        if rows:
            talk.show(listed_card(talk.voice, answer, rows))
            return _next(draft)
        named = joined(answer.part, answer.oe or oe, by=" ")
        return Need("vehicle", vehicle.key, {"part": named}, vehicle.buttons)
    part = PartSpec(oe=oe)
    return _show(talk, draft, talk.ask(CheckFit(part=part, vehicle=vehicle, customer_id=_whose(talk))), part, vehicle)


@skill("ask_stock")
def ask_stock(talk: Talk, draft: Draft) -> Step:
    """Stock of a part or a new car; a customer hears yes, no, or in how many days."""
    _other_part(talk, draft)
    _spread(talk, draft)
    if draft.value("oe"):
        return _number_shown(talk, draft, talk.ask(StockOf(oe=draft.text("oe"), customer_id=_whose(talk))))
    if draft.value("part"):
        return _lookup(talk, draft, vehicle_meant(talk, draft))
    return _car_stock(talk, draft)


def _compared(talk: Talk, draft: Draft) -> bool:
    """Two numbers and whether one does for the other: what the catalogue lists, and nothing else."""
    numbers = [one.value for one in talk.brain.parts_said(talk.text, talk.actor, talk.now) if one.kind == "oe"]
    if draft.value("vehicle") or len(set(numbers)) != 2 or not _SAME.search(talk.text):
        return False
    draft.rest = [one for one in draft.rest if "spread" not in one["slots"]]
    one, other = (talk.ask(StockOf(oe=number)) for number in numbers)
    names = {"a": one.oe or numbers[0], "b": other.oe or numbers[1]}
    if _leads_to(one, other):
        talk.say("fitment.replaced", old=names["a"], new=names["b"])
    elif _leads_to(other, one):
        talk.say("fitment.replaced", old=names["b"], new=names["a"])
    elif _is_listed(one, other) or _is_listed(other, one):
        talk.say("fitment.same", **names)
    else:
        talk.say("fitment.not_listed_as_same", **names)
    return True


def _leads_to(old: FitAnswer, new: FitAnswer) -> bool:
    return bool(new.oe) and new.oe in old.superseded_by


def _is_listed(one: FitAnswer, other: FitAnswer) -> bool:
    """Whether the other number is listed as this very part; a number of another maker leads to the part itself."""
    same = {oe_key(sub.number) for sub in one.substitutes if sub.kind == "interchange"}
    return bool(one.part_id) and (one.part_id == other.part_id or oe_key(other.oe) in same)


def _number_shown(talk: Talk, draft: Draft, answer: FitAnswer) -> Step:
    """What is known of a number, whatever the vehicle."""
    named, part = _named(draft, answer), PartSpec(oe=draft.text("oe"))
    talk.show(stock_card(talk.voice, named, staff=talk.is_staff, buttons=actions(talk, draft, named, part)))
    return _next(draft)


@skill("ask_price")
def ask_price(talk: Talk, draft: Draft) -> Step:
    """A part's or a car's list price; anything else is asked of the documents."""
    _other_part(talk, draft)
    _spread(talk, draft)
    if draft.value("oe"):
        answer: FitAnswer = talk.ask(StockOf(oe=draft.text("oe"), customer_id=_whose(talk)))
        return _price(talk, draft, answer)
    if draft.value("part"):
        return _lookup(talk, draft, vehicle_meant(talk, draft))
    spec = vehicle_meant(talk, draft)
    if draft.value("vehicle") and not draft.value("topic") and isinstance(spec, VehicleSpec):
        models: list[ModelView] = talk.ask(FindModels(brand=spec.brand, series=spec.series, year=spec.year,
                                                      displacement=spec.displacement, trim=spec.trim))  # fmt: skip
        priced = [m for m in models if m.list_fen]
        if priced:
            fields = tuple(Field(m.name, talk.voice.money(m.list_fen)) for m in priced[:6])
            talk.show(Card("price", talk.voice.say("card.price", what=draft.words("vehicle")), fields,
                           note=talk.voice.say("price.list")))  # fmt: skip
            return None
    answer_question(talk, talk.text)
    return None


def _price(talk: Talk, draft: Draft, answer: FitAnswer) -> Step:
    if answer.price_fen is None:
        answer_question(talk, talk.text)
        return _next(draft)
    said = talk.voice.say("price.exact", what=joined(answer.part, answer.oe, by=" "),
                          price=talk.voice.money(answer.price_fen))  # fmt: skip
    talk.tell(said, *actions(talk, draft, answer, PartSpec(oe=answer.oe)))
    return _next(draft)


def _lookup(talk: Talk, draft: Draft, vehicle: VehicleSpec | Need) -> Step:
    if isinstance(vehicle, Need):
        return vehicle
    part = _part(talk, draft)
    if not part.category and not part.oe:
        return Need("part", "part")
    return _show(talk, draft, talk.ask(LookupParts(vehicle=vehicle, part=part, customer_id=_whose(talk))), part, vehicle)


def _whose(talk: Talk) -> str:
    """The customer whose prices count when a colleague asks."""
    return (talk.focused("customer") or "") if talk.is_staff else ""


def _show(talk: Talk, draft: Draft, answer: FitAnswer, part: PartSpec, vehicle: VehicleSpec) -> Step:
    """The verdict; when a question decides, its chips continue this draft."""
    if answer.ask == "vehicle":
        return _no_such_vehicle(talk, draft)
    remember(talk, answer)
    named = _named(draft, answer)
    if answer.ask and answer.choices:
        chips = _chips(talk, draft, named)
        more = (ask_button(talk, draft, named, part),) if answer.ask != "car" else ()
        return Need(answer.ask, card=fitment_card(talk.voice, named, staff=talk.is_staff, buttons=(*chips, *more),
                                                  note=_sides(talk)))  # fmt: skip
    asked = answer.verdict == "no_data" and not talk.is_staff
    buttons = () if asked else actions(talk, draft, named, part)
    talk.show(fitment_card(talk.voice, named, staff=talk.is_staff, buttons=buttons, note=_sides(talk)))
    if asked:
        ask_technician(talk, draft, named, part, vehicle)
    return _next(draft)


def _chips(talk: Talk, draft: Draft, answer: FitAnswer) -> tuple[Button, ...]:
    """What may be answered, `I do not know` among it."""

    def chip(value: str, label: str) -> Button:
        said = {"t": draft.token, "slot": f"{ANSWER}{answer.ask}", "value": value, "words": label}
        return Button(label[:40], "draft.pick", said)

    chips = [chip(value, choice_label(talk.voice, answer.ask, label)) for value, label in answer.choices[:8]]
    if answer.ask not in ("car", "category"):
        chips.append(chip(UNKNOWN, talk.voice.say("button.dont_know")))
    return tuple(chips)


def _no_such_vehicle(talk: Talk, draft: Draft) -> Step:
    """Nobody's car that he may know of, or no model of the catalogue: it is asked for in another way."""
    said = next((draft.words(name) for name in ("vin", "plate", "vehicle") if draft.words(name)), "")
    said = joined(said, draft.text("variant"), by=" ") if said == draft.words("vehicle") else said
    likely: tuple[LikelyVin, ...] = talk.ask(LikelyVins(vin=draft.text("vin"))) if draft.value("vin") else ()
    for name in ("vin", "plate", "vehicle", "variant"):
        draft.slots.pop(name, None)
    params = {"part": part_words(draft), "said": said}
    if likely:
        return Need("vehicle", "misread_vin", params, tuple(_vin_chip(draft, one) for one in likely))
    facts: VinView = talk.ask(DecodeVin(vin=said))
    if facts.brands and facts.years:
        return Need("vehicle", "vin_without_car", params | {"brand": facts.brands[0], "year": facts.years[0]})
    return Need("vehicle", "unknown_car_for_part" if said else "vehicle_for_part", params)


def _vin_chip(draft: Draft, likely: LikelyVin) -> Button:
    """A VIN that may have been meant, with the car that has it."""
    picked = {"t": draft.token, "slot": "vin", "value": likely.vin, "words": likely.vin}
    label = f"…{likely.vin[-8:]} {likely.name}" if likely.name else likely.vin
    return Button(label[:30].strip(), "draft.pick", picked)


def _sides(talk: Talk) -> str:
    """Left and right are the driver's; which of them he sits on depends on the market."""
    return talk.voice.say("fitment.sides") if _SIDES.search(talk.text) else ""


def _named(draft: Draft, answer: FitAnswer) -> FitAnswer:
    """What the catalogue does not know is called as it was said."""
    if several(answer) and draft.text("part"):
        return answer.model_copy(update={"part": part_words(draft)})
    if answer.oe or answer.part:
        return answer
    said = draft.words("oe") or draft.text("oe")
    return answer.model_copy(update={"oe": said} if said else {"part": part_words(draft)})


def _part(talk: Talk, draft: Draft) -> PartSpec:
    if draft.value("oe"):
        return PartSpec(oe=draft.text("oe"))
    words = draft.text("part")
    found = talk.brain.part(draft.words("part") or words)
    return PartSpec(category=found.category or words, position=found.position, words=draft.words("part") or words)


def _other_part(talk: Talk, draft: Draft) -> None:
    """Another part named where only the vehicle was asked for: the question is about that one now."""
    kind = "oe" if draft.words("oe") else "part"
    own = draft.words(kind)
    if not own or own in talk.text or draft.asked == "category" or "vehicle" not in draft.slots:
        return
    said = [one for one in talk.brain.parts_said(talk.text, talk.actor, talk.now) if one.kind in ("part", "oe")]
    if said and not any((one.kind, one.value) == (kind, draft.text(kind)) for one in said):
        dropped = {"part", "oe", "spread", *(name for name in draft.slots if name.startswith(ANSWER))}
        draft.slots = {name: slot for name, slot in draft.slots.items() if name not in dropped}
        draft.slots[said[0].kind] = {"value": said[0].value, "words": said[0].words}


def _spread(talk: Talk, draft: Draft) -> None:
    """Every further part of the same message is asked about after the first, for the same vehicle."""
    if "spread" in draft.slots:
        return
    _share_car(draft)
    own = draft.words("oe") or draft.words("part")
    if not own or own not in talk.text:
        return
    said = [one for one in talk.brain.parts_said(talk.text, talk.actor, talk.now) if one.kind in ("part", "oe")]
    named = {own, *(str(slot.get("words")) for one in draft.rest for slot in one["slots"].values())}
    further, at = [], 0
    for one in said:
        start = talk.text.find(one.words, at)
        if at and one.words not in named and _JOINT.search(talk.text, at, max(start, at)):
            further.append(one)
        at = max(start, 0) + len(one.words)
    if further:
        draft.slots["spread"] = {"value": True, "words": ""}
        car = {name: slot for name, slot in draft.slots.items() if name in _CAR_SLOTS}
        draft.rest = [{"intent": draft.intent, "slots": car | {"spread": draft.slots["spread"],
                       one.kind: {"value": one.value, "words": one.words}}} for one in further] + draft.rest  # fmt: skip


def _share_car(draft: Draft) -> None:
    """Several questions about parts in one message are about one vehicle, wherever in it the vehicle was said."""
    about = [one for one in draft.rest if one["intent"] in PARTS and one["slots"].keys() & {"part", "oe"}]
    carried = [draft.slots, *(one["slots"] for one in about)]
    said: dict[str, Any] = next((slots for slots in carried if slots.keys() & {"vehicle", "vin", "plate"}), {})
    for slots in carried if about else ():
        slots["spread"] = {"value": True, "words": ""}
        if not slots.keys() & {"vehicle", "vin", "plate"}:
            slots |= {name: slot for name, slot in said.items() if name in _CAR_SLOTS}


def _next(draft: Draft) -> Step:
    """What was learnt about the vehicle holds for the next part of the message."""
    known = {name: slot for name, slot in draft.slots.items() if name in _CAR_SLOTS or _tells_car(name, slot["value"])}
    for one in draft.rest:
        if "spread" in one["slots"]:
            one["slots"] |= known
    return None


def _tells_car(name: str, value: object) -> bool:
    """An answer about the car. "None of these" and "I do not know" were about this part's conditions alone."""
    about_part = (f"{ANSWER}position", f"{ANSWER}category")
    return name.startswith(ANSWER) and name not in about_part and value not in (OTHER, UNKNOWN)


def _car_stock(talk: Talk, draft: Draft) -> Step:
    meant = vehicle_meant(talk, draft)
    spec = meant if isinstance(meant, VehicleSpec) else VehicleSpec()
    cars: list[StockCarView] = talk.ask(CarStock(brand=spec.brand, series=spec.series, trim=spec.trim))
    what = vehicle_words(draft.value("vehicle"), draft.words("vehicle"))
    if not cars:
        talk.say("stock.no_cars", what=what)
    elif not talk.is_staff:
        talk.say("stock.cars_yes" if any(c.state == "in_stock" for c in cars) else "stock.cars_coming", what=what)
    else:
        fields = tuple(Field(joined(c.name, c.colour), joined(c.dealer, talk.voice.label("state", c.state),
                             talk.voice.money(c.list_fen) if c.list_fen else "")) for c in cars[:8])  # fmt: skip
        talk.show(Card("stock", talk.voice.say("card.car_stock", what=what, n=len(cars)), fields))
    return None
