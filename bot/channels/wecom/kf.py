"""微信客服: customers on WeChat write to a desk; answers are counted, and people can take over."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from bot.channels.wecom.client import Api
from bot.channels.wecom.errors import NO_MEDIA, ApiError, NoAnswer, Refused, receipt_of
from bot.channels.wecom.kf_menu import CAPABILITIES, parts_of
from bot.channels.wecom.kf_names import Nicknames
from bot.channels.wecom.kf_reading import (
    FROM_COLLEAGUE,
    FROM_CUSTOMER,
    FROM_SYSTEM,
    chat_of,
    customer_at,
    said,
    when,
    whose,
)
from bot.channels.wecom.operator import Operator
from bot.ports import (
    Account,
    Arrival,
    Delivery,
    Event,
    EventKind,
    Heard,
    Media,
    Outbound,
    Raw,
    Receipt,
)
from crm_core.campaigns.messages import PersonOfContact
from crm_core.channels.accounts import CUSTOMER, ENVIRONMENT
from crm_core.chat.messages import CloseChat, Image
from crm_core.kernel.errors import ChexinError, ConfigError, NotFound
from crm_core.kernel.registry import Command
from crm_core.servicedesk.messages import (
    CallPerson,
    CustomerEntered,
    EndService,
    HearColleague,
    HearCustomer,
    HoldBack,
    PersonServes,
    ServiceEnded,
    SessionView,
)
from crm_core.servicedesk.rules import DeskPolicy, is_word
from crm_core.servicedesk.window import Desks

if TYPE_CHECKING:
    from bot.reception.lines import Hearing
    from bot.reception.post import Post
    from bot.settings import BotSettings
    from crm_core.api import Core

USED_UP, CLOSED = 95001, 95002
WANTS_NONE = 10
# A person serves him, or the conversation is over: nothing of ours may be said now.
NOT_OURS = frozenset({95018, 95016})
BAD_CODE = frozenset({40058, 95013, 95014, 95015, 95019})
DAY = 86_400.0


def named(settings: BotSettings, tenant: str) -> list[Account]:
    """One account for all desks of the corp, when their secret is set."""
    secret = settings.wecom_kf_secret.get_secret_value()
    if not (settings.wecom_corp_id and secret):
        return []
    given = {"corp": settings.wecom_corp_id, "secret": secret}
    return [
        Account(tenant, "kf", settings.wecom_corp_id, CUSTOMER, f"{tenant}.", "微信客服", ENVIRONMENT, given)
    ]


def open_line(account: Account, core: Core, settings: BotSettings) -> KfLine:
    """The line of a corp's desks. Raises ConfigError, naming what is missing."""
    given = account.settings
    if missing := [name for name in ("corp", "secret") if not given.get(name)]:
        raise ConfigError(account.line, f"{', '.join(missing)} missing")
    return KfLine(account, core, Api(given["corp"], given["secret"], core, settings.wecom_api_base))


def hear(lines: Sequence[Any], core: Core, post: Post, settings: BotSettings) -> Hearing:
    """Each corp's desks are read, and their errands run, by one process at a time."""
    from bot.channels.wecom.errands import ErrandRunner
    from bot.channels.wecom.kf_errands import KfErrands
    from bot.channels.wecom.kf_listener import KfListener
    from bot.reception.lines import Hearing

    found = Hearing()
    for line in lines:
        found.listeners.append(KfListener(line.account, core, line.api, post))
        found.listeners.append(ErrandRunner(line.account, core, KfErrands(line.account, core, line.api)))
    return found


class KfLine:
    """All desks of one corp."""

    name = "kf"
    capabilities = CAPABILITIES

    def __init__(self, account: Account, core: Core, api: Api) -> None:
        self.account = account
        self.api = api
        self._core = core
        self._desks = Desks(core.database, core.cipher)
        self._operator = Operator(account, core)
        self._nicknames = Nicknames(api)

    # In

    def read(self, arrival: Arrival) -> Event | None:
        """Of what customers did; what the platform or colleagues did concerns only the desk."""
        body = arrival.body
        customer, desk = whose(body)
        if not customer or not desk:
            return None
        who = f"{customer}@{desk}"
        chat, at = chat_of(self.account.account, desk, customer), when(body)
        if body.get("origin") == FROM_SYSTEM:
            event = body.get("event") or {}
            if event.get("event_type") != "enter_session":
                return None
            facts = {name: str(event[name]) for name in ("scene", "scene_param") if event.get(name)}
            return Event(EventKind.ENTER, who, chat, at=at, facts=facts)
        if body.get("origin") != FROM_CUSTOMER:
            return None
        return said(body, who, chat, at)

    def work(self, arrival: Arrival) -> bool:
        """What only concerns the desk: who serves whom, and what became of messages. True when it was that."""
        body = arrival.body
        customer, desk = whose(body)
        if body.get("origin") == FROM_CUSTOMER or not (customer and desk):
            return False
        chat = chat_of(self.account.account, desk, customer)
        at = when(body) or arrival.received_at
        if body.get("origin") == FROM_COLLEAGUE:
            self._do(
                arrival, 0, HearColleague(chat=chat, at=at, servicer=str(body.get("servicer_userid") or ""))
            )
            return True
        event = body.get("event") or {}
        if event.get("event_type") == "enter_session":
            return False
        if event.get("event_type") == "session_status_change":
            self._state_changed(arrival, chat, event, at)
        elif event.get("event_type") == "msg_send_fail":
            self._not_sent(arrival, chat, event)
        return True

    def attend(self, arrival: Arrival, event: Event, person_id: str) -> bool:
        """Whether the conversation answers; False while a person serves the customer, or one was called."""
        at = event.at or arrival.received_at
        here = {"account": self.account.line, "chat": event.chat, "person_id": person_id}
        if event.kind is EventKind.ENTER:
            code = str((arrival.body.get("event") or {}).get("welcome_code") or "")
            self._do(arrival, 0, CustomerEntered(**here, at=at, code=code))
            return False
        view: SessionView = self._do(arrival, 0, HearCustomer(**here, said_at=at))
        policy = self._policy(person_id)
        if event.kind is EventKind.TEXT and not view.silent and is_word(event.text, policy.call_words):
            self._do(arrival, 1, CallPerson(chat=event.chat))
            return False
        if event.kind is EventKind.TEXT and view.silent and is_word(event.text, policy.end_words):
            self._do(arrival, 1, EndService(chat=event.chat))
        return not view.silent

    def person(self, event: Event) -> str | None:
        """A customer the corp knows already, because he added a colleague: he is the same one here."""
        customer, _ = customer_at(event.chat)
        command = PersonOfContact(account=f"contacts:{self.account.account}", native_id=customer, unit=self.unit(event))
        return self._core.execute(command, self._core.system(self.account.tenant)).id or None

    def unit(self, event: Event) -> str:
        """The dealer whose desk he wrote to."""
        _, desk = customer_at(event.chat)
        units = self._core.policies.model("servicedesk", DeskPolicy, unit=self.account.unit).units
        found = units.get(desk, self.account.unit)
        return found if found.startswith(f"{self.account.tenant}.") else self.account.unit

    def nickname(self, event: Event) -> str:
        """What he calls himself on WeChat."""
        return self._nicknames.of(customer_at(event.chat)[0])

    def fetch(self, media: Media) -> bytes:
        """The file of a message. Raises ChexinError with words for its sender."""
        try:
            return self.api.download(media.ref)
        except ApiError:
            raise ChexinError("error.file_gone") from None

    async def acknowledge(self, arrived: Raw) -> None:
        """There is nothing to acknowledge: the platform shows no waiting."""

    def _state_changed(self, arrival: Arrival, chat: str, event: dict[str, Any], at: datetime) -> None:
        """1 taken out of the queue, 2 passed on, 3 ended, 4 taken up again."""
        code, servicer = str(event.get("msg_code") or ""), str(event.get("new_servicer_userid") or "")
        if event.get("change_type") == 3:
            self._do(arrival, 0, ServiceEnded(chat=chat, code=code, at=at))
        elif servicer:
            self._do(arrival, 0, PersonServes(chat=chat, state="person", servicer=servicer, code=code, at=at))

    def _not_sent(self, arrival: Arrival, chat: str, event: dict[str, Any]) -> None:
        """A message the platform had accepted did not reach the customer: his rep hears of it.

        He wants none any more, or the window was over after all.
        """
        if event.get("fail_type") == WANTS_NONE:
            who = chat.rpartition(":")[2]
            self._do(arrival, 1, CloseChat(channel="kf", account=self.account.account, native_id=who))
        self._desks.full(chat)
        self._do(arrival, 0, HoldBack(chat=chat))

    def _do(self, arrival: Arrival, n: int, command: Command) -> Any:
        actor = self._core.system(self.account.tenant)
        return self._core.execute(command, actor, key=f"kf:{arrival.id}:{n}").view

    def _policy(self, person_id: str) -> DeskPolicy:
        unit = self._core.actor(person_id).unit if person_id else self.account.unit
        return self._core.policies.model("servicedesk", DeskPolicy, unit=unit)

    # Out

    def render(self, delivery: Delivery, message: Outbound) -> dict[str, Any]:
        """The messages of this delivery; its reference is in their ids."""
        return {"parts": parts_of(delivery, message)}

    async def send(self, delivery: Delivery, message: Outbound, body: dict[str, Any]) -> Receipt:
        """All parts, as far as the platform allows messages now; what it does not waits for the customer."""
        parts: list[dict[str, Any]] = body["parts"]
        ids = [part["msgid"] for part in parts]
        about = delivery.kind.startswith("desk_")
        way = await asyncio.to_thread(
            self._desks.take, delivery.chat, ids, self._core.now(), about_service=about
        )
        if way.how == "hold":
            return await self._held(delivery, served=way.served or way.over)
        for n, part in enumerate(parts):
            try:
                await self._send_one(delivery, part, way.code)
            except ApiError as error:
                return await self._failed(delivery, error, ids[n:], by_code=bool(way.code))
        if way.code:
            await asyncio.to_thread(self._desks.spent, delivery.chat)
        await self._operator.well()
        return Receipt(Heard.ACCEPTED, ids[-1])

    async def update(self, delivery: Delivery, provider_id: str, message: Outbound) -> Receipt:
        """Nothing can be changed here, and a new message for each change would use up the customer's window.

        What he must know of a change is told by a message of its own; a stale press is answered.
        """
        return Receipt(Heard.ACCEPTED, provider_id)

    async def _send_one(self, delivery: Delivery, part: dict[str, Any], code: str) -> None:
        part = dict(part)
        picture = part.pop("picture", None)
        if picture is None:
            await self._send_part(delivery, part, code)
            return
        media_id = await self.api.call(self._uploaded, picture, delivery.person_id)
        try:
            await self._send_part(delivery, part | {"image": {"media_id": media_id}}, code)
            return
        except Refused as error:
            if error.code != NO_MEDIA:
                raise
        # The platform has forgotten it before its time.
        media_id = await self.api.call(self._uploaded, picture, delivery.person_id, media_id)
        await self._send_part(delivery, part | {"image": {"media_id": media_id}}, code)

    async def _send_part(self, delivery: Delivery, part: dict[str, Any], code: str) -> None:
        if code:
            await self.api.call(self.api.post, "kf/send_msg_on_event", {"code": code, **part})
            return
        customer, desk = customer_at(delivery.chat)
        await self.api.call(self.api.post, "kf/send_msg", {"touser": customer, "open_kfid": desk, **part})

    def _uploaded(self, image_id: str, person_id: str, refused: str = "") -> str:
        """The platform's name of a picture its reader may see. Raises Refused when there is none any more."""
        try:
            view = self._core.ask(Image(image_id=image_id), self._core.actor(person_id))
        except NotFound:
            raise Refused(NO_MEDIA, "the picture is gone") from None
        name, digest = f"picture.{view.mime.partition('/')[2]}", hashlib.sha256(view.content).hexdigest()
        return self.api.uploaded("image", name, view.content, digest, view.mime, refused)

    async def _failed(
        self, delivery: Delivery, error: ApiError, left: list[str], *, by_code: bool
    ) -> Receipt:
        surely = isinstance(error, Refused) or (isinstance(error, NoAnswer) and not error.sent)
        if surely:
            await asyncio.to_thread(self._desks.give_back, delivery.chat, left)
        code = error.code if isinstance(error, Refused) else 0
        if code in (USED_UP, CLOSED):
            await asyncio.to_thread(self._desks.full, delivery.chat)
            return await self._held(delivery, served=False)
        if by_code and code in BAD_CODE:
            await asyncio.to_thread(self._desks.spent, delivery.chat)
            return Receipt(Heard.NOT_NOW, error=str(code))
        if code in NOT_OURS:
            return await self._held(delivery, served=True)
        await self._operator.hears(error)
        return receipt_of(error)

    async def _held(self, delivery: Delivery, *, served: bool) -> Receipt:
        """It waits: for the end of a person's service, or for the customer's next word. The rep is told of that."""
        if served:
            return Receipt(Heard.NOT_NOW, error="a person serves")
        actor = self._core.system(self.account.tenant)
        with contextlib.suppress(NotFound):  # he never wrote to this desk
            await asyncio.to_thread(self._core.execute, HoldBack(chat=delivery.chat), actor)
        return Receipt(Heard.NOT_NOW, retry_after=DAY, error="the customer has to write first")
