"""A customer asks for his data himself: somebody who may gets a task, with the day by which he must have answered."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlmodel import col

from crm_core.customers.tables import Customer
from crm_core.followups.lookup import place_of
from crm_core.followups.rules import Place
from crm_core.kernel.calendar import is_working
from crm_core.kernel.errors import NotFound
from crm_core.kernel.pii import clean_text
from crm_core.kernel.registry import Result, handles
from crm_core.kernel.uow import Priority, Uow
from crm_core.privacy.messages import AskAboutMyData
from crm_core.privacy.reveals import policy_of
from crm_core.tasks.lifecycle import new_task
from crm_core.tasks.people import person_for
from crm_core.tasks.queries import task_view
from crm_core.tasks.tables import Task

TITLES = {
    "copy": {"zh": "客户要一份自己的资料:{name}", "en": "A customer wants a copy of his data: {name}"},
    "erase": {"zh": "客户要求删除自己的资料:{name}", "en": "A customer wants his data erased: {name}"},
}


@handles(AskAboutMyData)
def ask_about_my_data(cmd: AskAboutMyData, uow: Uow) -> Result:
    """Asked twice while it is open is asked once. Raises NotFound for whoever is no customer, Refused."""
    customer = uow.find(Customer, uow.actor.customer_id)
    if customer is None:
        raise NotFound(resource="customer")
    known = _open(uow, customer.id, cmd.wish)
    if known is not None:
        return Result(id=known.id, view=task_view(known, uow))
    person, fallback = person_for(uow, "admin", customer.unit)
    title = TITLES[cmd.wish][person.language if person.language == "en" else "zh"].format(name=customer.name)
    days = policy_of(uow, customer.unit).answer_within
    row = new_task(uow, person, kind="privacy", title_enc=title[:400], text_enc=clean_text(cmd.words)[:400] or None,
                   due_at=_last_day(uow.now, days, place_of(uow, customer.unit)), customer_id=customer.id,
                   role="admin", fallback=fallback, asker_id=uow.actor.id, subject=f"my_data:{cmd.wish}")  # fmt: skip
    uow.push(person.id, "task_new", subject=f"task:{row.id}", key=f"task:{row.id}:new", role="admin",
             priority=Priority.MUST_KNOW, by=uow.actor.name, fallback=fallback)  # fmt: skip
    uow.audit("ask_my_data", "customer", customer.id, wish=cmd.wish)
    return Result(id=row.id, view=task_view(row, uow))


def _open(uow: Uow, customer_id: str, wish: str) -> Task | None:
    return uow.first(select(Task).where(
        col(Task.tenant) == uow.tenant, col(Task.customer_id) == customer_id, col(Task.kind) == "privacy",
        col(Task.state) == "open", col(Task.subject) == f"my_data:{wish}",
    ))  # fmt: skip


def _last_day(now: datetime, days: int, place: Place) -> datetime:
    """Noon of the last of so many working days; a house that never works counts every day."""
    zone = ZoneInfo(place.zone)
    noon = now.astimezone(zone).replace(hour=12, minute=0, second=0, microsecond=0)
    left = days
    for ahead in range(1, 4 * days + 30):
        day = noon + timedelta(days=ahead)
        left -= any(is_working((day + timedelta(hours=h)).astimezone(UTC), place.hours, place.zone) for h in (-2, 3))
        if left == 0:
            return day.astimezone(UTC)
    return (noon + timedelta(days=days)).astimezone(UTC)
