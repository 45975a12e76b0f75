"""Customers come in by their own door: as visitors, and as themselves only by a number that is surely theirs."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from crm_core.leads.tables import Lead
from crm_core.org.tables import Person
from tests.core.deals.house import DEALER
from tests.reception.conftest import Hall

GUESTS = "telegram:8"


def person(hall: Hall, native: str) -> Person:
    (known,) = [one for one in hall.identities() if one.native_id == native]
    (row,) = [one for one in hall.rows(Person) if one.id == known.person_id]
    return row


def test_whoever_writes_is_a_visitor_of_the_dealer_and_known_again(hall: Hall) -> None:
    assert hall.happens(GUESTS, "start", "500", name="Anna", language="en")
    first = person(hall, "500")
    assert (first.kind, first.unit, first.language, first.name) == ("visitor", DEALER, "en", "Anna")
    hall.happens(GUESTS, "text", "500", text="what are your opening hours?")
    assert len(hall.identities()) == 1
    assert person(hall, "500").id == first.id


@pytest.mark.parametrize(("given", "kept"), [
    ("安安 13800138000", "安安 138****8000"), ("安\x00安\n\u202e💐", "安安 💐"), ("安" * 500, "安" * 120),
])  # fmt: skip
def test_a_name_he_gives_himself_is_kept_in_clear_without_his_number(hall: Hall, given: str, kept: str) -> None:
    assert hall.happens(GUESTS, "text", "500", text="你好", name=given)
    assert person(hall, "500").name == kept


def test_a_link_that_says_where_he_found_it_greets_him(hall: Hall) -> None:
    said = "".join(hall.happens(GUESTS, "start", "500", token="spring-fair"))
    assert "用车" in said
    assert "过期" not in said


def test_a_number_he_types_makes_a_lead_and_nobody_else_of_him(hall: Hall) -> None:
    hall.customer(name="张伟", phones=("13800138000",))
    hall.happens(GUESTS, "text", "500", text="我是张伟，13800138000，想看迈腾")
    assert person(hall, "500").kind == "visitor"
    with hall.core.database.read() as session:
        (lead,) = session.execute(select(Lead)).scalars().all()
    assert lead.source == "telegram"


def test_his_own_number_shared_makes_him_the_one_customer_it_belongs_to(hall: Hall) -> None:
    customer = hall.customer(name="张伟", phones=("13800138000",))
    hall.happens(GUESTS, "text", "500", text="你好")
    visitor = person(hall, "500")
    said = hall.happens(GUESTS, "contact", "500", phone="+8613800138000", name="张伟")
    assert "张伟，接好了" in said[0]
    himself = person(hall, "500")
    assert (himself.kind, himself.customer_id) == ("customer", customer)
    assert himself.id != visitor.id
    # The same person from another account of his.
    hall.happens(GUESTS, "contact", "501", phone="+8613800138000")
    assert person(hall, "501").id == himself.id
    assert len(hall.identities()) == 2


def test_a_number_two_customers_share_makes_a_lead(hall: Hall) -> None:
    hall.customer(name="张伟", phones=("13800138000",))
    hall.customer(name="李芳", phones=("13800138000",))
    hall.happens(GUESTS, "contact", "500", phone="+8613800138000", name="Z")
    assert person(hall, "500").kind == "visitor"


def test_a_number_nobody_has_makes_a_lead_as_in_the_widget(hall: Hall) -> None:
    said = hall.happens(GUESTS, "contact", "500", phone="+8613900139000", name="Wang")
    with hall.core.database.read() as session:
        assert len(session.execute(select(Lead)).scalars().all()) == 1
    assert said
    hall.happens(GUESTS, "contact", "500", phone="+8613900139000", name="Wang")
    with hall.core.database.read() as session:
        assert len(session.execute(select(Lead)).scalars().all()) == 1


def test_somebody_elses_contact_is_not_his_number(hall: Hall) -> None:
    hall.customer(name="张伟", phones=("13800138000",))
    assert "您自己的手机号" in hall.happens(GUESTS, "contact", "500")[0]
    assert person(hall, "500").kind == "visitor"


def test_a_customer_of_another_dealer_is_not_found_here(hall: Hall) -> None:
    hall.customer("rep3", name="张伟", phones=("13800138000",))
    hall.happens(GUESTS, "contact", "500", phone="+8613800138000", name="张伟")
    assert person(hall, "500").kind == "visitor"


def test_a_customers_account_is_no_way_in_for_staff(hall: Hall) -> None:
    hall.customer(name="张伟", phones=("13800138000",))
    hall.happens(GUESTS, "contact", "500", phone="+8613800138000")
    assert "邀请链接" in hall.happens("telegram:7", "text", "500", text="今天有什么")[0]


def test_opening_the_app_is_greeted_twice_a_day_at_most(hall: Hall) -> None:
    assert hall.happens(GUESTS, "enter", "500")
    assert not hall.happens(GUESTS, "enter", "500")
    hall.clock.advance(hours=12)
    assert hall.happens(GUESTS, "enter", "500")
