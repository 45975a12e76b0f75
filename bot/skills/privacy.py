"""Personal data in chat: a number in full, a person erased, a list of customers, and what a customer asks of his own."""

from __future__ import annotations

from typing import Any, cast

from bot.cards.privacy import consents_card, reasons, request_card, revealed_card
from bot.conversation.gate import Act, Need, Step, Tier, after, perform, skill
from bot.conversation.pending import Draft
from bot.conversation.people import customer
from bot.conversation.presses import verb
from bot.conversation.talk import Talk
from crm_core.customers.messages import CustomerCard, CustomerView
from crm_core.kernel.registry import Result
from crm_core.privacy.messages import (
    AskAboutMyData,
    AskCustomerList,
    AskErasure,
    ConsentLine,
    Consents,
    DecidePrivacyRequest,
    Masked,
    PrivacyRequestView,
    PrivacyRights,
    Reason,
    RevealContact,
    Revealed,
    WithdrawPrivacyRequest,
)


@skill("reveal_contact")
def reveal_contact(talk: Talk, draft: Draft) -> Step:
    """A number in full: why, by one press."""
    who = customer(talk, draft)
    if isinstance(who, Need) or who is None:
        return who or Need("person")
    _ask_why(talk, who, draft.text("choice") or "phone")
    return None


@verb("reveal.ask")
def press_reveal(talk: Talk, params: dict[str, Any]) -> None:
    """By the button under a masked number."""
    _ask_why(talk, str(params["customer"]), str(params.get("field", "phone")))


def _ask_why(talk: Talk, customer_id: str, field: str) -> None:
    view: CustomerView = talk.ask(CustomerCard(customer_id=customer_id))
    talk.about("customer", view.id, view.name)
    talk.say("reveal.why", *reasons(talk.voice, customer_id, field), name=view.name)


@verb("reveal.show")
def press_reason(talk: Talk, params: dict[str, Any]) -> None:
    """Why he wants to see it."""
    perform(talk, RevealContact(customer_id=str(params["customer"]), field=cast("Masked", params["field"]),
                                reason=cast("Reason", params["reason"])))  # fmt: skip


@after(RevealContact)
def revealed(talk: Talk, command: RevealContact, result: Result, draft: Draft | None) -> None:
    """In full, or that it was too often today."""
    view: Revealed = result.view
    if view.left < 0:
        talk.say("reveal.limit")
    else:
        talk.show(revealed_card(talk.voice, view))


@skill("erase_person", tier=Tier.CONFIRM)
def erase_person(talk: Talk, draft: Draft) -> Step:
    """Everything of a customer: what would go first, then another person's word."""
    if "erase" not in talk.ask(PrivacyRights()):
        talk.say("privacy.ask_admin")
        return None
    who = customer(talk, draft)
    if isinstance(who, Need) or who is None:
        return who or Need("person")
    view: CustomerView = talk.ask(CustomerCard(customer_id=who))
    title = talk.voice.say("privacy.erase.confirm", name=view.name)
    return Act(AskErasure(customer_id=who, reason=draft.text("reason")), title, told=frozenset({"erase"}))


@skill("export_customers", tier=Tier.CONFIRM)
def export_customers(talk: Talk, draft: Draft) -> Step:
    """A file of the customers he may see; why first, then another person's word."""
    if "list" not in talk.ask(PrivacyRights()):
        talk.say("error.not_allowed")
        return None
    return Act(AskCustomerList(level=draft.text("level"), reason=draft.text("reason")),
               talk.voice.say("privacy.customer_list.confirm"))  # fmt: skip


@after(AskErasure)
@after(AskCustomerList)
def asked(talk: Talk, command: object, result: Result, draft: Draft | None) -> None:
    """Who was asked; the card changes when he has decided."""
    talk.show(request_card(talk.voice, result.view))


@verb("privacy.approve", "privacy.reject")
def press_decision(talk: Talk, params: dict[str, Any]) -> None:
    """The second person's word."""
    rejected = params["verb"].endswith("reject")
    perform(talk, DecidePrivacyRequest(request_id=str(params["request"]), decision="reject" if rejected else "approve"))


@after(DecidePrivacyRequest)
def decided(talk: Talk, command: DecidePrivacyRequest, result: Result, draft: Draft | None) -> None:
    """What became of it. Who was erased is written down outside the database at once."""
    view: PrivacyRequestView = result.view
    if view.kind == "erase" and view.state == "done":
        talk.core.erasures.sync()
        talk.core.erasures.scrub()
    talk.say(f"privacy.{view.kind}.told_{view.state}", asker=view.asker_name, n=view.count)


@verb("privacy.withdraw")
def press_withdraw(talk: Talk, params: dict[str, Any]) -> None:
    """Not needed after all."""
    perform(talk, WithdrawPrivacyRequest(request_id=str(params["request"])))


@after(WithdrawPrivacyRequest)
def withdrawn(talk: Talk, command: object, result: Result, draft: Draft | None) -> None:
    talk.say("privacy.withdrawn")


@skill("ask_consents")
def ask_consents(talk: Talk, draft: Draft) -> Step:
    """What a customer agreed to, and when."""
    who = customer(talk, draft)
    if isinstance(who, Need) or who is None:
        return who or Need("person")
    view: CustomerView = talk.ask(CustomerCard(customer_id=who))
    talk.about("customer", view.id, view.name)
    found: list[ConsentLine] = talk.ask(Consents(customer_id=who))
    if found:
        talk.show(consents_card(talk.voice, view.name, found))
    else:
        talk.say("privacy.no_consents", name=view.name)
    return None


@skill("my_data", tier=Tier.OWN)
def my_data(talk: Talk, draft: Draft) -> Step:
    """A customer's own wish; somebody must answer it in time. A visitor we know nothing of is told so."""
    if talk.actor.customer_id is None:
        talk.say("privacy.nothing_known")
        return None
    erase = draft.text("choice") == "erase"
    command = AskAboutMyData(wish="erase" if erase else "copy", words=talk.text[:400])
    return Act(command, talk.voice.say("privacy.mine.erase" if erase else "privacy.mine.copy"), confirm=erase)


@after(AskAboutMyData)
def my_wish(talk: Talk, command: AskAboutMyData, result: Result, draft: Draft | None) -> None:
    """By when he will have an answer."""
    talk.say(f"privacy.mine.told_{command.wish}", until=talk.voice.when(result.view.due_at))


