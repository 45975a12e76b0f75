"""Erasing one customer: his rows go, texts of others lose his name, the audit keeps its lines without their values."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import delete, update

from crm_core.kernel.audit import clear_values
from crm_core.kernel.tables import metadata
from crm_core.kernel.uow import Uow
from crm_core.org.people import dealer_of
from crm_core.privacy.opened import told
from crm_core.privacy.redact import redact
from crm_core.privacy.rules import PersonalDataPolicy, kept_until
from crm_core.privacy.tables import Erasure, HeldRecord
from crm_core.privacy.trace import Found, about, own_ids, parts, trace
from crm_core.privacy.words import words_of

# These tell of the decision itself; they only forget whom it was about.
_DECISIONS = "privacy_requests"


def erase(uow: Uow, gone_id: str, *, erasure_id: str = "", second_id: str = "", cause: str = "asked") -> Erasure:
    """Erase whatever is there of a customer, which may be nothing; returns what became of it.

    Everything is in this transaction. Files, the search index and the vectors hold documents alone.
    """
    uow.flush()
    found = trace(uow.session, uow.tenant, gone_id)
    values: dict[str, Any] = {"id": erasure_id} if erasure_id else {}
    row = uow.new(Erasure, gone_id=gone_id, by_id=uow.actor.id, second_id=second_id, cause=cause, **values)
    if found:
        row.kept = _hold(uow, row, found)
        words = words_of(uow.session, uow.cipher, uow.tenant, found)
        _silence(uow, own_ids(found))
        row.rows = _delete(uow, found)
        redact(uow.session, uow.cipher, uow.tenant, words)
        uow.session.expire_all()
    uow.audit("erase", "customer", gone_id, rows=row.rows, kept=row.kept, cause=cause)
    return row


def _hold(uow: Uow, row: Erasure, found: Found) -> int:
    """Orders the law wants kept, with the name they were made out to, sealed until their time is over."""
    customer = next(iter(found.get("customers", {}).values()), None)
    unit = dealer_of(str(customer["unit"])) if customer else ""
    policy = uow.policies.model("personal_data", PersonalDataPolicy, unit=unit or f"{uow.tenant}.")
    held = 0
    for order in found.get("orders", {}).values():
        until = kept_until(policy, order)
        if until > uow.now:
            lines = [line for line in found.get("order_lines", {}).values() if line["order_id"] == order["id"]]
            content = _content(uow, customer, order, lines)
            uow.new(HeldRecord, erasure_id=row.id, kind="order", until=until, content_enc=content)
            held += 1
    return held


def _content(uow: Uow, customer: Mapping[str, Any] | None, order: Mapping[str, Any], lines: list[Any]) -> str:
    said = {"name": customer["name"] if customer else "", "order": told(uow.cipher, "orders", order),
            "lines": [told(uow.cipher, "order_lines", line) for line in lines]}  # fmt: skip
    return json.dumps(said, ensure_ascii=False, default=str)


def _silence(uow: Uow, ids: list[str]) -> None:
    """The audit goes on saying who did what to which record, and when; no longer with which values."""
    lines = about(uow.session, uow.tenant, ids)
    clear_values(uow.session, uow.cipher, [line["id"] for line in lines])


def _delete(uow: Uow, found: Found) -> int:
    """Rows that hang on others go first; returns how many went."""
    gone = 0
    for table in reversed(metadata.sorted_tables):
        keys = list(found.get(table.name, ()))
        for part in parts(keys):
            if table.name == _DECISIONS:
                change: Any = update(table).values(customer_id=None, reason_enc=None)
            else:
                change, gone = delete(table), gone + len(part)
            uow.session.connection().execute(change.where(table.c.id.in_(part)))
    return gone
