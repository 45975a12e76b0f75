"""The small dealership with its service desk, on a fake of the platform."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlmodel import col

from bot.cards.draw import draw
from bot.channels.wecom.kf_reading import chat_of
from bot.ports import Outbound
from bot.reception.degrade import words
from bot.texts import Texts
from crm_core.api import Core
from crm_core.chat.messages import KeepImage
from crm_core.customers.messages import AddCustomer
from crm_core.errands.tables import Errand
from crm_core.kernel.clock import SystemClock
from crm_core.kernel.outbox import SENT
from crm_core.kernel.tables import Inbox, Outbox
from crm_core.leads.tables import Lead
from crm_core.org.tables import Person
from crm_core.servicedesk.tables import ServiceDesk, ServiceRating, ServiceSession
from tests.support.fakes.wecom import FakeWecom, fake_wecom, until
from tests.support.fakes.wecom_kf import DESK, KF_SECRET, FakeKf
from tests.support.fakes.wecom_site import WecomSite, wecom_site
from tests.support.site import DEALER
from tests.web.conftest import small, small_sqlite  # noqa: F401


class Desk:
    """What a test does and sees as a customer on WeChat, and as the colleagues behind the desk."""

    def __init__(self, office: WecomSite, kf: FakeKf) -> None:
        self.office = office
        self.core = office.core
        self.kf = kf

    def says(self, customer: str, text: str, answers: int = 1) -> list[str]:
        """A customer types; the words of what he then gets."""
        return self._then(customer, lambda: self.kf.says(customer, text), answers)

    def presses(self, customer: str, label: str, answers: int = 1) -> list[str]:
        return self._then(customer, lambda: self.kf.presses(customer, label), answers)

    def gets(self, customer: str, do: Callable[[], Any], answers: int = 1) -> list[str]:
        """What he gets after something was done."""
        return self._then(customer, do, answers)

    def _then(self, customer: str, do: Callable[[], Any], answers: int) -> list[str]:
        thread = self.kf.thread(customer)
        before = len(thread.got)
        do()
        until(lambda: len(thread.got) >= before + answers, 15, lambda: f"{customer} got {thread.texts}")
        return thread.texts[before:]

    def served_by(self, customer: str, code: str) -> None:
        """A colleague takes him out of the queue, and he hears so."""
        (told,) = self.gets(customer, lambda: self.kf.takes_over(customer, code))
        assert self.core.actor(code).name in told
        self.settled()

    def tell_all(self, customer: str, texts: list[str]) -> None:
        """Things the house wants to tell him, each a message of its own."""
        self._push(customer, [("note", {"text": text}) for text in texts])

    def show(self, customer: str, text: str, image_id: str) -> None:
        """A picture with words."""
        body = Outbound(text=text, image={"url": f"/media/{image_id}", "alt": text}).to_dict()
        self._push(customer, [("@reply", body)])

    def picture_of(self, customer: str) -> str:
        """A picture he may see; its id."""
        person = self.core.actor(self.person(customer))
        return self.core.execute(KeepImage(mime="image/png", content=b"\x89PNG\r\n\x1a\n" + bytes(64)), person).id

    def person(self, customer: str) -> str:
        known = self.core.accounts.known("kf", self.kf.wecom.corp, f"{customer}@{DESK}", "starway")
        assert known is not None
        return known.person_id

    def _push(self, customer: str, messages: list[tuple[str, dict[str, Any]]]) -> None:
        chat = chat_of(self.kf.wecom.corp, DESK, customer)
        with self.core.database.write() as session:
            uow = self.core._uow(session, self.core.system("starway"))
            for n, (kind, params) in enumerate(messages):
                uow.push(self.person(customer), kind, key=f"test:{n}:{params['text']}", chat=chat, priority=1, **params)
            uow.flush_pushes()
        self.office.site.house._works.moved()

    def session(self, customer: str) -> ServiceSession:
        """His conversation as the core knows it."""
        with self.core.database.read() as session:
            chat = chat_of(self.kf.wecom.corp, DESK, customer)
            query = select(ServiceSession).where(col(ServiceSession.chat) == chat)
            found = session.execute(query).scalars().one()
            session.expunge(found)
            return found

    def wait(self, true: Callable[[], bool], seen: Callable[[], str] = lambda: "") -> None:
        until(true, 15, seen)

    def leads(self) -> list[Lead]:
        with self.core.database.read() as session:
            found = list(session.execute(select(Lead)).scalars())
            session.expunge_all()
            return found

    def sent(self, kind: str) -> int:
        """How many messages of a kind are known to have arrived."""
        query = select(func.count()).select_from(Outbox).where(col(Outbox.kind) == kind, col(Outbox.state) == SENT)
        with self.core.database.read() as session:
            return int(session.execute(query).scalar_one())

    def ratings(self) -> list[ServiceRating]:
        with self.core.database.read() as session:
            found = list(session.execute(select(ServiceRating)).scalars())
            session.expunge_all()
            return found

    def pushed(self, code: str, kind: str) -> list[Outbox]:
        """What a colleague was told."""
        query = select(Outbox).where(col(Outbox.person_id) == self.core.actor(code).id, col(Outbox.kind) == kind)
        with self.core.database.read() as session:
            found = list(session.execute(query).scalars())
            session.expunge_all()
            return found

    def drawn(self, code: str, kind: str) -> str:
        """All words of what a colleague was told last of this kind."""
        *_, row = self.pushed(code, kind)
        params = self.core.outbox.open_payload(row.dedupe_key, row.payload_enc)
        return words(draw(kind, row.subject, params, self.core, self.core.actor(code), Texts.load()))

    def settled(self) -> None:
        """Everything that came in is worked off, and no errand waits."""
        until(self._idle, 15, lambda: "something waits still")

    def _idle(self) -> bool:
        with self.core.database.read() as session:
            def count(query: Any) -> int:
                return int(session.execute(query).scalar_one())

            unread = count(
                select(func.count()).select_from(ServiceDesk).where(col(ServiceDesk.calls) > col(ServiceDesk.heard))
            )
            inbox = count(select(func.count()).select_from(Inbox).where(col(Inbox.state).in_((0, 1))))
            errands = count(select(func.count()).select_from(Errand).where(
                col(Errand.state).in_((0, 1)), col(Errand.due_at) <= self.core.now()))  # fmt: skip
        return not (unread or inbox or errands)

    def later(self, **delta: float) -> None:
        """The clock moves on."""
        clock = self.core.clock
        assert isinstance(clock, SystemClock)
        clock.offset += timedelta(**delta)
        self.office.site.house._works.replan()


@contextmanager
def desk_on(core: Core, fake: FakeWecom, **settings: Any) -> Iterator[Desk]:
    """Serve the house with the app and the desk, at ten on a Saturday by a clock that goes on."""
    core.clock = SystemClock(core.now() - datetime.now(UTC))
    kf = FakeKf(fake, lambda: core.now().timestamp())
    for code in ("rep1", "rep2", "manager1"):
        vouch(core, code)
    with wecom_site(core, fake, wecom_kf_secret=KF_SECRET, **settings) as office:
        yield Desk(office, kf)


def vouch(core: Core, code: str) -> None:
    """The corp's list says which userid a colleague has."""
    with core.database.write() as session:
        person = session.get(Person, core.actor(code).id)
        assert person is not None
        person.wecom_userid = code
        session.add(person)


def customer_of(core: Core, owner: str, name: str, phone: str) -> str:
    """A customer a rep looks after."""
    command = AddCustomer(name=name, phones=(phone,), owner_id=core.actor(owner).id, unit=f"{DEALER}sales.")
    return core.execute(command, core.system("starway")).id


@pytest.fixture
def wecom() -> Iterator[FakeWecom]:
    with fake_wecom() as fake:
        yield fake


@pytest.fixture
def desk(small: Core, wecom: FakeWecom) -> Iterator[Desk]:  # noqa: F811
    with desk_on(small, wecom) as found:
        yield found
