"""Somebody at the door: what he did, through which line, and short ways to answer him."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from bot.ports import Event, EventKind, Line, Outbound
from bot.texts import Texts, Voice
from crm_core.kernel.registry import Command, Result

if TYPE_CHECKING:
    from crm_core.api import Core
    from crm_core.kernel.access import Actor
    from crm_core.kernel.inbox import Arrival

# What somebody types who has a code and no link.
_TYPED = re.compile(r"\s*(?:/start|/bind|绑定|连接|bind|connect)[\s:：]*([A-Za-z0-9_-]{20,64})\s*", re.I)
SHORTEST = 20
ZONE = "Asia/Shanghai"


@dataclass(frozen=True)
class Guest:
    """One arrival of a platform, read."""

    core: Core
    texts: Texts
    line: Line
    arrival: Arrival
    event: Event

    @property
    def token(self) -> str:
        """The token of the link he came by, or of the code he typed; empty when there is none.

        What is shorter than any token only says where he found the link.
        """
        if self.event.token:
            return self.event.token if SHORTEST <= len(self.event.token) <= 128 else ""
        typed = _TYPED.fullmatch(self.event.text) if self.event.kind in (EventKind.TEXT, EventKind.START) else None
        return typed[1] if typed else ""

    @property
    def who(self) -> str:
        """His account, for limits."""
        return f"{self.line.account.line}:{self.event.native_id}"

    @property
    def language(self) -> str:
        """The platform's language for him; Chinese when it says nothing."""
        said = self.event.language.lower()
        return "zh" if not said or said.startswith("zh") else "en"

    @property
    def platform(self) -> str:
        return self.texts.try_say(f"label.channel_account.{self.line.account.channel}", self.language, {}) or ""

    def voice(self, actor: Actor | None = None) -> Voice:
        """Speaks to him: in his own language when it is known who he is."""
        return Voice(self.texts, actor.language if actor else self.language, actor.zone if actor else ZONE, self.core.now())

    def privately(self, chat: str) -> Guest:
        """The same, answered in a chat of his own."""
        return replace(self, event=replace(self.event, chat=chat, group=False))

    def execute(self, step: str, command: Command) -> Result:
        """Carry out a step of taking him in, once however often the arrival is worked off."""
        system = self.core.system(self.line.account.tenant)
        return self.core.execute(command, system, key=f"in:{self.arrival.id}:{step}")

    def reply(self, key: str, *, actor: Actor | None = None, **params: Any) -> None:
        """Say this and end the arrival."""
        self.tell(self.voice(actor).say(key, **params), actor)

    def tell(self, said: str, actor: Actor | None = None) -> None:
        """Say a finished sentence and end the arrival."""
        self.core.chats.finish(
            self.arrival, chat=self.event.chat, person_id=actor.id if actor else "",
            replies=[Outbound(text=said).to_dict()], state=None, now=self.core.now(),
        )  # fmt: skip
