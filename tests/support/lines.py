"""A line in memory, at our own port: what it hears is written down as an event already."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bot.ports import Account, Arrival, Event, EventKind, Media, MediaKind, Raw
from crm_core.kernel.errors import NotFound
from tests.support.channels import MemoryChannel


@dataclass
class MemoryLine(MemoryChannel):
    """One account of a platform. `files` are what it can fetch, by reference."""

    account: Account = field(default_factory=lambda: Account("", "telegram", "7", "staff", ""))
    files: dict[str, bytes] = field(default_factory=dict)

    def read(self, arrival: Arrival) -> Event | None:
        body = dict(arrival.body)
        if not body:
            return None
        media = tuple(
            Media(MediaKind(m["kind"]), m["ref"], name=m.get("name", ""), size=m.get("size")) for m in body.pop("media", ())
        )
        at = body.pop("at", None)
        return Event(kind=EventKind(body.pop("kind")), media=media, at=datetime.fromisoformat(at) if at else None, **body)

    def fetch(self, media: Media) -> bytes:
        if media.ref not in self.files:
            raise NotFound(resource="image")
        return self.files[media.ref]

    async def acknowledge(self, arrived: Raw) -> None:
        return None

    def raw(self, key: str, kind: str, native_id: str, *, group: str = "", **more: Any) -> Raw:
        """Something that happened there; in a group when one is named."""
        chat = f"{self.account.line}:{group or native_id}"
        body = {"kind": kind, "native_id": native_id, "chat": chat, **({"group": True} if group else {}), **more}
        return Raw(self.account.tenant, self.account.channel, self.account.account, key, chat, body)
