"""The self-built app (自建应用): colleagues are told, asked and answered in WeCom."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import structlog

from bot.channels.wecom import cards, reading
from bot.channels.wecom.callback import App, Callback, hooks
from bot.channels.wecom.client import Api
from bot.channels.wecom.crypto import CallbackCrypto
from bot.channels.wecom.errors import (
    CARD_FIELDS,
    NO_MEDIA,
    SPENT_CODE,
    USED_TASK,
    ApiError,
    Refused,
    receipt_of,
)
from bot.channels.wecom.menu_keeper import MenuKeeper
from bot.channels.wecom.operator import Operator
from bot.channels.wecom.xml import Malformed, parse, text
from bot.picture_links import PictureLinks
from bot.ports import Account, Arrival, Capabilities, Delivery, Event, Heard, Media, Outbound, Raw, Receipt
from crm_core.channels.accounts import ENVIRONMENT, STAFF
from crm_core.kernel.errors import ChexinError, ConfigError, NotFound

if TYPE_CHECKING:
    from bot.ports import Line
    from bot.reception.lines import Hearing
    from bot.reception.post import Post
    from bot.settings import BotSettings
    from crm_core.api import Core

CHANNEL = "wecom"
# The platform silently drops what is more than 30 a minute to a member, and some messages go out in parts: at most 25
# of ours leave in any minute, ten of them at once, because an answer may be several messages and changed cards.
CAPABILITIES = Capabilities(
    max_buttons=cards.MAX_BUTTONS, max_text_bytes=cards.MAX_TEXT, edit=True, toast=False, images=True, push_first=True,
    idempotent=True, dedupe_window=timedelta(hours=4), per_account=((10_000, 60.0),),
    per_chat=((28, 60.0, 0.4), (900, 3600.0)), max_label=cards.MAX_LABEL,
)  # fmt: skip
DUPLICATES = {"enable_duplicate_check": 1, "duplicate_check_interval": 14_400}
CODE_LIFE = timedelta(hours=72)


def named(settings: BotSettings, tenant: str) -> list[Account]:
    """The app the environment names."""
    if not settings.wecom_agent_id:
        return []
    values = {
        "corp": settings.wecom_corp_id, "agent": settings.wecom_agent_id,
        "secret": settings.wecom_secret.get_secret_value(), "token": settings.wecom_token.get_secret_value(),
        "aes_key": settings.wecom_aes_key.get_secret_value(),
    }  # fmt: skip
    account = f"{settings.wecom_corp_id}-{settings.wecom_agent_id}"
    return [Account(tenant, CHANNEL, account, STAFF, f"{tenant}.", source=ENVIRONMENT, settings=values)]


def open_line(account: Account, core: Core, settings: BotSettings) -> AppLine:
    """The app's line. Raises ConfigError, naming what is missing."""
    missing = [
        name for name in ("corp", "agent", "secret", "token", "aes_key") if not account.settings.get(name)
    ]
    if missing:
        raise ConfigError(account.line, f"{', '.join(missing)} missing")
    if not (str(account.settings["agent"]).isascii() and str(account.settings["agent"]).isdecimal()):
        raise ConfigError(account.line, "agent is the app's AgentId, a number")
    return AppLine(
        account, core, base=settings.wecom_api_base, home=settings.origin if settings.public_url else ""
    )


def hear(lines: Sequence[Line], core: Core, post: Post, settings: BotSettings) -> Hearing:
    """The callback URL for all apps and what else the corp is told by it, and the apps' menus."""
    from bot.reception.lines import Hearing

    apps = [line for line in lines if isinstance(line, AppLine)]
    others = [line for line in lines if not isinstance(line, AppLine)]
    heard = Callback([App(line, line.crypto) for line in apps], others, post, hooks(lines, core))
    return Hearing(
        routers=[heard.router()], listeners=[MenuKeeper(line.account, line.api, core) for line in apps]
    )


class AppLine:
    """One app of a corp, both ways."""

    name = CHANNEL
    capabilities = CAPABILITIES

    def __init__(self, account: Account, core: Core, *, base: str, home: str = "") -> None:
        """`base` is the API's bare origin, `home` where a card without buttons leads."""
        given = account.settings
        self.account = account
        self.crypto = CallbackCrypto(given["token"], given["aes_key"], given["corp"])
        self.api = Api(given["corp"], given["secret"], core, base)
        self._agent = int(given["agent"])
        self._core = core
        self._home = f"{home}/" if home else ""
        self._links = PictureLinks(core, home)
        self._operator = Operator(account, core)

    # In

    def read(self, arrival: Arrival) -> Event | None:
        """What a stored callback means; None for what concerns nobody."""
        return reading.event_of(arrival.body, self.account.line)

    def fetch(self, media: Media) -> bytes:
        """A file somebody sent. Raises ChexinError with words for him."""
        try:
            return self.api.download(media.ref)
        except ApiError as error:
            structlog.get_logger().warning("media_failed", channel=self.account.line, error=_code(error))
            raise ChexinError("error.file_gone") from None

    async def acknowledge(self, arrived: Raw) -> None:
        """A press brings the code by which its card may be changed once more."""
        try:
            fields = parse(str(arrived.body.get("xml", "")).encode())
            code, task = text(fields, "ResponseCode"), text(fields, "TaskId")
            if code and task:
                user = text(fields, "FromUserName").lower()
                await asyncio.to_thread(self._keep_code, task, user, code)
        except (Malformed, ChexinError) as error:
            structlog.get_logger().warning(
                "code_not_kept", channel=self.account.line, error=type(error).__name__
            )

    def _keep_code(self, task: str, user: str, code: str) -> None:
        self._core.codes.keep(self.account.line, task, user, code, self._core.now())

    # Out

    def render(self, delivery: Delivery, message: Outbound) -> dict[str, Any]:
        """The requests to make, in order. A repeat finds the same, down to the task's name."""
        frame = replace(self._frame(delivery), picture=self._picture_address(delivery, message))
        return {"parts": cards.parts(message, frame, CAPABILITIES)}

    def _picture_address(self, delivery: Delivery, message: Outbound) -> str:
        """Only for a picture that leads somewhere, which is one to be shown around; the others are uploaded."""
        if not (self._home and message.image and message.image.get("link")):
            return ""
        return self._links.address(delivery.tenant, delivery.person_id, message.image["url"].rpartition("/")[2])

    def _frame(self, delivery: Delivery) -> cards.Frame:
        """The task's name is never used twice, not even after a database was begun anew."""
        seed = f"{delivery.dedupe_key}\n{delivery.created_at.isoformat()}\n{self.account.line}"
        task = f"{delivery.ref.removeprefix('#')}-{hashlib.sha256(seed.encode()).hexdigest()[:8]}"
        return cards.Frame(delivery.ref, task, self._home)

    async def send(self, delivery: Delivery, message: Outbound, body: dict[str, Any]) -> Receipt:
        """Send the parts in order. What the platform has of them already, it drops when they come again."""
        try:
            receipt = await self._send_all(delivery, message, body["parts"])
        except ApiError as error:
            await self._operator.hears(error)
            return receipt_of(error)
        await self._operator.well()
        return receipt

    async def update(self, delivery: Delivery, provider_id: str, message: Outbound) -> Receipt:
        """Change a card by its newest code; without one, and for what is no card, a message says what changed."""
        before = await asyncio.to_thread(self._shown, delivery)
        try:
            if provider_id.startswith(cards.CARD) and message.card:
                task = provider_id.removeprefix(cards.CARD)
                if await self._changed(delivery, task, message, before):
                    await self._operator.well()
                    return Receipt(Heard.ACCEPTED, provider_id)
        except ApiError as error:
            await self._operator.hears(error)
            return receipt_of(error)
        after = cards.notice(message, before)
        if after is None:
            return Receipt(Heard.ACCEPTED, provider_id)
        return await self.send(delivery, after, self.render(delivery, after))

    # Sending

    async def _send_all(self, delivery: Delivery, message: Outbound, parts: Sequence[cards.Part]) -> Receipt:
        name = ""
        for part in parts:
            try:
                answer = await self._post(delivery, part)
            except Refused as error:
                if error.code not in CARD_FIELDS or "template_card" not in part:
                    raise
                if error.code == USED_TASK:
                    # The name is ours alone and well formed, so this very card did arrive before.
                    return Receipt(Heard.ACCEPTED, cards.CARD + part["template_card"]["task_id"])
                structlog.get_logger().error("card_refused", channel=self.account.line, kind=delivery.kind,
                                             error=str(error.code))  # fmt: skip
                return await self._send_all(delivery, message, cards.plain_parts(message, delivery.ref))
            if _missed(answer, _user(delivery)):
                return Receipt(Heard.NEVER, error="81013", unreachable=True)
            name = await asyncio.to_thread(self._name, part, answer, _user(delivery)) or name
        return Receipt(Heard.ACCEPTED, name or None)

    async def _post(self, delivery: Delivery, part: cards.Part) -> dict[str, Any]:
        if "picture" not in part:
            return await self._request(delivery, part)
        media_id = await self.api.call(self._upload, delivery, part["picture"])
        if media_id is None:
            said = part["picture"].get("alt", "") or "…"
            return await self._request(delivery, cards.text_part(said, delivery.ref))
        shown: cards.Part = {"msgtype": "image", "image": {"media_id": media_id}}
        try:
            return await self._request(delivery, shown)
        except Refused as error:
            if error.code != NO_MEDIA:
                raise
        # The platform has forgotten it before its time.
        again = await self.api.call(self._upload, delivery, part["picture"], media_id)
        return await self._request(delivery, shown | {"image": {"media_id": again}})

    async def _request(self, delivery: Delivery, part: cards.Part) -> dict[str, Any]:
        whole = {"touser": _user(delivery), "agentid": self._agent, **part, **DUPLICATES}
        return await self.api.call(self.api.post, "message/send", whole)

    def _upload(self, delivery: Delivery, picture: dict[str, str], refused: str = "") -> str | None:
        """The platform's id of a picture; None for one that is gone."""
        from crm_core.chat.messages import Image

        try:
            reader = self._core.actor(delivery.person_id, delivery.tenant)
            found = self._core.ask(Image(image_id=picture["url"].rpartition("/")[2]), reader)
        except NotFound:
            return None
        digest = hashlib.sha256(found.content).hexdigest()
        name = f"{digest[:16]}.{found.mime.rpartition('/')[2]}"
        return self.api.uploaded("image", name, found.content, digest, found.mime, refused)

    def _name(self, part: cards.Part, answer: dict[str, Any], user: str) -> str:
        """The platform's name of what was sent; of a card that can be pressed its task, with the code kept."""
        task = part.get("template_card", {}).get("task_id")
        if not task:
            return str(answer.get("msgid", ""))[:128]
        if answer.get("response_code"):
            self._keep_code(task, user, str(answer["response_code"]))
        return cards.CARD + str(task)

    # Changing

    def _shown(self, delivery: Delivery) -> Outbound | None:
        """What the person sees of the message now."""
        message_id = delivery.params.get("message")
        found = self._core.chats.originals([message_id]) if message_id else {}
        original = found.get(message_id) if message_id else None
        return cards.as_shown(original.shown) if original else None

    async def _changed(
        self, delivery: Delivery, task: str, message: Outbound, before: Outbound | None
    ) -> bool:
        """Whether the card was changed in place; False when there is no code for it, or it was spent."""
        user, now = _user(delivery), self._core.now()
        code = await asyncio.to_thread(self._core.codes.take, self.account.line, task, user, now, CODE_LIFE)
        if code is None or message.card is None:
            return False
        request = {"userids": [user], "agentid": self._agent, "response_code": code}
        request |= cards.change(message.card, before.card if before else None, self._frame(delivery))
        try:
            await self.api.call(self.api.post, "message/update_template_card", request)
        except ApiError as error:
            if isinstance(error, Refused) and error.code == SPENT_CODE:
                # An earlier try whose answer was lost has spent it; else somebody saw the card change.
                return delivery.began
            if isinstance(error, Refused) and error.code in CARD_FIELDS:
                return False
            # As of when it was taken, so that a newer one from a press stays the newest.
            await asyncio.to_thread(self._core.codes.keep, self.account.line, task, user, code, now)
            raise
        return True


def _user(delivery: Delivery) -> str:
    return delivery.chat.rpartition(":")[2]


def _missed(answer: dict[str, Any], user: str) -> bool:
    """Accepted, but not for this person: he is outside the app's scope, or without a licence."""
    lists = "|".join(str(answer.get(name) or "") for name in ("invaliduser", "unlicenseduser"))
    return user in lists.lower().split("|")


def _code(error: ApiError) -> str:
    return str(error.code) if isinstance(error, Refused) else str(error)
