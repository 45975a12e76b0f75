"""What people do in Telegram, as updates for a bot."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import Any

from tests.support.fakes.telegram_values import Bot, Message, User


class People:
    """The tests' hands: each method is something a person does, and returns the update's id."""

    bots: dict[str, Bot]
    files: dict[str, bytes]
    blocked: set[int]
    _lock: threading.RLock
    _loop: asyncio.AbstractEventLoop
    _number: int

    def _bring(self, bot: Bot, update: dict[str, Any]) -> None:
        raise NotImplementedError

    def say(self, user: User, text: str, **more: Any) -> int:
        """He writes; the update's id."""
        return self.feed({"message": self._from(user, **more) | {"text": text}}, bot=more.get("bot"))

    def send_contact(self, user: User, phone: str, *, owner: int | None = None, bot: str | None = None) -> int:
        """He shares a number: his own, or somebody's."""
        contact = {"phone_number": phone, "first_name": user.first_name, "user_id": owner or user.id}
        return self.feed({"message": self._from(user) | {"contact": contact}}, bot=bot)

    def send_photo(self, user: User, content: bytes, caption: str = "", *, bot: str | None = None) -> int:
        ref = self.keep(content)
        sizes = [{"file_id": ref + s, "file_unique_id": ref + s, "width": w, "height": w, "file_size": len(content)}
                 for s, w in (("", 90), ("", 1280))]  # fmt: skip
        words = {"caption": caption} if caption else {}
        return self.feed({"message": self._from(user) | {"photo": sizes} | words}, bot=bot)

    def send_voice(self, user: User, content: bytes = b"OggS", *, bot: str | None = None) -> int:
        ref = self.keep(content)
        voice = {"file_id": ref, "file_unique_id": ref, "duration": 3, "mime_type": "audio/ogg"}
        return self.feed({"message": self._from(user) | {"voice": voice}}, bot=bot)

    def press(self, user: User, message: Message, label: str, *, inaccessible: bool = False) -> int:
        """He presses a button of a message, if it has such a one."""
        data = next((d for text, d in message.buttons if text == label), None)
        assert data is not None, f"no {label!r} among {message.labels}"
        return self.press_data(user, message, data, inaccessible=inaccessible)

    def press_data(self, user: User, message: Message, data: str, *, inaccessible: bool = False) -> int:
        """A press as any client could send it."""
        chat = self._chat_data(message.chat)
        shown: dict[str, Any] = {"message_id": message.id, "date": 0, "chat": chat}
        if not inaccessible:
            shown |= {"date": int(time.time()), "text": message.text}
        query = {"id": str(time.monotonic_ns()), "from": user.data(), "chat_instance": "1", "data": data, "message": shown}
        return self.feed({"callback_query": query}, bot=self._token(message.bot))

    def block(self, user: User, *, bot: str | None = None) -> int:
        """He blocks the bot: sends to him are refused, and the bot is told."""
        self.blocked.add(user.id)
        return self.feed({"my_chat_member": self._membership(user, user.id, "member", "kicked")}, bot=bot)

    def add_to_group(self, user: User, group: int, *, bot: str | None = None) -> int:
        return self.feed({"my_chat_member": self._membership(user, group, "left", "member")}, bot=bot)

    def feed(self, update: dict[str, Any], *, bot: str | None = None, times: int = 1) -> int:
        """An update for a bot (the first, if none is named), brought `times` times over; its id."""
        with self._lock:
            known = self.bots[bot] if bot else next(iter(self.bots.values()))
            if "update_id" not in update:
                known.next_update += 1
                update = {"update_id": known.next_update} | update
        for _ in range(times):
            self._loop.call_soon_threadsafe(self._bring, known, update)
        return int(update["update_id"])

    def keep(self, content: bytes) -> str:
        """A file that can be downloaded; its id."""
        with self._lock:
            ref = f"file{len(self.files)}"
            self.files[ref] = content
            return ref

    def _from(self, user: User, *, chat: int | None = None, bot: str | None = None, **more: Any) -> dict[str, Any]:
        with self._lock:
            self._number += 1
            number = self._number
        found: dict[str, Any] = {"message_id": number, "date": int(time.time()), "from": user.data(),
                                 "chat": self._chat_data(chat if chat is not None else user.id)}  # fmt: skip
        return found | more

    @staticmethod
    def _chat_data(chat: int) -> dict[str, Any]:
        if chat > 0:
            return {"id": chat, "type": "private", "first_name": "?"}
        return {"id": chat, "type": "supergroup", "title": "销售一组"}

    def _membership(self, user: User, chat: int, old: str, new: str) -> dict[str, Any]:
        def member(status: str) -> dict[str, Any]:
            more = {"until_date": 0} if status == "kicked" else {}
            return {"status": status, "user": {"id": 1, "is_bot": True, "first_name": "bot"}} | more

        return {"chat": self._chat_data(chat), "from": user.data(), "date": int(time.time()),
                "old_chat_member": member(old), "new_chat_member": member(new)}  # fmt: skip

    def _token(self, bot_id: int) -> str:
        return next(token for token, bot in self.bots.items() if bot.id == bot_id)
