"""Where is the car that was ordered?"""

from __future__ import annotations

from bot.cards.orders import order_card, order_list
from bot.conversation.gate import Need, Step, skill
from bot.conversation.pending import Draft
from bot.conversation.people import customer
from bot.conversation.talk import Talk
from crm_core.orders.messages import Orders, OrderView

OVER = ("delivered", "cancelled")


@skill("ask_order")
def ask_order(talk: Talk, draft: Draft) -> Step:
    """A customer's orders, those under way first."""
    if not talk.is_staff and draft.text("person") not in ("", "我", "我的", "me", "my", talk.actor.name):
        talk.say("privacy.refuse")
        return None
    reference = draft.text("ref")
    who = None if reference else customer(talk, draft)
    if isinstance(who, Need):
        return who
    found: list[OrderView] = talk.ask(Orders(customer_id=who, ref=reference))
    under_way = [o for o in found if o.state not in OVER] or found[:1]
    if not under_way:
        talk.say("order.none")
    elif len(under_way) == 1:
        talk.show(order_card(talk.voice, under_way[0], staff=talk.is_staff))
    else:
        talk.show(order_list(talk.voice, under_way))
    return None
