"""The small dealership with its service desk, on a fake of the platform."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from crm_core.api import Core
from crm_core.customers.messages import AddCustomer
from crm_core.kernel.clock import FixedClock
from crm_core.org.tables import Person
from tests.support.fakes.wecom import FakeWecom, fake_wecom, until
from tests.support.fakes.wecom_kf import KF_SECRET, FakeKf
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

    def settled(self) -> None:
        """Everything that came in is worked off, and no errand waits."""
        until(self._idle, 15, lambda: "something waits still")

    def _idle(self) -> bool:
        from sqlalchemy import func, select
        from sqlmodel import col

        from crm_core.errands.tables import Errand
        from crm_core.kernel.tables import Inbox
        from crm_core.servicedesk.tables import ServiceDesk

        with self.core.database.read() as session:
            def count(query: Any) -> int:
                return int(session.execute(query).scalar_one())

            unread = count(select(func.count()).select_from(ServiceDesk).where(col(ServiceDesk.calls) > col(ServiceDesk.heard)))
            inbox = count(select(func.count()).select_from(Inbox).where(col(Inbox.state).in_((0, 1))))
            errands = count(select(func.count()).select_from(Errand).where(
                col(Errand.state).in_((0, 1)), col(Errand.due_at) <= self.core.now()))  # fmt: skip
        return not (unread or inbox or errands)

    def later(self, **delta: float) -> None:
        """The clock moves on."""
        clock = self.core.clock
        assert isinstance(clock, FixedClock)
        clock.advance(**delta)
        self.office.site.house._works.replan()


@contextmanager
def desk_on(core: Core, fake: FakeWecom) -> Iterator[Desk]:
    """Serve the house with the app and the desk."""
    kf = FakeKf(fake, lambda: core.now().timestamp())
    for code in ("rep1", "rep2", "manager1"):
        vouch(core, code)
    with wecom_site(core, fake, wecom_kf_secret=KF_SECRET) as office:
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
