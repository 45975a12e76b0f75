"""A channel in memory, at our own port: it accepts, refuses or goes silent as it is told."""

from __future__ import annotations

import asyncio
import json
import time
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from bot.ports import Capabilities, Delivery, Heard, Outbound, Receipt

PLAIN = Capabilities(max_buttons=6, max_text_bytes=4096, edit=True, toast=True, images=True, push_first=True,
                     idempotent=False)  # fmt: skip
DROPS_REPEATS = Capabilities(max_buttons=6, max_text_bytes=2048, edit=True, toast=False, images=False,
                             push_first=True, idempotent=True)  # fmt: skip


@dataclass(frozen=True)
class Got:
    """What reached the platform: `kept` is False for a repeat it dropped."""

    chat: str
    body: str
    outbox_id: int
    kept: bool = True
    edit_of: str = ""


@dataclass
class MemoryChannel:
    """`heard` is what is answered next, one by one, then ACCEPTED. A message of an UNKNOWN try still arrives,
    unless `swallow`.
    """

    name: str = "memory"
    capabilities: Capabilities = PLAIN
    heard: deque[Receipt] = field(default_factory=deque)
    got: list[Got] = field(default_factory=list)
    swallow: bool = False
    seconds: float = 0.0
    most: int = 0
    instants: list[float] = field(default_factory=list)
    _now: int = 0

    def render(self, delivery: Delivery, message: Outbound) -> dict[str, Any]:
        title = message.card.title if message.card else ""
        ids = [button.id for button in message.card.buttons] if message.card else []
        return {"text": f"{title}{message.text or ''} {delivery.ref}", "buttons": ids}

    async def send(self, delivery: Delivery, message: Outbound, body: dict[str, Any]) -> Receipt:
        receipt = await self._next(delivery)
        self._keep(delivery, json.dumps(body, ensure_ascii=False), receipt)
        return receipt

    async def update(self, delivery: Delivery, provider_id: str, message: Outbound) -> Receipt:
        receipt = await self._next(delivery)
        self._keep(
            delivery, json.dumps(self.render(delivery, message), ensure_ascii=False), receipt, provider_id
        )
        return receipt

    async def _next(self, delivery: Delivery) -> Receipt:
        self._now += 1
        self.instants.append(time.monotonic())
        self.most = max(self.most, self._now)
        await asyncio.sleep(self.seconds)
        self._now -= 1
        return self.heard.popleft() if self.heard else Receipt(Heard.ACCEPTED, f"m{delivery.id}")

    def _keep(self, delivery: Delivery, body: str, receipt: Receipt, edit_of: str = "") -> None:
        arrived = receipt.heard is Heard.ACCEPTED or (receipt.heard is Heard.UNKNOWN and not self.swallow)
        if arrived:
            repeat = self.capabilities.idempotent and any(
                g.chat == delivery.chat and g.body == body for g in self.got
            )
            self.got.append(Got(delivery.chat, body, delivery.id, not repeat, edit_of))

    @property
    def kept(self) -> list[Got]:
        """What people see."""
        return [got for got in self.got if got.kept]
