"""Parts: does it fit, is it there, what does it cost. Only the catalogue decides."""

from __future__ import annotations

from typing import Any

from bot.cards.base import joined
from bot.cards.fitment import fitment_card, stock_card
from bot.conversation.gate import Need, Step, skill
from bot.conversation.pending import Draft
from bot.conversation.slots import vehicle_words
from bot.conversation.talk import Talk
from bot.ports import Button, Card, Field
from bot.skills.knowledge import answer_question, pass_on
from crm_core.fitment.messages import CheckFit, FitAnswer, LookupParts, PartSpec, StockOf, VehicleSpec
from crm_core.vehicles.messages import CarStock, CarView, CustomerCars, FindModels, ModelView, StockCarView

_SPEC = ("brand", "series", "generation", "displacement", "engine", "trim", "month")


@skill("ask_fitment")
def ask_fitment(talk: Talk, draft: Draft) -> Step:
    """Fits, fits if, does not fit, no data; or one question back."""
    vehicle = _vehicle(talk, draft)
    if not draft.value("oe"):
        return _lookup(talk, draft, vehicle)
    if vehicle is None:
        answer: FitAnswer = talk.ask(StockOf(oe=draft.text("oe")))
        if answer.near and not answer.part:
            talk.show(stock_card(talk.voice, _named(draft, answer), staff=talk.is_staff))
            return None
        return Need("vehicle", "vehicle_for_part", {"part": joined(answer.part, answer.oe or draft.text("oe"), by=" ")})
    answer = talk.ask(CheckFit(part=_part(talk, draft), vehicle=vehicle))
    return _show(talk, draft, _named(draft, answer))


def _named(draft: Draft, answer: FitAnswer) -> FitAnswer:
    """A number the catalogue does not know is called as it was said."""
    if answer.oe:
        return answer
    return answer.model_copy(update={"oe": draft.words("oe") or draft.text("oe")})


@skill("ask_stock")
def ask_stock(talk: Talk, draft: Draft) -> Step:
    """Stock of a part or a new car; a customer hears yes, no, or in how many days."""
    if draft.value("oe"):
        answer: FitAnswer = talk.ask(StockOf(oe=draft.text("oe")))
        talk.show(stock_card(talk.voice, _named(draft, answer), staff=talk.is_staff))
        return None
    if draft.value("part"):
        return _lookup(talk, draft, _vehicle(talk, draft))
    return _car_stock(talk, draft)


@skill("ask_price")
def ask_price(talk: Talk, draft: Draft) -> Step:
    """A part's or a car's list price; anything else is asked of the documents."""
    if draft.value("oe"):
        answer: FitAnswer = talk.ask(StockOf(oe=draft.text("oe")))
        prices = {line.price_fen for line in answer.stock if line.price_fen is not None}
        return _price(talk, joined(answer.part, answer.oe, by=" "), sorted(prices))
    if draft.value("part"):
        return _lookup(talk, draft, _vehicle(talk, draft))
    if draft.value("vehicle") and not draft.value("topic"):
        spec = _vehicle(talk, draft) or VehicleSpec()
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


def _price(talk: Talk, what: str, prices: list[int]) -> Step:
    if not prices:
        answer_question(talk, talk.text)
    elif len(prices) == 1:
        talk.say("price.exact", what=what, price=talk.voice.money(prices[0]))
    else:
        talk.say("price.range", what=what, low=talk.voice.money(prices[0]), high=talk.voice.money(prices[-1]))
    return None


def _lookup(talk: Talk, draft: Draft, vehicle: VehicleSpec | None) -> Step:
    part = _part(talk, draft)
    if vehicle is None:
        return Need("vehicle", "vehicle_for_part", {"part": draft.text("part")})
    if not part.category and not part.oe:
        return Need("part", "part")
    return _show(talk, draft, talk.ask(LookupParts(vehicle=vehicle, part=part)))


def _show(talk: Talk, draft: Draft, answer: FitAnswer) -> Step:
    """The verdict; when a question decides, its chips continue this draft."""
    values = {talk.voice.label("choice", label): key for key, label in answer.choices}

    def choose(label: str) -> Button:
        said = {"t": draft.token, "slot": f"answer:{answer.ask}", "value": values[label], "words": label}
        return Button(label[:40], "draft.pick", said)

    card = fitment_card(talk.voice, answer, staff=talk.is_staff, choose=choose if answer.ask else None)
    if answer.ask and answer.choices:
        return Need(answer.ask, card=card)
    talk.show(card)
    if answer.verdict == "no_data" and not talk.is_staff:
        pass_on(talk, _question(talk, draft, answer))
    return None


def _question(talk: Talk, draft: Draft, answer: FitAnswer) -> str:
    """What the technician is asked: the customer's own sentence, unless he only answered a question of ours."""
    named = [words for name in ("oe", "part") if (words := draft.words(name))]
    whole = any(words in talk.text for words in named)
    return talk.text if whole else joined(*named, draft.words("vehicle") or answer.vehicle, by=" ")


def _vehicle(talk: Talk, draft: Draft) -> VehicleSpec | None:
    """The vehicle asked about: as said, by VIN or plate, or the customer's only car."""
    answers = tuple((slot.removeprefix("answer:"), str(draft.value(slot))) for slot in draft.slots
                    if slot.startswith("answer:"))  # fmt: skip
    value = draft.value("vehicle")
    values: dict[str, Any] = {k: str(value[k]) for k in _SPEC if value.get(k)} if isinstance(value, dict) else {}
    if isinstance(value, dict) and str(value.get("year") or "").isdigit():
        values["year"] = int(value["year"])
    if isinstance(value, str) and value:
        values["series"] = value
    for name in ("vin", "plate"):
        if draft.value(name):
            values[name] = str(draft.value(name))
    values |= {key: answer for key, answer in answers if key in ("model_id", "trim", "engine", "month", "generation")}
    if values:
        return VehicleSpec(**values, answers=answers)
    return None if talk.is_staff else _own_car(talk)


def _own_car(talk: Talk) -> VehicleSpec | None:
    if talk.actor.customer_id is None:
        return None
    cars: list[CarView] = talk.ask(CustomerCars(customer_id=talk.actor.customer_id))
    return VehicleSpec(model_id=cars[0].model_id or "") if len(cars) == 1 and cars[0].model_id else None


def _part(talk: Talk, draft: Draft) -> PartSpec:
    if draft.value("oe"):
        return PartSpec(oe=draft.text("oe"))
    words = draft.text("part")
    found = talk.brain.part(draft.words("part") or words)
    return PartSpec(category=found.category or words, position=found.position, words=draft.words("part") or words)


def _car_stock(talk: Talk, draft: Draft) -> Step:
    spec = _vehicle(talk, draft) or VehicleSpec()
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
