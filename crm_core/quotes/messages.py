"""Quotes and discounts. Money is fen. The public vocabulary."""

from __future__ import annotations

from datetime import datetime

from crm_core.kernel.registry import Command, Event, Question, View


class CreateQuote(Command):
    """Quote a car or part for a deal. Without `price_fen` the list price of the model is used."""

    deal_id: str
    title: str = ""
    price_fen: int | None = None
    quantity: int = 1


class RequestDiscount(Command):
    """Ask for `amount_fen` off in total on the deal's quote. Rules decide whether somebody must approve."""

    deal_id: str
    amount_fen: int
    reason: str = ""


class ApplyDiscount(Command):
    """Use what an approval allows (after a counter-offer: its amount)."""

    approval_id: str


class SetDiscount(Command):
    """Put the discount back; the inverse of an applied one."""

    quote_id: str
    discount_fen: int
    version: int


class VoidQuote(Command):
    """It was quoted by mistake: the quote it took the place of holds again, a deal that was opened for it goes with it.

    The inverse of a quote made. Raises Conflict when the quote changed since.
    """

    quote_id: str
    version: int
    former_id: str | None = None
    opened: bool = False


class QuoteMade(Event):
    quote_id: str


class DiscountApplied(Event):
    quote_id: str
    deal_id: str
    discount_fen: int


class QuoteView(View):
    """A quote with its net price; `version` is what an approval binds to. `pending_fen` off is being decided.

    `of_part`: what is quoted is a part of the catalogue, and no car.
    """

    id: str
    ref: str
    deal_id: str
    customer_id: str
    customer_name: str
    title: str
    list_fen: int
    discount_fen: int
    net_fen: int
    state: str
    valid_until: datetime | None
    version: int
    quantity: int = 1
    pending_fen: int | None = None
    approval_id: str | None = None
    of_part: bool = False


class DiscountView(View):
    """What became of a discount request: `applied` at once, or `pending` with an approval.

    `replaced_id`: an undecided earlier request that this one took the place of.
    """

    state: str
    quote: QuoteView
    requested_fen: int
    approval_id: str | None = None
    approver_name: str = ""
    rule: str = ""
    reason: str = ""
    replaced_id: str | None = None


class LatestQuote(Question):
    """The newest quote a customer has that was not replaced: QuoteView, or None."""

    customer_id: str


class QuoteCard(Question):
    """One quote: QuoteView."""

    quote_id: str
