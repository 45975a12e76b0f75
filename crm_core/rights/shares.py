"""Sharing a record with a colleague, and taking it back."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlmodel import col

from crm_core.customers.tables import Customer
from crm_core.deals.tables import Deal
from crm_core.deals.transfer import colleague
from crm_core.kernel.errors import Conflict, Invalid, NotFound
from crm_core.kernel.registry import Result, answers, handles
from crm_core.kernel.uow import Reader, Uow
from crm_core.org.people import find_person, person_name
from crm_core.org.tables import Person
from crm_core.rights.messages import EndShare, SharedWithMe, ShareRecord, SharesOf, ShareView
from crm_core.rights.tables import Share

TABLES: dict[str, type[Customer] | type[Deal]] = {"customer": Customer, "deal": Deal}
# So many at once with one colleague: what is more is a hand-over.
MOST = 200


@handles(ShareRecord)
def share(cmd: ShareRecord, uow: Uow) -> Result:
    """Raises NotFound (record or colleague), Invalid (until), Conflict (own record, unchanged, too many)."""
    row = uow.get(TABLES[cmd.kind], cmd.record_id, cmd.kind, "share")
    person = colleague(uow, cmd.grantee_id, row.unit)
    if cmd.until is not None and cmd.until <= uow.now:
        raise Invalid("until", "error.past")
    if person.id == row.owner_id:
        raise Conflict("error.share_owner", name=person.name)
    uow.lock(f"share:{person.id}")
    known = next(iter(_live(uow, cmd.kind, row.id, person.id)), None)
    one = _again(uow, known, cmd) if known is not None else _new(uow, cmd, row, person)
    _show(uow, known, one, person)
    uow.flush()
    uow.push(person.id, "shared", subject=f"share:{one.id}", key=f"share:{one.id}:{one.version}", by=uow.actor.name)
    uow.audit("share", cmd.kind, row.id, share=one.id, to=person.id, level=one.level, until=one.until)
    undo = uow.undoable(EndShare(share_id=one.id, version=one.version), "share")
    return Result(id=one.id, view=share_view(one, uow), undo_id=undo)


def _new(uow: Uow, cmd: ShareRecord, row: Customer | Deal, person: Person) -> Share:
    held = select(Share).where(col(Share.grantee_id) == person.id, col(Share.ended_at).is_(None))
    if len(uow.rows(held.limit(MOST))) == MOST:
        raise Conflict("error.too_many_shares", name=person.name, n=MOST)
    customer_id = row.id if isinstance(row, Customer) else row.customer_id or ""
    return uow.new(Share, unit=row.unit, kind=cmd.kind, record_id=row.id, customer_id=customer_id, owner_id=row.owner_id,
                   grantee_id=person.id, level=cmd.level, until=cmd.until, given_by=uow.actor.id)  # fmt: skip


def _again(uow: Uow, known: Share, cmd: ShareRecord) -> Share:
    """The same record once more: another level, another end, another giver; the share before it is over."""
    if (known.level, known.until) == (cmd.level, cmd.until):
        raise Conflict("error.shared_already", name=person_name(uow, known.grantee_id))
    uow.touch(known, ended_at=uow.now, ended_by=uow.actor.id)
    return uow.new(Share, unit=known.unit, kind=known.kind, record_id=known.record_id, customer_id=known.customer_id,
                   owner_id=known.owner_id, grantee_id=known.grantee_id, level=cmd.level, until=cmd.until,
                   given_by=uow.actor.id)  # fmt: skip


def _show(uow: Uow, known: Share | None, one: Share, person: Person) -> None:
    uow.change("shared_with", person.name if known else None, person.name, "person")
    uow.change("share_level", known.level if known else None, one.level, "share_level")
    uow.change("until", known.until if known else None, one.until, "until")


@handles(EndShare)
def end_share(cmd: EndShare, uow: Uow) -> Result:
    """For whoever may share the record, gave it, or received it. Raises NotFound, Conflict when it is over."""
    row = uow.seize(Share, cmd.share_id)
    if row is None or row.tenant != uow.tenant or not _may_end(row, uow):
        raise NotFound(resource="share")
    uow.expect(row, cmd.version)
    if row.ended_at is not None:
        raise Conflict("error.changed_since")
    uow.touch(row, ended_at=uow.now, ended_by=uow.actor.id)
    uow.change("shared_with", person_name(uow, row.grantee_id), None, "person")
    uow.refresh(f"share:{row.id}")
    uow.audit("unshare", row.kind, row.record_id, share=row.id, to=row.grantee_id)
    again = ShareRecord(kind=row.kind, record_id=row.record_id, grantee_id=row.grantee_id,  # type: ignore[arg-type]
                        level=row.level, until=row.until)  # type: ignore[arg-type]  # fmt: skip
    undo = uow.undoable(again, "unshare") if _record(uow, row, "share") is not None else None
    return Result(id=row.id, view=share_view(row, uow), undo_id=undo)


def _may_end(row: Share, reader: Reader) -> bool:
    return reader.actor.id in (row.grantee_id, row.given_by) or _record(reader, row, "share") is not None


def _record(reader: Reader, row: Share, action: str) -> Customer | Deal | None:
    """The record that is shared, when the actor may do this with it."""
    record_id = row.customer_id if row.kind == "customer" else row.record_id
    found: Customer | Deal | None = reader.find(TABLES[row.kind], record_id)
    allowed = found is not None and reader.access.allows(reader.actor, row.kind, action, found)
    return found if allowed else None


def _live(reader: Reader, kind: str, record_id: str, grantee_id: str | None = None) -> list[Share]:
    """What holds now about a record, newest last."""
    about = col(Share.customer_id) if kind == "customer" else col(Share.record_id)
    query = select(Share).where(
        col(Share.tenant) == reader.tenant, col(Share.kind) == kind, about == record_id, col(Share.ended_at).is_(None)
    )
    if grantee_id is not None:
        query = query.where(col(Share.grantee_id) == grantee_id)
    return [row for row in reader.rows(query.order_by(col(Share.id))) if _holds(row, reader)]


def _holds(row: Share, reader: Reader) -> bool:
    return row.ended_at is None and (row.until is None or row.until > reader.now)


@answers(SharesOf)
def shares_of(question: SharesOf, reader: Reader) -> list[ShareView]:
    """For who may share it; alike for absent and forbidden."""
    reader.get(TABLES[question.kind], question.record_id, question.kind, "share")
    return [share_view(row, reader) for row in _live(reader, question.kind, question.record_id)]


@answers(SharedWithMe)
def shared_with_me(question: SharedWithMe, reader: Reader) -> list[ShareView]:
    """Only what he can see by it now: a share rests while the record is somebody else's."""
    query = select(Share).where(
        col(Share.tenant) == reader.tenant, col(Share.grantee_id) == reader.actor.id, col(Share.ended_at).is_(None)
    )
    rows = [row for row in reader.rows(query.order_by(col(Share.id).desc())) if _holds(row, reader)]
    return [share_view(row, reader) for row in rows if _record(reader, row, "read") is not None]


def share_view(row: Share, reader: Reader) -> ShareView:
    """A share as it stands; its title only for who may read the record."""
    record: Any = _record(reader, row, "read")
    customer = reader.find(Customer, row.customer_id) if record is not None else None
    giver = find_person(reader, row.given_by)
    return ShareView(
        id=row.id, kind=row.kind, record_id=row.record_id, title=customer.name if customer is not None else "",
        grantee_id=row.grantee_id, grantee_name=person_name(reader, row.grantee_id), level=row.level, until=row.until,
        by_name=giver.name if giver is not None else "", version=row.version,
        may_end=_holds(row, reader) and _may_end(row, reader),
    )  # fmt: skip
