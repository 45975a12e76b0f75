"""A customer's birthday, told in words."""

from __future__ import annotations

from bot.conversation.gate import Act, Need, Step, Tier, after, skill
from bot.conversation.pending import Draft
from bot.conversation.people import customer
from bot.conversation.talk import Talk
from crm_core.customers.messages import CustomerCard, CustomerView, SetBirthday
from crm_core.kernel.registry import Result


@skill("set_birthday", tier=Tier.OWN)
def set_birthday(talk: Talk, draft: Draft) -> Step:
    """Month and day, lunar when it was said so; the year when it was said."""
    who = customer(talk, draft)
    if isinstance(who, Need) or who is None:
        return who or Need("person")
    said = draft.value("birthday")
    if not isinstance(said, dict):
        return Need("birthday", "birthday")
    day = f"{said['month']:02d}-{said['day']:02d}"
    text = f"{said['year']}-{day}" if said.get("year") else day
    return Act(SetBirthday(customer_id=who, birthday=text, lunar=bool(said["lunar"]), leap=bool(said["leap"])))


@after(SetBirthday)
def birthday_set(talk: Talk, command: SetBirthday, result: Result, draft: Draft | None) -> None:
    """As it is now known."""
    view: CustomerView = talk.ask(CustomerCard(customer_id=command.customer_id))
    talk.about("customer", view.id, view.name)
    key = "customer.birthday" if result.undo_id else "customer.birthday_known"
    talk.say(key, *talk.take_back(result.undo_id, draft), name=view.name, day=talk.voice.birthday(view.birthday))
