"""What is done at the platform for customer contact: welcomes, codes, details, tags, transfers."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from bot.channels.wecom.client import Api
from bot.channels.wecom.contact_leavers import Leavers
from bot.channels.wecom.errands import Later
from bot.channels.wecom.errors import Refused, trouble_of
from bot.channels.wecom.qr import picture_at
from bot.ports import Account
from crm_core.campaigns.messages import (
    ContactCodeMade,
    ContactTold,
    ContactWelcome,
    FollowerTold,
    PendingTransfers,
    TransferBatch,
    TransferOutcome,
    TransfersTold,
)
from crm_core.chat.messages import KeepImage
from crm_core.errands.queue import Due
from crm_core.kernel.errors import ChexinError
from crm_core.kernel.pii import clean_text
from crm_core.kernel.registry import Command

if TYPE_CHECKING:
    from crm_core.api import Core

# A welcome is over: its code is spent or too old, or the two talk already.
TOO_LATE = frozenset({41050, 41051, 41096})
NOT_RESIGNED = 40097
MAX_WELCOME = 4000
PAGES = 20
# The platform's words for how a transfer stands.
_STATUS = {1: "done", 2: "waiting", 3: "refused", 4: "full"}
AGAIN, PATIENCE = timedelta(hours=12), timedelta(days=7)


class ContactErrands:
    """What `campaigns` asks for."""

    def __init__(self, account: Account, core: Core, api: Api) -> None:
        self._account = account
        self._core = core
        self._api = api

    @property
    def kinds(self) -> dict[str, Callable[[Due], Awaitable[None]]]:
        return {
            "welcome": self._welcome, "contact_code": self._code, "contact_detail": self._detail, "tag": self._tag,
            "transfer": self._transfer, "transfer_result": self._transfer_result,
            "leaver": Leavers(self._api, self._core).hand_over,
        }  # fmt: skip

    async def gave_up(self, due: Due, why: str) -> None:
        """Whoever waits for it hears so; a detail or a tag that cannot be had changes nothing."""
        if due.kind == "contact_code":
            await self._do(due, ContactCodeMade(code_id=due.payload["code"], error=why[:60]))
        elif due.kind == "transfer":
            batch = await self._pending(due, "asked")
            await self._told(due, [TransferOutcome(native_id=one, outcome="failed", error=why[:60])
                                   for one in batch.native_ids], "gave_up")  # fmt: skip

    # Welcomes and codes

    async def _welcome(self, due: Due) -> None:
        said = await self._ask(ContactWelcome(account=self._account.line, userid=due.payload["userid"]))
        if not said:
            return
        words = {"content": said.encode()[:MAX_WELCOME].decode("utf-8", "ignore")}
        body = {"welcome_code": due.payload["code"], "text": words}
        try:
            await self._post("externalcontact/send_welcome_msg", body)
        except Refused as error:
            if error.code not in TOO_LATE:
                raise

    async def _code(self, due: Due) -> None:
        given = due.payload
        made = await self._post("externalcontact/add_contact_way", {
            "type": 1, "scene": 2, "remark": given["remark"], "skip_verify": bool(given["skip_verify"]),
            "state": given["mark"], "user": [given["userid"]],
        })  # fmt: skip
        link = str(made.get("qr_code") or "")
        image_id = await asyncio.to_thread(self._kept, link, given["asker"])
        await self._do(due, ContactCodeMade(code_id=given["code"], config_id=str(made.get("config_id") or ""),
                                            link=link[:500], image_id=image_id))  # fmt: skip

    def _kept(self, link: str, asker_id: str) -> str | None:
        """The code's picture among those of whoever asked for it; None when it cannot be had: the link does as well."""
        found = picture_at(link, self._api.base)
        if found is None:
            return None
        mime, content = found
        try:
            asker = self._core.actor(asker_id, self._account.tenant)
            return self._core.execute(KeepImage(mime=mime, content=content), asker).id
        except ChexinError:
            return None

    # Details and tags

    async def _detail(self, due: Due) -> None:
        """All followers of a contact, page by page."""
        native_id = due.payload["native_id"]
        followers: list[FollowerTold] = []
        name, cursor = "", ""
        for _ in range(PAGES):
            more = {"cursor": cursor} if cursor else {}
            found = await self._api.call(
                self._api.get, "externalcontact/get", external_userid=native_id, **more
            )
            name = name or _clean((found.get("external_contact") or {}).get("name"))
            followers += [_follower(one) for one in found.get("follow_user") or () if one.get("userid")]
            cursor = str(found.get("next_cursor") or "")
            if not cursor:
                break
        await self._do(due, ContactTold(account=self._account.line, native_id=native_id, name=name[:120],
                                        followers=tuple(followers)))  # fmt: skip

    async def _tag(self, due: Due) -> None:
        given = due.payload
        await self._post("externalcontact/mark_tag", {
            "userid": given["userid"], "external_userid": given["native_id"], "add_tag": given["add"],
            "remove_tag": given["remove"],
        })  # fmt: skip

    # Transfers

    async def _transfer(self, due: Due) -> None:
        """A hundred at a time, until nobody is left who is to go this way."""
        for turn in range(1000):
            batch = await self._pending(due, "asked")
            if not batch.native_ids:
                return
            await self._told(due, await self._handed(due, batch), str(turn))

    async def _handed(self, due: Due, batch: TransferBatch) -> list[TransferOutcome]:
        given = due.payload
        body = {"handover_userid": given["from_userid"], "takeover_userid": given["to_userid"],
                "external_userid": list(batch.native_ids)}  # fmt: skip
        said = {"transfer_success_msg": given["said"][:200]}
        try:
            answer = await self._transferred(batch.gone, body, said)
        except Refused as error:
            if trouble_of(error.code) is not None:
                raise
            return [
                TransferOutcome(native_id=one, outcome="failed", error=str(error.code))
                for one in batch.native_ids
            ]
        told = {
            str(one.get("external_userid")): int(one.get("errcode") or 0)
            for one in answer.get("customer") or ()
        }
        return [TransferOutcome(native_id=one, outcome="failed" if told.get(one) else "waiting",
                                error=str(told.get(one) or "")) for one in batch.native_ids]  # fmt: skip

    async def _transferred(self, gone: bool, body: dict[str, Any], said: dict[str, str]) -> dict[str, Any]:
        """By the way for those who left, unless the platform knows the colleague as still there."""
        if gone:
            try:
                return await self._post("externalcontact/resigned/transfer_customer", body)
            except Refused as error:
                if error.code != NOT_RESIGNED:
                    raise
        return await self._post("externalcontact/transfer_customer", body | said)

    async def _transfer_result(self, due: Due) -> None:
        """How those stand that wait; looked at again twice a day, for a week."""
        batch = await self._pending(due, "waiting", limit=10_000)
        if not batch.native_ids:
            return
        found = await self._results(due, batch.gone)
        late = self._core.now() - due.created_at > PATIENCE
        ended = [
            TransferOutcome.model_validate(
                {"native_id": one, "outcome": "failed" if outcome == "waiting" else outcome}
            )
            for one in batch.native_ids
            if (outcome := found.get(one, "waiting")) != "waiting" or late
        ]
        if ended:
            await self._told(due, ended, f"{due.attempts}")
        if len(ended) < len(batch.native_ids):
            raise Later(self._core.now() + AGAIN)

    async def _results(self, due: Due, gone: bool) -> dict[str, str]:
        path = "externalcontact/resigned/transfer_result" if gone else "externalcontact/transfer_result"
        pair = {"handover_userid": due.payload["from_userid"], "takeover_userid": due.payload["to_userid"]}
        found: dict[str, str] = {}
        cursor = ""
        for _ in range(PAGES):
            answer = await self._post(path, pair | ({"cursor": cursor} if cursor else {}))
            for one in answer.get("customer") or ():
                found[str(one.get("external_userid"))] = _STATUS.get(int(one.get("status") or 0), "failed")
            cursor = str(answer.get("next_cursor") or "")
            if not cursor:
                break
        return found

    # Shared

    async def _pending(self, due: Due, state: str, limit: int = 100) -> TransferBatch:
        pair = {"from_userid": due.payload["from_userid"], "to_userid": due.payload["to_userid"]}
        batch: TransferBatch = await self._ask(
            PendingTransfers.model_validate(pair | {"state": state, "limit": limit})
        )
        return batch

    async def _told(self, due: Due, outcomes: list[TransferOutcome], turn: str) -> None:
        command = TransfersTold(account=self._account.line, from_userid=due.payload["from_userid"],
                                to_userid=due.payload["to_userid"], outcomes=tuple(outcomes))  # fmt: skip
        await asyncio.to_thread(
            self._core.execute, command, self._system(), key=f"errand:{due.id}:{due.token}:{turn}"
        )

    async def _post(self, path: str, data: dict[str, Any]) -> dict[str, Any]:
        return await self._api.call(self._api.post, path, data)

    async def _ask(self, question: Any) -> Any:
        return await asyncio.to_thread(self._core.ask, question, self._system())

    async def _do(self, due: Due, command: Command) -> None:
        await asyncio.to_thread(self._core.execute, command, self._system(), key=f"errand:{due.id}")

    def _system(self) -> Any:
        return self._core.system(self._account.tenant)


def _clean(told: object) -> str:
    """What somebody typed at the platform, without signs nobody can keep."""
    return clean_text(str(told or ""))


def _follower(told: dict[str, Any]) -> FollowerTold:
    tags = [str(one["tag_id"]) for one in told.get("tags") or () if one.get("tag_id")]
    phones = [_clean(one)[:60] for one in told.get("remark_mobiles") or ()]
    return FollowerTold(
        userid=str(told["userid"]).lower(), remark=_clean(told.get("remark"))[:120],
        mark=str(told.get("state") or "")[:30], tags=tuple(tags[:50]), phones=tuple(phones[:10]),
    )  # fmt: skip
