"""Somebody says more than anybody can: what came first is worked off, the rest ends unread, and he hears so once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from bot.ports import Line, Outbound
from crm_core.channels.accounts import STAFF
from crm_core.chat.rules import Crowd, FloodPolicy, busy
from crm_core.kernel.errors import NotFound

if TYPE_CHECKING:
    from bot.texts import Texts
    from crm_core.api import Core
    from crm_core.kernel.access import Actor
    from crm_core.kernel.inbox import Arrival

# What platforms report of themselves, not what a person says.
_REPORTS = ("contacts",)
_SYSTEM = ":sys"


@dataclass(frozen=True)
class _Sender:
    """Whom an answer goes to; `chat` is empty where nobody is answered."""

    chat: str = ""
    person_id: str = ""
    language: str = "zh"
    guest: bool = True


class Floods:
    """Looks at what waits before a turn begins. Safe to share between threads."""

    def __init__(self, core: Core, texts: Texts, lines: Mapping[str, Line]) -> None:
        self._core = core
        self._texts = texts
        self._lines = lines

    def turned_away(self, arrival: Arrival) -> bool:
        """Whether the arrival was ended here, because too much of its sender, or of all guests, waits."""
        if arrival.attempts > 1 or arrival.channel in _REPORTS or arrival.sender.endswith(_SYSTEM):
            return False
        policy = self._core.policies.model("floods", FloodPolicy)
        crowd = Crowd(*self._core.inbox.crowd(arrival, policy.guests_waiting_all))
        if crowd.behind > policy.waiting or (crowd.behind and not self._in_time(arrival, policy)):
            self._end(arrival, "reception.too_fast", policy, crowd)
            return True
        if busy(crowd, policy) and self._sender(arrival).guest:
            self._end(arrival, "reception.crowded", policy, crowd)
            return True
        return False

    def _in_time(self, arrival: Arrival, policy: FloodPolicy) -> bool:
        """One more of what this sender may say, in whichever process it is worked off."""
        return self._core.limits.take(f"says:{arrival.sender}", policy.pace(), 1, self._core.now()) > 0

    def _end(self, arrival: Arrival, key: str, policy: FloodPolicy, crowd: Crowd) -> None:
        """End it and what waits behind it in one transaction; the sender hears of it once a minute at most."""
        now, sender = self._core.now(), self._sender(arrival)
        tells = sender.chat and self._core.limits.take(f"flood:{arrival.sender}", policy.told(), 1, now) > 0
        said = self._texts.say(key, sender.language, n=crowd.behind + 1) if tells else ""
        self._core.chats.finish(
            arrival, chat=sender.chat or arrival.sender, person_id=sender.person_id, state=None, now=now,
            replies=[Outbound(text=said).to_dict()] if said else [], shed=crowd.newest,
        )  # fmt: skip
        if tells:
            structlog.get_logger().warning("flood", channel=arrival.channel, kind=key, count=crowd.behind + 1)

    def _sender(self, arrival: Arrival) -> _Sender:
        line = self._lines.get(f"{arrival.channel}:{arrival.account}")
        if line is None:
            actor = self._actor(str(arrival.body.get("person_id", "")), arrival.tenant)
            return self._as_sender(str(arrival.body.get("chat") or arrival.sender), actor, "")
        try:
            event = line.read(arrival)
        except ValueError:
            event = None
        if event is None:
            return _Sender(guest=line.account.audience != STAFF)
        known = self._core.accounts.known(line.account.channel, line.account.account, event.native_id, line.account.tenant)
        actor = self._actor(known.person_id, line.account.tenant) if known is not None else None
        found = self._as_sender("" if event.group else event.chat, actor, event.language)
        # Strangers on the staff's line are few, and are answered in their own measure.
        return found if line.account.audience != STAFF else _Sender(found.chat, found.person_id, found.language, False)

    @staticmethod
    def _as_sender(chat: str, actor: Actor | None, language: str) -> _Sender:
        if actor is not None:
            return _Sender(chat, actor.id, actor.language, not actor.is_staff)
        return _Sender(chat, language="zh" if not language or language.lower().startswith("zh") else "en")

    def _actor(self, person_id: str, tenant: str) -> Actor | None:
        try:
            return self._core.actor(person_id, tenant) if person_id else None
        except NotFound:
            return None
