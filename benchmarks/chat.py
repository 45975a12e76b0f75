"""People who talk: a turn from the message stored to the reply accepted, as a server works it off."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bot.conversation.brain import Brain, Rooms
from bot.conversation.pipeline import Pipeline, Turn, body_of
from bot.delivery import Deliverer
from bot.ports import Inbound, InboundKind
from bot.texts import Texts
from crm_core.api import Core
from crm_core.kernel.access import Actor
from crm_core.kernel.ids import new_id

CHANNEL, ACCOUNT = "web", "bench"


@dataclass(frozen=True)
class Person:
    """Somebody with a thread in the web chat."""

    id: str
    tenant: str
    chat: str

    @classmethod
    def of(cls, core: Core, actor: Actor) -> Person:
        return cls(actor.id, actor.tenant, core.chats.web_chat(actor.id))

    def says(self, text: str) -> Inbound:
        return Inbound(CHANNEL, ACCOUNT, self.chat, self.id, new_id(), InboundKind.TEXT, text=text)

    def presses(self, action_id: str) -> Inbound:
        return Inbound(CHANNEL, ACCOUNT, self.chat, self.id, new_id(), InboundKind.PRESS, action_id=action_id)


class Talkers:
    """The steps of a turn, by hand: receive, claim, decide, and deliver what came of it."""

    def __init__(self, core: Core, brain: Brain | None = None) -> None:
        self.core = core
        self.pipeline = Pipeline(core, Texts.load(), brain or Rooms(core))
        self.deliverer = Deliverer(core, Texts.load(), "bench", lambda: None)

    def receive(self, tenant: str, inbound: Inbound) -> None:
        """Store what somebody said or pressed, as the web chat does."""
        show: dict[str, Any] | None = {"text": inbound.text} if inbound.kind is InboundKind.TEXT else None
        self.core.chats.receive(
            tenant=tenant, channel=CHANNEL, account=ACCOUNT, chat=inbound.chat, person_id=inbound.person_id,
            dedupe_key=inbound.message_id, body=body_of(inbound), now=self.core.now(), show=show,
        )  # fmt: skip

    def one(self, tenant: str, inbound: Inbound) -> Turn:
        """A whole turn; returns what was decided. Raises RuntimeError when nobody answered."""
        self.receive(tenant, inbound)
        turn: Turn | None = None
        for arrival in self.core.inbox.claim(self.core.now(), 1):
            turn = self.pipeline.process(arrival)
        while self.deliverer.run():
            continue
        if turn is None:
            raise RuntimeError("the arrival was not claimed")
        return turn
