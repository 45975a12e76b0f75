"""A number that was wrong or has changed: the same customer, another number, shown before it is written."""

from __future__ import annotations

from bot.conversation.gate import Act, Need, Step, after
from bot.conversation.pending import Draft
from bot.conversation.people import customer
from bot.conversation.talk import Talk
from crm_core.customers.messages import CorrectPhone, CustomerCard, CustomerView
from crm_core.kernel.registry import Result
from intents.renumber import number_corrected


def corrects_number(talk: Talk, draft: Draft) -> bool:
    """Whether a colleague says a new number of somebody instead of bringing a new person.

    The sentence that brought the number decides; a name chosen from chips comes after it. What was written a moment
    ago is put right by taking it back.
    """
    if not talk.is_staff or draft.undo_id or not draft.value("phone") or not draft.value("person"):
        return False
    if draft.words("phone") in talk.text:
        draft.slots["renumber"] = {"value": number_corrected(talk.text), "words": ""}
    return bool(draft.value("renumber"))


def correct_number(talk: Talk, draft: Draft) -> Step:
    """Before and after on a card; nobody of that name is offered to be written down."""
    who = customer(talk, draft)
    if isinstance(who, Need) or who is None:
        return who or Need("person")
    view: CustomerView = talk.ask(CustomerCard(customer_id=who))
    command = CorrectPhone(customer_id=who, phone=draft.text("phone")[:60])
    named = [(talk.voice.label("field", "customer"), view.name, draft.words("person"))]
    return Act(command, talk.voice.say("card.confirm_phone"), {"phone": draft.words("phone")}, named, confirm=True)


@after(CorrectPhone)
def number_is_corrected(talk: Talk, command: CorrectPhone, result: Result, draft: Draft | None) -> None:
    """The customer with the number people now call."""
    view: CustomerView = talk.ask(CustomerCard(customer_id=command.customer_id))
    talk.about("customer", view.id, view.name)
    talk.say("customer.phone", *talk.take_back(result.undo_id, draft), name=view.name, phone=command.phone)
