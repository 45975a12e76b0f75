"""Channels to the two fake platforms, over real HTTP."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import aiohttp

from bot.ports import Capabilities, Delivery, Heard, Outbound, Receipt
from tests.support.platforms import NOT_MODIFIED

TELEGRAM_LIMITS: dict[str, Any] = {"per_account": ((30, 1.0),), "per_chat": ((1, 1.0),)}
WECOM_LIMITS: dict[str, Any] = {"per_account": (), "per_chat": ((30, 60.0), (1000, 3600.0))}
WINDOW_S = 14_400


class HttpChannel:
    """What both have in common: a session made inside the sender's loop, and what an exception says.

    Without a connection nothing was accepted; when it breaks after writing, or no answer comes in time, nobody
    knows.
    """

    def __init__(self, account: str, base: str, timeout: float) -> None:
        self.name = account.partition(":")[0]
        self._token = account.partition(":")[2]
        self._base = base
        self._timeout = aiohttp.ClientTimeout(total=timeout)
        self._session: aiohttp.ClientSession | None = None

    async def _post(self, path: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]] | Receipt:
        if self._session is None:
            self._session = aiohttp.ClientSession(self._base, connector=aiohttp.TCPConnector(limit=0))
        raw = json.dumps(body, ensure_ascii=False, sort_keys=True).encode()
        try:
            async with self._session.post(path, data=raw, timeout=self._timeout) as answer:
                if answer.status >= 500:
                    return Receipt(Heard.UNKNOWN, error=str(answer.status))
                return answer.status, await answer.json()
        except aiohttp.ClientConnectorError as error:
            return Receipt(Heard.NOT_NOW, error=type(error).__name__)
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            return Receipt(Heard.UNKNOWN, error=type(error).__name__)

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()


class TelegramLike(HttpChannel):
    """A bot: no duplicate check, edits, a 429 that names its seconds."""

    def __init__(self, account: str, base: str, timeout: float, *, limits: bool = False) -> None:
        super().__init__(account, base, timeout)
        self.capabilities = Capabilities(
            max_buttons=20, max_text_bytes=4096, edit=True, toast=True, images=True, push_first=True,
            idempotent=False, **(TELEGRAM_LIMITS if limits else {}),
        )  # fmt: skip

    def render(self, delivery: Delivery, message: Outbound) -> dict[str, Any]:
        return {"chat_id": delivery.chat.rpartition(":")[2], "text": f"{words(message)} {delivery.ref}"}

    async def send(self, delivery: Delivery, message: Outbound, body: dict[str, Any]) -> Receipt:
        return self._heard(await self._post(f"/bot{self._token}/sendMessage", body))

    async def update(self, delivery: Delivery, provider_id: str, message: Outbound) -> Receipt:
        body = self.render(delivery, message) | {"message_id": int(provider_id)}
        return self._heard(await self._post(f"/bot{self._token}/editMessageText", body))

    def _heard(self, answer: tuple[int, dict[str, Any]] | Receipt) -> Receipt:
        if isinstance(answer, Receipt):
            return answer
        status, data = answer
        if data["ok"]:
            return Receipt(Heard.ACCEPTED, provider_id=str(data["result"]["message_id"]))
        if status == 429:
            return Receipt(Heard.NOT_NOW, retry_after=data["parameters"]["retry_after"], error="429")
        if data["description"] == NOT_MODIFIED:
            return Receipt(Heard.ACCEPTED)
        return Receipt(Heard.NEVER, error=str(status), unreachable=status == 403)


class WecomLike(HttpChannel):
    """An app of a corp: drops a message equal to the byte, and in silence what is too much for a member."""

    def __init__(self, account: str, base: str, timeout: float, *, limits: bool = False) -> None:
        super().__init__(account, base, timeout)
        self.capabilities = Capabilities(
            max_buttons=6, max_text_bytes=2048, edit=True, toast=False, images=False, push_first=True,
            idempotent=True, dedupe_window=timedelta(seconds=WINDOW_S), **(WECOM_LIMITS if limits else {}),
        )  # fmt: skip

    def render(self, delivery: Delivery, message: Outbound) -> dict[str, Any]:
        return {
            "touser": delivery.chat.rpartition(":")[2], "msgtype": "text",
            "text": {"content": f"{words(message)} {delivery.ref}"},
            "enable_duplicate_check": 1, "duplicate_check_interval": WINDOW_S,
        }  # fmt: skip

    async def send(self, delivery: Delivery, message: Outbound, body: dict[str, Any]) -> Receipt:
        return self._heard(await self._post(f"/cgi-bin/message/send?access_token={self._token}", body))

    async def update(self, delivery: Delivery, provider_id: str, message: Outbound) -> Receipt:
        path = f"/cgi-bin/message/update_template_card?access_token={self._token}"
        return self._heard(await self._post(path, self.render(delivery, message) | {"code": provider_id}))

    def _heard(self, answer: tuple[int, dict[str, Any]] | Receipt) -> Receipt:
        if isinstance(answer, Receipt):
            return answer
        data = answer[1]
        if data["errcode"] == 0:
            return Receipt(Heard.ACCEPTED, provider_id=data.get("msgid"))
        if data["errcode"] == 45009:
            return Receipt(Heard.NOT_NOW, error="45009")
        return Receipt(Heard.NEVER, error=str(data["errcode"]), unreachable=data["errcode"] == 60111)


def words(message: Outbound) -> str:
    """A message as text: its words, its card's title and lines."""
    card = message.card
    lines = [f"{line.k}: {line.v}" for line in card.fields] if card else []
    return "\n".join(
        [message.text or "", card.title if card else "", *lines, card.status or "" if card else ""]
    ).strip()
