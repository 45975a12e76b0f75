"""Cards about deals, quotes and discounts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bot.cards.base import Easel, button, joined, lines, out, pushed
from bot.ports import Button, Card, Field, Outbound
from bot.texts import Voice
from crm_core.deals.messages import DealCard, DealView
from crm_core.quotes.messages import DiscountView, QuoteCard, QuoteView

LINES = 8


@pushed("deal", subject="deal")
def deal(easel: Easel, deal_id: str, params: dict[str, Any]) -> Outbound:
    """The deal as it stands."""
    return out(deal_card(easel.voice, easel.ask(DealCard(deal_id=deal_id))))


@pushed("quote", subject="quote")
def quote(easel: Easel, quote_id: str, params: dict[str, Any]) -> Outbound:
    """The quote as it stands."""
    return out(quote_card(easel.voice, easel.ask(QuoteCard(quote_id=quote_id))))


def deal_card(voice: Voice, view: DealView, extra: tuple[Button, ...] = (), title: str = "") -> Card:
    """One deal."""
    return Card(
        kind="deal",
        title=title or voice.say("card.deal", name=view.customer_name),
        fields=lines(
            voice,
            ("deal", joined(view.interest, view.ref)),
            ("stage", stage_line(voice, view)),
            ("level", view.level),
            ("expected_close", voice.when(view.expected_close)),
            ("list_price", voice.money(view.list_fen) if view.list_fen else ""),
            ("discount", voice.money(view.discount_fen) if view.discount_fen else ""),
            ("owner", view.owner_name),
        ),
        buttons=extra,
        status=None if view.state == "open" else voice.label("state", view.state),
        tone={"won": "good", "lost": "done"}.get(view.state),
        subject=f"deal:{view.id}",
    )


def stage_line(voice: Voice, view: DealView) -> str:
    """Where the deal stands, and how long once that is too long."""
    slow = {"days": view.days_in_stage, "limit": f"{view.limit_days:g}"}
    return joined(view.stage_name, voice.say(f"deal.slow_{view.limit_by}", **slow) if view.slow else "")


def slow_card(voice: Voice, found: Sequence[DealView], viewer_id: str) -> Card:
    """Deals that stay too long, the longest first; each line opens its deal."""
    shown = found[:LINES]
    fields = tuple(
        Field(view.customer_name or view.ref,
              joined(view.interest, stage_line(voice, view), view.owner_name if view.owner_id != viewer_id else ""))
        for view in shown
    )  # fmt: skip
    buttons = tuple(Button(view.customer_name or view.ref, "open", {"subject": f"deal:{view.id}"}, line=number)
                    for number, view in enumerate(shown))  # fmt: skip
    note = voice.say("deal.more_slow", n=len(found) - LINES) if len(found) > LINES else None
    return Card("slow_deals", voice.say("card.slow_deals", n=len(found)), fields, buttons, note=note)


def quote_card(
    voice: Voice, view: QuoteView, extra: tuple[Button, ...] = (), title: str = "", note: str | None = None
) -> Card:
    """One quote with its net price; while it holds, it can be had as a picture or sent to the customer."""
    on = (button(voice, "quote_picture", "quote.picture", quote=view.id),
          button(voice, "quote_send", "quote.send", customer=view.customer_id)) if view.state == "valid" else ()
    return Card(
        kind="quote",
        title=title or voice.say("card.quote", name=view.customer_name),
        fields=lines(
            voice,
            ("part" if view.of_part else "vehicle", view.title),
            ("list_price", voice.money(view.list_fen)),
            ("discount", voice.money(view.discount_fen) if view.discount_fen else ""),
            Field(price_label(voice, view), voice.money(view.net_fen), emph=True),
            ("valid_until", voice.when(view.valid_until)),
            ("ref", view.ref),
        ),
        buttons=(*on, *extra),
        note=note,
        subject=f"quote:{view.id}",
    )


def price_label(voice: Voice, view: QuoteView) -> str:
    """What the price to pay is called: after a discount only where there is one."""
    return voice.label("field", "net_price" if view.discount_fen else "to_pay")


def discount_card(voice: Voice, view: DiscountView, extra: tuple[Button, ...] = ()) -> Card:
    """A discount that nobody had to approve."""
    quote_view = view.quote
    title = voice.say("card.discount_applied", name=quote_view.customer_name, amount=voice.money(view.requested_fen))
    return quote_card(voice, quote_view, extra, title)


def funnel_card(voice: Voice, title: str, rows: Sequence[tuple[str, int, int]]) -> Card:
    """Deals by stage: how many, and for how much."""
    fields = tuple(
        Field(name, joined(voice.say("report.deals", n=count), voice.money(amount) if amount else ""))
        for name, count, amount in rows
    )
    return Card("report", title, fields)
