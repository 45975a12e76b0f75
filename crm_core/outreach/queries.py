"""Questions about writing to customers."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import desc, select
from sqlmodel import col

from crm_core.appointments.messages import Appointments, AppointmentView
from crm_core.customers.tables import Customer, Record
from crm_core.deals.messages import OpenDeals
from crm_core.followups.greetings import customer_person
from crm_core.kernel.errors import NotFound
from crm_core.kernel.policies import Document
from crm_core.kernel.registry import answers
from crm_core.kernel.uow import Reader
from crm_core.leads.tables import Lead, Touch
from crm_core.outreach.messages import CustomerReach, ReachView, ReplyTexts, ReplyTextsView, WhoAnswers
from crm_core.outreach.reach import ANSWERED_WITHIN, asked_by, reach_of
from crm_core.outreach.rules import Situation, SuggestionPolicy, heard, occasion
from crm_core.quotes.messages import LatestQuote, QuoteView
from crm_core.solved.rules import AnswerPolicy, topic_role

TYPED = "chat"  # a lead a colleague wrote down, in his own words
SPOKEN = ("call", "visit", "chat", "message")


@answers(CustomerReach)
def customer_reach(question: CustomerReach, reader: Reader) -> ReachView:
    """For whoever may write to the customer."""
    customer = reader.get(Customer, question.customer_id, "customer", "write")
    if not reader.actor.is_staff:
        raise NotFound(resource="customer")
    return reach_of(reader, customer)[1]


@answers(ReplyTexts)
def reply_texts(question: ReplyTexts, reader: Reader) -> ReplyTextsView:
    """Colleagues only; of a customer they may read."""
    if not reader.actor.is_staff:
        raise NotFound(resource="customer")
    customer = reader.get(Customer, question.customer_id, "customer") if question.customer_id else None
    policy = reader.policies.model("suggestions", SuggestionPolicy, unit=reader.actor.unit)
    said = question.said or ("" if question.kind or customer is None else last_words(reader, customer))
    by_words = "" if question.kind else heard(policy, said)
    kind = question.kind if question.kind in policy.kinds else by_words or _occasion(reader, customer)
    language, reply = question.language or _language(reader, customer), policy.kinds[kind]
    document: Document | None = reader.policies.documents.get("suggestions")
    return ReplyTextsView(
        kind=kind, title=reply.title.of(reader.actor.language), texts=reply.texts(language), language=language,
        heard=bool(by_words), said=said, asks=reply.asks.of(language) if reply.asks else "",
        source=document.locate(("kinds", kind)) if document is not None else "",
    )  # fmt: skip


def last_words(reader: Reader, customer: Customer) -> str:
    """What the customer asked of a colleague last, else what he wrote with a lead that nobody has answered."""
    person = customer_person(reader, customer.id)
    task = asked_by(reader, person.id) if person is not None else None
    if task is not None:
        # The text of a question is what was found about it.
        return ("" if task.kind == "question" else reader.reveal(task, "text")) or reader.reveal(task, "title")
    return _left_with_a_lead(reader, customer.id)


def _left_with_a_lead(reader: Reader, customer_id: str) -> str:
    """What he wrote himself when he left his number, while nobody has answered it."""
    fresh = reader.select(Lead, "lead").where(col(Lead.customer_id) == customer_id, col(Lead.state) == "new")
    lead = reader.first(fresh.order_by(desc(col(Lead.created_at)), desc(col(Lead.id))))
    own = select(Touch).where(col(Touch.lead_id) == (lead.id if lead else ""), col(Touch.channel) != TYPED)
    touch = reader.first(own.order_by(desc(col(Touch.created_at)), desc(col(Touch.id))))
    return reader.reveal(touch, "message") if touch is not None else ""


def _language(reader: Reader, customer: Customer | None) -> str:
    if customer is None:
        return reader.actor.language
    person = customer_person(reader, customer.id)
    return person.language if person is not None else customer.language


def _occasion(reader: Reader, customer: Customer | None) -> str:
    if customer is None:
        return "greeting"
    of_him: list[AppointmentView] = reader.ask(Appointments(customer_id=customer.id, start=reader.now))
    past: list[AppointmentView] = reader.ask(Appointments(customer_id=customer.id, end=reader.now, open_only=False,
                                                          kind="test_drive"))  # fmt: skip
    quote: QuoteView | None = reader.ask(LatestQuote(customer_id=customer.id))
    holds = quote is not None and quote.state == "valid"
    found = Situation(
        deal=bool(reader.ask(OpenDeals(customer_id=customer.id))), visit_at=of_him[0].start if of_him else None,
        quoted=holds, quote_ends=quote.valid_until if quote is not None and holds else None,
        drove=any(one.state == "done" for one in past), spoken_at=_spoken_at(reader, customer.id),
    )  # fmt: skip
    return occasion(found, reader.now)


def _spoken_at(reader: Reader, customer_id: str) -> datetime | None:
    query = select(col(Record.at)).where(
        col(Record.customer_id) == customer_id, col(Record.kind).in_(SPOKEN), col(Record.removed_at).is_(None)
    )
    found: datetime | None = reader.session.execute(query.order_by(desc(col(Record.at))).limit(1)).scalar()
    return found


@answers(WhoAnswers)
def who_answers(question: WhoAnswers, reader: Reader) -> str:
    """What concerns buying is the rep's, and so is an answer to what a rep has just written; else it is for the role
    whose words it has (`answers.yaml`), or for a technician."""
    topics = reader.policies.model("answers", AnswerPolicy, unit=reader.actor.unit)
    role = topic_role(topics, question.said) or "tech"
    if reader.actor.is_staff:
        return role
    policy = reader.policies.model("suggestions", SuggestionPolicy, unit=reader.actor.unit)
    if heard(policy, question.said):
        return "rep"
    query = select(Record).where(
        col(Record.customer_id) == reader.actor.customer_id, col(Record.kind) == "message",
        col(Record.at) > reader.now - ANSWERED_WITHIN, col(Record.removed_at).is_(None),
    )  # fmt: skip
    wrote = reader.first(query) if reader.actor.customer_id else None
    return "rep" if wrote is not None else role
