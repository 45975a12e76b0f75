"""A customer's number is put right and taken back; of several numbers none is guessed."""

from __future__ import annotations

import pytest

from crm_core.customers.messages import AddCustomer, CorrectPhone, FindCustomers
from crm_core.kernel.errors import Invalid, NotFound
from crm_core.privacy.messages import RevealContact, Revealed
from crm_core.undo.messages import UndoLast
from tests.core.deals.house import DEALER, House

OLD, NEW, THIRD = "13900001111", "13900002222", "13900003333"


def customer(house: House, *phones: str) -> str:
    return house.job(AddCustomer(name="方小圆", phones=phones, unit=DEALER, owner_id=house.id("rep1"))).id


def phones(house: House, who: str) -> set[str]:
    shown = house.do("rep1", RevealContact(customer_id=who, reason="verify")).view
    assert isinstance(shown, Revealed)
    return set(shown.values)


@pytest.mark.parametrize(
    ("known", "command", "after"),
    [
        ((OLD,), {"phone": NEW}, {NEW}),
        ((), {"phone": NEW}, {NEW}),
        ((OLD,), {"phone": f"+86 {OLD}"}, {OLD}),
        ((OLD, THIRD), {"phone": NEW}, {OLD, THIRD, NEW}),
        ((OLD, THIRD), {"phone": NEW, "instead": OLD}, {NEW, THIRD}),
        ((OLD, THIRD), {"phone": THIRD, "instead": OLD}, {THIRD}),
        ((OLD, THIRD), {"phone": "", "instead": OLD}, {THIRD}),
        ((OLD,), {"phone": "", "instead": None}, {OLD}),
    ],
)
def test_a_number_takes_the_place_of_the_wrong_one_and_back(
    house: House, known: tuple[str, ...], command: dict[str, str], after: set[str]
) -> None:
    who = customer(house, *known)
    result = house.do("rep1", CorrectPhone(customer_id=who, **command))
    assert phones(house, who) == after
    assert (result.undo_id is not None and bool(result.undo_id)) == (after != set(known))
    if result.undo_id:
        house.do("rep1", UndoLast(undo_id=result.undo_id))
        assert phones(house, who) == set(known)


def test_he_is_found_by_the_new_number_and_no_longer_by_the_old(house: House) -> None:
    who = customer(house, OLD)
    house.do("rep1", CorrectPhone(customer_id=who, phone=NEW))
    found = [house.ask("rep1", FindCustomers(words=words)) for words in (OLD, NEW)]
    assert [[line.id for line in lines] for lines in found] == [[], [who]]


def test_a_number_nobody_can_call_is_refused(house: House) -> None:
    who = customer(house, OLD)
    with pytest.raises(Invalid) as error:
        house.do("rep1", CorrectPhone(customer_id=who, phone="1390000"))
    assert error.value.field == "phone"
    assert phones(house, who) == {OLD}


def test_a_colleagues_customer_is_as_absent_as_nobody(house: House) -> None:
    who = customer(house, OLD)
    for customer_id in (who, "nobody"):
        with pytest.raises(NotFound):
            house.do("rep2", CorrectPhone(customer_id=customer_id, phone=NEW))
    assert phones(house, who) == {OLD}
