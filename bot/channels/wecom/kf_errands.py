"""Putting a customer through to a person, and ending that, at the platform."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from bot.channels.wecom.client import Api
from bot.channels.wecom.errors import Refused, trouble_of
from bot.channels.wecom.kf_reading import customer_at
from bot.ports import Account
from crm_core.errands.queue import Due
from crm_core.kernel.registry import Command
from crm_core.servicedesk.messages import NobodyServes, PersonServes, ServiceEnded

if TYPE_CHECKING:
    from crm_core.api import Core

# The platform's states of a conversation.
NEW, BOT, QUEUE, PERSON, OVER = range(5)
TAKES_CUSTOMERS = 0


class KfErrands:
    """What `servicedesk` asks for."""

    def __init__(self, account: Account, core: Core, api: Api) -> None:
        self._tenant = account.tenant
        self._core = core
        self._api = api

    @property
    def kinds(self) -> dict[str, Callable[[Due], Awaitable[None]]]:
        return {"call_person": self._call_person, "end_service": self._end_service}

    async def gave_up(self, due: Due, why: str) -> None:
        """A customer who could not be put through must hear so."""
        chat = due.payload["chat"]
        if due.kind == "call_person":
            await self._do(due, NobodyServes(chat=chat, why=why[:100]))
        else:
            await self._do(due, ServiceEnded(chat=chat))

    async def _call_person(self, due: Due) -> None:
        """To his own rep when he takes customers now, else into the queue, if anybody does."""
        chat = due.payload["chat"]
        _, desk = customer_at(chat)
        there = await self._there(desk)
        wanted = str(due.payload.get("prefer") or "").lower()
        own = next((one for one in there or () if one.lower() == wanted), None)
        if there is not None and not there:
            await self._do(due, NobodyServes(chat=chat, why="nobody takes customers"))
            return
        try:
            asked = {"service_state": PERSON, "servicer_userid": own} if own else {"service_state": QUEUE}
            answer = await self._trans(chat, asked)
        except Refused as error:
            if trouble_of(error.code) is not None:
                raise
            await self._as_it_is(due, chat, str(error.code))
            return
        await self._do(due, PersonServes(chat=chat, state="person" if own else "queue", servicer=own or "",
                                         code=str(answer.get("msg_code") or "")))  # fmt: skip

    async def _there(self, desk: str) -> list[str] | None:
        """Who takes customers at a desk now; None when the platform does not say."""
        try:
            found = await self._api.call(self._api.get, "kf/servicer/list", open_kfid=desk)
        except Refused as error:
            if trouble_of(error.code) is not None:
                raise
            return None
        told = [one for one in found.get("servicer_list") or () if one.get("userid")]
        return [str(one["userid"]) for one in told if one.get("status", TAKES_CUSTOMERS) == TAKES_CUSTOMERS]

    async def _as_it_is(self, due: Due, chat: str, why: str) -> None:
        """The platform did not change it: perhaps because it is so already."""
        customer, desk = customer_at(chat)
        path, asked = "kf/service_state/get", {"open_kfid": desk, "external_userid": customer}
        try:
            now = await self._api.call(self._api.post, path, asked)
        except Refused:
            now = {}
        state, servicer = now.get("service_state"), str(now.get("servicer_userid") or "")
        if state in (QUEUE, PERSON):
            await self._do(due, PersonServes(chat=chat, state="person" if state == PERSON else "queue",
                                             servicer=servicer))  # fmt: skip
        else:
            await self._do(due, NobodyServes(chat=chat, why=why))

    async def _end_service(self, due: Due) -> None:
        chat = due.payload["chat"]
        answer: dict[str, Any] = {}
        try:
            answer = await self._trans(chat, {"service_state": OVER})
        except Refused as error:
            if trouble_of(error.code) is not None:
                raise
        await self._do(due, ServiceEnded(chat=chat, code=str(answer.get("msg_code") or "")))

    async def _trans(self, chat: str, asked: dict[str, Any]) -> dict[str, Any]:
        customer, desk = customer_at(chat)
        data = {"open_kfid": desk, "external_userid": customer, **asked}
        return await self._api.call(self._api.post, "kf/service_state/trans", data)

    async def _do(self, due: Due, command: Command) -> None:
        actor = self._core.system(self._tenant)
        await asyncio.to_thread(self._core.execute, command, actor, key=f"errand:{due.id}")
