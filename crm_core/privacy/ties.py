"""Where a customer's data is: which column of which table leads from him to a row.

A table with a `customer_id` is found by itself. The others hang on something of his, and are named here; a test
walks all tables, so that a new one cannot be forgotten.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Table

from crm_core.kernel.tables import metadata


@dataclass(frozen=True)
class Tie:
    """Rows of `table` whose `column` holds the `key` of a traced row of `of`.

    `prefix` comes before the id in the column, as in the subject `lead:ID`.
    """

    table: str
    column: str
    of: str
    key: str = "id"
    prefix: str = ""


_BY_PERSON = (
    "identities", "chats", "chat_messages", "outbox", "actions", "invites", "blobs", "digest_choices", "absences",
    "grants", "service_sessions", "service_ratings",
)  # fmt: skip
_SUBJECTS = {
    "customers": "customer", "leads": "lead", "deals": "deal", "quotes": "quote", "approvals": "approval",
    "appointments": "appointment", "tasks": "task", "followups": "followup", "renewals": "renewal", "orders": "order",
    "service_sessions": "service", "contact_transfers": "transfer", "privacy_requests": "privacy",
}  # fmt: skip
_ABOUT = ("timers", "outbox", "chat_messages", "actions")

TIES: tuple[Tie, ...] = (
    *(Tie(table, "person_id", "people") for table in _BY_PERSON),
    Tie("undo", "actor_id", "people"),
    Tie("tasks", "asker_id", "people"),
    Tie("records", "by_id", "people"),
    Tie("inbox", "sender", "chats"),
    Tie("outbox", "chat", "chats"),
    Tie("attempts", "outbox_id", "outbox"),
    Tie("deal_stages", "deal_id", "deals"),
    Tie("approval_steps", "approval_id", "approvals"),
    Tie("approval_votes", "approval_id", "approvals"),
    Tie("order_lines", "order_id", "orders"),
    Tie("fit_cases", "task_id", "tasks"),
    Tie("wechat_followers", "contact_id", "wechat_contacts"),
    Tie("blobs", "id", "records", "image_id"),
    Tie("customer_merges", "kept_id", "customers"),
    Tie("customer_merges", "gone_id", "customers"),
    Tie("imported", "record_id", "customers"),
    Tie("imported", "record_id", "orders"),
    Tie("imported", "record_id", "cars"),
    Tie("imported", "record_id", "leads"),
    *(Tie(table, "subject", of, prefix=f"{word}:") for table in _ABOUT for of, word in _SUBJECTS.items()),
)

# Tables of the house, which hold nothing about a customer but, at most, what somebody wrote about him in a text.
HOUSE = frozenset({
    "access_tokens", "account_troubles", "applications", "audit", "audit_heads", "buckets", "channel_accounts",
    "chunk_vectors", "chunks", "contact_codes", "cross_refs", "cursors", "document_drafts", "documents", "erasures",
    "errands", "executed", "grant_requests", "group_chats", "handovers", "held_records", "leases", "locks", "meta",
    "model_names", "models", "part_prices", "part_stock", "parts", "response_codes", "service_desks", "stock_cars",
    "units", "unserved_accounts", "workers",
})  # fmt: skip


def tables_of_people() -> list[Table]:
    """Every table with rows of customers, those that others hang on first."""
    tied = {tie.table for tie in TIES}
    return [table for table in metadata.sorted_tables if "customer_id" in table.c or table.name in tied]
