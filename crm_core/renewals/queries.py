"""Questions about renewals."""

from __future__ import annotations

from typing import Any, cast

from crm_core.customers.history import tells_history
from crm_core.customers.messages import RecordView
from crm_core.customers.tables import Customer
from crm_core.deals.lookup import customer_name
from crm_core.kernel.registry import answers
from crm_core.kernel.uow import Reader
from crm_core.org.people import person_name
from crm_core.renewals.lookup import facts_of, local_day, order_days, policy_of, rule_of
from crm_core.renewals.messages import RenewalCard, Renewals, RenewalsById, RenewalView
from crm_core.renewals.rules import expected_km, needs_test_line, rhythm
from crm_core.renewals.tables import Renewal
from crm_core.vehicles.tables import Car

MAX_ROWS = 200


@answers(RenewalCard)
def renewal_card(question: RenewalCard, reader: Reader) -> RenewalView:
    """One renewal."""
    return renewal_view(reader.get(Renewal, question.renewal_id, "renewal"), reader)


@answers(Renewals)
def renewals(question: Renewals, reader: Reader) -> list[RenewalView]:
    """What the actor may see of what comes due, by date."""
    row = cast(Any, Renewal)
    query = reader.select(Renewal, "renewal")
    if question.customer_id is not None:
        query = query.where(row.customer_id == question.customer_id)
    if question.mine:
        query = query.where(row.owner_id == reader.actor.id)
    if question.kinds:
        query = query.where(row.kind.in_(question.kinds))
    if question.start is not None:
        query = query.where(row.due_on >= question.start)
    if question.end is not None:
        query = query.where(row.due_on < question.end)
    if question.open_only:
        query = query.where(row.state == "open")
    found = reader.rows(query.order_by(row.due_on, row.id).limit(min(question.limit, MAX_ROWS)))
    reader.preload(Customer, (one.customer_id for one in found))
    reader.preload(Car, (one.car_id for one in found))
    return [renewal_view(one, reader) for one in found]


@answers(RenewalsById)
def renewals_by_id(question: RenewalsById, reader: Reader) -> list[RenewalView]:
    """Several at once; absent and forbidden ones are left out."""
    row = cast(Any, Renewal)
    wanted = list(dict.fromkeys(question.ids))[:MAX_ROWS]
    found = {one.id: one for one in reader.rows(reader.select(Renewal, "renewal").where(row.id.in_(wanted)))}
    return [renewal_view(found[one], reader) for one in wanted if one in found]


def renewal_view(row: Renewal, reader: Reader) -> RenewalView:
    """A renewal the actor was allowed to load."""
    today = local_day(reader, row.unit)
    car = reader.find(Car, row.car_id)
    return RenewalView(
        id=row.id, ref=row.ref, kind=row.kind, title=title_of(row, reader), customer_id=row.customer_id or "",
        customer_name=customer_name(reader, row.customer_id), car_id=row.car_id, car_name=car.name if car else "",
        due_on=row.due_on, days=(row.due_on - today).days, estimated=row.estimated, state=row.state,
        owner_id=row.owner_id, owner_name=person_name(reader, row.owner_id), text=reader.reveal(row, "text"),
        version=row.version, **_particulars(row, car, reader),
    )  # fmt: skip


def title_of(row: Renewal, reader: Reader) -> str:
    """What it was called, else the name of its kind."""
    return row.title or rule_of(reader, row).title.of(reader.actor.language)


def _particulars(row: Renewal, car: Car | None, reader: Reader) -> dict[str, Any]:
    """What only some kinds have."""
    policy = policy_of(reader, row.unit)
    if row.kind == "inspection" and car is not None and car.bought_on is not None:
        return {"test_line": needs_test_line(policy.inspection, car.bought_on, row.due_on)}
    if row.kind == "maintenance" and car is not None:
        return {"mileage_km": expected_km(facts_of(car), policy.maintenance, local_day(reader, row.unit))}
    if row.kind == "dormant" and row.customer_id:
        days = order_days(reader, row.customer_id, policy.dormant.order_kinds)
        return {"last_on": days[-1] if days else None, "rhythm_days": rhythm(days, policy.dormant)}
    return {}


@tells_history("renewal")
def told_renewals(reader: Reader, customer_id: str) -> list[RecordView]:
    """What was renewed or refused: what somebody did about it, not what time did."""
    row = cast(Any, Renewal)
    query = reader.select(Renewal, "renewal").where(
        row.customer_id == customer_id, row.state.in_(("renewed", "declined")), row.kind != "dormant"
    )  # fmt: skip
    found = reader.rows(query.order_by(row.closed_at.desc()).limit(MAX_ROWS))
    return [_told(one, reader) for one in found]


def _told(row: Renewal, reader: Reader) -> RecordView:
    return RecordView(
        id=row.id, ref=row.ref, customer_id=row.customer_id, kind="renewal", at=row.closed_at or row.updated_at,
        by_name=person_name(reader, row.owner_id), text=" ".join(filter(None, (
            title_of(row, reader), row.due_on.isoformat(), reader.reveal(row, "text")))), outcome=row.state,
    )  # fmt: skip
