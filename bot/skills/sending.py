"""A colleague's own words, or a quote, to a customer: shown as he will get them, then sent by the core."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from bot.cards.base import Easel
from bot.cards.deals import price_label
from bot.cards.quote_picture import quote_as_picture
from bot.cards.suggestions import signed
from bot.conversation.gate import Act, Need, Step, Tier, after, pass_through, skill
from bot.conversation.pending import Draft
from bot.conversation.people import customer
from bot.conversation.presses import verb
from bot.conversation.talk import Talk
from bot.ports import Outbound
from crm_core.customers.messages import CustomerCard, CustomerView
from crm_core.kernel.errors import Refused
from crm_core.kernel.registry import Command, Result
from crm_core.org.messages import MyDealer
from crm_core.outreach.messages import CustomerReach, ReachView, SendToCustomer, SentView
from crm_core.quotes.messages import LatestQuote, QuoteView
from crm_core.tasks.messages import AnswerQuestion, TaskCard, TaskView

TOLD = frozenset({"text", "state"})


@skill("send_message", tier=Tier.CONFIRM)
def send_message(talk: Talk, draft: Draft) -> Step:
    """To the customer's own chat. Where that cannot be, the words come back to be copied."""
    who = customer(talk, draft)
    if isinstance(who, Need) or who is None:
        return who or Need("person")
    text = draft.text("text").strip()
    view: CustomerView = talk.ask(CustomerCard(customer_id=who))
    reach: ReachView = talk.ask(CustomerReach(customer_id=who))
    if reach.problem:
        talk.say(f"error.reach_{reach.problem}", name=view.name)
        if text:
            talk.replies.append(Outbound(text=text))
        return None
    if not text:
        return Need("text", "message_text", {"name": view.name})
    command = _command(talk, draft, who, text)
    sees = text if isinstance(command, AnswerQuestion) else _signed(talk, reach, text)
    return Act(command, talk.voice.say("card.confirm_message", name=view.name), told=TOLD,
               slots=_shown(talk, draft, view, reach, sees))  # fmt: skip


def _signed(talk: Talk, reach: ReachView, text: str) -> str:
    return signed(replace(talk.voice, lang=reach.language), text, talk.actor.name, talk.ask(MyDealer()))


def _command(talk: Talk, draft: Draft, customer_id: str, text: str) -> Command:
    """An answer to what he asked, while that is open and the actor's to answer; else a message."""
    task_id = draft.chosen.get("task")
    task: TaskView | None = talk.ask(TaskCard(task_id=task_id)) if task_id else None
    asked = task is not None and task.kind == "question" and task.state == "open"
    if task is not None and asked and task.from_customer and task.assignee_id == talk.actor.id:
        return AnswerQuestion(task_id=task.id, text=text)
    return SendToCustomer(customer_id=customer_id, text=text)


def _shown(talk: Talk, draft: Draft, view: CustomerView, reach: ReachView, sees: str) -> list[tuple[str, str, str]]:
    """Who gets what, where; word for word."""
    label = talk.voice.label
    lines = [
        (label("field", "customer"), view.name, draft.words("person")),
        (label("field", "channel"), label("channel_account", reach.channel), ""),
        (label("field", "text"), sees, ""),
    ]
    return [*lines, (label("field", "state"), talk.voice.say("outreach.waits"), "")] if reach.waits else lines


@skill("send_quote", tier=Tier.CONFIRM)
def send_quote(talk: Talk, draft: Draft) -> Step:
    """The newest quote that holds, as its picture, to the customer himself."""
    who = customer(talk, draft)
    if isinstance(who, Need) or who is None:
        return who or Need("person")
    view: CustomerView = talk.ask(CustomerCard(customer_id=who))
    quote: QuoteView | None = talk.ask(LatestQuote(customer_id=who))
    if quote is None:
        talk.say("quote.none", name=view.name)
        return None
    if quote.state != "valid":
        raise Refused("error.quote_over")
    reach: ReachView = talk.ask(CustomerReach(customer_id=who))
    voice = replace(talk.voice, lang=reach.language)
    picture = quote_as_picture(Easel(talk.core, talk.actor, voice), quote.id)
    if reach.problem:
        talk.say(f"error.reach_{reach.problem}", name=view.name)
        talk.replies.append(picture)
        return None
    talk.replies.append(replace(picture, text=None))
    text = voice.say("outreach.quote_text", title=quote.title)
    image_id = (picture.image or {})["url"].rpartition("/")[2]
    command = SendToCustomer(customer_id=who, text=text, image_id=image_id, quote_id=quote.id, version=quote.version)
    slots = [*_shown(talk, draft, view, reach, _signed(talk, reach, text)), *_priced(talk, quote)]
    return Act(command, talk.voice.say("card.confirm_send_quote", name=view.name), told=TOLD, slots=slots)


def _priced(talk: Talk, quote: QuoteView) -> list[tuple[str, str, str]]:
    label = talk.voice.label
    what = label("field", "part" if quote.of_part else "vehicle")
    return [(what, quote.title, ""), (price_label(talk.voice, quote), talk.voice.money(quote.net_fen), "")]


@verb("quote.send")
def press_send_quote(talk: Talk, params: dict[str, Any]) -> None:
    """By the button of the quote."""
    pass_through(talk, Draft("send_quote", chosen={"person": str(params["customer"])}))


@after(SendToCustomer)
def sent(talk: Talk, command: SendToCustomer, result: Result, draft: Draft | None) -> None:
    """On its way, or waiting for his next word."""
    view: SentView = result.view
    talk.about("customer", view.customer_id, view.customer_name)
    talk.say("outreach.sent_waits" if view.waits else "outreach.sent", name=view.customer_name,
             channel=talk.voice.label("channel_account", view.channel))  # fmt: skip


