"""Changes of renewals. What ended never fires."""

from __future__ import annotations

from typing import Any, cast

from sqlalchemy import select

from crm_core.customers.tables import Customer
from crm_core.kernel.errors import Conflict, Invalid, NotFound
from crm_core.kernel.pii import clean_text, mask_vehicle
from crm_core.kernel.registry import Result, handles
from crm_core.kernel.uow import Uow
from crm_core.renewals import plan_renewals as plan_renewals
from crm_core.renewals.derive import derive_car
from crm_core.renewals.ending import aim, arm, end, follow, following, make, move
from crm_core.renewals.lookup import kind_rule, local_day, policy_of
from crm_core.renewals.messages import (
    AddRenewal,
    CancelRenewal,
    DeclineRenewal,
    MoveRenewal,
    Renewed,
    ReopenRenewal,
    SnoozeRenewal,
)  # fmt: skip
from crm_core.renewals.queries import renewal_view
from crm_core.renewals.tables import Renewal
from crm_core.vehicles.messages import RecordService
from crm_core.vehicles.tables import Car

MAX_TITLE, MAX_TEXT = 120, 2000
# A car without a date of its own: these belong to one, so the only car a customer has is meant.
OF_CARS = ("insurance", "inspection", "warranty", "maintenance")


@handles(AddRenewal)
def add_renewal(cmd: AddRenewal, uow: Uow) -> Result:
    """Write down what comes due; the open one of the same kind, car and title is moved there."""
    customer = uow.get(Customer, cmd.customer_id, "customer", "read")
    uow.must("renewal", "create", customer.unit)
    policy = policy_of(uow, customer.unit)
    if cmd.kind not in policy.kinds:
        raise Invalid("kind", "error.unknown_kind", value=cmd.kind, known=", ".join(policy.kinds))
    if cmd.due_on < local_day(uow, customer.unit):
        raise Invalid("due_on", "error.past_date")
    car_id = _car_id(cmd, uow)
    title = mask_vehicle(clean_text(cmd.title))[:MAX_TITLE]
    uow.lock(f"renewals:{customer.id}")
    known = _same(uow, cmd, car_id, title)
    if known is not None:
        return move_renewal(
            MoveRenewal(renewal_id=known.id, due_on=cmd.due_on, approximate=cmd.approximate), uow
        )
    uow.change("renewal", None, title or kind_rule(policy, cmd.kind).title.of(uow.actor.language))
    uow.change("due_on", None, cmd.due_on, "date")
    row = make(uow, customer, cmd.kind, cmd.due_on, car_id=car_id, title=title, estimated=cmd.approximate,
               text_enc=clean_text(cmd.text)[:MAX_TEXT] or None)  # fmt: skip
    undo = uow.undoable(CancelRenewal(renewal_id=row.id), "renewal")
    return Result(id=row.id, view=renewal_view(row, uow), undo_id=undo)


def _car_id(cmd: AddRenewal, uow: Uow) -> str | None:
    """The car that was named, else the only one the customer has when the kind belongs to a car."""
    if cmd.car_id is not None:
        car = uow.get(Car, cmd.car_id, "car", "read")
        if car.customer_id != cmd.customer_id:
            raise NotFound(resource="car")
        return car.id
    if cmd.kind not in OF_CARS:
        return None
    row = cast(Any, Car)
    cars = uow.rows(uow.select(Car, "car").where(row.customer_id == cmd.customer_id).limit(2))
    return cars[0].id if len(cars) == 1 else None


def _same(uow: Uow, cmd: AddRenewal, car_id: str | None, title: str) -> Renewal | None:
    row = cast(Any, Renewal)
    query = select(Renewal).where(
        row.tenant == uow.tenant, row.customer_id == cmd.customer_id, row.state == "open", row.kind == cmd.kind,
        row.title == title,
    )  # fmt: skip
    same_car = row.car_id.is_(None) if car_id is None else row.car_id == car_id
    return uow.first(query.where(same_car))


def _open(uow: Uow, renewal_id: str) -> Renewal:
    """The renewal, held, while it is open. Raises Conflict otherwise."""
    row = uow.get(Renewal, renewal_id, "renewal", "write")
    if row.state != "open":
        raise Conflict("error.renewal_over", state=row.state)
    return row


@handles(MoveRenewal)
def move_renewal(cmd: MoveRenewal, uow: Uow) -> Result:
    """Another date; what was to be reminded of at the old one is not."""
    row = _open(uow, cmd.renewal_id)
    uow.expect(row, cmd.version)
    if cmd.due_on < local_day(uow, row.unit):
        raise Invalid("due_on", "error.past_date")
    before, was_estimated = row.due_on, row.estimated
    uow.change("due_on", before, cmd.due_on, "date")
    move(uow, row, cmd.due_on, estimated=cmd.approximate)
    uow.audit("move", "renewal", row.id, before=before, after=cmd.due_on)
    undo = None
    if before >= local_day(uow, row.unit):
        back = MoveRenewal(renewal_id=row.id, due_on=before, version=row.version, approximate=was_estimated)
        undo = uow.undoable(back, "renewal")
    return Result(id=row.id, view=renewal_view(row, uow), undo_id=undo)


@handles(Renewed)
def renewed(cmd: Renewed, uow: Uow) -> Result:
    """Done; the next one by policy, or on the day that was said. A service that was done is written to the car."""
    row = _open(uow, cmd.renewal_id)
    today = local_day(uow, row.unit)
    if cmd.next_on is not None and cmd.next_on <= today:
        raise Invalid("next_on", "error.past_date")
    if row.kind == "maintenance" and row.car_id is not None and cmd.next_on is None:
        done = uow.call(RecordService(car_id=row.car_id, on=today))
        uow.settle()
        return Result(id=row.id, view=renewal_view(row, uow), undo_id=done.undo_id)
    uow.change("state", "open", "renewed")
    end(uow, row, "renewed")
    following_row = follow(uow, row, cmd.next_on)
    if following_row is not None:
        uow.change("due_on", row.due_on, following_row.due_on, "date")
    return _ended(uow, row)


def _ended(uow: Uow, row: Renewal) -> Result:
    back = ReopenRenewal(renewal_id=row.id, version=row.version)
    return Result(id=row.id, view=renewal_view(row, uow), undo_id=uow.undoable(back, "renewal"))


@handles(DeclineRenewal)
def decline_renewal(cmd: DeclineRenewal, uow: Uow) -> Result:
    """The customer does not want it; the reason is kept."""
    row = _open(uow, cmd.renewal_id)
    uow.change("state", "open", "declined")
    reason = clean_text(cmd.reason)[:MAX_TEXT]
    if reason:
        uow.cipher.put(row, "text", "\n".join(filter(None, (uow.reveal(row, "text"), reason))))
    end(uow, row, "declined")
    return _ended(uow, row)


@handles(CancelRenewal)
def cancel_renewal(cmd: CancelRenewal, uow: Uow) -> Result:
    """There is nothing to renew."""
    row = _open(uow, cmd.renewal_id)
    uow.change("state", "open", "cancelled")
    end(uow, row, "cancelled")
    return _ended(uow, row)


@handles(SnoozeRenewal)
def snooze_renewal(cmd: SnoozeRenewal, uow: Uow) -> Result:
    """The owner is reminded at `until`, and not before; without it, as policy has it."""
    row = _open(uow, cmd.renewal_id)
    if cmd.until is not None and cmd.until <= uow.now:
        raise Invalid("until", "error.past_time")
    before = row.remind_at if row.remind_at is not None and row.remind_at > uow.now else None
    uow.change("due_at", before, cmd.until, "instant")
    aim(uow, row, local_day(uow, row.unit, cmd.until))
    if cmd.until is not None:
        arm(uow, row, cmd.until)
    else:
        uow.cancel_timers(f"renewal:{row.id}")
        uow.touch(row, remind_at=None)
    uow.audit("snooze", "renewal", row.id, until=cmd.until)
    uow.refresh(f"renewal:{row.id}")
    undo = uow.undoable(SnoozeRenewal(renewal_id=row.id, until=before), "snooze")
    return Result(id=row.id, view=renewal_view(row, uow), undo_id=undo)


@handles(ReopenRenewal)
def reopen_renewal(cmd: ReopenRenewal, uow: Uow) -> Result:
    """Open again; the next one that its end made is taken back with it."""
    row = uow.get(Renewal, cmd.renewal_id, "renewal", "write")
    uow.expect(row, cmd.version)
    if row.state == "open":
        raise Conflict("error.changed_since")
    for later in following(uow, row):
        end(uow, later, "cancelled", "reopened")
    uow.change("state", row.state, "open")
    uow.touch(row, state="open", closed_at=None)
    aim(uow, row, None)
    uow.audit("reopen", "renewal", row.id)
    uow.refresh(f"renewal:{row.id}")
    car = uow.find(Car, row.car_id)
    if car is not None and row.estimated:
        derive_car(uow, car)
    return Result(id=row.id, view=renewal_view(row, uow))
