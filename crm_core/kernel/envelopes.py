"""What is sealed in an outbox row, and what becomes of a row that does not open or ends its worker each time."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import case, func, select, update
from sqlmodel import Session, SQLModel

from crm_core.kernel.db import UtcDateTime
from crm_core.kernel.deliveries import DEAD, PENDING, UNCERTAIN, Delivery
from crm_core.kernel.errors import ConfigError
from crm_core.kernel.inbox import read_instant
from crm_core.kernel.outcomes import Heard
from crm_core.kernel.pii import Cipher
from crm_core.kernel.tables import Attempt, Outbox

# So many claims without a known end are no accident: whoever takes this message dies of it.
LOST_CLAIMS = 20
# A process without the newest key must not give up what the others can open.
KEY_AGAIN = timedelta(minutes=1)
KEY_MISSING = timedelta(hours=24)
_OUTBOX: Any = SQLModel.metadata.tables[str(Outbox.__tablename__)]
_ATTEMPTS: Any = SQLModel.metadata.tables[str(Attempt.__tablename__)]


class Tries(NamedTuple):
    """Of a row: how many tries began, how many may have arrived, how many have a known end, when the first began."""

    begun: int = 0
    doubts: int = 0
    ended: int = 0
    first_at: datetime | None = None


class Spoilt(NamedTuple):
    """A claimed row that cannot be handed out, and why; with `again_at` another process may be able to."""

    id: int
    why: str
    in_doubt: bool
    again_at: datetime | None = None


class Envelopes:
    """Opens and seals what outbox rows hold."""

    def __init__(self, cipher: Cipher) -> None:
        self._cipher = cipher

    def payload(self, key: str, sealed: str) -> dict[str, Any]:
        """The parameters of a message."""
        found: dict[str, Any] = json.loads(self._cipher.open(f"outbox.payload.{key}", sealed))
        return found

    def seal_body(self, key: str, body: dict[str, Any]) -> str:
        """What would be sent again, for its row."""
        text = json.dumps(body, ensure_ascii=False, default=str)
        return self._cipher.seal(f"outbox.body.{key}", text)

    def delivery(self, row: Any, tries: Tries = Tries()) -> Delivery:  # noqa: B008
        """A row as its sender wants it. Raises ValueError and ConfigError as `Cipher.open` does."""
        return Delivery(
            row["id"], row["tenant"], row["chat"], row["person_id"], row["kind"], row["subject"],
            self.payload(row["dedupe_key"], row["payload_enc"]), row["priority"], row["token"],
            row["attempts"], row["dedupe_key"], self._body(row), read_instant(row["created_at"]),
            read_instant(row["due_at"]), row["account"], tries.begun, tries.doubts, tries.first_at,
        )  # fmt: skip

    def _body(self, row: Any) -> dict[str, Any] | None:
        if not row["body_enc"]:
            return None
        found: dict[str, Any] = json.loads(
            self._cipher.open(f"outbox.body.{row['dedupe_key']}", row["body_enc"])
        )
        return found

    def opened(self, session: Session, rows: Sequence[Any], now: datetime) -> list[Delivery]:
        """Rows claimed in this transaction. One that cannot be handed out holds up no other: it is ended, or put off."""
        tried = tries_of(session, [r["id"] for r in rows if r["body_enc"] or r["attempts"] > LOST_CLAIMS])
        found: list[Delivery] = []
        spoilt: list[Spoilt] = []
        for row in rows:
            tries = tried.get(row["id"], Tries())
            doubt = tries.doubts > 0
            if row["attempts"] - tries.ended > LOST_CLAIMS:
                spoilt.append(Spoilt(row["id"], "ended its worker", doubt))
                continue
            try:
                found.append(self.delivery(row, tries))
            except ConfigError:
                young = read_instant(row["created_at"]) > now - KEY_MISSING
                spoilt.append(Spoilt(row["id"], "does not open", doubt, now + KEY_AGAIN if young else None))
            except ValueError:
                spoilt.append(Spoilt(row["id"], "does not open", doubt))
        _put_aside(session, spoilt, now)
        return found


def tries_of(session: Session, ids: Sequence[int]) -> dict[int, Tries]:
    """By outbox id: the tries of rows that have any."""
    if not ids:
        return {}
    sure = (Heard.NOT_NOW.value, Heard.NEVER.value)
    doubts = func.sum(case((_ATTEMPTS.c.outcome.in_(sure), 0), else_=1))
    counted = select(
        _ATTEMPTS.c.outbox_id, func.count(), doubts, func.count(_ATTEMPTS.c.outcome),
        func.min(_ATTEMPTS.c.at, type_=UtcDateTime),
    )  # fmt: skip
    query = counted.where(_ATTEMPTS.c.outbox_id.in_(ids)).group_by(_ATTEMPTS.c.outbox_id)
    return {row[0]: Tries(row[1], row[2], row[3], row[4]) for row in session.execute(query)}


def _put_aside(session: Session, spoilt: Iterable[Spoilt], now: datetime) -> None:
    import structlog

    for one in spoilt:
        structlog.get_logger().error("message_spoilt", outbox=one.id, error=one.why)
        if one.again_at is not None:
            values = {"state": PENDING, "due_at": one.again_at, "attempts": _OUTBOX.c.attempts - 1}
        else:
            values = {"state": UNCERTAIN if one.in_doubt else DEAD, "settled_at": now}
        session.connection().execute(
            update(_OUTBOX).where(_OUTBOX.c.id == one.id).values(error=one.why, lease_until=None, **values)
        )
