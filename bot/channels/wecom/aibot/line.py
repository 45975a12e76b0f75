"""The AI bot as a line: colleagues talk to it, answers stream into the place of "one moment", cards have buttons."""

from __future__ import annotations

import asyncio
import contextlib
import time
from dataclasses import dataclass
from typing import Any

import structlog

from bot.channels.wecom.aibot import cards
from bot.channels.wecom.aibot.client import NoAnswer, NotConnected, Refused, Socket
from bot.channels.wecom.aibot.frames import event_of
from bot.channels.wecom.aibot.media import fetch
from bot.ports import (
    Account,
    Arrival,
    Capabilities,
    Delivery,
    Event,
    EventKind,
    Heard,
    Held,
    Media,
    Outbound,
    Raw,
    Receipt,
)
from bot.reception.post import Post
from bot.texts import Texts
from crm_core.kernel.errors import Unavailable

CAPABILITIES = Capabilities(
    max_buttons=cards.MAX_BUTTONS, max_text_bytes=cards.MAX_MARKDOWN, edit=True, toast=False, images=False,
    push_first=False, idempotent=False, per_chat=((24, 60.0), (900, 3600.0)), max_label=cards.LABEL,
)  # fmt: skip
# A stream must end within six minutes of the question, an answer to a press within five seconds.
STREAM_SECONDS = 300.0
PRESS_SECONDS = 4.0
# Between the tries to store what came; two minutes in all.
RESTS = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0, 60.0)
# Answers whose number says that the person or chat is not to be reached, and that we are too fast.
_UNREACHABLE, _TOO_FAST = {93006, 60111}, {45009, 846607}
_REST = {45009: 60.0}
# A call that came over an earlier connection, and a stream that was left open too long: the answer is pushed instead.
CALL_OVER = {846605, 846608}


@dataclass
class _Question:
    """A call that may still be answered under its own name."""

    req_id: str
    stream: str
    at: float


class AibotLine:
    """One AI bot. Its socket is open in one process, and only that one sends."""

    name = "aibot"
    capabilities = CAPABILITIES

    def __init__(self, account: Account, url: str) -> None:
        self.account = account
        self.socket = Socket(account.account, str(account.settings["secret"]), url)
        self._questions: dict[str, _Question] = {}
        self._presses: dict[tuple[str, str], _Question] = {}

    def ready(self) -> bool:
        """Whether this process holds the connection."""
        return self.socket.connected()

    # In

    def read(self, arrival: Arrival) -> Event | None:
        return event_of(arrival.body, self.account.line)

    def fetch(self, media: Media) -> bytes:
        return fetch(media)

    async def acknowledge(self, arrived: Raw) -> None:
        """Nothing: what was heard is noted, and answered, by the listener that heard it."""

    def note(self, event: Event, frame: dict[str, Any]) -> None:
        """Remember which call the answer to this belongs to."""
        req_id = str(frame["headers"]["req_id"])
        asked = _Question(req_id, f"s{req_id}"[:64], time.monotonic())
        if event.kind is EventKind.PRESS:
            self._presses[event.chat, event.facts.get("task", "")] = asked
        else:
            self._questions[event.chat] = asked
        self._forget_old()

    async def one_moment(self, chat: str, words: str) -> None:
        """Show that somebody is at it, where the answer will stand. Nothing depends on it."""
        question = self._questions.get(chat)
        if question is None:
            return
        said = {"msgtype": "stream", "stream": {"id": question.stream, "finish": False, "content": words}}
        with contextlib.suppress(NotConnected, NoAnswer, Refused):
            await self.socket.request("aibot_respond_msg", said, question.req_id)

    def _forget_old(self) -> None:
        now = time.monotonic()
        self._questions = {k: one for k, one in self._questions.items() if now - one.at < STREAM_SECONDS}
        self._presses = {k: one for k, one in self._presses.items() if now - one.at < PRESS_SECONDS}

    # Out

    def render(self, delivery: Delivery, message: Outbound) -> dict[str, Any]:
        answer = delivery.kind == "@reply"
        seed = f"{self.account.line}:{delivery.dedupe_key}:{delivery.ref}"
        return cards.render(message, CAPABILITIES, "" if answer else delivery.ref, seed)

    async def send(self, delivery: Delivery, message: Outbound, body: dict[str, Any]) -> Receipt:
        self._forget_old()
        question = self._questions.pop(delivery.chat, None) if delivery.kind == "@reply" else None
        task = body["card"]["task_id"] if body["card"] else delivery.ref
        try:
            if question is None or not await self._answered(question, body):
                await self._push(_native(delivery.chat), body)
        except Exception as error:
            return _receipt(error)
        return Receipt(Heard.ACCEPTED, task)

    async def _answered(self, question: _Question, body: dict[str, Any]) -> bool:
        """Whether the platform still takes an answer to this call; one of an earlier connection it does not."""
        try:
            await self._answer(question, body)
        except Refused as error:
            if error.code not in CALL_OVER:
                raise
            return False
        return True

    async def _answer(self, question: _Question, body: dict[str, Any]) -> None:
        """Into the place of "one moment", with the card beside it."""
        stream = {"id": question.stream, "finish": True, "content": body["markdown"] or "\u200b"}
        if body["card"] is None:
            said: dict[str, Any] = {"msgtype": "stream", "stream": stream}
        else:
            said = {"msgtype": "stream_with_template_card", "stream": stream, "template_card": body["card"]}
        await self.socket.request("aibot_respond_msg", said, question.req_id)

    async def _push(self, chat: str, body: dict[str, Any]) -> None:
        base = {"chatid": chat, "chat_type": 0}
        if body["markdown"]:
            text = base | {"msgtype": "markdown", "markdown": {"content": body["markdown"]}}
            await self.socket.request("aibot_send_msg", text)
        if body["card"] is not None:
            card = base | {"msgtype": "template_card", "template_card": body["card"]}
            await self.socket.request("aibot_send_msg", card)

    async def update(self, delivery: Delivery, provider_id: str, message: Outbound) -> Receipt:
        """In place within seconds of a press on it; later a line says what became of it, and its buttons are over."""
        self._forget_old()
        press = self._presses.pop((delivery.chat, provider_id), None)
        card = message.card
        try:
            if press is not None and card is not None:
                drawn = cards.done(card, provider_id)
                changed = {"response_type": "update_template_card", "template_card": drawn}
                await self.socket.request("aibot_respond_update_msg", changed, press.req_id)
            elif card is not None and card.status:
                said = cards.markdown(Outbound(text=f"↪ {card.title} · {card.status}"))
                await self._push(_native(delivery.chat), {"markdown": said, "card": None})
        except Exception as error:
            return _receipt(error)
        return Receipt(Heard.ACCEPTED, provider_id)


class AibotListener:
    """Hears one bot: stores what came, then says that somebody is at it."""

    def __init__(self, line: AibotLine, post: Post, texts: Texts) -> None:
        self.name = line.account.line
        self._line = line
        self._post = post
        self._texts = texts
        self._working: set[asyncio.Task[None]] = set()

    async def listen(self, held: Held) -> None:
        await self._line.socket.run(self._heard)

    async def _heard(self, frame: dict[str, Any]) -> None:
        account = self._line.account
        event = event_of(frame, account.line)
        if event is None:
            return
        self._line.note(event, frame)
        key = str(frame["body"].get("msgid") or frame["headers"]["req_id"])[:128]
        raw = Raw(account.tenant, account.channel, account.account, key, event.chat, frame)
        # The socket is read on while this is stored; the post keeps the order of one chat.
        task = asyncio.create_task(self._store(raw, event))
        self._working.add(task)
        task.add_done_callback(self._working.discard)

    async def _store(self, raw: Raw, event: Event) -> None:
        """The platform brings nothing twice, so a database that is away for a while is waited for."""
        for rest in (*RESTS, None):
            try:
                new = await self._post.store([raw])
                break
            except Unavailable as error:
                if rest is None:
                    structlog.get_logger().error("arrival_lost", channel="aibot", error=type(error).__name__)
                    return
                await asyncio.sleep(rest)
        if new[0] and event.kind is not EventKind.PRESS:
            await self._line.one_moment(event.chat, self._texts.say("aibot.moment", "zh"))


def _native(chat: str) -> str:
    return chat.rpartition(":")[2]


def _receipt(error: Exception) -> Receipt:
    if isinstance(error, NotConnected):
        return Receipt(Heard.NOT_NOW, retry_after=2.0, error="not connected", whole_account=True)
    if isinstance(error, Refused):
        if error.code in _UNREACHABLE:
            return Receipt(Heard.NEVER, error=str(error), unreachable=True)
        if error.code in _TOO_FAST:
            return Receipt(Heard.NOT_NOW, retry_after=_REST.get(error.code, 10.0), error=str(error))
        return Receipt(Heard.NEVER, error=str(error))
    return Receipt(Heard.UNKNOWN, error=type(error).__name__)
