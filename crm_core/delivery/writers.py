"""Whoever wrote to a customer himself hears when his words did not arrive."""

from __future__ import annotations

import json
from collections.abc import Iterable

from crm_core.customers.tables import Customer
from crm_core.kernel.errors import ConfigError
from crm_core.kernel.outbox import DEAD
from crm_core.kernel.tables import Outbox
from crm_core.kernel.uow import Priority, Uow
from crm_core.org.people import find_person

BY_HAND = "adviser_message"


def tell_writers(uow: Uow, rows: Iterable[Outbox]) -> int:
    """Of each message by a colleague's own hand; returns how many were told."""
    return sum(_told(uow, row) for row in rows if row.kind == BY_HAND)


def _told(uow: Uow, row: Outbox) -> bool:
    try:
        sent = json.loads(uow.cipher.open(f"outbox.payload.{row.dedupe_key}", row.payload_enc))
    except (ValueError, ConfigError):
        return False  # what does not open is told to those who look after the deployment
    writer = find_person(uow, str(sent.get("writer", "")))
    customer = uow.find(Customer, str(sent.get("customer", "")))
    if writer is None or customer is None or not writer.active:
        return False
    uow.push(writer.id, "not_reached", subject=f"customer:{customer.id}", key=f"not_reached:{row.id}",
             priority=Priority.MUST_KNOW, name=customer.name, text=sent.get("text", ""), dead=row.state == DEAD,
             why=row.error or "")  # fmt: skip
    return True
