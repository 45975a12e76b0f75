"""Customers: found by what people say, told to those who may, and careful with what is theirs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from crm_core.customers.messages import (
    AddCustomer,
    AddNote,
    CustomerCard,
    CustomerHistory,
    FindCustomers,
    LogContact,
    RemoveRecord,
    RenameCustomer,
    SetBirthday,
    SetConsent,
)  # fmt: skip
from crm_core.customers.tables import ContactPoint, Customer, Record
from crm_core.kernel.errors import Conflict, Invalid, NotFound
from crm_core.undo.messages import UndoLast
from tests.core.deals.house import DEALER, House


def found(house: House, words: str, who: str = "rep1", **more: Any) -> list[str]:
    return [line.name for line in house.ask(who, FindCustomers(words=words, **more))]


def card(house: House, customer: str, who: str = "rep1") -> Any:
    return house.ask(who, CustomerCard(customer_id=customer))


# Making


def test_the_same_data_again_changes_nothing(house: House) -> None:
    command = AddCustomer(
        name="张伟", phones=("13800138011", "13911112222"), unit=DEALER, owner_id=house.id("rep1"), city="上海",
        birthday="1990-05-20", consent_marketing=True, login="c1", tags=("置换",),
    )  # fmt: skip
    first, again = house.job(command), house.job(command)
    assert (first.view, again.view) == ({"changed": True}, {"changed": False})
    assert again.id == first.id
    assert [len(house.rows(t)) for t in (Customer, ContactPoint)] == [1, 2]


def test_two_of_one_name_and_different_phones_are_two(house: House) -> None:
    for phone in ("13800138011", "13800138012"):
        house.job(AddCustomer(name="张伟", phones=(phone,), unit=DEALER))
    assert len(house.rows(Customer)) == 2


def test_two_names_may_share_a_phone(house: House) -> None:
    for name in ("张伟", "李芳"):
        house.job(AddCustomer(name=name, phones=("13800138011",), unit=DEALER, owner_id=house.id("rep1")))
    assert sorted(found(house, "13800138011")) == ["张伟", "李芳"]


def test_the_same_phone_at_another_dealer_is_somebody_else(house: House) -> None:
    for unit in (DEALER, "starway.east.park."):
        house.job(AddCustomer(name="张伟", phones=("13800138011",), unit=unit))
    assert len(house.rows(Customer)) == 2


def test_a_customer_needs_a_name_or_a_phone(house: House) -> None:
    with pytest.raises(Invalid, match="name_or_phone"):
        house.job(AddCustomer(name=" ", unit=DEALER))


# Finding


@pytest.fixture
def people(house: House) -> House:
    for name, phone in (("张伟", "13800138011"), ("张薇", "13800138012"), ("王建国", "13800138013"),
                        ("欧阳娜", "13800138014"), ("Tom Li", "13800138015"), ("单雄", "13800138016")):  # fmt: skip
        house.customer("rep1", name, phones=(phone,))
    house.customer("rep2", "张伟", phones=("13900139000",))
    return house


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ("王建国", {"王建国"}), ("王总", {"王建国"}), ("建国", set()), ("王先生", {"王建国"}), ("小王", {"王建国"}),
        ("欧阳女士", {"欧阳娜"}), ("8013", {"王建国"}), ("13800138013", {"王建国"}), ("尾号8013", {"王建国"}),
        ("张先生", {"张伟", "张薇"}), ("Mr Li", {"Tom Li"}), ("tom li", {"Tom Li"}), ("赵云", set()), ("", set()),
        ("9000", set()), ("' or 1=1 --", set()), ("%", set()),
    ],
)  # fmt: skip
def test_customers_are_found_by_what_people_say(people: House, words: str, names: set[str]) -> None:
    assert set(found(people, words)) == names


def test_the_exact_name_comes_before_the_same_sound(people: House) -> None:
    assert found(people, "张薇")[0] == "张薇"
    assert found(people, "张伟")[0] == "张伟"


def test_whoever_is_talked_about_comes_first(people: House) -> None:
    (focus,) = [row.id for row in people.rows(Customer, Customer.name == "张薇")]
    assert found(people, "张女士", focus_id=focus)[0] == "张薇"


def test_a_rep_finds_his_own_and_a_manager_his_teams(people: House) -> None:
    assert len(found(people, "张伟", "rep2")) == 1
    assert found(people, "王建国", "rep2") == []
    assert len(found(people, "张伟", "manager1")) == 3, "the same sound, and both of the same name"
    assert found(people, "张伟", "rep3") == []
    assert found(people, "张伟", "tech1") == []


# Who may see


def test_absent_and_forbidden_answer_alike(house: House) -> None:
    customer = house.customer("rep1")
    answers = []
    for customer_id in (customer, "01HNOBODY", ""):
        for question in (CustomerCard(customer_id=customer_id), CustomerHistory(customer_id=customer_id)):
            with pytest.raises(NotFound) as error:
                house.ask("rep2", question)
            answers.append(str(error.value))
        for command in (
            RenameCustomer(customer_id=customer_id, name="x"), SetBirthday(customer_id=customer_id, birthday="05-20"),
            LogContact(customer_id=customer_id, text="x"), SetConsent(customer_id=customer_id),
        ):  # fmt: skip
            with pytest.raises(NotFound) as error:
                house.do("rep2", command)
            answers.append(str(error.value))
    assert len(set(answers)) == 1


def test_a_customer_sees_himself_only_and_his_phone_masked(house: House) -> None:
    me = house.customer("rep1", "张伟", phones=("13800138011",), login="c1")
    other = house.customer("rep1", "李芳", phones=("13800138012",))
    assert card(house, me, "c1").phones == ("138****8011",)
    with pytest.raises(NotFound):
        card(house, other, "c1")
    assert found(house, "李芳", "c1") == []
    house.do("rep1", AddNote(customer_id=me, text="砍价很凶"))
    assert "砍价很凶" not in str(house.ask("c1", CustomerHistory(customer_id=me)))
    with pytest.raises(NotFound):
        house.do("c1", RenameCustomer(customer_id=me, name="x"))


# What was said


def test_a_contact_lies_in_the_past_and_says_something(house: House) -> None:
    customer = house.customer()
    with pytest.raises(Invalid, match="future_contact"):
        house.do("rep1", LogContact(customer_id=customer, text="x", at=house.clock.now() + timedelta(minutes=1)))
    with pytest.raises(Invalid, match="empty"):
        house.do("rep1", LogContact(customer_id=customer, text=" \u200b"))
    with pytest.raises(Invalid):
        house.do("rep1", LogContact(customer_id=customer, text="x", kind="telepathy"))


def test_history_is_told_newest_first_and_by_kind(house: House) -> None:
    customer = house.customer()
    now = house.clock.now()
    for hours, kind in ((3, "call"), (1, "visit"), (2, "chat")):
        house.do("rep1", LogContact(customer_id=customer, text=kind, kind=kind, at=now - timedelta(hours=hours)))
    told = house.ask("rep1", CustomerHistory(customer_id=customer))
    assert [view.text for view in told] == ["visit", "chat", "call"]
    assert [view.text for view in house.ask("rep1", CustomerHistory(customer_id=customer, kinds=("call",)))] == ["call"]
    assert card(house, customer).last_touch == now, "made now; older contacts do not put it back"


def test_only_the_writer_takes_a_record_back(house: House) -> None:
    customer = house.customer()
    note = house.do("rep1", AddNote(customer_id=customer, text="x"))
    with pytest.raises(NotFound):
        house.do("manager1", RemoveRecord(record_id=note.id))
    house.do("rep1", RemoveRecord(record_id=note.id))
    assert len(house.rows(Record)) == 1, "the row stays, unseen"


def test_a_long_text_with_invisible_characters_is_kept_readable(house: House) -> None:
    customer = house.customer()
    house.do("rep1", AddNote(customer_id=customer, text="\u202e好" + "长" * 9000))
    (told,) = house.ask("rep1", CustomerHistory(customer_id=customer))
    assert told.text.startswith("好长")
    assert len(told.text) == 4000


# Changing


def test_a_name_changed_meanwhile_is_not_overwritten(house: House) -> None:
    customer = house.customer(name="张伟")
    version = card(house, customer).version
    house.do("rep1", RenameCustomer(customer_id=customer, name="张维", version=version))
    with pytest.raises(Conflict, match="changed_since"):
        house.do("manager1", RenameCustomer(customer_id=customer, name="张薇", version=version))
    assert found(house, "张维") == ["张维"]


@pytest.mark.parametrize(
    ("said", "lunar", "kept"),
    [("05-20", False, "05-20"), ("1990-5-2", False, "05-02"), ("12-30", True, "农历12-30")],
)
def test_birthdays(house: House, said: str, lunar: bool, kept: str) -> None:
    customer = house.customer()
    house.do("rep1", SetBirthday(customer_id=customer, birthday=said, lunar=lunar))
    assert card(house, customer).birthday == kept
    (row,) = house.rows(Customer)
    assert "1990" not in row.model_dump_json(exclude={"id"})


@pytest.mark.parametrize("said", ["13-01", "02-32", "0-1", "tomorrow", "", "2026-02-30-1"])
def test_what_is_no_birthday(house: House, said: str) -> None:
    customer = house.customer()
    with pytest.raises(Invalid, match="not_a_date"):
        house.do("rep1", SetBirthday(customer_id=customer, birthday=said))


def test_consent_is_given_withdrawn_and_undone(house: House) -> None:
    customer = house.customer(login="c1")
    assert not card(house, customer).consent_marketing
    house.do("c1", SetConsent(customer_id=customer))
    assert card(house, customer).consent_marketing
    house.clock.advance(seconds=1)
    house.do("rep1", SetConsent(customer_id=customer, granted=False))
    assert not card(house, customer).consent_marketing
    house.clock.advance(seconds=1)
    house.do("rep1", UndoLast())
    assert card(house, customer).consent_marketing


def test_a_birthday_is_taken_back_with_its_year(house: House) -> None:
    customer = house.customer()
    first = house.do("rep1", SetBirthday(customer_id=customer, birthday="1990-05-05"))
    second = house.do("rep1", SetBirthday(customer_id=customer, birthday="12-30", lunar=True))
    assert house.do("rep1", SetBirthday(customer_id=customer, birthday="12-30", lunar=True)).undo_id is None
    house.do("rep1", UndoLast(undo_id=second.undo_id))
    assert house.ask("rep1", CustomerCard(customer_id=customer)).birthday == "05-05"
    (row,) = house.rows(Customer, Customer.id == customer)
    assert (bool(row.birth_year_enc), row.lunar) == (True, False)
    house.do("rep1", UndoLast(undo_id=first.undo_id))
    assert house.ask("rep1", CustomerCard(customer_id=customer)).birthday == ""
