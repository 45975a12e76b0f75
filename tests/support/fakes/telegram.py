"""A Bot API server with Telegram's manners: real HTTP, real multipart, faults on order, and a log of what it took.

Runs in a thread of its own. Tests are the people: they write, press and block; bots reach it over the network.
"""

from __future__ import annotations

import asyncio
import contextlib
import fnmatch
import json
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from aiohttp import ClientError, ClientSession, ClientTimeout, web

from tests.support.fakes.telegram_form import BadCall, read_call, shown_text
from tests.support.fakes.telegram_people import People
from tests.support.fakes.telegram_values import Bot, Call, Fault, Message, User

__all__ = ["Bot", "Call", "FakeTelegram", "Fault", "Message", "User"]

SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"
NOT_MODIFIED = ("Bad Request: message is not modified: specified new message content and reply markup are exactly "
                "the same as a current content and reply markup of the message")  # fmt: skip


class FakeTelegram(People):
    """The server. Everything a test asks of it is safe from any thread."""

    def __init__(self, *bots: str) -> None:
        """`bots` are tokens; every other token is refused with 401."""
        self.bots = {token: Bot(int(token.partition(":")[0]), f"chexin{n}_bot") for n, token in enumerate(bots)}
        self.calls: list[Call] = []
        self.messages: list[Message] = []
        self.answered: list[str] = []
        self.hooks: list[tuple[int, int]] = []
        self.files: dict[str, bytes] = {}
        self.blocked: set[int] = set()
        self.moved: dict[int, int] = {}
        self.retry_seconds = 0.2
        self.port = 0
        self._faults: list[Fault] = []
        self._lock = threading.RLock()
        self._number = 100
        self._knocks: defaultdict[int, asyncio.Event] = defaultdict(asyncio.Event)
        self._tasks: set[asyncio.Task[None]] = set()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), name="fake-telegram", daemon=True)

    # Life

    def start(self) -> FakeTelegram:
        self._thread.start()
        assert self._ready.wait(20), "the fake server did not start"
        return self

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join(10)

    def __enter__(self) -> FakeTelegram:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def _serve(self) -> None:
        self._loop, self._end = asyncio.get_running_loop(), asyncio.Event()
        app = web.Application(client_max_size=60 * 1024 * 1024)
        app.router.add_route("*", "/bot{token}/{method}", self._api)
        app.router.add_get("/file/bot{token}/{path:.+}", self._file)
        runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0, backlog=1024)
        await site.start()
        self.port = runner.addresses[0][1]
        async with ClientSession(timeout=ClientTimeout(10)) as self._client:
            self._ready.set()
            await self._end.wait()
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
        await runner.cleanup()

    # What tests order and see

    def fault(self, method: str, kind: int | str, times: int = 1, **how: Any) -> None:
        """The next `times` calls that fit this method (`send*`) go wrong in this way."""
        with self._lock:
            self._faults.append(Fault(method, kind, times, **how))

    def heal(self) -> None:
        with self._lock:
            self._faults.clear()

    def of(self, method: str, *, accepted: bool | None = None) -> list[Call]:
        """The calls of a method (`send*` fits several), in order."""
        with self._lock:
            return [c for c in self.calls if fnmatch.fnmatch(c.method, method) and accepted in (None, c.accepted)]

    def chat(self, chat: int | User) -> list[Message]:
        """What is to be seen in a chat, oldest first; the bots' messages only."""
        number = chat.id if isinstance(chat, User) else chat
        with self._lock:
            return [m for m in self.messages if m.chat == number and not m.deleted]

    def until(self, true: Callable[[], Any], seconds: float = 60.0, what: str = "it") -> Any:
        """Wait for something to become true; returns it."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if found := true():
                return found
            time.sleep(0.02)
        raise AssertionError(f"{what} did not happen; the last calls: {self.calls[-5:]}")

    def seen(self, chat: int | User, words: str, seconds: float = 60.0) -> Message:
        """The newest message in a chat that holds these words, waited for."""
        def find() -> Message | None:
            return next((m for m in reversed(self.chat(chat)) if words in m.text), None)

        found: Message = self.until(find, seconds, f"{words!r} in {[m.text for m in self.chat(chat)]}")
        return found

    # Bringing updates

    def _bring(self, bot: Bot, update: dict[str, Any]) -> None:
        if bot.webhook.get("url"):
            task = asyncio.create_task(self._hook(bot, update))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        else:
            bot.pending.append(update)
            self._knocks[bot.id].set()

    async def _hook(self, bot: Bot, update: dict[str, Any]) -> None:
        """Called until it answers with 2xx, or the webhook is gone."""
        body = json.dumps(update)
        while url := bot.webhook.get("url"):
            headers = {"Content-Type": "application/json"}
            if bot.webhook.get("secret_token"):
                headers[SECRET_HEADER] = bot.webhook["secret_token"]
            try:
                async with self._client.post(url, data=body, headers=headers) as answer:
                    status = answer.status
            except (ClientError, TimeoutError):
                status = 0
            self.hooks.append((int(update.get("update_id", 0)), status))
            if 200 <= status < 300:
                return
            bot.webhook["last_error_message"] = f"Wrong response from the webhook: {status}"
            await asyncio.sleep(self.retry_seconds)
        bot.pending.append(update)

    # The API

    async def _api(self, request: web.Request) -> web.StreamResponse:
        token, method = request.match_info["token"], request.match_info["method"]
        bot = self.bots.get(token)
        if bot is None:
            return _refused(401, "Unauthorized")
        values, files = await read_call(request)
        chat = int(values["chat_id"]) if str(values.get("chat_id", "")).lstrip("-").isdigit() else None
        fault = self._fault_for(method, chat)
        if fault is not None and fault.kind not in ("timeout", "reset"):
            self._note(bot, method, chat, values, None, False, fault.kind if isinstance(fault.kind, int) else 502)
            return await self._faulty(request, fault)
        try:
            result = await self._do(bot, method, values, files, chat)
        except BadCall as bad:
            self._note(bot, method, chat, values, None, False, bad.code)
            return _refused(bad.code, bad.description, **bad.parameters)
        number = result.get("message_id") if isinstance(result, dict) else None
        self._note(bot, method, chat, values, number, True, 200)
        if fault is not None:
            return await self._faulty(request, fault)
        return web.json_response({"ok": True, "result": result})

    def _fault_for(self, method: str, chat: int | None) -> Fault | None:
        with self._lock:
            for fault in self._faults:
                if fault.times > 0 and fnmatch.fnmatch(method, fault.method) and fault.chat in (None, chat):
                    fault.times -= 1
                    return fault
        return None

    async def _faulty(self, request: web.Request, fault: Fault) -> web.StreamResponse:
        if fault.kind in ("timeout", "lost"):
            while request.transport is not None and not request.transport.is_closing():
                await asyncio.sleep(0.02)
            return web.Response(status=500)
        if fault.kind == "reset":
            if request.transport is not None:
                request.transport.abort()
            return web.Response(status=500)
        if fault.kind == "html502":
            return web.Response(status=502, text="<html><h1>502 Bad Gateway</h1></html>", content_type="text/html")
        code = int(fault.kind)
        words = fault.description or {429: "Too Many Requests: retry later", 403: "Forbidden: bot was blocked by the user",
                                      400: "Bad Request: something is wrong"}.get(code, "Internal Server Error")  # fmt: skip
        return _refused(code, words, **({"retry_after": fault.retry_after} if code == 429 else {}))

    def _note(
        self, bot: Bot, method: str, chat: int | None, values: dict[str, Any], number: int | None, took: bool, code: int
    ) -> None:
        text = str(values.get("text") or values.get("caption") or "")
        with self._lock:
            self.calls.append(Call(time.monotonic(), bot.id, method, chat, text, number, took, code))

    async def _do(
        self, bot: Bot, method: str, values: dict[str, Any], files: dict[str, bytes], chat: int | None
    ) -> Any:
        if method == "getUpdates":
            return await self._updates(bot, values)
        if method.startswith(("send", "edit")) and chat is not None:
            self._may(chat)
        if method in ("sendMessage", "sendPhoto", "sendDocument"):
            assert chat is not None
            return self._sent(bot, method, values, files, chat)
        if method.startswith("editMessage"):
            return self._edited(bot, method, values, chat or 0)
        return getattr(self, f"_{method}", self._plain)(bot, values)

    def _may(self, chat: int) -> None:
        if chat in self.moved:
            raise BadCall(400, "Bad Request: group chat was upgraded to a supergroup chat",
                          migrate_to_chat_id=self.moved[chat])  # fmt: skip
        if chat in self.blocked:
            raise BadCall(403, "Forbidden: bot was blocked by the user")

    def _sent(
        self, bot: Bot, method: str, values: dict[str, Any], files: dict[str, bytes], chat: int
    ) -> dict[str, Any]:
        caption = method != "sendMessage"
        text = shown_text(values, "caption" if caption else "text")
        with self._lock:
            self._number += 1
            message = Message(bot.id, chat, self._number, text, str(values.get("caption" if caption else "text", "")))
            _mark(message, values)
            if method == "sendPhoto":
                message.photo = _file(values, files, "photo")
            if method == "sendDocument":
                message.document = _file(values, files, "document")
            self.messages.append(message)
        return self._data(bot, message)

    def _data(self, bot: Bot, message: Message) -> dict[str, Any]:
        me = {"id": bot.id, "is_bot": True, "first_name": "Chexin", "username": bot.username}
        return {"message_id": message.id, "date": int(time.time()), "from": me, "chat": self._chat_data(message.chat),
                "text": message.text}  # fmt: skip

    def _edited(self, bot: Bot, method: str, values: dict[str, Any], chat: int) -> dict[str, Any]:
        number = int(values["message_id"])
        with self._lock:
            found = next((m for m in self.messages if (m.bot, m.chat, m.id) == (bot.id, chat, number)), None)
            if found is None or found.deleted:
                raise BadCall(400, "Bad Request: message to edit not found")
            caption = method == "editMessageCaption"
            if caption != (found.photo is not None or found.document is not None):
                raise BadCall(400, f"Bad Request: there is no {'caption' if caption else 'text'} in the message to edit")
            new = Message(bot.id, chat, number, shown_text(values, "caption" if caption else "text"))
            _mark(new, values)
            if (new.text, new.buttons) == (found.text, found.buttons):
                raise BadCall(400, NOT_MODIFIED)
            found.text, found.buttons, found.markup = new.text, new.buttons, new.markup
            found.html = str(values.get("caption" if caption else "text", ""))
            found.edits += 1
            return self._data(bot, found)

    async def _updates(self, bot: Bot, values: dict[str, Any]) -> list[dict[str, Any]]:
        """An offset confirms what came before it; a second poll ends the first."""
        if bot.webhook.get("url"):
            raise BadCall(409, "Conflict: can't use getUpdates method while webhook is active")
        bot.polls += 1
        mine = bot.polls
        offset = int(values.get("offset") or 0)
        if offset > 0:
            bot.confirmed = max(bot.confirmed, offset)
            bot.pending[:] = [u for u in bot.pending if u.get("update_id", offset) >= offset]
        end = time.monotonic() + float(values.get("timeout") or 0)
        knock = self._knocks[bot.id]
        while not bot.pending and time.monotonic() < end:
            knock.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(knock.wait(), min(0.2, max(end - time.monotonic(), 0.001)))
            if mine != bot.polls:
                raise BadCall(409, "Conflict: terminated by other getUpdates request")
        return bot.pending[: int(values.get("limit") or 100)]

    def _getMe(self, bot: Bot, values: dict[str, Any]) -> dict[str, Any]:
        return {"id": bot.id, "is_bot": True, "first_name": "Chexin", "username": bot.username}

    def _setWebhook(self, bot: Bot, values: dict[str, Any]) -> bool:
        bot.webhook = {"url": str(values.get("url", "")), "secret_token": values.get("secret_token"),
                       "allowed_updates": values.get("allowed_updates")}  # fmt: skip
        self._drop(bot, values)
        waiting, bot.pending = bot.pending, []
        for update in waiting:
            self._bring(bot, update)
        return True

    def _deleteWebhook(self, bot: Bot, values: dict[str, Any]) -> bool:
        bot.webhook = {}
        self._drop(bot, values)
        return True

    @staticmethod
    def _drop(bot: Bot, values: dict[str, Any]) -> None:
        if str(values.get("drop_pending_updates", "")).lower() == "true":
            bot.pending.clear()

    def _getWebhookInfo(self, bot: Bot, values: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = {"url": bot.webhook.get("url", ""), "has_custom_certificate": False,
                                 "pending_update_count": len(bot.pending)}  # fmt: skip
        if bot.webhook.get("last_error_message"):
            found |= {"last_error_date": int(time.time()), "last_error_message": bot.webhook["last_error_message"]}
        return found

    def _setMyCommands(self, bot: Bot, values: dict[str, Any]) -> bool:
        language = str(values.get("language_code") or "")
        scope = json.loads(values.get("scope") or "{}").get("type", "default")
        bot.commands[f"{scope}:{language}"] = [one["command"] for one in json.loads(values["commands"])]
        return True

    def _answerCallbackQuery(self, bot: Bot, values: dict[str, Any]) -> bool:
        self.answered.append(str(values["callback_query_id"]))
        return True

    def _getFile(self, bot: Bot, values: dict[str, Any]) -> dict[str, Any]:
        ref = str(values["file_id"])
        if ref not in self.files:
            raise BadCall(400, "Bad Request: wrong file_id or the file is temporarily unavailable")
        return {"file_id": ref, "file_unique_id": ref, "file_size": len(self.files[ref]), "file_path": f"files/{ref}"}

    def _plain(self, bot: Bot, values: dict[str, Any]) -> bool:
        return True

    async def _file(self, request: web.Request) -> web.Response:
        found = self.files.get(request.match_info["path"].rpartition("/")[2])
        if request.match_info["token"] not in self.bots or found is None:
            return web.Response(status=404)
        return web.Response(body=found)


def _mark(message: Message, values: dict[str, Any]) -> None:
    """What is below a message; callback data is held to its limit."""
    markup = json.loads(values["reply_markup"]) if values.get("reply_markup") else None
    message.markup = markup
    for row in (markup or {}).get("inline_keyboard", ()):
        for key in row:
            if not 1 <= len(key.get("callback_data", "").encode()) <= 64 or not key.get("text"):
                raise BadCall(400, "Bad Request: BUTTON_DATA_INVALID")
            message.buttons.append((key["text"], key["callback_data"]))


def _file(values: dict[str, Any], files: dict[str, bytes], name: str) -> bytes:
    given = str(values.get(name, ""))
    if not given.startswith("attach://") or given.removeprefix("attach://") not in files:
        raise BadCall(400, "Bad Request: there is no file in the request")
    return files[given.removeprefix("attach://")]


def _refused(code: int, description: str, **parameters: Any) -> web.Response:
    body: dict[str, Any] = {"ok": False, "error_code": code, "description": description}
    return web.json_response(body | ({"parameters": parameters} if parameters else {}), status=code)
