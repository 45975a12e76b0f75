"""The terminal as a channel: what is said goes through the same inbox and pipeline as anywhere else."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from bot.cards import draw
from bot.conversation.brain import Brain, Rooms
from bot.conversation.pipeline import Pipeline, Turn, body_of
from bot.conversation.thinking import Thinking
from bot.ports import Card, Inbound, InboundKind, Outbound, card_from_dict
from bot.texts import Texts, Voice
from crm_core.chat.buttons import LIFETIME
from crm_core.kernel.access import Actor
from crm_core.kernel.errors import ChexinError, Conflict, Unavailable
from crm_core.kernel.ids import new_id
from crm_core.kernel.routines import HOURLY, run_routines
from crm_core.kernel.tables import Outbox

if TYPE_CHECKING:
    from crm_core.api import Core
    from crm_core.chat.service import LiveAction

CHANNEL = "terminal"
SERVER = "server"
PATIENCE = 30.0


def _newness(action: LiveAction) -> tuple[datetime, int]:
    """Later shown is newer; with a clock that stands still, the later turn is."""
    kind, _, rest = action.message_key.partition(":")
    turn = rest.partition(":")[0]
    return action.shown_at, int(turn) if kind == "re" and turn.isdigit() else 0


@dataclass
class Shown:
    """What the terminal prints for one turn."""

    to: str
    replies: list[Outbound] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    layer: str = "reply"

    def to_json(self) -> dict[str, Any]:
        """The stable form other programs read."""
        return {
            "replies": [_reply(self.to, reply) for reply in self.replies],
            "commands": self.commands,
            "layer": self.layer,
        }

    def to_text(self) -> str:
        """For people at a terminal."""
        return "\n\n".join(_drawn(reply) for reply in self.replies)


class Terminal:
    """One person's terminal. Replies count as shown; deliveries to other people are never claimed here."""

    def __init__(
        self, core: Core, person: str, brain: Brain | None = None, texts: Texts | None = None,
        thinking: Thinking | None = None,
    ) -> None:  # fmt: skip
        self._core = core
        self._id = core.actor(person).id
        self._name = person
        self._texts = texts or Texts.load()
        self._pipeline = Pipeline(core, self._texts, brain or Rooms(core), thinking)
        self._chat = f"term:{self._id}"

    @property
    def _actor(self) -> Actor:
        """The person as he is now; he may have changed his language."""
        return self._core.actor(self._id)

    def say(self, text: str) -> Shown:
        """One typed message."""
        return self._turn(InboundKind.TEXT, text=text)

    def send(self, content: bytes, name: str) -> Shown:
        """One file. Who may not add to the knowledge base, or whose file cannot be read, hears it."""
        from bot.reception.files import take_file

        actor = self._actor
        try:
            draft = take_file(self._core, actor, content, name)
        except Unavailable:
            raise
        except ChexinError as error:
            voice = Voice(self._texts, actor.language, actor.zone, self._core.now())
            return Shown(self._name, [Outbound(text=voice.error(error))])
        return self._turn(InboundKind.FILE, media_id=draft)

    def show(self, content: bytes, text: str = "") -> Shown:
        """One picture, with the words below it. Raises Invalid for what is none."""
        from crm_core.chat.messages import KeepImage

        kept = self._core.execute(KeepImage(mime="image/png", content=content), self._actor)
        return self._turn(InboundKind.IMAGE, media_id=kept.id, text=text)

    def press(self, wanted: str) -> Shown:
        """Press the newest button with this label or id that was shown to this person, a live one first."""
        action = self._button(wanted)
        if action is None:
            return self._told("press.no_button", label=wanted)
        return self._turn(InboundKind.PRESS, action_id=action.id)

    def _button(self, wanted: str) -> LiveAction | None:
        by_id = self._core.chats.buttons.find(wanted)
        if by_id is not None and by_id.person_id == self._id:
            return by_id
        now = self._core.now()
        return self._newest(wanted, now) or self._newest(wanted, now - LIFETIME)

    def _newest(self, label: str, live_at: datetime) -> LiveAction | None:
        """The newest button of a label that was live then; one that was used says itself what became of it."""
        recent = self._core.chats.buttons.recent(self._id, live_at)
        return max((a for a in recent if a.label == label), key=_newness, default=None)

    def _told(self, key: str, **params: str) -> Shown:
        return Shown(self._name, [Outbound(text=self._texts.say(key, self._actor.language, **params))])

    def _turn(self, kind: InboundKind, *, text: str = "", action_id: str = "", media_id: str = "") -> Shown:
        message_id = new_id()
        inbound = Inbound(CHANNEL, "local", self._chat, self._id, message_id, kind, text=text,
                          action_id=action_id, media_id=media_id)  # fmt: skip
        received = self._core.chats.receive(
            tenant=self._actor.tenant, channel=CHANNEL, account="local", chat=self._chat, person_id=self._id,
            dedupe_key=message_id, body=body_of(inbound), now=self._core.now(),
        )  # fmt: skip
        assert received.inbox_id is not None
        turn = self._processed(received.inbox_id)
        return Shown(self._name, turn.replies, turn.commands, turn.layer)

    def _processed(self, inbox_id: int) -> Turn:
        """Answer this arrival as soon as what came before it in this chat is answered.

        Raises Conflict when somebody else answered it, or nobody does for half a minute.
        """
        give_up = time.monotonic() + PATIENCE
        while time.monotonic() < give_up:
            claimed = self._core.inbox.claim(self._core.now(), 1, only=inbox_id)
            if claimed:
                return self._pipeline.process(claimed[0], shown=True)
            if not self._served():
                self._older()
            time.sleep(0.05)
        raise Conflict("error.busy")

    def _older(self) -> None:
        """Finish what an ended terminal of this person left behind."""
        for arrival in self._core.inbox.claim(self._core.now(), 5):
            if arrival.sender != self._chat:
                self._core.inbox.release(arrival)
            elif arrival.spent:
                self._core.chats.finish(arrival, chat=self._chat, person_id=self._id, replies=[], state=None,
                                        now=self._core.now(), error="gave up")  # fmt: skip
            else:
                self._pipeline.process(arrival, shown=True)

    def inbox(self) -> Shown:
        """What was pushed to this person and not yet shown; what is due happens first when no server sees to it."""
        now, actor = self._core.now(), self._actor
        if not self._served():
            self._catch_up(now)
        replies, seen = [], []
        for row in self._core.outbox.unseen(self._id):
            assert row.id is not None
            seen.append(row.id)
            if row.kind != "@refresh":
                replies.append(self._drawn(row, actor))
        self._core.outbox.mark_shown(seen, now)
        return Shown(self._name, replies)

    def _catch_up(self, now: datetime) -> None:
        run_routines(self._core, HOURLY, self._actor.tenant)
        while self._core.timers.fire_due(now):
            continue

    def _served(self) -> bool:
        return self._core.leases.held(SERVER, self._core.now())

    def _drawn(self, row: Outbox, actor: Actor) -> Outbound:
        """A pushed message as it is now, with live buttons."""
        params = self._core.outbox.open_payload(row.dedupe_key, row.payload_enc)
        if row.kind == "@reply":
            body = params
        else:
            body = draw(row.kind, row.subject, params, self._core, actor, self._texts).to_dict()
        public = self._core.chats.buttons.publish_now(
            row.tenant, self._id, self._chat, row.dedupe_key, body, self._core.now()
        )
        return shown_body(public)


def shown_body(body: dict[str, Any]) -> Outbound:
    """A published body: its buttons have ids and no verbs."""
    card = body.get("card")
    if card:
        card = card | {"buttons": [{"verb": "", "params": {}, **b} for b in card["buttons"]]}
        return Outbound(body.get("text"), card_from_dict(card), body.get("image"))
    return Outbound(body.get("text"), None, body.get("image"))


def _reply(to: str, reply: Outbound) -> dict[str, Any]:
    return {"to": to, "text": _plain(reply), "card": _card(reply.card) if reply.card else None}


def _plain(reply: Outbound) -> str:
    """The text of a reply; for a card also what stands in it, so that nothing is lost to a reader of text."""
    parts = [reply.text or ""]
    if reply.card is not None:
        parts += [reply.card.title, reply.card.note or ""]
    return "\n".join(part for part in dict.fromkeys(parts) if part)


def _card(card: Card) -> dict[str, Any]:
    return {
        "kind": card.kind,
        "title": card.title,
        "fields": [[f.k, f.v] for f in card.fields],
        "buttons": [{"id": b.id, "label": b.label} for b in card.buttons],
        "status": card.status,
        "note": card.note,
        "changes": [[f.k, f.was, f.v, f.words] for f in card.fields if f.was is not None or f.words],
        "sources": [[s.title, s.detail] for s in card.sources],
    }


def _drawn(reply: Outbound) -> str:
    """A card as lines of text."""
    lines = [f"[{reply.image.get('alt', '')}]"] if reply.image else []
    lines += [reply.text] if reply.text else []
    card = reply.card
    if card is not None:
        lines.append(f"┌ {card.title}" + (f"  [{card.status}]" if card.status else ""))
        for f in card.fields:
            was = f"{f.was} → " if f.was else ""
            said = f"  “{f.words}”" if f.words else ""
            lines.append(f"│ {f.k}: {was}{f.v}{said}")
        lines += [f"│ {line}" for line in (card.note or "").splitlines()]
        lines += [f"│ · {s.title} {s.detail}".rstrip() for s in card.sources]
        lines.append("└ " + " ".join(f"[{b.label}]" for b in card.buttons))
    return os.linesep.join(lines)


def run_say(
    core: Core, person: str, text: str | None = None, press: str | None = None, inbox: bool = False,
    as_json: bool = False,
) -> str:  # fmt: skip
    """One turn as text or JSON. Raises NotFound for an unknown person."""
    import json

    terminal = Terminal(core, person)
    shown = terminal.inbox() if inbox else terminal.press(press) if press else terminal.say(text or "")
    return json.dumps(shown.to_json(), ensure_ascii=False) if as_json else shown.to_text()


__all__ = ["Shown", "Terminal", "run_say"]
