"""Copies, erasures and lists: asked by one person, agreed to by another, written down."""

from __future__ import annotations

from crm_core.customers.tables import Customer
from crm_core.kernel.access import Place
from crm_core.kernel.errors import AlreadyDecided, Conflict, NotFound, Refused
from crm_core.kernel.pii import clean_text
from crm_core.kernel.registry import Result, handles
from crm_core.kernel.uow import Priority, Uow
from crm_core.org.people import person_name
from crm_core.privacy import asking as asking
from crm_core.privacy import reveals as reveals
from crm_core.privacy import tidying as tidying
from crm_core.privacy.erase import erase
from crm_core.privacy.export import person_data
from crm_core.privacy.lists import make_list, most_customers
from crm_core.privacy.messages import (
    AskCustomerList,
    AskErasure,
    DecidePrivacyRequest,
    ExportPerson,
    PersonErased,
    ReapplyErasure,
    WithdrawPrivacyRequest,
)
from crm_core.privacy.people import may_decide, second
from crm_core.privacy.queries import request_view
from crm_core.privacy.reveals import policy_of, report_decoy
from crm_core.privacy.tables import Erasure, PrivacyRequest
from crm_core.rights.actors import load_actor

ERASE, LIST = "erase", "customer_list"


@handles(ExportPerson)
def export_person(cmd: ExportPerson, uow: Uow) -> Result:
    """For whoever may give it out. Raises NotFound."""
    customer = uow.get(Customer, cmd.customer_id, "customer", "export")
    report_decoy(uow, customer, "export")
    uow.audit("export", "customer", customer.id, why=clean_text(cmd.reason))
    return Result(id=customer.id, view=person_data(uow, customer))


@handles(AskErasure)
def ask_erasure(cmd: AskErasure, uow: Uow) -> Result:
    """Raises Refused when nobody could agree, Conflict when it was asked already."""
    customer = uow.get(Customer, cmd.customer_id, "customer", "erase")
    uow.lock(f"privacy:{customer.id}")
    if _pending(uow, customer.id):
        raise Conflict("error.privacy_pending", name=customer.name)
    row = _ask(uow, ERASE, customer.unit, cmd.reason, customer_id=customer.id)
    uow.change("erase", customer.name, None)
    for kind, count in request_view(row, uow).counts.items():
        uow.change(kind, str(count), "0")
    return Result(id=row.id, view=request_view(row, uow))


def _pending(uow: Uow, customer_id: str) -> bool:
    from sqlalchemy import select
    from sqlmodel import col

    known = select(PrivacyRequest).where(
        col(PrivacyRequest.tenant) == uow.tenant, col(PrivacyRequest.customer_id) == customer_id,
        col(PrivacyRequest.state) == "pending", col(PrivacyRequest.expires_at) > uow.now,
    )  # fmt: skip
    return uow.first(known) is not None


@handles(AskCustomerList)
def ask_list(cmd: AskCustomerList, uow: Uow) -> Result:
    """The list is of what the asker may see when it is agreed to. Raises Refused when there is nobody, or too many."""
    uow.must("customer", "list")
    chosen = {"level": cmd.level} if cmd.level else {}
    count, most = most_customers(uow, uow.actor, chosen), policy_of(uow, uow.actor.unit).list_most
    if not count:
        raise Conflict("error.list_empty")
    if count > most:
        raise Refused("error.list_too_long", n=count, limit=most)
    row = _ask(uow, LIST, uow.actor.unit, cmd.reason, chosen=chosen, count=count)
    uow.change("customers", None, str(count))
    return Result(id=row.id, view=request_view(row, uow))


def _ask(uow: Uow, kind: str, unit: str, reason: str, **values: object) -> PrivacyRequest:
    row = uow.new(PrivacyRequest, unit=unit, kind=kind, asker_id=uow.actor.id, confirmer_id="",
                  expires_at=uow.now + policy_of(uow, unit).request_lapses,
                  reason_enc=clean_text(reason)[:200] or None, **values)  # fmt: skip
    person = second(uow, row)
    if person is None:
        raise Refused("error.privacy_no_second")
    row.confirmer_id = person.id
    uow.flush()
    uow.push(person.id, "privacy_ask", subject=f"privacy:{row.id}", priority=Priority.MUST_KNOW,
             key=f"privacy:{row.id}:ask")  # fmt: skip
    uow.audit("ask", "privacy", row.id, kind=kind, confirmer=person.id)
    return row


@handles(DecidePrivacyRequest)
def decide(cmd: DecidePrivacyRequest, uow: Uow) -> Result:
    """Raises AlreadyDecided, Refused (own request, or the asker may not any more), NotFound."""
    row = _held(uow, cmd.request_id)
    if uow.actor.id == row.asker_id:
        raise Refused("error.own_approval")
    if not may_decide(uow, row, uow.actor.id):
        raise NotFound(resource="privacy")
    _still_open(uow, row)
    if cmd.decision == "reject":
        uow.touch(row, state="rejected", decider_id=uow.actor.id, decided_at=uow.now)
    else:
        _carry_out(uow, row)
    uow.audit(cmd.decision, "privacy", row.id, kind=row.kind)
    uow.flush()
    uow.refresh(f"privacy:{row.id}")
    uow.push(row.asker_id, "privacy_told", subject=f"privacy:{row.id}", priority=Priority.MUST_KNOW,
             key=f"privacy:{row.id}:{row.state}")  # fmt: skip
    return Result(id=row.id, view=request_view(row, uow))


def _held(uow: Uow, request_id: str) -> PrivacyRequest:
    row = uow.seize(PrivacyRequest, request_id)
    if row is None or row.tenant != uow.tenant:
        raise NotFound(resource="privacy")
    return row


def _still_open(uow: Uow, row: PrivacyRequest) -> None:
    if row.state != "pending" or row.expires_at <= uow.now:
        state = "expired" if row.state == "pending" else row.state
        raise AlreadyDecided(state=state, by=person_name(uow, row.decider_id))


def _carry_out(uow: Uow, row: PrivacyRequest) -> None:
    """Who asked must still be allowed to."""
    asker = load_actor(uow.session, row.asker_id, uow.now, uow.tenant)
    customer = uow.find(Customer, row.customer_id)
    wanted = "erase" if row.kind == ERASE else "list"
    place = customer if customer is not None else Place(row.tenant, row.unit, row.asker_id)
    if asker is None or not uow.access.allows(asker, "customer", wanted, place):
        raise Refused("error.privacy_stale")
    done = {"state": "done", "decider_id": uow.actor.id, "decided_at": uow.now}
    if row.kind == LIST:
        blob = make_list(uow, asker, row)
        uow.touch(row, **done, blob_id=blob.id, expires_at=uow.now + policy_of(uow, row.unit).list_lasts)
        return
    if customer is None:
        raise Refused("error.privacy_stale")
    gone = erase(uow, customer.id, second_id=uow.actor.id)
    again = _held(uow, row.id)
    uow.touch(again, **done, count=gone.rows)
    uow.emit(PersonErased(gone_id=gone.gone_id))


@handles(WithdrawPrivacyRequest)
def withdraw(cmd: WithdrawPrivacyRequest, uow: Uow) -> Result:
    """Raises AlreadyDecided once somebody decided."""
    row = _held(uow, cmd.request_id)
    if row.asker_id != uow.actor.id:
        raise NotFound(resource="privacy")
    _still_open(uow, row)
    uow.touch(row, state="withdrawn", decided_at=uow.now)
    uow.audit("withdraw", "privacy", row.id)
    uow.refresh(f"privacy:{row.id}")
    return Result(id=row.id, view=request_view(row, uow))


@handles(ReapplyErasure)
def reapply(cmd: ReapplyErasure, uow: Uow) -> Result:
    """Only for the deployment itself. What is known changes nothing."""
    if uow.actor.kind != "job":
        raise Refused("error.not_allowed")
    if uow.find(Erasure, cmd.erasure_id) is not None:
        return Result(id=cmd.erasure_id)
    gone = erase(uow, cmd.gone_id, erasure_id=cmd.erasure_id, cause="restored")
    uow.emit(PersonErased(gone_id=gone.gone_id))
    return Result(id=gone.id, view={"rows": gone.rows})
