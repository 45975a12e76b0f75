"""A small dealership for tests of deals and what hangs on them: invented people, one region, two dealers."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlmodel import col

from crm_core.api import Core
from crm_core.customers.messages import AddCustomer
from crm_core.deals.messages import OpenDeal
from crm_core.followups.tables import Followup
from crm_core.kernel.access import Actor
from crm_core.kernel.clock import FixedClock
from crm_core.kernel.registry import Command, Result
from crm_core.kernel.tables import Outbox, Timer
from crm_core.kernel.uow import Uow
from crm_core.leads.messages import CreateLead, LeadView
from crm_core.org.messages import AddPerson, AddUnit
from crm_core.vehicles.messages import AddModel

DEALER = "starway.east.pudong."
STAFF = (
    ("rep1", "陈晓明", "rep", f"{DEALER}a."),
    ("rep2", "林佳", "rep", f"{DEALER}a."),
    ("rep3", "吴丹", "rep", "starway.east.park.a."),
    ("manager1", "赵国强", "manager", DEALER),
    ("region1", "钱立", "manager", "starway.east."),
    ("tech1", "孙建军", "tech", f"{DEALER}service."),
)


@dataclass
class Push:
    """One row of the outbox, opened."""

    kind: str
    person: str
    subject: str
    params: dict[str, Any]
    priority: int


@dataclass
class House:
    """The dealership and short ways to act in it."""

    core: Core
    clock: FixedClock
    actors: dict[str, Actor] = field(default_factory=dict)
    seen: int = 0

    def build(self) -> House:
        """Units and people, in one transaction: each test needs them and none is about them."""
        units = (
            "starway.",
            "starway.east.",
            DEALER,
            f"{DEALER}a.",
            f"{DEALER}service.",
            "starway.east.park.",
        )
        commands: list[Command] = [AddUnit(path=path, name=path) for path in units]
        commands += [
            AddPerson(code=code, name=name, role=role, unit=unit) for code, name, role, unit in STAFF
        ]
        with self.core.database.write() as session:
            uow = Uow(session=session, actor=self.core.system("starway"), now=self.clock.now(),
                      services=self.core.services)  # fmt: skip
            for command in commands:
                uow.call(command)
            uow.settle()
            uow.flush_pushes()
        self.actors |= {code: self.core.actor(code) for code, *_ in STAFF}
        return self

    def hire(self, code: str, name: str, role: str, unit: str) -> None:
        """One more colleague."""
        self.job(AddPerson(code=code, name=name, role=role, unit=unit))
        self.actors[code] = self.core.actor(code)

    def job(self, command: Command) -> Result:
        return self.core.execute(command, self.core.system("starway"))

    def do(self, who: str, command: Command) -> Result:
        return self.core.execute(command, self.actors[who])

    def ask(self, who: str, question: Any) -> Any:
        return self.core.ask(question, self.actors[who])

    def id(self, who: str) -> str:
        return self.actors[who].id

    def model(self, yuan: int = 239_900) -> None:
        self.job(AddModel(code="magotan", brand="大众", series="迈腾", year=2025, list_fen=yuan * 100))

    def customer(self, owner: str = "rep1", name: str = "张伟", **more: Any) -> str:
        actor = self.actors[owner]
        made = self.job(AddCustomer(name=name, unit=actor.unit, owner_id=actor.id, **more))
        login = more.get("login")
        if login:
            self.actors[login] = self.core.actor(login)
        return made.id

    def deal(self, owner: str = "rep1", interest: str = "迈腾", **more: Any) -> str:
        return self.job(OpenDeal(customer_id=self.customer(owner, **more), interest=interest)).id

    def lead(self, owner: str = "rep1", phone: str = "13800138011", vehicle: str = "迈腾") -> LeadView:
        view = self.do(owner, CreateLead(name="李芳", phone=phone, vehicle=vehicle, keep=True)).view
        assert isinstance(view, LeadView)
        return view

    def fire(self, **forward: float) -> list[Push]:
        """Move the clock, fire what is due, and return what was pushed since the last look."""
        self.clock.advance(**forward)
        while self.core.timers.fire_due(self.clock.now()):
            pass
        return self.pushed()

    def pushed(self, kind: str = "") -> list[Push]:
        """What was pushed since the last look; `kind` narrows."""
        with self.core.database.read() as session:
            rows = (
                session.execute(select(Outbox).where(col(Outbox.id) > self.seen).order_by(col(Outbox.id)))
                .scalars()
                .all()
            )
        self.seen = max([self.seen, *(row.id or 0 for row in rows)])
        names = {actor.id: code for code, actor in self.actors.items()}
        found = [
            Push(row.kind, names.get(row.person_id, row.person_id), row.subject,
                 self.core.outbox.open_payload(row.dedupe_key, row.payload_enc), row.priority)
            for row in rows
        ]  # fmt: skip
        return [push for push in found if kind in ("", push.kind)]

    def waiting(self, subject: str = "") -> int:
        """How many timers are pending, about one record or all."""
        query = select(Timer).where(col(Timer.state) == 0)
        with self.core.database.read() as session:
            return len([t for t in session.execute(query).scalars() if subject in ("", t.subject)])

    def waiting_at(self, sop: str) -> list[datetime]:
        """When the steps of the open cadences of a name are due."""
        open_ones = {f"followup:{row.id}" for row in self.rows(Followup, Followup.sop == sop, Followup.state == "open")}
        return sorted(t.due_at for t in self.rows(Timer, Timer.state == 0) if t.subject in open_ones)

    def rows(self, table: Any, *where: Any) -> list[Any]:
        with self.core.database.read() as session:
            return list(session.execute(select(table).where(*where)).scalars())
