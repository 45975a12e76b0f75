"""What can be done with an answer about a part: quote it, wish to order it, ask a technician."""

from __future__ import annotations

from typing import Any

from bot.cards.base import button, joined
from bot.cards.deals import quote_card
from bot.cards.fitment import several
from bot.conversation.gate import Act, Need, Step, after, pass_through, perform
from bot.conversation.pending import Draft
from bot.conversation.people import customer, shown
from bot.conversation.presses import verb
from bot.conversation.talk import Talk
from bot.ports import Button
from crm_core.fitment.cases_messages import AskTechnician
from crm_core.fitment.messages import FitAnswer, PartSpec, QuotePart, StockOf, VehicleSpec
from crm_core.kernel.errors import ChexinError, Unavailable
from crm_core.kernel.registry import Result
from crm_core.tasks.messages import AddTask

SURE = ("fits", "fits_if")


def actions(talk: Talk, draft: Draft, answer: FitAnswer, part: PartSpec) -> tuple[Button, ...]:
    """[报价] [下单意向] [问技术], each where it makes sense."""
    found = []
    quantity = draft.value("quantity") if isinstance(draft.value("quantity"), int) else 1
    if answer.part_id and (answer.verdict in SURE or not answer.vehicle) and not several(answer):
        about = {"oe": answer.oe, "vehicle": answer.vehicle, "n": quantity}
        if talk.is_staff and answer.price_fen is not None and talk.core.access.may(talk.actor, "quote", "create"):
            found.append(button(talk.voice, "quote_part", "part.quote", part=answer.part_id, **about))
        found.append(button(talk.voice, "order_part", "part.order", **about))
    if answer.verdict != "fits" and (answer.vehicle or not answer.part_id):
        found.append(ask_button(talk, draft, answer, part))
    return tuple(found)


def ask_button(talk: Talk, draft: Draft, answer: FitAnswer, part: PartSpec, unknown: str = "") -> Button:
    """[问技术], which knows what was found; `unknown` is a vehicle in words that the catalogue does not have."""
    return button(talk.voice, "ask_technician", "part.ask", part=part.model_dump(), model=answer.model_id, words=unknown,
                  car=answer.car_id, says=question_of(talk, draft, answer), found=_found(talk, answer))  # fmt: skip


def _found(talk: Talk, answer: FitAnswer) -> str:
    """What the catalogue said, in one line."""
    rows = (joined(row.oe, row.note or row.source) for row in answer.rows[:3])
    between = "；" if talk.voice.lang == "zh" else "; "
    return joined(answer.vehicle, talk.voice.say(f"verdict.{answer.verdict}"), *rows, by=between)


def question_of(talk: Talk, draft: Draft, answer: FitAnswer) -> str:
    """What the technician is asked: the person's own sentence, unless he only answered a question of ours."""
    named = [words for name in ("oe", "part") if (words := draft.words(name))]
    if any(words in talk.text for words in named) and not draft.slots.keys() & {"spread"}:
        return talk.text
    return joined(*named, answer.vehicle or draft.words("vehicle"), by=" ") or talk.text


def ask_technician(talk: Talk, draft: Draft, answer: FitAnswer, part: PartSpec, vehicle: VehicleSpec) -> None:
    """A customer whose question the catalogue cannot answer need not press for it."""
    says = question_of(talk, draft, answer)
    _ask(talk, AskTechnician(part=part, vehicle=vehicle, question=says[:2000], found=_found(talk, answer),
                             customer_id=talk.actor.customer_id))  # fmt: skip


def _ask(talk: Talk, command: AskTechnician) -> None:
    try:
        result = talk.do(command)
    except Unavailable:
        raise
    except ChexinError:
        talk.say("knowledge.unknown")
        return
    who = getattr(result.view, "assignee_name", "") if talk.is_staff else ""
    undo = talk.take_back(result.undo_id) if talk.is_staff else ()
    if who:
        talk.say("fitment.asked_name", *undo, who=who)
    else:
        talk.say("knowledge.asked", *undo)


@verb("part.ask")
def press_ask(talk: Talk, params: dict[str, Any]) -> None:
    """A technician gets the question, with what was found."""
    vehicle = VehicleSpec(car_id=params["car"], model_id="" if params["car"] else params["model"],
                          words=str(params.get("words", "")))  # fmt: skip
    mine = talk.actor.customer_id if not talk.is_staff else talk.focused("customer")
    _ask(talk, AskTechnician(part=PartSpec(**params["part"]), vehicle=vehicle, question=str(params["says"])[:2000],
                             found=str(params["found"]), customer_id=mine))  # fmt: skip


@verb("part.order")
def press_order(talk: Talk, params: dict[str, Any]) -> None:
    """Whoever looks after parts hears who wants how many of what for which car."""
    answer: FitAnswer = talk.ask(StockOf(oe=params["oe"]))
    count = f"×{params['n']}" if int(params["n"]) > 1 else ""
    what = joined(answer.part, answer.oe or params["oe"], count, by=" ")
    whose = talk.actor.customer_id if not talk.is_staff else talk.focused("customer")
    perform(talk, AddTask(title=talk.voice.say("task.part_wanted", what=what)[:200], kind="handoff", role="warehouse",
                          text=str(params["vehicle"])[:2000], customer_id=whose))  # fmt: skip


@verb("part.quote")
def press_quote(talk: Talk, params: dict[str, Any]) -> None:
    """A quote for the customer spoken of, or for the one that is asked for."""
    slots = {"oe": {"value": params["oe"], "words": params["oe"]}, "quantity": {"value": params["n"], "words": ""}}
    chosen = {"part": str(params["part"])}
    if whom := talk.focused("customer"):
        chosen["person"] = whom
    pass_through(talk, Draft("create_quote", slots, chosen))


def quote_part(talk: Talk, draft: Draft) -> Step:
    """The quote of a part as a card to confirm."""
    who = customer(talk, draft)
    if isinstance(who, Need) or who is None:
        return who or Need("person")
    found: FitAnswer = talk.ask(StockOf(oe=draft.text("oe"), customer_id=who))
    quantity = draft.value("quantity")
    count = quantity if isinstance(quantity, int) and quantity > 0 else 1
    name = talk.memory.focus_name(talk.now) or draft.text("person")
    what = joined(found.part, found.oe, f"×{count}" if count > 1 else "", by=" ")
    lines = [shown(talk, draft, name), (talk.voice.label("field", "part"), what, draft.words("oe"))]
    return Act(QuotePart(customer_id=who, part_id=draft.chosen["part"], quantity=count),
               talk.voice.say("card.confirm_quote", name=name), slots=[line for line in lines if line[1]])  # fmt: skip


def known_part(talk: Talk, draft: Draft) -> bool:
    """Whether a quote is asked for a part whose number and price are in the catalogue; it is chosen then."""
    if "part" not in draft.chosen and draft.text("oe") and not draft.value("money") and not draft.value("vehicle"):
        found: FitAnswer = talk.ask(StockOf(oe=draft.text("oe")))
        if found.part_id and found.price_fen is not None:
            draft.chosen["part"] = found.part_id
    return "part" in draft.chosen


@after(QuotePart)
def part_quoted(talk: Talk, command: QuotePart, result: Result, draft: Draft | None) -> None:
    """The quote as it stands."""
    view = result.view
    title = talk.voice.say("card.quote_made", name=view.customer_name)
    talk.show(quote_card(talk.voice, view, talk.take_back(result.undo_id), title))
