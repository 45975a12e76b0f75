"""撤销: the last write is taken back for 24 hours, once, by whoever made it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from crm_core.customers.messages import AddNote, CustomerHistory, RenameCustomer
from crm_core.customers.tables import Customer
from crm_core.deals.messages import SetLevel
from crm_core.deals.tables import Deal
from crm_core.kernel.errors import ChexinError, Conflict, Expired
from crm_core.kernel.tables import Undo
from crm_core.undo.messages import Correct, UndoLast, UndoneView
from tests.core.deals.house import House
from tests.core.kernel.trial import Forget, Trial


def name_of(house: House, customer_id: str) -> str:
    (row,) = house.rows(Customer, Customer.id == customer_id)
    return str(row.name)


def level_of(house: House, deal_id: str) -> str:
    (row,) = house.rows(Deal, Deal.id == deal_id)
    return str(row.level)


def test_the_last_write_is_taken_back(house: House) -> None:
    customer = house.customer(name="张伟")
    house.clock.advance(seconds=1)
    house.do("rep1", RenameCustomer(customer_id=customer, name="张维"))
    done = house.do("rep1", UndoLast())
    assert name_of(house, customer) == "张伟"
    assert done.view == UndoneView(label="rename", command="RenameCustomer")


def test_one_after_the_other_newest_first(house: House) -> None:
    first = house.do("rep1", Trial(name="一"))
    house.clock.advance(seconds=1)
    second = house.do("rep1", Trial(name="二"))
    house.clock.advance(seconds=1)
    house.do("rep1", UndoLast())
    assert (name_of(house, first.id), name_of(house, second.id)) == ("一", "")
    house.do("rep1", UndoLast())
    assert name_of(house, first.id) == "", "what was taken back is not put back by the next undo"
    with pytest.raises(Expired, match="nothing_to_undo"):
        house.do("rep1", UndoLast())


def test_two_changes_of_one_record_go_back_step_by_step(house: House) -> None:
    deal = house.deal()
    for level in ("A", "B", "C"):
        house.clock.advance(seconds=1)
        house.do("rep1", SetLevel(deal_id=deal, level=level))
    for level in ("B", "A", ""):
        house.do("rep1", UndoLast())
        assert level_of(house, deal) == level


def test_what_somebody_else_changed_in_between_stays(house: House) -> None:
    deal = house.deal()
    for who, level in (("rep1", "A"), ("manager1", "B"), ("rep1", "C")):
        house.clock.advance(seconds=1)
        house.do(who, SetLevel(deal_id=deal, level=level))
    house.do("rep1", UndoLast())
    with pytest.raises(Conflict, match="changed_since"):
        house.do("rep1", UndoLast())
    assert level_of(house, deal) == "B"


def test_the_one_named_is_taken_back_once(house: House) -> None:
    made = house.do("rep1", Trial())
    house.do("rep1", UndoLast(undo_id=made.undo_id))
    with pytest.raises(Conflict, match="undone_already"):
        house.do("rep1", UndoLast(undo_id=made.undo_id))


def test_it_lasts_twenty_four_hours(house: House) -> None:
    made = house.do("rep1", Trial())
    house.clock.advance(hours=24)
    with pytest.raises(Expired, match="undo_expired"):
        house.do("rep1", UndoLast(undo_id=made.undo_id))
    assert name_of(house, made.id) == "试用"


def test_a_minute_before_that_it_still_works(house: House) -> None:
    made = house.do("rep1", Trial())
    house.clock.advance(hours=23, minutes=59)
    house.do("rep1", UndoLast(undo_id=made.undo_id))
    assert name_of(house, made.id) == ""


def test_what_somebody_worked_on_since_stays(house: House) -> None:
    made = house.do("rep1", Trial())
    house.do("rep1", RenameCustomer(customer_id=made.id, name="张维"))
    with pytest.raises(Conflict, match="changed_since"):
        house.do("rep1", UndoLast(undo_id=made.undo_id))
    assert name_of(house, made.id) == "张维"


def test_a_refused_undo_may_be_tried_again(house: House) -> None:
    """The refusal rolls back with everything else: the undo is not used up."""
    made = house.do("rep1", Trial())
    house.do("rep1", RenameCustomer(customer_id=made.id, name="张维"))
    for _ in range(2):
        with pytest.raises(Conflict, match="changed_since"):
            house.do("rep1", UndoLast(undo_id=made.undo_id))


def test_nobody_takes_back_what_another_did(house: House) -> None:
    made = house.do("rep1", Trial())
    for other in ("rep2", "manager1"):
        with pytest.raises(Expired, match="nothing_to_undo"):
            house.do(other, UndoLast(undo_id=made.undo_id))
        with pytest.raises(Expired, match="nothing_to_undo"):
            house.do(other, UndoLast())


def test_many_presses_take_back_once(house: House) -> None:
    made = house.do("rep1", Trial())

    def press(_: int) -> str:
        try:
            house.do("rep1", UndoLast(undo_id=made.undo_id))
        except ChexinError as error:
            return error.key
        return "done"

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(press, range(16)))
    assert sorted(set(answers)) == ["done", "error.undone_already"]
    assert answers.count("done") == 1


def test_one_command_leaves_one_undo(house: House) -> None:
    """The undo of a part is not offered beside that of the whole."""
    lead = house.lead()
    before = len(house.rows(Undo))
    from crm_core.leads.messages import MarkContacted

    house.do("rep1", MarkContacted(lead_id=lead.id, outcome="interested", text="周末到店"))
    assert len(house.rows(Undo)) == before + 1


def test_the_inverse_is_kept_sealed(house: House) -> None:
    customer = house.customer(name="张伟")
    house.do("rep1", RenameCustomer(customer_id=customer, name="张维"))
    (undo,) = house.rows(Undo, Undo.command == "RenameCustomer")
    assert "张伟" not in undo.inverse_enc


def test_a_note_taken_back_is_told_no_more(house: House) -> None:
    customer = house.customer()
    house.do("rep1", AddNote(customer_id=customer, text="喜欢白色"))
    assert [r.text for r in house.ask("rep1", CustomerHistory(customer_id=customer))] == ["喜欢白色"]
    house.do("rep1", UndoLast())
    assert house.ask("rep1", CustomerHistory(customer_id=customer)) == []


def test_taking_back_still_needs_the_right_to_write(house: House) -> None:
    made = house.do("rep1", Trial())
    house.job(Forget(customer_id=made.id, version=1))
    with pytest.raises(Conflict):
        house.do("rep1", UndoLast(undo_id=made.undo_id))


def test_another_write_takes_the_place_of_one(house: House) -> None:
    customer = house.customer(name="张伟")
    house.clock.advance(seconds=1)
    wrong = house.do("rep1", RenameCustomer(customer_id=customer, name="张维"))
    house.clock.advance(seconds=1)
    right = RenameCustomer(customer_id=customer, name="张玮", version=99)
    done = house.do("rep1", Correct.by(wrong.undo_id or "", right))
    assert name_of(house, customer) == "张玮", "the version is not asked for: the undo saw to that"
    assert [(c.before, c.after) for c in done.changes] == [("张维", "张伟"), ("张伟", "张玮")]
    house.clock.advance(seconds=1)
    house.do("rep1", UndoLast(undo_id=done.undo_id))
    assert name_of(house, customer) == "张伟", "back to before the first write"


def test_a_correction_that_fails_takes_nothing_back(house: House) -> None:
    customer = house.customer(name="张伟")
    house.clock.advance(seconds=1)
    wrong = house.do("rep1", RenameCustomer(customer_id=customer, name="张维"))
    with pytest.raises(ChexinError):
        house.do("rep1", Correct.by(wrong.undo_id or "", RenameCustomer(customer_id=customer, name=" ")))
    assert name_of(house, customer) == "张维"
    house.do("rep1", UndoLast(undo_id=wrong.undo_id))


def test_nobody_corrects_what_another_wrote(house: House) -> None:
    customer = house.customer(name="张伟")
    house.clock.advance(seconds=1)
    mine = house.do("rep1", RenameCustomer(customer_id=customer, name="张维"))
    with pytest.raises(Expired):
        house.do("manager1", Correct.by(mine.undo_id or "", RenameCustomer(customer_id=customer, name="张玮")))
    assert name_of(house, customer) == "张维"
