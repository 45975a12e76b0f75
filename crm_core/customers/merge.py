"""Two records of one person become one, with all that hangs on them; for a day they can be parted again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any, cast

from sqlalchemy import Table, func, select, update

from crm_core.customers.lookup import phones_of
from crm_core.customers.messages import CustomersMerged, CustomersSplit, MergeCustomers, SplitCustomers
from crm_core.customers.tables import ContactPoint, Customer, CustomerMerge
from crm_core.deals.messages import OwnerChanged
from crm_core.kernel.errors import Conflict, Expired, Invalid, NotFound, Refused
from crm_core.kernel.registry import Result, handles
from crm_core.kernel.tables import Row, metadata
from crm_core.kernel.uow import UNDO_HOURS, Priority, Uow
from crm_core.org.people import dealer_of, person_name

# What the kept one takes over where he has nothing himself.
FILLED = ("gender", "city", "company", "level", "source", "price_class")
BIRTHDAY = ("birth_month", "birth_day", "lunar", "lunar_leap")
# What is counted on the card, by table.
COUNTED = ("deals", "leads", "tasks", "appointments", "followups", "renewals", "orders", "cars", "records")


@handles(MergeCustomers)
def merge_customers(cmd: MergeCustomers, uow: Uow) -> Result:
    """Records, deals, cars and all else go over; the kept one's own values win, its gaps are filled."""
    kept, gone = _both(cmd, uow)
    _show(uow, kept, gone)
    filled = _fill(uow, kept, gone)
    uow.flush()
    row = uow.new(CustomerMerge, kept_id=kept.id, gone_id=gone.id, filled=filled)
    double = _double_points(uow, kept.id, gone.id)
    snapshot = {"customer": [_clear(uow, gone)], "points": [_clear(uow, point) for point in double]}
    uow.cipher.put(row, "snapshot", json.dumps(snapshot, ensure_ascii=False, default=_plain))
    for one in (*double, gone):
        uow.session.delete(one)
    uow.flush()
    row.moved = _move_all(uow, gone.id, kept.id)
    _told(uow, kept, gone)
    before = gone.owner_id
    uow.flush()
    uow.session.expire_all()
    uow.audit("merge", "customer", kept.id, gone=cmd.gone_id, rows=sum(map(len, row.moved.values())))
    uow.emit(CustomersMerged(kept_id=kept.id, gone_id=cmd.gone_id, filled=tuple(filled)))
    if kept.owner_id and ("owner_id" in filled or before != kept.owner_id):
        uow.emit(OwnerChanged(customer_id=kept.id, before_id=before, after_id=kept.owner_id))
    for one_id in (kept.id, cmd.gone_id):
        uow.refresh(f"customer:{one_id}")
    undo = uow.undoable(SplitCustomers(merge_id=row.id), "merge")
    return Result(id=kept.id, view={"name": kept.name, "merge_id": row.id}, undo_id=undo)


def _both(cmd: MergeCustomers, uow: Uow) -> tuple[Customer, Customer]:
    """Two different customers of one dealer the actor may change; held in the order of their ids."""
    if cmd.keep_id == cmd.gone_id:
        raise Invalid("gone_id", "error.same_customer")
    ids = sorted((cmd.keep_id, cmd.gone_id))
    rows = {one: uow.get(Customer, one, "customer", "merge") for one in ids}
    kept, gone = rows[cmd.keep_id], rows[cmd.gone_id]
    if dealer_of(kept.unit) != dealer_of(gone.unit):
        raise Refused("error.other_dealer")
    return kept, gone


def _show(uow: Uow, kept: Customer, gone: Customer) -> None:
    """What is kept, and how much of each kind there was and will be."""
    uow.change("merged", gone.name, kept.name)
    if kept.owner_id and gone.owner_id and kept.owner_id != gone.owner_id:
        uow.change("owner", person_name(uow, gone.owner_id), person_name(uow, kept.owner_id), "person")
    phones = {one.id: {number for number, _ in phones_of(uow, one.id)} for one in (kept, gone)}
    uow.change("phones", str(len(phones[kept.id])), str(len(phones[kept.id] | phones[gone.id])))
    for name in COUNTED:
        before, more = _count(uow, name, kept.id), _count(uow, name, gone.id)
        if more:
            uow.change(name, str(before), str(before + more))


def _count(uow: Uow, name: str, customer_id: str) -> int:
    table = metadata.tables[name]
    query = select(func.count()).select_from(table).where(table.c.customer_id == customer_id)
    return int(uow.session.execute(query).scalar_one())


def _plain(value: Any) -> str:
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    raise TypeError(type(value).__name__)


def _clear(uow: Uow, row: Row) -> dict[str, Any]:
    """A row's values, opened: the snapshot is sealed as a whole, under whatever key holds when it is read."""
    values = {name: getattr(row, name) for name in type(row).model_fields}
    sealed = [name for name in values if name.endswith("_enc") and values[name]]
    return values | {name: uow.cipher.get(row, name.removesuffix("_enc")) for name in sealed}


def _fill(uow: Uow, kept: Customer, gone: Customer) -> dict[str, Any]:
    """Put the other's values where the kept one has none; returns by field what was there before, and what is now."""
    new: dict[str, Any] = {name: getattr(gone, name) for name in FILLED if not getattr(kept, name)}
    new = {name: value for name, value in new.items() if value}
    new["tags"] = [*kept.tags, *(tag for tag in gone.tags if tag not in kept.tags)]
    new["decision_maker"] = kept.decision_maker or gone.decision_maker
    new["touched_at"] = max(kept.touched_at, gone.touched_at)
    if kept.owner_id is None and gone.owner_id is not None:
        new |= {"owner_id": gone.owner_id, "unit": gone.unit}
    if kept.birth_month is None and gone.birth_month is not None:
        new |= {name: getattr(gone, name) for name in BIRTHDAY}
        if gone.birth_year_enc and not kept.birth_year_enc:
            new["birth_year_enc"] = uow.cipher.get(gone, "birth_year")
    if not kept.email_enc and gone.email_enc:
        new["email_enc"] = uow.cipher.get(gone, "email")
    before = {name: _value(kept, name) for name in new}
    uow.touch(kept, **new)
    return {name: [before[name], _value(kept, name)] for name in new if before[name] != _value(kept, name)}


def _value(row: Customer, name: str) -> Any:
    value = getattr(row, name)
    return _plain(value) if isinstance(value, datetime) else value


def _unfill(uow: Uow, kept: Customer, filled: dict[str, Any]) -> None:
    """What he took over goes again, unless somebody changed it since."""
    for name, (before, after) in filled.items():
        if _value(kept, name) == after:
            setattr(kept, name, datetime.fromisoformat(before) if name == "touched_at" else before)
    uow.touch(kept)


def _double_points(uow: Uow, kept_id: str, gone_id: str) -> list[ContactPoint]:
    """Phones both have: they are kept once, the others go over."""
    of = {one: uow.rows(select(ContactPoint).where(cast(Any, ContactPoint).customer_id == one))
          for one in (kept_id, gone_id)}  # fmt: skip
    known = {uow.cipher.get(point, "value") for point in of[kept_id]}
    return [point for point in of[gone_id] if uow.cipher.get(point, "value") in known]


def _hanging() -> Iterator[Table]:
    """Every table whose rows name their customer."""
    return (table for table in metadata.sorted_tables if "customer_id" in table.c)


def _move_all(uow: Uow, gone_id: str, kept_id: str) -> dict[str, list[str]]:
    """Give every row of one customer to the other; returns the ids by table."""
    moved = {}
    for table in _hanging():
        ids = list(uow.session.execute(select(table.c.id).where(table.c.customer_id == gone_id)).scalars())
        if ids:
            uow.session.execute(update(table).where(table.c.id.in_(ids)).values(customer_id=kept_id))
            moved[table.name] = ids
    _readdress(uow, "tasks", moved.get("tasks", []), gone_id, kept_id)
    return moved


def _readdress(uow: Uow, name: str, ids: list[str], before_id: str, after_id: str) -> None:
    """What these rows are about is the other customer from now on."""
    table = metadata.tables[name]
    about = table.c.id.in_(ids) & (table.c.subject == f"customer:{before_id}")
    uow.session.execute(update(table).where(about).values(subject=f"customer:{after_id}"))


def _told(uow: Uow, kept: Customer, gone: Customer) -> None:
    """Whoever looked after either of them, and did not do it himself, hears of it."""
    for person_id in {kept.owner_id, gone.owner_id} - {uow.actor.id, None}:
        uow.push(person_id, "customers_merged", priority=Priority.MUST_KNOW, key=f"merge:{gone.id}:{kept.version}",
                 kept=kept.name, gone=gone.name, by=uow.actor.name, owner=person_name(uow, kept.owner_id))  # fmt: skip


@handles(SplitCustomers)
def split_customers(cmd: SplitCustomers, uow: Uow) -> Result:
    """What went over goes back, as far as it is still there; what came since stays with the kept one."""
    row = uow.find(CustomerMerge, cmd.merge_id)
    if row is None or row.tenant != uow.tenant:
        raise NotFound(resource="customer")
    kept = uow.get(Customer, row.kept_id, "customer", "merge")
    if row.split_at is not None:
        raise Conflict("error.undone_already")
    if row.created_at <= uow.now - timedelta(hours=UNDO_HOURS):
        raise Expired("error.undo_expired")
    uow.touch(row, split_at=uow.now)
    snapshot = json.loads(uow.cipher.get(row, "snapshot"))
    _restore(uow, Customer, snapshot["customer"])
    _move_back(uow, row)
    _restore(uow, ContactPoint, snapshot["points"])
    _unfill(uow, kept, row.filled)
    uow.flush()
    uow.session.expire_all()
    gone = uow.seize(Customer, row.gone_id)
    uow.emit(CustomersSplit(kept_id=kept.id, gone_id=row.gone_id, merged_at=row.created_at))
    if gone is not None and gone.owner_id and gone.owner_id != kept.owner_id:
        uow.emit(OwnerChanged(customer_id=gone.id, before_id=kept.owner_id, after_id=gone.owner_id))
    uow.audit("split", "customer", kept.id, gone=row.gone_id)
    for one_id in (kept.id, row.gone_id):
        uow.refresh(f"customer:{one_id}")
    return Result(id=row.gone_id)


def _move_back(uow: Uow, row: CustomerMerge) -> None:
    for table in _hanging():
        ids = row.moved.get(table.name, [])
        back = table.c.id.in_(ids) & (table.c.customer_id == row.kept_id)
        uow.session.execute(update(table).where(back).values(customer_id=row.gone_id))
    for name in ("tasks", "followups"):
        _readdress(uow, name, row.moved.get(name, []), row.kept_id, row.gone_id)


def _restore(uow: Uow, table: Any, rows: list[dict[str, Any]]) -> None:
    """Rows as they were; what a key decides (the seal, the blind index) is made by the present one."""
    for values in rows:
        instants = {name: datetime.fromisoformat(values[name]) for name in values
                    if name.endswith("_at") and values[name]}  # fmt: skip
        made = uow.new(table, **(values | instants))
        if isinstance(made, ContactPoint):
            made.value_index = uow.cipher.index("phone", values["value_enc"])
            made.tail_index = uow.cipher.index("phone-tail", values["value_enc"][-4:])
    uow.flush()
