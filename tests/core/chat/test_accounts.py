"""Invitations, and the accounts people bind with them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from crm_core.chat.messages import AddVisitor, BindAccount, InvitePerson, InviteView
from crm_core.chat.service import Chats
from crm_core.chat.tables import Identity, Invite
from crm_core.kernel.errors import NotFound
from crm_core.org.messages import AddPerson
from crm_core.org.tables import Person
from tests.core.deals.house import DEALER, House


def invite(house: House, person: str = "rep1", **more: Any) -> InviteView:
    view = house.job(InvitePerson(person=person, **more)).view
    assert isinstance(view, InviteView)
    return view


def test_an_invitation_is_used_once_by_one_of_a_hundred(house: House) -> None:
    token = invite(house, channel="telegram").token
    with ThreadPoolExecutor(16) as pool:
        found = list(
            pool.map(lambda _: house.core.invites.redeem(token, "telegram", house.clock.now()), range(100))
        )
    assert [one for one in found if one] == [("starway", house.id("rep1"))]


def test_an_invitation_ends_after_its_hours_and_holds_for_its_channel_only(house: House) -> None:
    token = invite(house, hours=72).token
    now = house.clock.now()
    assert house.core.invites.redeem(token, "telegram", now) is None
    assert house.core.invites.redeem(token + "x", "web", now) is None
    assert house.core.invites.peek(token, "web", now + timedelta(hours=72)) is None
    assert house.core.invites.redeem(token, "web", now + timedelta(hours=72)) is None
    assert house.core.invites.peek(token, "web", now) is False
    assert house.core.invites.redeem(token, "web", now + timedelta(hours=71)) is not None
    assert house.core.invites.peek(token, "web", now) is None


def test_a_reusable_link_works_until_it_ends(house: House) -> None:
    token = invite(house, reusable=True, hours=1).token
    assert house.core.invites.peek(token, "web", house.clock.now()) is True
    assert all(house.core.invites.redeem(token, "web", house.clock.now()) for _ in range(3))
    assert house.core.invites.redeem(token, "web", house.clock.advance(hours=1)) is None


def test_the_token_itself_is_not_kept(house: House) -> None:
    token = invite(house).token
    (row,) = house.rows(Invite)
    assert token not in row.model_dump_json()
    assert len(token) >= 32


@pytest.mark.parametrize("who", ["rep1", "manager1", "tech1"])
def test_who_may_not_invite(house: House, who: str) -> None:
    with pytest.raises(NotFound):
        house.do(who, InvitePerson(person="rep2"))


def test_an_admin_invites_his_own_dealers_people_only(house: House) -> None:
    house.job(AddPerson(code="admin1", name="何静", role="admin", unit=DEALER))
    admin = house.core.actor("admin1")
    assert house.core.execute(InvitePerson(person="rep1"), admin).view.person_name == "陈晓明"
    for other in ("rep3", "region1", "nobody"):
        with pytest.raises(NotFound):
            house.core.execute(InvitePerson(person=other), admin)


def test_an_account_is_one_persons_and_binding_it_anew_moves_it(house: House) -> None:
    def bind(who: str) -> None:
        house.job(
            BindAccount(
                person_id=house.id(who), channel="telegram", account="bot", native_id="7", chat="tg:7"
            )
        )

    bind("rep1")
    assert house.core.chats.chat_of(house.id("rep1")) == "tg:7"
    bind("rep2")
    (row,) = house.rows(Identity)
    assert row.person_id == house.id("rep2")
    assert house.core.chats.chat_of(house.id("rep1")) == Chats.web_chat(house.id("rep1"))


def test_nobody_binds_an_account_by_his_own_word(house: House) -> None:
    """Else a rep could take over what another rep reads."""
    house.job(
        BindAccount(person_id=house.id("rep2"), channel="telegram", account="bot", native_id="7", chat="tg:7")
    )
    for who in ("rep1", "rep2"):
        mine = BindAccount(
            person_id=house.id(who), channel="telegram", account="bot", native_id="7", chat="tg:7"
        )
        with pytest.raises(NotFound):
            house.do("rep1", mine)
    assert house.core.chats.chat_of(house.id("rep2")) == "tg:7"


def test_a_visitor_sees_what_is_public_and_nothing_else(house: House) -> None:
    from crm_core.customers.messages import FindCustomers
    from crm_core.leads.messages import MyLeads
    from crm_core.org.messages import FindColleagues

    house.lead()
    made = house.job(AddVisitor(unit=DEALER, language="en"))
    visitor = house.core.actor(made.id)
    assert (visitor.kind, visitor.language, visitor.roles) == ("visitor", "en", ("visitor",))
    for question in (FindCustomers(words="李芳"), FindCustomers(words="8011"), MyLeads(), FindColleagues()):
        assert house.core.ask(question, visitor) == []
    assert [p.kind for p in house.rows(Person, Person.id == made.id)] == ["visitor"]
