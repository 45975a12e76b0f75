"""One arrival in, replies out: who, is something waited for, what is meant, what is said.

Synchronous; the async side calls it in a thread. No transaction is open while words are understood.
"""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

import structlog

import bot.skills  # noqa: F401 - registers every skill
from bot.conversation import arrived, listen
from bot.conversation.brain import Brain
from bot.conversation.more import show_rest
from bot.conversation.pending import Memory
from bot.conversation.presses import carry_out, may_press, presses
from bot.conversation.spent import Spent, Watch
from bot.conversation.talk import Talk
from bot.conversation.thinking import Deferred, Thinking
from bot.ports import Card, Inbound, InboundKind, Outbound
from bot.reception.degrade import MORE
from bot.skills import learning
from bot.skills.drafts import over
from bot.skills.photos import received
from bot.texts import Texts, Voice
from crm_core.chat.service import LiveAction
from crm_core.kernel.access import Actor
from crm_core.kernel.errors import ChexinError, NotFound, Unavailable
from crm_core.kernel.ids import short_ref
from crm_core.kernel.inbox import Arrival

if TYPE_CHECKING:
    from crm_core.api import Core

log = structlog.get_logger()
# Where a person is told that an answer takes a while (a page shows dots, a service desk counts messages), and where
# that message becomes the answer.
TELLS = ("telegram", "wecom", "aibot")
EDITS = ("telegram",)


@dataclass
class Turn:
    """What one arrival led to. `commands` are the names of what was carried out; `state` is the chat's memory.

    `spent` names the cards whose buttons are used up, `changed` those that become others in place.
    """

    replies: list[Outbound]
    commands: list[str] = field(default_factory=list)
    layer: str = "reply"
    state: dict[str, Any] | None = None
    ms: float = 0.0
    spent: Spent = ()
    changed: list[tuple[str, Card]] = field(default_factory=list)


def body_of(inbound: Inbound) -> dict[str, Any]:
    """What a channel stores in the inbox for an arrival: the inverse of `inbound_of`."""
    return {
        "kind": inbound.kind.value, "person_id": inbound.person_id, "chat": inbound.chat, "text": inbound.text,
        "action": inbound.action_id, "media": inbound.media_id, "came_from": inbound.came_from,
        "contact": inbound.contact, "chosen": inbound.chosen, "spoken": inbound.spoken,
        "connected": inbound.connected, "pressed_on": inbound.pressed_on,
    }  # fmt: skip


def inbound_of(arrival: Arrival) -> Inbound:
    """An inbox row as what a person did."""
    body = arrival.body
    return Inbound(
        channel=arrival.channel, account=arrival.account, chat=str(body.get("chat") or arrival.sender),
        person_id=str(body.get("person_id", "")), message_id=str(arrival.id),
        kind=InboundKind(body.get("kind", "text")), text=str(body.get("text", "")),
        action_id=str(body.get("action", "")), media_id=str(body.get("media", "")), at=arrival.received_at,
        came_from=body.get("came_from") or {}, contact=body.get("contact") or {}, chosen=body.get("chosen") or {},
        spoken=bool(body.get("spoken")), connected=bool(body.get("connected")), pressed_on=str(body.get("pressed_on", "")),
    )  # fmt: skip


def _nobody(*_: str) -> None:
    """Nobody wants to hear."""


class Pipeline:
    """Answers arrivals. Safe to share between threads; one chat is worked on by one thread at a time."""

    def __init__(
        self, core: Core, texts: Texts, brain: Brain, thinking: Thinking | None = None,
        told: Callable[[], None] = _nobody, heard: Callable[[str], None] = _nobody,
    ) -> None:  # fmt: skip
        """`thinking` is the way to a language model, where there is one; `told` hears that something is to be sent
        before a turn has ended, `heard` by which layer a turn's words were understood.
        """
        self._core = core
        self._texts = texts
        self._brain = brain
        self._thinking = thinking
        self._told = told
        self._heard = heard
        self._noticed: set[int] = set()

    def process(self, arrival: Arrival, *, shown: bool = False) -> Turn:
        """Answer an inbox row and end it: replies, memory and the row itself are written in one transaction.

        With `shown` the caller shows the replies himself; their buttons then carry ids. Raises Deferred while a
        model thinks, where nobody may wait for it.
        """
        inbound, root = inbound_of(arrival), f"in:{arrival.id}"
        try:
            turn, actor = self._answered(inbound, root)
        except Deferred as deferred:
            deferred.resume = lambda: self.process(arrival, shown=shown)
            deferred.notice = lambda: self._meanwhile(arrival, inbound)
            raise
        if shown:
            # Nothing changes in place on a terminal.
            turn.replies += [Outbound(card=card) for _, card in turn.changed]
        bodies = [reply.to_dict() for reply in turn.replies]
        changed = () if shown else [(key, Outbound(card=card).to_dict()) for key, card in turn.changed]
        public = self._core.chats.finish(
            arrival, chat=inbound.chat, person_id=actor.id if actor else inbound.person_id, replies=bodies,
            state=turn.state, now=self._core.now(), shown=shown, spent=turn.spent,
            changed=changed, noticed=arrival.id in self._noticed, edits=inbound.channel in EDITS,
        )  # fmt: skip
        self._heard(turn.layer)
        self._noticed.discard(arrival.id)
        if self._thinking is not None:
            self._thinking.forget(root)
        if shown and public is not None:
            turn.replies = [Outbound.from_dict(_private(body)) for body in public]
        return turn

    def _meanwhile(self, arrival: Arrival, inbound: Inbound) -> None:
        """The person reads that it takes a while, where nothing else shows it."""
        if inbound.channel not in TELLS:
            return
        actor = self._core.actor(inbound.person_id)
        body = Outbound(text=self._texts.say("reception.thinking", actor.language)).to_dict()
        self._core.chats.meanwhile(arrival, chat=inbound.chat, person_id=actor.id, body=body, now=self._core.now())
        self._noticed.add(arrival.id)
        self._told()

    def _answered(self, inbound: Inbound, root: str) -> tuple[Turn, Actor | None]:
        try:
            actor = self._core.actor(inbound.person_id)
        except NotFound:
            voice = Voice(self._texts, "zh", "Asia/Shanghai", self._core.now())
            return Turn([Outbound(text=voice.say("sorry.unknown_person"))]), None
        return self.turn(inbound, actor, root=root), actor

    def turn(self, inbound: Inbound, actor: Actor, *, root: str | None = None) -> Turn:
        """Answer one thing a person did. `root` names it, so that its commands happen once.

        Raises Unavailable when the database cannot work, so that the arrival is tried again, and Deferred.
        """
        started = time.perf_counter()
        now = self._core.now()
        talk = self._talk(inbound, actor, root or f"msg:{inbound.channel}:{inbound.message_id}", now)
        watch = Watch(talk)
        action = None
        try:
            action = self._listen(talk, inbound)
        except (Unavailable, Deferred):
            raise
        except ChexinError as error:
            talk.tell(talk.voice.error(error))
        except Exception as error:
            self._apologise(talk, inbound, error)
        if not (talk.replies or talk.changed):
            talk.say("sorry.nothing")
        return Turn(
            talk.replies, [name for name in talk.commands if name], talk.layer, talk.memory.save(),
            (time.perf_counter() - started) * 1000, watch.spent(action), talk.changed,
        )  # fmt: skip

    def _talk(self, inbound: Inbound, actor: Actor, root: str, now: datetime) -> Talk:
        voice = Voice(self._texts, actor.language, actor.zone, now)
        memory = Memory.load(self._core.chats.conversation(inbound.chat).state, now)
        return Talk(self._core, self._brain, actor, voice, memory, root, inbound.chat, inbound.text,
                    came_from=inbound.came_from, contact=inbound.contact, spoken=inbound.spoken,
                    thinking=self._thinking)  # fmt: skip

    def _listen(self, talk: Talk, inbound: Inbound) -> LiveAction | None:
        """Do it; returns the button when one was pressed."""
        if inbound.kind is InboundKind.PRESS:
            return self._press(talk, inbound)
        if inbound.kind is InboundKind.START:
            listen.start(talk, connected=inbound.connected)
        elif inbound.kind is InboundKind.IMAGE:
            received(talk, inbound.media_id, inbound.text)
        elif inbound.kind is InboundKind.FILE:
            learning.received(talk, inbound.media_id)
        else:
            said = arrived.named(talk, inbound.text)
            if not talk.replies:
                listen.text(talk, said)
        return None

    def _press(self, talk: Talk, inbound: Inbound) -> LiveAction | None:
        """Whom a button was not shown to cannot press it; pressing again changes nothing."""
        if inbound.action_id.startswith(MORE):
            show_rest(talk, inbound.action_id.removeprefix(MORE))
            return None
        action = self._core.chats.buttons.find(inbound.action_id)
        mine = action is not None and may_press(talk.actor, action)
        if action is not None and mine:
            arrived.pressed(talk, action, inbound.pressed_on)
        if action is None or not mine or action.verb not in presses:
            talk.say("press.over")
            return None
        if action.expires_at <= talk.now:
            over(talk, action.params)
            return None
        carry_out(talk, action, inbound.chosen)
        return action

    def _apologise(self, talk: Talk, inbound: Inbound, error: Exception) -> None:
        """The person gets a reference, the log the cause and the place; neither gets personal data."""
        reference = short_ref("E")
        frames = traceback.extract_tb(error.__traceback__)[-4:]
        log.error(
            "turn_failed", reference=reference, error=type(error).__name__, channel=inbound.channel,
            kind=inbound.kind.value, where=[f"{f.filename.rsplit('/', 2)[-1]}:{f.lineno}:{f.name}" for f in frames],
        )  # fmt: skip
        talk.replies.clear()
        talk.say("sorry.crash", ref=reference)


def _private(body: dict[str, Any]) -> dict[str, Any]:
    """A published body as an Outbound again: its buttons have ids and no verbs."""
    card = body.get("card")
    if not card:
        return body
    buttons = [{"verb": "", "params": {}, **button} for button in card["buttons"]]
    return body | {"card": card | {"buttons": buttons}}
