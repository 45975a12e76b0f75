"""Questions about quotes."""

from __future__ import annotations

from typing import Any, cast

from sqlalchemy import select
from sqlmodel import col

from crm_core.approvals.tables import Approval
from crm_core.customers.history import tells_history
from crm_core.customers.messages import RecordView
from crm_core.deals.lookup import customer_name
from crm_core.fitment.normalise import oe_key
from crm_core.fitment.tables import Part
from crm_core.kernel.money import yuan
from crm_core.kernel.registry import answers
from crm_core.kernel.uow import Reader
from crm_core.org.people import person_name
from crm_core.quotes.messages import LatestQuote, QuoteCard, QuoteView
from crm_core.quotes.tables import Quote

FEWEST_DIGITS = 3


@answers(QuoteCard)
def quote_card(question: QuoteCard, reader: Reader) -> QuoteView:
    """One quote."""
    return quote_view(reader.get(Quote, question.quote_id, "quote"), reader)


@answers(LatestQuote)
def latest_quote(question: LatestQuote, reader: Reader) -> QuoteView | None:
    """Of those the actor may read."""
    row = cast(Any, Quote)
    of_him = reader.select(Quote, "quote").where(row.customer_id == question.customer_id, row.state == "valid")
    found = reader.first(of_him.order_by(row.created_at.desc(), row.id.desc()))
    return quote_view(found, reader) if found is not None else None


def pending_of(reader: Reader, quote_id: str) -> Approval | None:
    """The undecided request about a quote."""
    row = cast(Any, Approval)
    return reader.first(
        select(Approval).where(row.tenant == reader.tenant, row.record_id == quote_id, row.state == "pending")
    )


def quote_view(row: Quote, reader: Reader) -> QuoteView:
    """A quote the actor was allowed to load."""
    pending = pending_of(reader, row.id)
    lapsed = row.state == "valid" and row.valid_until is not None and row.valid_until <= reader.now
    return QuoteView(
        id=row.id, ref=row.ref, deal_id=row.deal_id, customer_id=row.customer_id or "",
        customer_name=customer_name(reader, row.customer_id), title=row.title, list_fen=row.list_fen,
        discount_fen=row.discount_fen, net_fen=row.list_fen - row.discount_fen, quantity=row.quantity,
        state="lapsed" if lapsed else row.state, valid_until=row.valid_until, version=row.version,
        pending_fen=pending.amount_fen if pending else None, approval_id=pending.id if pending else None,
        of_part=_of_part(row.title, reader),
    )  # fmt: skip


def _of_part(title: str, reader: Reader) -> bool:
    """Whether a part of the catalogue is named by its number at the end, as a quote of one is."""
    words = title.split()
    ends = {oe_key("".join(words[start:])) for start in range(1, len(words))}
    wanted = [key for key in ends if sum(char.isdigit() for char in key) >= FEWEST_DIGITS]
    if not wanted:
        return False
    named = select(col(Part.id)).where(col(Part.tenant) == reader.tenant, col(Part.oe_key).in_(wanted)).limit(1)
    return reader.session.execute(named).first() is not None


@tells_history("quote")
def told_quotes(reader: Reader, customer_id: str) -> list[RecordView]:
    """A customer's visible quotes."""
    row = cast(Any, Quote)
    query = (
        reader.select(Quote, "quote").where(row.customer_id == customer_id, row.state != "dropped")
        .order_by(row.created_at.desc())
    )
    return [
        RecordView(id=q.id, ref=q.ref, customer_id=customer_id, kind="quote", at=q.created_at,
                   by_name=person_name(reader, q.owner_id), outcome=q.state,
                   text=f"{q.title} ¥{yuan(q.list_fen)} - ¥{yuan(q.discount_fen)} = ¥{yuan(q.list_fen - q.discount_fen)}")
        for q in reader.rows(query.limit(50))
    ]  # fmt: skip
