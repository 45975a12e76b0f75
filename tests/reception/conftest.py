"""A small dealership reached by two bots and a WeCom app, with nothing between the lines and the database left out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

import pytest
from sqlalchemy import select

from bot.conversation.brain import Rooms
from bot.conversation.pipeline import Pipeline
from bot.ports import Account, Outbound
from bot.reception.reception import Reception
from bot.texts import Texts
from crm_core.api import Core
from crm_core.chat.messages import BindKnownStaff, ConnectAccount, InvitePerson
from crm_core.chat.service import Ended
from crm_core.chat.tables import Identity
from crm_core.kernel.clock import FixedClock
from crm_core.kernel.inbox import Arrival
from crm_core.kernel.outbox import Outcome, Settled
from crm_core.kernel.outcomes import Heard
from crm_core.kernel.tables import Outbox
from tests.core.deals.house import DEALER, House
from tests.support.lines import MemoryLine

ACCOUNTS = (
    Account("starway", "telegram", "7", "staff", "starway.", name="ChexinBot"),
    Account("starway", "telegram", "8", "customer", DEALER, name="StarwayBot"),
    Account("starway", "wecom", "ww1-2", "staff", "starway."),
)


@dataclass
class Hall(House):
    """The house with its doors. `said` is what left for a chat since the last look."""

    lines: dict[str, MemoryLine] = field(default_factory=dict)
    reception: Any = None
    _keys: Any = field(default_factory=count)
    _looked: dict[str, int] = field(default_factory=dict)

    def open(self, brain: Rooms, transcriber: Any = None) -> Hall:
        for account in ACCOUNTS:
            self.add(account)
        texts = Texts.load()
        self.reception = Reception(self.core, texts, Pipeline(self.core, texts, brain), self.lines, transcriber)
        return self

    def add(self, account: Account) -> None:
        """An account more, served here."""
        self.core.accounts.put(replace(account, settings={"token": "t"}), self.clock.now())
        self.lines[account.line] = MemoryLine(account=account)
        if account.channel == "wecom":
            self.job(BindKnownStaff(account=account.account))

    def arrive(self, line: str, kind: str, native: str, **more: Any) -> Arrival:
        """It is stored and claimed, and not worked off."""
        self.clock.advance(seconds=1)
        raw = self.lines[line].raw(str(next(self._keys)), kind, native, **more)
        assert self.core.arrivals.store([raw], self.clock.now()) == [True]
        (arrival,) = self.core.inbox.claim(self.clock.now())
        return arrival

    def happens(self, line: str, kind: str, native: str, **more: Any) -> list[str]:
        """It is worked off; what was answered there."""
        self.reception.process(self.arrive(line, kind, native, **more))
        return self.said(f"{line}:{more.get('group') or native}")

    def bodies(self, chat: str) -> list[tuple[str, dict[str, Any]]]:
        """Kinds and payloads of what left for a chat since the last look."""
        with self.core.database.read() as session:
            query = select(Outbox).where(Outbox.chat == chat, Outbox.id > self._looked.get(chat, 0)).order_by(Outbox.id)
            rows = session.execute(query).scalars().all()
        self._looked[chat] = max([self._looked.get(chat, 0), *(row.id or 0 for row in rows)])
        return [(row.kind, self.core.outbox.open_payload(row.dedupe_key, row.payload_enc)) for row in rows]

    def said(self, chat: str) -> list[str]:
        """The same as words: answers as they read, pushes by their kind."""
        found = []
        for kind, payload in self.bodies(chat):
            body = Outbound.from_dict(payload) if kind == "@reply" else None
            card = body.card if body else None
            found.append(f"<{kind}>" if body is None else "\n".join(filter(None, (
                body.text, card.title if card else "", card.note if card else ""))))  # fmt: skip
        return found

    def show(self) -> None:
        """What waits is shown, so that its buttons can be pressed."""
        now = self.clock.now()
        while found := self.core.outbox.claim("w", now, 100):
            for one in found:
                self.core.chats.buttons.publish_now(one.tenant, one.person_id, one.chat, one.dedupe_key, one.params, now)
                settled = Settled(one, Outcome.SENT, heard=Heard.ACCEPTED)
                self.core.chats.settle([Ended(settled, one.params)], now)

    def token(self, who: str, channel: str = "telegram", **more: Any) -> str:
        """An administrator's invitation."""
        return str(self.job(InvitePerson(person=who, channel=channel, **more)).view.token)  # type: ignore[arg-type]

    def own_token(self, who: str, channel: str = "telegram") -> str:
        return str(self.do(who, ConnectAccount(channel=channel)).view.token)  # type: ignore[arg-type]

    def bind(self, who: str, native: str, line: str = "telegram:7") -> None:
        channel = line.partition(":")[0]
        self.happens(line, "start", native, token=self.token(who, channel))

    def identities(self, who: str = "") -> list[Identity]:
        with self.core.database.read() as session:
            rows = session.execute(select(Identity).order_by(Identity.id)).scalars().all()
        return [row for row in rows if not who or row.person_id == self.id(who)]


@pytest.fixture
def hall(core: Core, clock: FixedClock) -> Iterator[Hall]:
    brain = Rooms(core)
    house = Hall(core, clock)
    house.build()
    yield house.open(brain)
    brain.close()
