"""Everything that is kept of one customer, as he may have it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from crm_core.customers.tables import Customer
from crm_core.kernel.uow import Reader
from crm_core.org.people import person_name
from crm_core.privacy.messages import PersonData, PersonFile
from crm_core.privacy.opened import cell_of, told
from crm_core.privacy.trace import Found, about, own_ids, trace

# What the house works with to reach him: it says nothing that his messages and records do not.
_WORKINGS = frozenset({"actions", "attempts", "timers", "undo", "invites", "imported", "inbox", "chats", "outbox"})


def person_data(reader: Reader, customer: Customer) -> PersonData:
    """Rows by table, the audit of them, and his pictures."""
    found = trace(reader.session, reader.tenant, customer.id)
    tables = {name: tuple(_rows(reader, name, rows)) for name, rows in sorted(found.items())}
    lines = about(reader.session, reader.tenant, own_ids(found))
    return PersonData(
        customer_id=customer.id, name=customer.name, language=customer.language, made_at=reader.now, tables=tables,
        audit=tuple(_line(reader, line) for line in lines), files=tuple(_files(reader, found)),
    )  # fmt: skip


def workings(table: str) -> bool:
    """Whether a table says only how something was done: complete copies have it, readable pages leave it out."""
    return table in _WORKINGS


def _rows(reader: Reader, name: str, rows: Mapping[Any, Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    for key in sorted(rows, key=str):
        said = told(reader.cipher, name, rows[key])
        for column in ("owner_id", "by_id", "asker_id"):
            if column in said:
                said[column.removesuffix("_id")] = person_name(reader, said[column])
        yield said


def _line(reader: Reader, line: Mapping[str, Any]) -> dict[str, Any]:
    """Who it was, not what was written: that is in the rows."""
    return {"at": line["at"].isoformat(), "by": person_name(reader, line["actor_id"]) or line["actor_id"],
            "action": line["action"], "resource": line["resource"], "fields": line["fields"]}  # fmt: skip


def _files(reader: Reader, found: Found) -> Iterator[PersonFile]:
    for row in found.get("blobs", {}).values():
        content = reader.cipher.open_bytes(cell_of("blobs", "content", row), row["content"])
        ending = str(row["mime"]).rpartition("/")[2].split("+")[0]
        yield PersonFile(name=f"{row['id']}.{ending}", mime=row["mime"], content=content)
