"""The audit's chains: each line is bound to the one before it by a keyed digest, in the transaction that wrote it.

There are several chains, so that writers do not wait for each other: on PostgreSQL a transaction takes whichever
chain nobody holds; SQLite has one writer and needs one chain. The end of each is sealed, so that without the key no
line can be changed, left out, moved, added or cut off at the end; with an old copy of the end, cutting off shows
against the anchors that are kept outside the database (`anchors.py`).

The digest covers a salted commitment to the values instead of the sealed values themselves: a changed key seals them
anew and an erased person's are taken away, and the chain stays whole.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC
from typing import Any

from sqlalchemy import Connection, bindparam, select, update
from sqlalchemy.dialects import postgresql
from sqlmodel import Session

from crm_core.kernel.pii import Cipher
from crm_core.kernel.tables import Audit, AuditHead, metadata

CHAINS = 16
SALT = 32
# A line that follows an end somebody has forged never fits what stands before it.
FORGED = "forged:"
_COVERED = ("tenant", "actor_id", "action", "resource", "record_id", "fields", "reason", "values_mac")
_LINES, _HEADS = metadata.tables[str(Audit.__tablename__)], metadata.tables[str(AuditHead.__tablename__)]
_HELD = "audit_chain"
# Made once: what a statement costs is mostly the making of it.
_ONE = select(_HEADS).where(_HEADS.c.id == bindparam("chain"))
_FREE = select(_HEADS).order_by(_HEADS.c.id).limit(1).with_for_update(skip_locked=True)
_MOVE = update(_HEADS).where(_HEADS.c.id == bindparam("chain")).values(
    position=bindparam("position"), mac=bindparam("mac"), seal=bindparam("seal")
)  # fmt: skip
_CLEAR_AT_ONCE = 500


def seal_values(cipher: Cipher, line: dict[str, Any], values: Mapping[str, Any]) -> None:
    """Put the names, the sealed values and the commitment to them into a line that is about to be written."""
    line |= {"fields": ",".join(values)[:400], "values_enc": None, "values_mac": None}
    if values:
        text = secrets.token_hex(SALT // 2) + json.dumps(values, ensure_ascii=False, default=str)
        line["values_enc"] = cipher.seal(_cell(line), text)
        line["values_mac"] = commitment(cipher, text)


def values_of(cipher: Cipher, line: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a line; empty when it has none or they were erased. Raises the errors of `Cipher.open`."""
    if not line["values_enc"]:
        return {}
    text = cipher.open(_cell(line), line["values_enc"])
    # Lines from before there were chains have no salt.
    found: dict[str, Any] = json.loads(text[SALT:] if line["values_mac"] else text)
    return found


def clear_values(session: Session, cipher: Cipher, ids: Iterable[int]) -> int:
    """Take the values of lines away for good, with a proof that it was done here; returns how many had some."""
    wanted, done, connection = list(ids), 0, session.connection()
    for start in range(0, len(wanted), _CLEAR_AT_ONCE):
        part = wanted[start : start + _CLEAR_AT_ONCE]
        query = select(_LINES.c.id, _LINES.c.mac).where(
            _LINES.c.id.in_(part), _LINES.c.values_enc.is_not(None)
        )
        for row in connection.execute(query).all():
            gone = {"values_enc": None, "cleared": clearance(cipher, row.mac) if row.mac else None}
            connection.execute(update(_LINES).where(_LINES.c.id == row.id).values(gone))
            done += 1
    return done


def append(session: Session, cipher: Cipher, lines: Sequence[dict[str, Any]], *, is_sqlite: bool) -> None:
    """Bind lines to the end of a chain, in their order; the caller writes them in the same transaction."""
    connection = session.connection()
    head = _head(connection, session, cipher, is_sqlite=is_sqlite)
    chain, position, mac = head.id, head.position, head.mac
    if head.seal != end_seal(cipher, chain, position, mac):
        mac = FORGED + mac
    for line in lines:
        position += 1
        line |= {"chain": chain, "position": position}
        mac = line["mac"] = link(cipher, line, mac)
    seal = end_seal(cipher, chain, position, mac)
    connection.execute(_MOVE, {"chain": chain, "position": position, "mac": mac, "seal": seal})


def link(cipher: Cipher, line: Mapping[str, Any], before: str) -> str:
    """The digest of a line that follows the one whose digest is `before`."""
    at = line["at"].astimezone(UTC).isoformat(timespec="microseconds")
    text = json.dumps([before, line["chain"], line["position"], at, *(line[name] for name in _COVERED)])
    return cipher.digest("audit", text)


def end_seal(cipher: Cipher, chain: int, position: int, mac: str) -> str:
    """What proves that a chain ends here."""
    return cipher.digest("audit-end", f"{chain}:{position}:{mac}")


def commitment(cipher: Cipher, text: str) -> str:
    """What a line keeps of its salted values."""
    return cipher.digest("audit-values", text)


def clearance(cipher: Cipher, mac: str) -> str:
    """What proves that the values of the line with this digest were taken away by us."""
    return cipher.digest("audit-cleared", mac)


def _cell(line: Mapping[str, Any]) -> str:
    return f"audit.values.{line['resource']}.{line['record_id']}"


def _head(connection: Connection, session: Session, cipher: Cipher, *, is_sqlite: bool) -> Any:
    """The end of the chain this transaction goes on with, held until it ends."""
    held = session.info.get(_HELD)
    if is_sqlite or held is not None:
        found = connection.execute(_ONE, {"chain": held or 0}).first()
    else:
        found = connection.execute(_FREE).first()
    if found is None:
        found = _begin(connection, cipher, 1 if is_sqlite else CHAINS)
    session.info[_HELD] = found.id
    return found


def _begin(connection: Connection, cipher: Cipher, count: int) -> Any:
    """No chain was free: begin those there are not yet, and wait for one."""
    new = [{"id": n, "position": 0, "mac": "", "seal": end_seal(cipher, n, 0, "")} for n in range(count)]
    if connection.dialect.name == "sqlite":
        connection.execute(_HEADS.insert(), new)
        return connection.execute(_ONE, {"chain": 0}).one()
    connection.execute(postgresql.insert(_HEADS).on_conflict_do_nothing(), new)
    return connection.execute(_ONE.with_for_update(), {"chain": os.getpid() % count}).one()
