"""Changing the secret key: nothing is left under the old one, everything is found and opens as before."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import JSON, Table, insert, select
from sqlmodel import SQLModel

from crm_core.api import Core
from crm_core.concepts import load_tables
from crm_core.customers.messages import AddNote, CustomerHistory, FindCustomers
from crm_core.kernel import rotate
from crm_core.kernel.clock import FixedClock
from crm_core.kernel.db import UtcDateTime
from crm_core.kernel.errors import ConfigError, Unavailable
from crm_core.kernel.settings import Settings
from crm_core.leads.messages import CreateLead
from crm_core.vehicles.messages import AddCar, FindCar
from tests.conftest import NOW, TEST_KEY
from tests.core.deals.house import House

NEW_KEY = "another-key-for-tests-" + "1" * 32
VIN = "LSVAB2BR0EN123456"


def keyed(settings: Settings, key: str, *others: str) -> Settings:
    return settings.model_copy(
        update={"secret_key": SecretStr(key), "old_secret_keys": SecretStr(", ".join(others))}
    )


@pytest.fixture
def house(core: Core, clock: FixedClock) -> Iterator[House]:
    """A small dealership whose server has the old key and was told the new one, with a customer and his car."""
    both = Core.open(keyed(core.settings, TEST_KEY, NEW_KEY), clock)
    house = House(both, clock).build()
    customer = house.lead().customer_id
    house.do("rep1", AddNote(customer_id=customer, text="太太喜欢白色"))
    house.do("rep1", AddCar(customer_id=customer, vin=VIN, plate="沪A12345", name="ES6"))
    yield house
    both.close()


@pytest.fixture
def changed(house: House, clock: FixedClock) -> Iterator[Core]:
    """The same deployment opened with a new key that knows the old one, before anything is rotated."""
    core = Core.open(keyed(house.core.settings, NEW_KEY, TEST_KEY), clock)
    yield core
    core.close()


def sealed_values(core: Core) -> list[tuple[str, str]]:
    """Every stored text that is sealed, wherever it stands: (table.column, value)."""
    found = []
    with core.database.read() as session:
        for table in SQLModel.metadata.tables.values():
            for row in session.connection().execute(select(table)).mappings():
                for name, value in row.items():
                    text = value.decode("latin-1") if isinstance(value, bytes) else value
                    if isinstance(text, str) and text.startswith("v1:"):
                        found.append((f"{table.name}.{name}", text))
    return found


def turn(core: Core, batch: int = 500) -> rotate.Rotated:
    return rotate.rotate(core.database, core.cipher, NOW, batch=batch)


@pytest.mark.parametrize("batch", [1, 3, 500])
def test_afterwards_nothing_is_left_under_the_old_key(changed: Core, batch: int) -> None:
    before = sealed_values(changed)
    assert not any(value.startswith(changed.cipher.prefix) for _, value in before)
    assert rotate.left(changed.database, changed.cipher)
    done = turn(changed, batch)
    after = sealed_values(changed)
    assert [where for where, value in after if not value.startswith(changed.cipher.prefix)] == []
    assert len(after) == len(before) + 1, "the key of digests is kept, sealed"
    assert done.rows > 0
    assert done.broken == []
    assert rotate.left(changed.database, changed.cipher) == {}


def test_people_cars_and_notes_are_found_before_and_after(
    changed: Core, house: House, clock: FixedClock
) -> None:
    def look(core: Core) -> tuple[Any, ...]:
        rep = core.actor("rep1")
        (found,) = core.ask(FindCustomers(words="13800138011"), rep)
        (tail,) = core.ask(FindCustomers(words="8011"), rep)
        car = core.ask(FindCar(vin=VIN), rep)
        told = core.ask(CustomerHistory(customer_id=found.id, kinds=("note",)), rep)
        return found.id, tail.id, car.id, core.ask(FindCar(plate="沪A12345"), rep).id, [v.text for v in told]

    before = look(changed)
    assert before == look(house.core)
    assert before[-1] == ["太太喜欢白色"]
    turn(changed)
    assert look(changed) == before
    alone = Core.open(keyed(changed.settings, NEW_KEY), clock)
    assert look(alone) == before
    alone.close()


def test_a_phone_stays_one_person_while_both_keys_are_in_use(changed: Core, house: House) -> None:
    for core, phone in ((changed, "13800138011"), (house.core, "13700002222"), (changed, "13700002222")):
        rep = core.actor("rep1")
        core.execute(CreateLead(name="李芳", phone=phone, vehicle="ET5", keep=True), rep)
    for _ in range(2):
        for phone in ("13800138011", "13700002222"):
            assert len(changed.ask(FindCustomers(words=phone), changed.actor("rep1"))) == 1
        turn(changed)


def test_a_key_used_before_the_change_still_acts_once(changed: Core, house: House, clock: FixedClock) -> None:
    lead, intake = (
        CreateLead(name="王磊", phone="13911112222", vehicle="ES6"),
        changed.intake("starway", "starway."),
    )
    first = house.core.execute(lead, intake, key="form-1")
    assert changed.execute(lead, intake, key="form-1").again
    turn(changed)
    for core in (changed, alone := Core.open(keyed(changed.settings, NEW_KEY), clock)):
        again = core.execute(lead, intake, key="form-1")
        assert (again.id, again.again) == (first.id, True)
    third = Core.open(keyed(changed.settings, "k" * 40, NEW_KEY), clock)
    turn(third)
    assert third.execute(lead, intake, key="form-1").again, "a second change keeps it too"
    third.close()
    alone.close()


def test_a_key_opens_alone_before_the_change_or_after_it(
    changed: Core, core: Core, clock: FixedClock
) -> None:
    Core.open(core.settings, clock).close()
    with pytest.raises(ConfigError, match="another key"):
        Core.open(keyed(core.settings, NEW_KEY), clock)
    turn(changed)
    Core.open(keyed(core.settings, NEW_KEY), clock).close()
    with pytest.raises(ConfigError, match="another key"):
        Core.open(core.settings, clock)


def test_cut_off_in_the_middle_it_goes_on_where_it_was(
    changed: Core, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = sum(rotate.left(changed.database, changed.cipher).values())
    write = rotate._write
    writes: list[int] = []

    def cut(*args: Any) -> int:
        if len(writes) == 4:
            raise Unavailable
        writes.append(write(*args))
        return writes[-1]

    monkeypatch.setattr(rotate, "_write", cut)
    with pytest.raises(Unavailable):
        turn(changed, batch=2)
    monkeypatch.undo()
    left = sum(rotate.left(changed.database, changed.cipher).values())
    assert left == whole - sum(writes)
    assert turn(changed).rows == left


def test_what_a_server_writes_with_the_old_key_meanwhile_is_taken_along(
    changed: Core, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    rotate_table = rotate._rotate_table
    written: list[Any] = []

    def busy(table: Table, *args: Any) -> None:
        rotate_table(table, *args)
        if table.name == "records" and not written:
            written.append(house.lead(phone="13700001111"))

    monkeypatch.setattr(rotate, "_rotate_table", busy)
    turn(changed)
    assert written
    assert rotate.left(changed.database, changed.cipher) == {}


def test_a_server_that_goes_on_with_the_old_key_is_told_of(
    changed: Core, house: House, monkeypatch: pytest.MonkeyPatch, clock: FixedClock
) -> None:
    rotate_table, customer = rotate._rotate_table, house.lead().customer_id

    def stubborn(table: Table, *args: Any) -> None:
        rotate_table(table, *args)
        if table.name == "records":
            house.do("rep1", AddNote(customer_id=customer, text="还是旧的"))

    monkeypatch.setattr(rotate, "_rotate_table", stubborn)
    with pytest.raises(ConfigError, match="a server still writes with another key"):
        turn(changed)
    assert changed.leases.recall(rotate.KEY_FACT) == house.core.cipher.key_id, (
        "the old key stays the noted one"
    )


def test_values_that_do_not_open_are_named_and_left_alone(changed: Core, house: House) -> None:
    house.do("rep1", AddNote(customer_id=house.lead().customer_id, text="又一条"))
    records = SQLModel.metadata.tables["records"]
    with changed.database.write() as session:
        rows = session.connection().execute(select(records).order_by(records.c.id)).mappings().all()
        assert len(rows) == 2
        for row in rows:
            spoilt = row["text_enc"][:-8] + "AAAAAAA="
            session.connection().execute(records.update().where(records.c.id == row["id"]).values(text_enc=spoilt))
    done = turn(changed)
    assert done.broken == [f"records.text_enc#{row['id']}" for row in rows]
    assert rotate.left(changed.database, changed.cipher) == {"records": 2}
    assert changed.leases.recall(rotate.KEY_FACT) == changed.cipher.key_id
    assert turn(changed).broken == done.broken


# Every table


def test_every_blind_index_is_made_anew() -> None:
    load_tables()
    columns = {
        f"{t.name}.{c.name}"
        for t in SQLModel.metadata.tables.values()
        for c in t.c
        if c.name.endswith("_index")
    }
    known = {f"{table}.{index.column}" for table, indexes in rotate.INDEXES.items() for index in indexes}
    assert columns == known


def test_every_sealed_table_has_an_id_and_cells_name_tables_there_are() -> None:
    load_tables()
    sealed = {table.name: table for table in rotate.sealed_tables()}
    assert [name for name, table in sealed.items() if [c.name for c in table.primary_key] != ["id"]] == []
    assert set(rotate.CELLS) | set(rotate.INDEXES) | {table for table, _ in rotate.SEALED_BYTES} <= set(
        sealed
    )


def python_type(column: Any) -> type:
    return getattr(column.type, "impl_instance", column.type).python_type  # type: ignore[no-any-return]


def any_value(column: Any) -> Any:
    """Something that fits a column."""
    if isinstance(column.type, UtcDateTime):
        return NOW
    if isinstance(column.type, JSON):
        return {}
    made = {str: column.name[:2], int: 1, float: 1.0, bool: False, bytes: b"x", date: NOW.date()}
    return made[python_type(column)]


load_tables()


@pytest.mark.parametrize("table", rotate.sealed_tables(), ids=lambda table: table.name)
def test_a_row_of_each_table_is_sealed_anew(
    table: Table, sqlite_url: str, tmp_path: Any, clock: FixedClock
) -> None:
    settings = Settings(
        _env_file=None, data_dir=tmp_path, database_url=sqlite_url, secret_key=SecretStr(TEST_KEY)
    )
    old = Core.open(settings, clock)
    values = {c.name: any_value(c) for c in table.c if not c.nullable and c.server_default is None}
    values["id"] = 1 if python_type(table.c.id) is int else "01TEST"
    cell = rotate.CELLS.get(table.name, lambda row: str(row["id"]))(values)
    for column in rotate.sealed_columns(table):
        name = f"{table.name}.{column.name.removesuffix('_enc')}.{cell}"
        text = python_type(column) is str
        values[column.name] = old.cipher.seal(name, "暗") if text else old.cipher.seal_bytes(name, b"dark")
    with old.database.write() as session:
        session.connection().execute(insert(table).values(values))
    old.close()
    core = Core.open(keyed(settings, NEW_KEY, TEST_KEY), clock)
    assert turn(core).rows == 1
    with core.database.read() as session:
        row = session.connection().execute(select(table)).mappings().one()
    for column in rotate.sealed_columns(table):
        name = f"{table.name}.{column.name.removesuffix('_enc')}.{cell}"
        if python_type(column) is str:
            assert row[column.name].startswith(core.cipher.prefix)
            assert core.cipher.open(name, row[column.name]) == "暗"
        else:
            assert core.cipher.open_bytes(name, row[column.name]) == b"dark"
    core.close()


def test_everybody_is_found_at_any_moment_of_the_change(changed: Core, house: House) -> None:
    for number in range(30):
        house.lead(phone=f"139{number:08d}")
    over, missed, looks = threading.Event(), [], [0]

    def look(core: Core) -> None:
        rep = core.actor("rep1")
        while not over.is_set():
            for number in range(30):
                looks[0] += 1
                if len(core.ask(FindCustomers(words=f"139{number:08d}"), rep)) != 1:
                    missed.append(number)

    lookers = [threading.Thread(target=look, args=(core,)) for core in (changed, house.core)]
    for looker in lookers:
        looker.start()
    turn(changed, batch=2)
    over.set()
    for looker in lookers:
        looker.join()
    assert looks[0] > 30
    assert missed == []
