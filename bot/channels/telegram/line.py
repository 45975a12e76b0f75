"""A Telegram bot as a line: what comes in is read, what goes out is drawn, sent and changed in place."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from html import escape
from typing import TYPE_CHECKING, Any

import structlog

from bot.channels.telegram.client import MAX_FILE, Client, TooLarge, load
from bot.channels.telegram.drawing import CAN, PHOTO, name_of, parts
from bot.channels.telegram.errors import MessageGone, Migrated
from bot.channels.telegram.pace import GroupPace
from bot.channels.telegram.reading import Reader
from bot.ports import Account, Arrival, Delivery, Event, Heard, Media, Outbound, Raw, Receipt
from crm_core.chat.messages import Image
from crm_core.kernel.errors import Invalid, NotFound, Refused

if TYPE_CHECKING:
    from aiogram.methods import TelegramMethod

    from crm_core.api import Core

# Between the parts of one message, so that they count as single ones.
BETWEEN_PARTS = 1.05
# A pause Telegram asks for between parts is waited for only this long; the rest is sent with the next try.
PATIENCE = 5.0
REMEMBERED = 1000
PHOTO_BYTES = 10 * 1024 * 1024
# The kind of trouble admins are told of.
TOKEN = "account_token"


class TelegramLine:
    """One bot. Its settings hold `token`; `base` is the Bot API server's origin."""

    name = "telegram"

    def __init__(self, account: Account, core: Core, base: str) -> None:
        self.account = account
        self.capabilities = CAN
        self.client = Client(account.settings["token"], base)
        self.reader = Reader(account.line, int(account.account), staff=account.audience == "staff")
        self.reader.username = account.name
        self._core = core
        self._pace = GroupPace()
        # How many parts of a message have arrived, by its outbox id, until the last one has.
        self._arrived: OrderedDict[int, int] = OrderedDict()
        # What admins were told last; None before anything was heard.
        self._trouble: str | None = None

    # In

    def read(self, arrival: Arrival) -> Event | None:
        try:
            return self.reader.read(arrival.body.get("update") or {})
        except ValueError as error:
            structlog.get_logger().warning("update_unreadable", channel=self.account.line, inbox=arrival.id,
                                           error=type(error).__name__)  # fmt: skip
            return None

    def fetch(self, media: Media) -> bytes:
        if (media.size or 0) > MAX_FILE:
            raise Invalid("file", "error.file_too_large")
        try:
            content: bytes = self.client.once(lambda: self.client.download(media.ref))
        except TooLarge:
            raise Invalid("file", "error.file_too_large") from None
        except Exception as error:
            structlog.get_logger().warning("fetch_failed", channel=self.account.line, error=type(error).__name__)
            raise Refused("error.file_gone") from None
        return content

    async def acknowledge(self, arrived: Raw) -> None:
        await load()
        from aiogram.methods import AnswerCallbackQuery, SendChatAction

        update = arrived.body["update"]
        query = update.get("callback_query")
        if isinstance(query, dict) and isinstance(query.get("id"), str):
            await self.client.quietly(AnswerCallbackQuery(callback_query_id=query["id"]))
            return
        message = update.get("message")
        chat = message.get("chat") if isinstance(message, dict) else None
        if isinstance(chat, dict) and chat.get("type") == "private" and isinstance(chat.get("id"), int):
            await self.client.quietly(SendChatAction(chat_id=chat["id"], action="typing"))

    # Out

    def render(self, delivery: Delivery, message: Outbound) -> dict[str, Any]:
        """The reference is shown with what was pushed: whoever asked something misses the answer by himself."""
        shown = "" if delivery.kind == "@refresh" or delivery.kind == "@reply" else delivery.ref
        return {"ref": delivery.ref, "chat": chat_id(delivery.chat), "person": delivery.person_id,
                "parts": parts(message, shown)}  # fmt: skip

    async def send(self, delivery: Delivery, message: Outbound, body: dict[str, Any]) -> Receipt:
        await load()
        done = self._arrived.get(delivery.id, 0)
        receipt = Receipt(Heard.NEVER, error="nothing to send")
        chat = body["chat"]
        for place, part in enumerate(body["parts"][done:], done + 1):
            if place > done + 1:
                await asyncio.sleep(BETWEEN_PARTS)
            chat, receipt = await self._part(chat, body["person"], part)
            if receipt.heard is Heard.NOT_NOW and place > 1 and (receipt.retry_after or 0) <= PATIENCE:
                await asyncio.sleep(receipt.retry_after or BETWEEN_PARTS)
                chat, receipt = await self._part(chat, body["person"], part)
            if receipt.heard is not Heard.ACCEPTED:
                return await self.noted(receipt)
            self._remember(delivery.id, place)
        self._arrived.pop(delivery.id, None)
        return await self.noted(receipt)

    def _remember(self, outbox_id: int, arrived: int) -> None:
        """The parts that have arrived are not sent again by this process; another may repeat them."""
        self._arrived[outbox_id] = arrived
        while len(self._arrived) > REMEMBERED:
            self._arrived.popitem(last=False)

    async def _part(
        self, chat: int, person_id: str, part: dict[str, Any], *, follow: bool = True
    ) -> tuple[int, Receipt]:
        """One message of the platform, in the chat or in the one it has become."""
        if rest := self._pace.wait(chat):
            return chat, Receipt(Heard.NOT_NOW, retry_after=rest, error="group limit")
        method, mark = await self._method(chat, person_id, part)
        try:
            receipt = await self.client.receipt(method)
        except Migrated as moved:
            if not follow:
                return chat, Receipt(Heard.NEVER, error="migrated")
            return await self._part(moved.chat_id, person_id, part, follow=False)
        except MessageGone:
            receipt = Receipt(Heard.NEVER, error="400")
        if receipt.provider_id is None:
            return chat, receipt
        return chat, Receipt(receipt.heard, name_of(chat, receipt.provider_id, mark))

    async def _method(self, chat: int, person_id: str, part: dict[str, Any]) -> tuple[TelegramMethod[Any], str]:
        """The call that shows a part, and the mark of its kind in the message's name."""
        from aiogram import methods as its
        from aiogram.types import BufferedInputFile, LinkPreviewOptions

        common: dict[str, Any] = {"chat_id": chat, "parse_mode": "HTML", "reply_markup": markup(part)}
        if part.get("quiet"):
            common["disable_notification"] = True
        picture = await asyncio.to_thread(self._picture, part["image"], person_id) if part.get("image") else None
        words = part["html"]
        if picture is None:
            words = "\n\n".join(filter(None, (escape(part.get("alt") or "", quote=False), words))) or "…"
            return its.SendMessage(text=words, link_preview_options=LinkPreviewOptions(is_disabled=True), **common), ""
        mime, content = picture
        file = BufferedInputFile(content, filename=f"picture.{mime.partition('/')[2]}")
        caption = words or None
        if mime in ("image/jpeg", "image/png") and len(content) <= PHOTO_BYTES:
            return its.SendPhoto(photo=file, caption=caption, **common), PHOTO
        return its.SendDocument(document=file, caption=caption, **common), PHOTO

    def _picture(self, image_id: str, person_id: str) -> tuple[str, bytes] | None:
        """A picture the person may see; None when there is none any more."""
        try:
            view = self._core.ask(Image(image_id=image_id), self._core.actor(person_id))
        except NotFound:
            return None
        return view.mime, view.content

    async def update(self, delivery: Delivery, provider_id: str, message: Outbound) -> Receipt:
        await load()
        body = self.render(delivery, message)
        if not body["parts"]:
            return Receipt(Heard.ACCEPTED, provider_id)
        place = place_of(provider_id, body["chat"])
        if place is not None:
            if rest := self._pace.wait(place[0]):
                return Receipt(Heard.NOT_NOW, retry_after=rest, error="group limit")
            try:
                receipt = await self.client.receipt(_edit(place, body["parts"]))
                heard = await self.noted(receipt)
                return heard if heard.heard is not Heard.ACCEPTED else Receipt(Heard.ACCEPTED, provider_id)
            except Migrated as moved:
                body["chat"] = moved.chat_id
            except MessageGone:
                pass
        return await self.send(delivery, message, body)

    async def noted(self, receipt: Receipt) -> Receipt:
        """A refused token concerns everybody this bot speaks to: admins are told, once, until it works again."""
        if receipt.whole_account and self._trouble != TOKEN:
            structlog.get_logger().error("account_refused", channel=self.account.line, error=receipt.error)
            await asyncio.to_thread(self._core.account_troubles.note, self.account, TOKEN, "", self._core.now())
            self._trouble = TOKEN
        elif receipt.heard is Heard.ACCEPTED and self._trouble != "":
            await asyncio.to_thread(self._core.account_troubles.over, self.account)
            self._trouble = ""
        return receipt

    async def close(self) -> None:
        """End this loop's connections."""
        await self.client.close()


def _edit(place: tuple[int, str, int], shown: list[dict[str, Any]]) -> TelegramMethod[Any]:
    """The last part is what is changed; what came before it stays.

    Raises MessageGone for words that became too long for their place below a picture.
    """
    from aiogram import methods as its
    from aiogram.types import LinkPreviewOptions

    chat, kind, number = place
    part = shown[-1]
    common: dict[str, Any] = {"chat_id": chat, "message_id": number, "parse_mode": "HTML",
                              "reply_markup": inline(part.get("keys"))}  # fmt: skip
    if kind == PHOTO and len(shown) > 1:
        raise MessageGone
    if kind == PHOTO:
        return its.EditMessageCaption(caption=part["html"], **common)
    return its.EditMessageText(text=part["html"] or escape(part.get("alt") or "…", quote=False),
                               link_preview_options=LinkPreviewOptions(is_disabled=True), **common)  # fmt: skip


def chat_id(chat: str) -> int:
    """Telegram's id of a chat, from our name of it."""
    return int(chat.rpartition(":")[2])


def place_of(provider_id: str, chat: int) -> tuple[int, str, int] | None:
    """Chat, kind and number of a sent message; None for a name that is none."""
    place, _, name = provider_id.rpartition("/")
    kind = PHOTO if name.startswith(PHOTO) else ""
    try:
        return (int(place) if place else chat), kind, int(name.removeprefix(PHOTO))
    except ValueError:
        return None


def markup(part: dict[str, Any]) -> Any:
    """What is below a message: its buttons, or the one that shares a number."""
    if not part.get("contact"):
        return inline(part.get("keys"))
    from aiogram.types import KeyboardButton, ReplyKeyboardMarkup

    key = KeyboardButton(text=part["contact"], request_contact=True)
    return ReplyKeyboardMarkup(keyboard=[[key]], resize_keyboard=True, one_time_keyboard=True)


def inline(keys: list[list[dict[str, str]]] | None) -> Any:
    """Buttons below a message; None for none, which takes them away from a message that is changed."""
    if not keys:
        return None
    from aiogram.types import InlineKeyboardButton, InlineKeyboardMarkup

    rows = [[InlineKeyboardButton(text=key["text"], callback_data=key["data"]) for key in row] for row in keys]
    return InlineKeyboardMarkup(inline_keyboard=rows)


__all__ = ["TelegramLine", "chat_id", "inline", "markup", "place_of"]
