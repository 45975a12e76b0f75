"""What names somebody in texts of others, and the same texts without it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlmodel import Session

from crm_core.kernel.pii import Cipher
from crm_core.kernel.tables import metadata
from crm_core.privacy.opened import UNREADABLE, opened
from crm_core.privacy.trace import Found

GONE = "[已删除]"
# Shorter names are words of their own.
LEAST_NAME = 2
_GAP = r"[\s\-.·]{0,2}"


@dataclass(frozen=True)
class Words:
    """`sure` stands for nobody else; a `name` that others have too counts only beside something that is sure."""

    sure: re.Pattern[str] | None
    names: re.Pattern[str] | None
    ids: re.Pattern[str] | None
    shared: bool

    def without(self, text: str) -> str:
        """The text with a mark in place of whatever names him; the same text when nothing does."""
        if not text or not self._about_him(text):
            return text
        for pattern in (self.sure, self.names):
            if pattern is not None:
                text = pattern.sub(GONE, text)
        return text

    def _about_him(self, text: str) -> bool:
        if self.sure is not None and self.sure.search(text):
            return True
        if self.names is None or not self.names.search(text):
            return False
        return not self.shared or (self.ids is not None and self.ids.search(text) is not None)


def words_of(session: Session, cipher: Cipher, tenant: str, found: Found) -> Words:
    """His names, phones, addresses, VINs and plates, but none that somebody else has as well."""
    codes = _codes(session, cipher, tenant, found)
    names = {name for name in _names(cipher, found) if len(name) >= LEAST_NAME}
    ids = [key for rows in found.values() for key in rows if isinstance(key, str)]
    shared = any(_others(session, tenant, found, "customers", "name", name) for name in names)
    return Words(_any_of(map(_spelt, codes)), _any_of(_plain(name) for name in names),
                 _any_of(map(re.escape, ids)), shared)  # fmt: skip


def _codes(session: Session, cipher: Cipher, tenant: str, found: Found) -> set[str]:
    """What is one person's alone, but for those rows of other people say they share it."""
    codes = set()
    for table, sealed, index in (("contact_points", "value_enc", "value_index"), ("cars", "vin_enc", "vin_index"),
                                 ("cars", "plate_enc", "plate_index"), ("people", "phone_enc", "phone_index")):  # fmt: skip
        for row in found.get(table, {}).values():
            if row[sealed] and not _others(session, tenant, found, table, index, row[index]):
                codes.add(opened(cipher, table, row, sealed))
    for table in ("customers", "leads"):
        codes |= {opened(cipher, table, row, "email_enc") for row in found.get(table, {}).values()}
    return {code for code in codes if len(code) >= 6 and code != UNREADABLE}


def _others(session: Session, tenant: str, found: Found, table: str, column: str, value: str) -> bool:
    """Whether a row that is not his has the same."""
    source = metadata.tables[table]
    query = select(func.count()).select_from(source).where(source.c.tenant == tenant, source.c[column] == value)
    if table != "customers":
        own = [row["customer_id"] for row in found.get("contact_points", {}).values()] or [""]
        query = query.where(source.c.customer_id.is_(None) | source.c.customer_id.not_in(set(own)))
        return bool(session.execute(query).scalar())
    return bool(session.execute(query.where(source.c.id.not_in(list(found.get(table, {}))))).scalar())


def _names(cipher: Cipher, found: Found) -> Iterable[str]:
    for table in ("customers", "people"):
        for row in found.get(table, {}).values():
            yield str(row["name"])
    for row in found.get("customer_merges", {}).values():
        snapshot = json.loads(opened(cipher, "customer_merges", row, "snapshot_enc") or "{}")
        yield from (str(one["name"]) for one in snapshot.get("customer", ()))


def _plain(name: str) -> str:
    """A name as written, and as JSON writes it; a Latin name not inside a longer word."""
    spelt = "|".join({re.escape(name), re.escape(json.dumps(name)[1:-1])})
    return rf"(?<![A-Za-z])(?:{spelt})(?![A-Za-z])" if name.isascii() else f"(?:{spelt})"


def _spelt(code: str) -> str:
    """A number or address in the spellings people give it: spaces, dashes and points in between."""
    if "@" in code:
        return re.escape(code)
    return rf"(?<![0-9A-Za-z]){_GAP.join(map(re.escape, code))}(?![0-9A-Za-z])"


def _any_of(patterns: Iterable[str]) -> re.Pattern[str] | None:
    alternatives = sorted(set(patterns), key=len, reverse=True)
    return re.compile("|".join(alternatives), re.IGNORECASE) if alternatives else None


def in_json(value: Any, words: Words) -> Any:
    """Plain JSON data with every string freed of him."""
    if isinstance(value, str):
        return words.without(value)
    if isinstance(value, Mapping):
        return {key: in_json(one, words) for key, one in value.items()}
    return [in_json(one, words) for one in value] if isinstance(value, (list, tuple)) else value
