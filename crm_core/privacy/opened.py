"""Stored rows as a person can read them: sealed values opened, technical columns left out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from crm_core.kernel.errors import ConfigError
from crm_core.kernel.pii import Cipher
from crm_core.kernel.rotate import CELLS, sealed_columns
from crm_core.kernel.tables import metadata

# What says how a row is kept, and nothing about anybody. Verbs and keys of buttons could be pressed.
_TECHNICAL = frozenset({
    "tenant", "version", "token", "worker", "lease_until", "dedupe_key", "digest", "natural_key", "pinyin", "initials",
    "surname", "state_version", "counter", "read_seq", "rev", "sop_digest", "plan", "moved", "interest_key",
    "vehicle_key", "attempts", "priority", "fingerprint", "outdated", "rule",
})  # fmt: skip
UNREADABLE = "\N{REPLACEMENT CHARACTER}"


def cell_of(table: str, column: str, row: Mapping[str, Any]) -> str:
    """What a sealed value is bound to."""
    bound = CELLS.get(table, lambda r: str(r["id"]))(row)
    return f"{table}.{column.removesuffix('_enc')}.{bound}"


def opened(cipher: Cipher, table: str, row: Mapping[str, Any], column: str) -> str:
    """A sealed text in clear; a sign when it opens under no known key, since the rest must still be told."""
    if not row[column]:
        return ""
    try:
        return cipher.open(cell_of(table, column, row), row[column])
    except (ValueError, ConfigError):
        return UNREADABLE


def told(cipher: Cipher, table: str, row: Mapping[str, Any]) -> dict[str, Any]:
    """A row for its owner: instants and days as ISO 8601, JSON as JSON, bytes as their number."""
    sealed = {column.name for column in sealed_columns(metadata.tables[table])}
    said: dict[str, Any] = {}
    for name, value in row.items():
        if name in _TECHNICAL or name.endswith("_index") or value in (None, "", [], {}):
            continue
        if name in sealed and isinstance(value, str):
            said[name.removesuffix("_enc")] = _parsed(opened(cipher, table, row, name))
        elif isinstance(value, (datetime, date)):
            said[name] = value.isoformat()
        else:
            said[name] = f"{len(value)} bytes" if isinstance(value, bytes) else value
    return said


def _parsed(text: str) -> Any:
    """JSON as what it says, without what buttons do."""
    if text[:1] not in "{[":
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text
