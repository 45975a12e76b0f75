"""One command, one transaction: all of its traces or none, once for each key."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from crm_core.chat.messages import KeepImage
from crm_core.kernel.errors import Conflict, NotFound, Refused, Unavailable
from crm_core.kernel.registry import Change
from crm_core.kernel.tables import Executed
from crm_core.kernel.uow import Uow
from tests.core.deals.house import House
from tests.core.kernel.trial import Trial, TrialView, counts, rows

PNG = b"\x89PNG\r\n\x1a\n\xff\xfe"


@pytest.mark.parametrize("where", ["handler", "reaction"])
def test_a_command_that_fails_leaves_nothing(house: House, where: str) -> None:
    before = counts(house.core)
    with pytest.raises(Refused):
        house.core.execute(Trial(fail=where), house.actors["rep1"], key="once")
    assert counts(house.core) == before
    assert not house.core.execute(Trial(), house.actors["rep1"], key="once").again, "the key was not used up"


def test_a_command_leaves_all_its_traces_at_once(house: House) -> None:
    before = counts(house.core)
    result = house.core.execute(Trial(name="张伟"), house.actors["rep1"], key="once")
    after = counts(house.core)
    grown = {name for name in after if after[name] == before[name] + 1}
    assert grown == {"customers", "audit", "outbox", "timers", "undo", "executed"}
    assert result.view == TrialView(name="张伟")
    assert result.changes == (Change(field="name", before="", after="张伟"),)


def test_the_same_key_answers_the_same_and_acts_once(house: House) -> None:
    first = house.core.execute(Trial(name="张伟"), house.actors["rep1"], key="once")
    before = counts(house.core)
    again = house.core.execute(Trial(name="张伟"), house.actors["rep1"], key="once")
    assert again.again
    assert again.model_copy(update={"again": False}) == first
    assert counts(house.core) == before


def test_another_command_under_the_same_key_is_refused(house: House) -> None:
    house.core.execute(Trial(name="张伟"), house.actors["rep1"], key="once")
    with pytest.raises(Conflict, match="key_reused"):
        house.core.execute(Trial(name="李娜"), house.actors["rep1"], key="once")


def test_somebody_else_does_not_get_the_answer_of_a_key(house: House) -> None:
    house.core.execute(Trial(name="张伟"), house.actors["rep1"], key="once")
    with pytest.raises(Conflict, match="key_reused"):
        house.core.execute(Trial(name="张伟"), house.actors["rep2"], key="once")


def test_keys_may_be_long_and_commands_may_hold_bytes(house: House) -> None:
    picture = KeepImage(mime="image/png", content=PNG)
    first = house.core.execute(picture, house.actors["rep1"], key="k" * 500)
    again = house.core.execute(picture, house.actors["rep1"], key="k" * 500)
    assert (first.id, first.again, again.id, again.again) == (first.id, False, first.id, True)
    other = house.core.execute(picture, house.actors["rep1"], key="k" * 501)
    assert other.id != first.id


def test_one_key_from_many_threads_acts_once(house: House) -> None:
    before = counts(house.core)["customers"]
    with ThreadPoolExecutor(12) as pool:
        done = list(
            pool.map(lambda _: house.core.execute(Trial(), house.actors["rep1"], key="once"), range(24))
        )
    assert len({result.id for result in done}) == 1
    assert sum(not result.again for result in done) == 1
    assert counts(house.core)["customers"] == before + 1


def test_a_preview_shows_the_same_changes_and_leaves_no_trace(house: House) -> None:
    before = counts(house.core)
    shown = house.core.preview(Trial(name="张伟"), house.actors["rep1"])
    assert counts(house.core) == before
    assert shown.changes == house.do("rep1", Trial(name="张伟")).changes


def test_a_preview_refuses_what_the_command_would_refuse(house: House) -> None:
    with pytest.raises(Refused):
        house.core.preview(Trial(fail="handler"), house.actors["rep1"])


def test_rights_are_read_in_the_deciding_transaction(house: House) -> None:
    stale = house.actors["rep1"]
    with house.core.database.write() as session:
        from crm_core.org.tables import Person

        person = session.get(Person, stale.id)
        assert person is not None
        person.active = False
    with pytest.raises(NotFound):
        house.core.execute(Trial(), stale)


def test_the_answer_is_kept_sealed(house: House) -> None:
    house.core.execute(Trial(name="张伟"), house.actors["rep1"], key="once")
    (row,) = rows(house.core, Executed)
    assert "张伟" not in row.result_enc
    assert row.result_enc.startswith("v1:")


def test_a_read_sees_one_state(house: House) -> None:
    """What commits meanwhile stays out of a question that has begun."""
    from sqlalchemy import func, select

    from crm_core.customers.tables import Customer

    count = select(func.count()).select_from(Customer)
    with house.core.database.read() as session:
        before = session.execute(count).scalar()
        house.do("rep1", Trial())
        assert session.execute(count).scalar() == before


def test_a_broken_database_says_so(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    from sqlalchemy.exc import OperationalError

    def lost(self: Uow) -> None:
        raise OperationalError("select", {}, Exception("server closed the connection unexpectedly"))

    monkeypatch.setattr(Uow, "settle", lost)
    with pytest.raises(Unavailable):
        house.do("rep1", Trial())
