"""Quotes and discounts."""

from __future__ import annotations

from typing import Any

from bot.cards.approvals import request_card
from bot.cards.base import Easel
from bot.cards.deals import discount_card, quote_card
from bot.cards.quote_picture import quote_as_picture
from bot.conversation.gate import Act, Need, Step, Tier, after, skill
from bot.conversation.pending import Draft
from bot.conversation.people import customer, deal, shown
from bot.conversation.presses import verb
from bot.conversation.slots import read_money, vehicle_words
from bot.conversation.talk import Talk
from bot.skills.part_actions import known_part, quote_part
from crm_core.approvals.messages import ApprovalCard
from crm_core.deals.messages import DealView
from crm_core.kernel.registry import Result
from crm_core.quotes.messages import (
    ApplyDiscount,
    CreateQuote,
    DiscountView,
    LatestQuote,
    QuoteView,
    RequestDiscount,
)  # fmt: skip


def _deal(talk: Talk, draft: Draft) -> DealView | Need | None:
    who = customer(talk, draft)
    if isinstance(who, Need) or who is None:
        return who or Need("person")
    view = deal(talk, draft, who)
    if view is None:
        talk.say("deal.none", name=talk.memory.focus_name(talk.now) or draft.text("person"))
    return view


@skill("create_quote", tier=Tier.CONFIRM)
def create_quote(talk: Talk, draft: Draft) -> Step:
    """A quote for the customer's deal: the price said, or the list price; a part of the catalogue at its own price."""
    if known_part(talk, draft):
        return quote_part(talk, draft)
    view = _deal(talk, draft)
    if not isinstance(view, DealView):
        return view
    title = vehicle_words(draft.value("vehicle"), draft.words("vehicle")) or draft.text("part") or draft.text("oe")
    quantity = draft.value("quantity")
    command = CreateQuote(deal_id=view.id, title=(title or view.interest)[:200],
                          price_fen=read_money(draft.value("money")),
                          quantity=quantity if isinstance(quantity, int) and quantity > 0 else 1)  # fmt: skip
    words = {"price": draft.words("money"), "amount": draft.words("money"), "title": draft.words("vehicle")}
    return Act(command, talk.voice.say("card.confirm_quote", name=view.customer_name), words=words,
               slots=_offered(talk, draft, view, command))  # fmt: skip


def _offered(talk: Talk, draft: Draft, view: DealView, command: CreateQuote) -> list[tuple[str, str, str]]:
    """What is quoted; at the list price when no other was said."""
    label = talk.voice.label
    lines = [shown(talk, draft, view.customer_name), (label("field", "vehicle"), command.title, draft.words("vehicle"))]
    if command.price_fen is None and view.list_fen:
        lines.append((label("field", "list_price"), talk.voice.money(view.list_fen), ""))
    return [line for line in lines if line[1]]


@after(CreateQuote)
def quoted(talk: Talk, command: CreateQuote, result: Result, draft: Draft | None) -> None:
    view: QuoteView = result.view
    title = talk.voice.say("card.quote_made", name=view.customer_name)
    waits = command.price_fen is not None and view.net_fen > command.price_fen * command.quantity
    note = talk.voice.say("quote.waits", price=talk.voice.money(command.price_fen)) if waits else None
    talk.show(quote_card(talk.voice, view, talk.take_back(result.undo_id), title, note))


@skill("request_discount", tier=Tier.CONFIRM)
def request_discount(talk: Talk, draft: Draft) -> Step:
    """So much off for the customer's deal; the rules say whether somebody must approve."""
    view = _deal(talk, draft)
    if not isinstance(view, DealView):
        return view
    amount = _amount(draft, view)
    if amount is None:
        return Need("money", "discount", {"name": view.customer_name})
    command = RequestDiscount(deal_id=view.id, amount_fen=amount, reason=draft.text("reason"))
    said = draft.words("money") or draft.words("percent")
    return Act(command, talk.voice.say("card.confirm_discount", name=view.customer_name, amount=talk.voice.money(amount)),
               words={"discount": said, "requested": said},
               slots=_understood(talk, draft, view))  # fmt: skip


def _understood(talk: Talk, draft: Draft, view: DealView) -> list[tuple[str, str, str]]:
    label = talk.voice.label
    lines = [shown(talk, draft, view.customer_name),
             (label("field", "deal"), view.interest or view.ref, draft.words("vehicle"))]  # fmt: skip
    if draft.text("reason"):
        lines.append((label("field", "reason"), draft.text("reason"), draft.words("reason")))
    return lines


def _amount(draft: Draft, view: DealView) -> int | None:
    """Fen off: the amount said, or what the percentage takes from the list price."""
    amount = read_money(draft.value("money"))
    kept = draft.value("percent")
    if amount is None and isinstance(kept, int | float) and view.list_fen:
        return round(view.list_fen * (1 - float(kept)))
    return amount


@after(RequestDiscount)
def requested(talk: Talk, command: RequestDiscount, result: Result, draft: Draft | None) -> None:
    """Applied at once, or waiting for a named person."""
    view: DiscountView = result.view
    if not view.approval_id:
        talk.show(discount_card(talk.voice, view, talk.take_back(result.undo_id)))
        return
    talk.about("approval", view.approval_id)
    talk.show(request_card(talk.voice, talk.ask(ApprovalCard(approval_id=view.approval_id))))


@after(ApplyDiscount)
def applied(talk: Talk, command: ApplyDiscount, result: Result, draft: Draft | None) -> None:
    view = result.view.quote if isinstance(result.view, DiscountView) else result.view
    if not isinstance(view, QuoteView):
        talk.say("done.plain", *talk.take_back(result.undo_id))
        return
    title = talk.voice.say("card.discount_applied", name=view.customer_name, amount=talk.voice.money(view.discount_fen))
    talk.show(quote_card(talk.voice, view, talk.take_back(result.undo_id), title))


@verb("quote.picture")
def press_picture(talk: Talk, params: dict[str, Any]) -> None:
    """The quote as a picture, to be sent on."""
    talk.replies.append(quote_as_picture(Easel(talk.core, talk.actor, talk.voice), params["quote"]))


@skill("quote_picture")
def quote_picture(talk: Talk, draft: Draft) -> Step:
    """The customer's newest quote as a picture."""
    who = customer(talk, draft)
    if isinstance(who, Need) or who is None:
        return who or Need("person")
    view: QuoteView | None = talk.ask(LatestQuote(customer_id=who))
    if view is None:
        talk.say("quote.none", name=talk.memory.focus_name(talk.now) or draft.text("person"))
        return None
    press_picture(talk, {"quote": view.id})
    return None
