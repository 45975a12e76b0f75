"""What a colleague who left keeps at the platform: customers nobody here knows, and groups. They go to his heir."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import structlog

from bot.channels.wecom.client import Api
from bot.channels.wecom.errands import Later
from bot.channels.wecom.errors import Refused, trouble_of
from crm_core.errands.queue import Due

if TYPE_CHECKING:
    from crm_core.api import Core

BATCH, PAGE, PAGES = 100, 1000, 50
# A group whose owner left and whom nobody follows yet.
WITHOUT_OWNER = 1
AGAIN, PATIENCE = timedelta(hours=12), timedelta(days=7)


class Leavers:
    """Hands over what is left of somebody. The platform lists only what is still nobody's, so repeating it is safe."""

    def __init__(self, api: Api, core: Core) -> None:
        self._api = api
        self._core = core

    async def hand_over(self, due: Due) -> None:
        """Looked at twice a day for a week: the platform may hear later than we that somebody left."""
        leaver, heir = due.payload["from_userid"], due.payload["to_userid"]
        customers = await self._customers(leaver)
        for batch in _hundreds(customers):
            await self._give("externalcontact/resigned/transfer_customer", "customer",
                             {"handover_userid": leaver, "takeover_userid": heir, "external_userid": batch})  # fmt: skip
        groups = await self._groups(leaver)
        for batch in _hundreds(groups):
            await self._give("externalcontact/groupchat/transfer", "failed_chat_list",
                             {"chat_id_list": batch, "new_owner": heir})  # fmt: skip
        if self._core.now() - due.created_at < PATIENCE:
            raise Later(self._core.now() + AGAIN)

    async def _customers(self, leaver: str) -> list[str]:
        """His customers nobody was given yet."""
        found: dict[str, None] = {}
        asked: dict[str, Any] = {"page_size": PAGE}
        for _ in range(PAGES):
            answer = await self._post("externalcontact/get_unassigned_list", asked)
            mine = (one for one in answer.get("info") or () if str(one.get("handover_userid") or "").lower() == leaver)
            found |= dict.fromkeys(str(one["external_userid"]) for one in mine if one.get("external_userid"))
            if answer.get("is_last", True) or not answer.get("next_cursor"):
                break
            asked = {"page_size": PAGE, "cursor": str(answer["next_cursor"])}
        return list(found)

    async def _groups(self, leaver: str) -> list[str]:
        found: dict[str, None] = {}
        asked: dict[str, Any] = {"status_filter": WITHOUT_OWNER, "owner_filter": {"userid_list": [leaver]}, "limit": PAGE}
        for _ in range(PAGES):
            answer = await self._post("externalcontact/groupchat/list", asked)
            told = answer.get("group_chat_list") or ()
            found |= dict.fromkeys(str(one["chat_id"]) for one in told if one.get("chat_id"))
            if not answer.get("next_cursor"):
                break
            asked = asked | {"cursor": str(answer["next_cursor"])}
        return list(found)

    async def _give(self, path: str, told: str, body: dict[str, Any]) -> None:
        """One by one the platform may refuse; what it keeps is listed again the next time."""
        answer = await self._post(path, body)
        codes = sorted({int(one.get("errcode") or 0) for one in answer.get(told) or ()} - {0})
        if codes:
            structlog.get_logger().warning("not_taken_over", path=path, codes=codes)

    async def _post(self, path: str, data: dict[str, Any]) -> dict[str, Any]:
        """The answer; nothing where the platform refuses this very call, as it does to somebody still there."""
        try:
            return await self._api.call(self._api.post, path, data)
        except Refused as error:
            if trouble_of(error.code) is not None:
                raise
            structlog.get_logger().warning("leaver_refused", path=path, error=error.code)
            return {}


def _hundreds(ids: Sequence[str]) -> Iterator[list[str]]:
    for start in range(0, len(ids), BATCH):
        yield list(ids[start : start + BATCH])
