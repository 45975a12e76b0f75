"""Parts: does it fit, is it there, what does it cost. Only the catalogue decides."""

from __future__ import annotations

import re

from bot.cards.base import joined
from bot.cards.fitment import choice_label, fitment_card, listed_card, several, stock_card
from bot.conversation.gate import Need, Step, skill
from bot.conversation.pending import Draft
from bot.conversation.slots import vehicle_words
from bot.conversation.talk import Talk
from bot.ports import Button, Card, Field
from bot.skills.knowledge import answer_question
from bot.skills.part_actions import actions, ask_button, ask_technician
from bot.skills.part_cars import ANSWER, part_words, remember, vehicle_meant
from bot.skills.part_lists import next_part, other_part, spread
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
from crm_core.fitment.rules import UNKNOWN
from crm_core.vehicles.messages import CarStock, FindModels, LikelyVin, LikelyVins, ModelView, StockCarView

_WHICH = re.compile(r"(?:哪些|什么|哪几款|哪款|哪种|啥|几款)车|\b(?:which|what) (?:cars?|models?|vehicles?)\b", re.I)
_SAME = re.compile(
    r"通用|一样|互换|替代|替换|代替|同一个"
    r"|interchangeable|the same|equivalent|replace[sd]?\b|instead of", re.I,
)
# Beside a part's name: what documents say, not the catalogue. 换前刹车片工时费, 防冻液多久换.
_OF_DOCUMENTS = re.compile(
    r"工时|人工|手工费|多久.{0,3}换|(?:几|多少)(?:万)?公里.{0,3}换|换一次|更换周期|寿命|活动|质保|保修|怎么[换装拆修选]|扭矩|力矩|异响|拧多"
    r"|\blabou?r\b|\bhow often\b|\binterval|\bhow long do|\bwarranty|\btorque\b|\bpromotion",
    re.I,
)
_GRADE = re.compile(r"(?<![A-Za-z0-9])\d{1,2}W-?\d{2}(?!\d)", re.I)
_SIDES = re.compile(r"主驾|副驾|驾驶[位侧]|driver'?s? side|passenger'?s? side", re.I)


@skill("ask_fitment")
def ask_fitment(talk: Talk, draft: Draft) -> Step:
    """Fits, fits if, does not fit, no data; or one question back."""
    if _of_documents(talk, draft):
        return None
    other_part(talk, draft)
    spread(talk, draft)
    if _compared(talk, draft):
        return None
    vehicle = vehicle_meant(talk, draft)
    if draft.value("oe"):
        return _check(talk, draft, vehicle)
    return _lookup(talk, draft, vehicle)


def _of_documents(talk: Talk, draft: Draft) -> bool:
    """A question about a kind of part that documents answer; it is answered then."""
    if draft.value("oe") or draft.words("part") not in talk.text or not _OF_DOCUMENTS.search(talk.text):
        return False
    answer_question(talk, talk.text)
    return True


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
            return next_part(draft)
        named = joined(answer.part, answer.oe or oe, by=" ")
        return Need("vehicle", vehicle.key, {"part": named}, vehicle.buttons)
    part = PartSpec(oe=oe)
    return _show(talk, draft, talk.ask(CheckFit(part=part, vehicle=vehicle, customer_id=_whose(talk))), part, vehicle)


@skill("ask_stock")
def ask_stock(talk: Talk, draft: Draft) -> Step:
    """Stock of a part or a new car; a customer hears yes, no, or in how many days."""
    if _of_documents(talk, draft):
        return None
    other_part(talk, draft)
    spread(talk, draft)
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
    return next_part(draft)


@skill("ask_price")
def ask_price(talk: Talk, draft: Draft) -> Step:
    """A part's or a car's list price; anything else is asked of the documents."""
    if _of_documents(talk, draft):
        return None
    other_part(talk, draft)
    spread(talk, draft)
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
        return next_part(draft)
    said = talk.voice.say("price.exact", what=joined(answer.part, answer.oe, by=" "),
                          price=talk.voice.money(answer.price_fen))  # fmt: skip
    talk.tell(said, *actions(talk, draft, answer, PartSpec(oe=answer.oe)))
    return next_part(draft)


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
        return _no_such_vehicle(talk, draft, answer, part)
    remember(talk, answer)
    named = _named(draft, answer)
    notes = (_another_car(talk, draft, answer, vehicle), _another_grade(talk, answer), _sides(talk))
    note = "\n".join(filter(None, notes))
    if answer.ask and answer.choices:
        chips = _chips(talk, draft, named)
        more = (ask_button(talk, draft, named, part),) if answer.ask != "car" else ()
        return Need(answer.ask, card=fitment_card(talk.voice, named, staff=talk.is_staff, buttons=(*chips, *more),
                                                  note=note))  # fmt: skip
    asked = answer.verdict == "no_data" and not talk.is_staff
    buttons = () if asked else actions(talk, draft, named, part)
    talk.show(fitment_card(talk.voice, named, staff=talk.is_staff, buttons=buttons, note=note))
    if asked:
        ask_technician(talk, draft, named, part, vehicle)
    return next_part(draft)


def _chips(talk: Talk, draft: Draft, answer: FitAnswer) -> tuple[Button, ...]:
    """What may be answered, `I do not know` among it."""

    def chip(value: str, label: str) -> Button:
        said = {"t": draft.token, "slot": f"{ANSWER}{answer.ask}", "value": value, "words": label}
        return Button(label[:40], "draft.pick", said)

    chips = [chip(value, choice_label(talk.voice, answer.ask, label)) for value, label in answer.choices[:8]]
    if answer.ask not in ("car", "category"):
        chips.append(chip(UNKNOWN, talk.voice.say("button.dont_know")))
    return tuple(chips)


def _no_such_vehicle(talk: Talk, draft: Draft, answer: FitAnswer, part: PartSpec) -> Step:
    """Nobody's car that he may know of, or no model of the catalogue: asked for in another way, or a technician is."""
    said = next((draft.words(name) for name in ("vin", "plate", "vehicle") if draft.words(name)), "")
    said = joined(said, draft.text("variant"), by=" ") if said == draft.words("vehicle") else said
    likely: tuple[LikelyVin, ...] = talk.ask(LikelyVins(vin=draft.text("vin"))) if draft.value("vin") else ()
    asking = (ask_button(talk, draft, _named(draft, answer), part, said),) if said else ()
    for name in ("vin", "plate", "vehicle", "variant"):
        draft.slots.pop(name, None)
    params = {"part": part_words(draft), "said": said}
    if likely:
        return Need("vehicle", "misread_vin", params, tuple(_vin_chip(draft, one) for one in likely))
    facts: VinView = talk.ask(DecodeVin(vin=said))
    if facts.brands and facts.years:
        named = params | {"brand": facts.brands[0], "year": facts.years[0]}
        return Need("vehicle", "vin_without_car", named, asking)
    return Need("vehicle", "unknown_car_for_part" if said else "vehicle_for_part", params, asking)


def _vin_chip(draft: Draft, likely: LikelyVin) -> Button:
    """A VIN that may have been meant, with the car that has it."""
    picked = {"t": draft.token, "slot": "vin", "value": likely.vin, "words": likely.vin}
    label = f"…{likely.vin[-8:]} {likely.name}" if likely.name else likely.vin
    return Button(label[:30].strip(), "draft.pick", picked)


def _another_car(talk: Talk, draft: Draft, answer: FitAnswer, vehicle: VehicleSpec) -> str:
    """The VIN or plate is of another car than the one named: what was looked up is said."""
    if not (answer.car_id and answer.model_id and vehicle.series and (vehicle.vin or vehicle.plate)):
        return ""
    named: list[ModelView] = talk.ask(FindModels(brand=vehicle.brand, series=vehicle.series, limit=100))
    if answer.model_id in {model.id for model in named}:
        return ""
    return talk.voice.say("fitment.another_car", car=answer.vehicle, said=draft.words("vehicle") or vehicle.series)


def _another_grade(talk: Talk, answer: FitAnswer) -> str:
    """The oil that is listed is of another grade than the one asked for."""
    wanted = _GRADE.findall(talk.text)
    said = {oe_key(one) for one in wanted}
    listed = {oe_key(one): one for row in answer.rows for one in _GRADE.findall(f"{row.part_name} {row.note}")}
    if not said or not listed or said & listed.keys():
        return ""
    return talk.voice.say("fitment.another_grade", listed=" / ".join(listed.values()), said=" / ".join(wanted))


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
