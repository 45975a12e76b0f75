"""Cards about orders."""

from __future__ import annotations

from collections.abc import Sequence

from bot.cards.base import joined, lines
from bot.ports import Card
from bot.texts import Voice
from crm_core.orders.messages import OrderView


def order_card(voice: Voice, view: OrderView, *, staff: bool) -> Card:
    """One order: where it is, and when it comes."""
    bought = "、".join(f"{what} ×{quantity}" if quantity > 1 else what for what, quantity, _ in view.lines)
    return Card(
        kind="order",
        title=voice.say("card.order", title=view.title or bought or view.ref),
        fields=lines(
            voice,
            ("customer", view.customer_name if staff else ""),
            ("state", voice.label("order", view.state)),
            ("expected", voice.when(view.expected_on)),
            ("ordered", voice.when(view.ordered_on)),
            ("lines", bought if bought != view.title else ""),
            ("amount", voice.money(view.amount_fen) if view.amount_fen else ""),
            ("ref", joined(view.ref, view.code)),
        ),
        subject=f"order:{view.id}",
    )


def order_list(voice: Voice, views: Sequence[OrderView]) -> Card:
    """Several orders, one line each."""
    entries = [
        (view.title or view.ref, joined(voice.label("order", view.state), voice.when(view.expected_on)))
        for view in views
    ]
    return Card("orders", voice.say("card.orders", n=len(views)), lines(voice, *entries))
