"""Questions about requests, consents and rights."""

from __future__ import annotations

from sqlalchemy import select
from sqlmodel import col

from crm_core.customers.tables import Consent, Customer
from crm_core.kernel.errors import NotFound
from crm_core.kernel.registry import answers
from crm_core.kernel.uow import Reader
from crm_core.org.people import find_person, person_name
from crm_core.privacy.export import workings
from crm_core.privacy.messages import (
    ConsentLine,
    Consents,
    PrivacyRequestCard,
    PrivacyRequestView,
    PrivacyRights,
)
from crm_core.privacy.people import may_decide
from crm_core.privacy.reveals import policy_of
from crm_core.privacy.rules import kept_until
from crm_core.privacy.tables import PrivacyRequest
from crm_core.privacy.trace import Found, trace

ACTIONS = ("export", "erase", "list", "reveal", "agree")
# What is counted on the card; the rest hangs on these.
COUNTED = ("records", "leads", "deals", "quotes", "orders", "appointments", "tasks", "cars", "chat_messages", "blobs")


@answers(PrivacyRequestCard)
def request_card(question: PrivacyRequestCard, reader: Reader) -> PrivacyRequestView:
    """For the asker, whoever decided, and whoever may."""
    row = reader.find(PrivacyRequest, question.request_id)
    if row is None or row.tenant != reader.tenant or not _concerns(reader, row):
        raise NotFound(resource="privacy")
    return request_view(row, reader)


def _concerns(reader: Reader, row: PrivacyRequest) -> bool:
    me = reader.actor.id
    return me in (row.asker_id, row.confirmer_id, row.decider_id) or may_decide(reader, row, me)


def request_view(row: PrivacyRequest, reader: Reader) -> PrivacyRequestView:
    """A request as it stands for the actor; what would go is counted anew while it is undecided."""
    me, customer = reader.actor.id, reader.find(Customer, row.customer_id)
    state = "expired" if row.state == "pending" and row.expires_at <= reader.now else row.state
    found: Found = trace(reader.session, reader.tenant, customer.id) if customer is not None and state == "pending" else {}
    policy = policy_of(reader, row.unit)
    kept = sum(kept_until(policy, order) > reader.now for order in found.get("orders", {}).values())
    mine = me == row.asker_id
    fresh = row.blob_id if state == "done" and mine and row.expires_at > reader.now else ""
    return PrivacyRequestView(
        id=row.id, kind=row.kind, state=state, customer_name=customer.name if customer else "", asker_id=row.asker_id,
        asker_name=person_name(reader, row.asker_id), confirmer_name=person_name(reader, row.confirmer_id),
        decider_name=person_name(reader, row.decider_id), reason=reader.reveal(row, "reason"), kept=kept,
        count=row.count or sum(len(rows) for name, rows in found.items() if not workings(name)),
        counts={name: len(found[name]) for name in COUNTED if name in found}, file_id=fresh,
        expires_at=row.expires_at, may_withdraw=state == "pending" and mine,
        may_decide=state == "pending" and may_decide(reader, row, me),
    )  # fmt: skip


@answers(Consents)
def consent_lines(question: Consents, reader: Reader) -> list[ConsentLine]:
    """Raises NotFound for a customer the actor may not read."""
    customer = reader.get(Customer, question.customer_id, "customer")
    query = select(Consent).where(col(Consent.tenant) == reader.tenant, col(Consent.customer_id) == customer.id)
    rows = reader.rows(query.order_by(col(Consent.created_at).desc(), col(Consent.id).desc()))
    return [_consent(row, reader) for row in rows]


def _consent(row: Consent, reader: Reader) -> ConsentLine:
    by = find_person(reader, row.by_id)
    return ConsentLine(
        purpose=row.purpose, granted=row.granted, channel=row.channel, text_version=row.text_version,
        by_name=person_name(reader, row.by_id), by_customer=by is not None and by.kind == "customer", at=row.created_at,
    )  # fmt: skip


@answers(PrivacyRights)
def privacy_rights(question: PrivacyRights, reader: Reader) -> tuple[str, ...]:
    """What to offer; each is checked again when it is done."""
    return tuple(action for action in ACTIONS if reader.access.may(reader.actor, "customer", action))
