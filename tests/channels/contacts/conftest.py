"""The small dealership whose colleagues customers add on WeChat, on a fake of the platform."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import select
from sqlmodel import col

from crm_core.api import Core
from crm_core.campaigns.tables import ContactTransfer
from crm_core.customers.tables import Customer
from crm_core.errands.tables import Errand
from crm_core.leads.tables import Lead
from tests.channels.kf.conftest import Desk, desk_on
from tests.support.fakes.wecom import FakeWecom, fake_wecom, until
from tests.support.fakes.wecom_contacts import CONTACT_SECRET, FakeContacts
from tests.web.conftest import small, small_sqlite  # noqa: F401


class Shop:
    """What a test does and sees of customers who add colleagues."""

    def __init__(self, desk: Desk, contacts: FakeContacts) -> None:
        self.desk = desk
        self.core = desk.core
        self.contacts = contacts

    def rows(self, table: type[Any]) -> list[Any]:
        with self.core.database.read() as session:
            found = list(session.execute(select(table).order_by(col(table.created_at), col(table.id))).scalars())
            session.expunge_all()
            return found

    def leads(self) -> list[Lead]:
        return self.rows(Lead)

    def customer(self) -> Customer:
        """The only one."""
        (found,) = self.rows(Customer)
        assert isinstance(found, Customer)
        return found

    def transfers(self) -> list[ContactTransfer]:
        return self.rows(ContactTransfer)

    def errands(self, kind: str) -> list[Errand]:
        return [one for one in self.rows(Errand) if one.kind == kind]

    def wait(self, true: Callable[[], Any], seen: Callable[[], str] = lambda: "") -> None:
        until(lambda: bool(true()), 15, seen)

    def added(self, customer: str, userid: str, **more: Any) -> str:
        """A customer adds a colleague, and all that follows from it at once is done."""
        code = self.contacts.adds(customer, userid, **more)
        self.wait(lambda: any(one.native_id == customer for one in self._known()))
        self.desk.settled()
        return code

    def _known(self) -> list[Any]:
        from crm_core.campaigns.tables import WechatContact

        return self.rows(WechatContact)


@pytest.fixture
def wecom() -> Iterator[FakeWecom]:
    with fake_wecom() as fake:
        yield fake


@pytest.fixture
def shop(small: Core, wecom: FakeWecom) -> Iterator[Shop]:  # noqa: F811
    contacts = FakeContacts(wecom, lambda: small.now().timestamp())
    with desk_on(small, wecom, wecom_contact_secret=CONTACT_SECRET) as desk:
        yield Shop(desk, contacts)
