"""Which prices a customer pays for parts: 把王丽设成批发价, put Sarah Miller on wholesale prices."""

from __future__ import annotations

from bot.conversation.gate import Act, Need, Step, Tier, after, skill
from bot.conversation.pending import Draft
from bot.conversation.people import customer, shown
from bot.conversation.talk import Talk
from crm_core.customers.messages import CustomerCard, CustomerView
from crm_core.fitment.messages import SetPriceClass
from crm_core.kernel.registry import Result


@skill("set_price_class", tier=Tier.CONFIRM)
def set_price_class(talk: Talk, draft: Draft) -> Step:
    """Shown first; a rep is told whose word it takes."""
    if not talk.core.access.may(talk.actor, "customer", "price"):
        talk.say("price_class.not_yours")
        return None
    who = customer(talk, draft)
    if isinstance(who, Need) or who is None:
        return who or Need("person")
    if not draft.text("text"):
        return Need("text", "price_class")
    view: CustomerView = talk.ask(CustomerCard(customer_id=who))
    talk.about("customer", view.id, view.name)
    title = talk.voice.say("card.confirm_price_class", name=view.name)
    return Act(SetPriceClass(customer_id=who, price_class=draft.text("text")), title,
               slots=[shown(talk, draft, view.name)])  # fmt: skip


@after(SetPriceClass)
def price_class_set(talk: Talk, command: SetPriceClass, result: Result, draft: Draft | None) -> None:
    view: CustomerView = talk.ask(CustomerCard(customer_id=command.customer_id))
    key = "price_class.set" if result.undo_id is not None else "price_class.same"
    talk.say(key, *talk.take_back(result.undo_id), name=view.name, price_class=str(result.view))
