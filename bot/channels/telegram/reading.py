"""From a raw update to what somebody did, in our words. Pure; what cannot be read concerns nobody."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING, Any

from bot.channels.telegram.drawing import PHOTO, PRESS, name_of
from bot.channels.telegram.menu import words_of
from bot.ports import Event, EventKind, Media, MediaKind

if TYPE_CHECKING:
    from aiogram.types import CallbackQuery, ChatMemberUpdated, InaccessibleMessage, Message, Update, User

# What Telegram is asked to bring; everything else would be stored for nothing.
ALLOWED = ("message", "callback_query", "my_chat_member")
_COMMAND = re.compile(r"/([a-z_0-9]{1,32})(?:@(\w{1,64}))?(?:\s+(.*))?\Z", re.IGNORECASE | re.DOTALL)
_GROUP_COMMANDS = ("bind", "unbind", "start", "help")
_GONE = ("left", "kicked")


class Reader:
    """Reads the updates of one bot. `line` is its name in chats (`telegram:7000000001`)."""

    def __init__(self, line: str, bot_id: int, *, staff: bool) -> None:
        self._line = line
        self._bot_id = bot_id
        self._staff = staff
        self.username = ""

    def read(self, raw: dict[str, Any]) -> Event | None:
        """What an update means; None for what concerns nobody. Raises ValueError for what is no update."""
        from aiogram.types import Update

        kinds = [kind for kind in ALLOWED if kind in raw]
        if not kinds:
            return None
        update: Update = Update.model_validate(_whole(raw))
        if update.callback_query is not None:
            return self._pressed(update.callback_query)
        if update.my_chat_member is not None:
            return self._member(update.my_chat_member)
        return self._message(update.message) if update.message is not None else None

    def _chat(self, chat_id: int) -> str:
        return f"{self._line}:{chat_id}"

    def _event(self, kind: EventKind, user: User, chat: Any, at: datetime | None = None, **facts: Any) -> Event:
        """Whatever a call says of the chat: in private we speak with nobody but the one who acted."""
        place = user.id if chat.type == "private" else chat.id
        return Event(kind, str(user.id), self._chat(place), name=user.full_name[:100],
                     language=language_of(user.language_code), group=chat.type != "private", at=at, **facts)  # fmt: skip

    # A button

    def _pressed(self, query: CallbackQuery) -> Event | None:
        """The message of an old button may be inaccessible; its chat is told all the same."""
        if query.from_user.is_bot or query.message is None:
            return None
        data = query.data or ""
        action = data.removeprefix(PRESS) if data.startswith(PRESS) else ""
        return self._event(EventKind.PRESS, query.from_user, query.message.chat, action_id=action,
                           pressed_on=_pressed_on(query.message))  # fmt: skip

    # Coming and going

    def _member(self, change: ChatMemberUpdated) -> Event | None:
        gone = change.new_chat_member.status in _GONE
        if change.chat.type == "private":
            return self._event(EventKind.LEFT, change.from_user, change.chat, change.date) if gone else None
        if change.chat.type not in ("group", "supergroup"):
            return None
        facts = {"group": "left" if gone else "joined", "title": (change.chat.title or "")[:100]}
        return self._event(EventKind.OTHER, change.from_user, change.chat, change.date, facts=facts)

    # A message

    def _message(self, message: Message) -> Event | None:
        user = message.from_user
        if message.chat.type not in ("private", "group", "supergroup"):
            return None
        if message.migrate_to_chat_id is not None and user is not None:
            moved = {"moved_to": self._chat(message.migrate_to_chat_id)}
            return self._event(EventKind.OTHER, user, message.chat, message.date, facts=moved)
        if user is None or user.is_bot:
            return None
        if message.chat.type != "private":
            return self._in_group(message, user)
        return self._said(message, user)

    def _in_group(self, message: Message, user: User) -> Event | None:
        """Only what is addressed to the bot; everything else there is other people's talk."""
        text = message.text or ""
        command = _COMMAND.match(text)
        title = {"title": (message.chat.title or "")[:100]}
        if command is not None:
            mine = command[2] is None or command[2].lower() == self.username.lower()
            if not mine or command[1].lower() not in _GROUP_COMMANDS:
                return None
            said = f"/{command[1].lower()} {command[3] or ''}".strip()
            return self._event(EventKind.TEXT, user, message.chat, message.date, text=said, facts=title)
        called = f"@{self.username}" if self.username else ""
        answers = message.reply_to_message
        to_us = answers is not None and answers.from_user is not None and answers.from_user.id == self._bot_id
        if not to_us and not (called and called.lower() in text.lower()):
            return None
        said = re.sub(re.escape(called), "", text, flags=re.IGNORECASE).strip() if called else text
        return self._event(EventKind.TEXT, user, message.chat, message.date, text=said, facts=title)

    def _said(self, message: Message, user: User) -> Event:
        chat, at = message.chat, message.date
        if message.text is not None:
            return self._typed(message, user)
        if message.contact is not None:
            return self._contact(message, user)
        media = media_of(message)
        if media is not None:
            return self._event(EventKind.MEDIA, user, chat, at, media=(media,), text=message.caption or "")
        return self._event(EventKind.OTHER, user, chat, at)

    def _typed(self, message: Message, user: User) -> Event:
        text = message.text or ""
        command = _COMMAND.match(text)
        if command is None:
            return self._event(EventKind.TEXT, user, message.chat, message.date, text=text)
        name, rest = command[1].lower(), (command[3] or "").strip()
        if name == "start":
            return self._event(EventKind.START, user, message.chat, message.date, token=rest[:64])
        said = words_of(name, language_of(user.language_code))
        return self._event(EventKind.TEXT, user, message.chat, message.date, text=f"{said} {rest}".strip() if said else text)

    def _contact(self, message: Message, user: User) -> Event:
        """His own number is vouched for by Telegram; another's, or one passed on, is only something said."""
        contact = message.contact
        assert contact is not None
        phone = contact.phone_number if contact.phone_number.startswith("+") else f"+{contact.phone_number}"
        if contact.user_id == user.id and message.forward_origin is None:
            return self._event(EventKind.CONTACT, user, message.chat, message.date, phone=phone)
        if not self._staff:
            return self._event(EventKind.CONTACT, user, message.chat, message.date)
        name = " ".join(part for part in (contact.first_name, contact.last_name) if part)
        said = f"{name} {phone.removeprefix('+86')}".strip()
        return self._event(EventKind.TEXT, user, message.chat, message.date, text=said)


def _whole(raw: dict[str, Any]) -> dict[str, Any]:
    """The update with what nobody here looks at filled in, where a Bot API server leaves it out."""
    found = dict(raw)
    for kind in ALLOWED:
        inner = found.get(kind)
        if isinstance(inner, dict):
            found[kind] = _filled(inner) | ({"chat_instance": inner.get("chat_instance", "")} if "data" in inner else {})
            if isinstance(inner.get("message"), dict):
                found[kind]["message"] = _filled(inner["message"])
    return found


def _filled(inner: dict[str, Any]) -> dict[str, Any]:
    found = {"date": 0, "message_id": 0} | inner
    user, chat = inner.get("from"), inner.get("chat")
    if isinstance(user, dict):
        found["from"] = {"is_bot": False, "first_name": ""} | user
    if isinstance(chat, dict):
        number = chat.get("id")
        private = isinstance(number, int) and number > 0
        found["chat"] = {"type": "private" if private else "supergroup"} | chat
    return found


def _pressed_on(message: Message | InaccessibleMessage) -> str:
    """The name under which we keep the message of a button; nothing is known of one too old to be read."""
    if message.date == 0 or message.message_id <= 0:
        return ""
    mark = PHOTO if getattr(message, "photo", None) or getattr(message, "document", None) else ""
    return name_of(message.chat.id, message.message_id, mark)


def media_of(message: Message) -> Media | None:
    """The file of a message; of a picture its largest size."""
    if message.photo:
        best = max(message.photo, key=lambda size: size.width * size.height)
        return Media(MediaKind.IMAGE, best.file_id, mime="image/jpeg", size=best.file_size)
    voice = message.voice or message.audio or message.video_note
    if voice is not None:
        mime = getattr(voice, "mime_type", None) or "audio/ogg"
        return Media(MediaKind.VOICE, voice.file_id, mime=mime, size=voice.file_size, seconds=float(voice.duration))
    found = message.document or message.video
    if found is None:
        return None
    mime = found.mime_type or ""
    kind = MediaKind.IMAGE if mime in ("image/jpeg", "image/png", "image/webp") else MediaKind.FILE
    return Media(kind, found.file_id, name=found.file_name or "", mime=mime, size=found.file_size)


def language_of(code: str | None) -> str:
    """Telegram's language of a person as one of ours; empty when it does not tell."""
    if not code:
        return ""
    return "zh" if code.lower().startswith("zh") else "en"


def chat_of(raw: dict[str, Any]) -> int | None:
    """The chat of a raw update, whose messages stay in order; None where there is none."""
    for kind in ALLOWED:
        inner = raw.get(kind)
        if isinstance(inner, dict):
            inner = inner.get("message", inner) if kind == "callback_query" else inner
            chat = inner.get("chat") if isinstance(inner, dict) else None
            number = chat.get("id") if isinstance(chat, dict) else None
            if isinstance(number, int) and not isinstance(number, bool) and abs(number) < 2**63:
                return number
    return None
