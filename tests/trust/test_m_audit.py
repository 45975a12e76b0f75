"""Suite M: whoever changes, deletes, moves, cuts off or makes anew a line of the audit is found out (T34)."""

from __future__ import annotations

import copy
import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import delete, select, update

from crm_core.api import Core
from crm_core.customers.messages import AddNote
from crm_core.kernel import anchors, audit, audit_check
from crm_core.kernel.anchors import Anchor
from crm_core.kernel.audit_check import check
from crm_core.kernel.clock import FixedClock
from crm_core.kernel.pii import Cipher
from tests.conftest import TEST_KEY
from tests.core.deals.house import House
from tests.trust.support.size import seeds, size

pytestmark = pytest.mark.trust
LINES, HEADS = audit._LINES, audit._HEADS
Row = dict[str, Any]


@dataclass
class Book:
    """The audit as rows, the anchors as they were taken, and an old copy of the chains' ends."""

    lines: list[Row]
    heads: list[Row]
    anchors: tuple[Anchor, ...]
    old_heads: list[Row]

    def found(self, cipher: Cipher) -> bool:
        self.lines.sort(key=lambda line: line["id"])
        return not check(self.lines, self.heads, cipher, self.anchors).whole


@pytest.fixture
def house(core: Core, clock: FixedClock) -> House:
    return House(core, clock).build()


def write_some(house: House, count: int) -> None:
    customer = house.lead().customer_id
    for n in range(count):
        house.do("rep1", AddNote(customer_id=customer, text=f"第{n}条"))


def rows(core: Core, table: Any) -> list[Row]:
    with core.database.read() as session:
        return [dict(row) for row in session.connection().execute(select(table).order_by(table.c.id)).mappings()]


@pytest.fixture
def book(house: House) -> Book:
    core = house.core
    write_some(house, 12)
    old = rows(core, HEADS)
    write_some(house, 12)
    core.anchors.write(core.now(), "hour")
    ours = Book(rows(core, LINES), rows(core, HEADS), tuple(core.anchors.read()[0]), old)
    assert len(ours.lines) > 24
    return ours


# What somebody with the database in his hands may try: without the key, with an old copy of it, and with the key.


def edit(book: Book, dice: random.Random, cipher: Cipher) -> None:
    line = dice.choice(book.lines)
    name = dice.choice(["tenant", "actor_id", "action", "resource", "record_id", "reason", "fields", "at", "mac",
                        "values_mac", "position"])  # fmt: skip
    old = line[name]
    if name == "at":
        line[name] = old.replace(year=old.year - dice.randint(1, 9))
    elif name == "position":
        line[name] = old + dice.choice([-1, 1, 1000])
    else:
        line[name] = (old or "") + dice.choice("xyz0")


def drop(book: Book, dice: random.Random, cipher: Cipher) -> None:
    del book.lines[dice.randrange(len(book.lines) - 1)]


def swap_places(book: Book, dice: random.Random, cipher: Cipher) -> None:
    one, other = dice.sample(book.lines, 2)
    one["id"], other["id"] = other["id"], one["id"]


def swap_contents(book: Book, dice: random.Random, cipher: Cipher) -> None:
    one, other = dice.sample(book.lines, 2)
    for name in one.keys() - {"id", "chain", "position"}:
        one[name], other[name] = other[name], one[name]


def cut(book: Book, dice: random.Random, cipher: Cipher) -> None:
    """The last lines, with the end moved back as far as that goes without the key."""
    del book.lines[-dice.randint(1, 9) :]
    if dice.random() < 0.7:
        last = book.lines[-1]
        book.heads[0] |= {"position": last["position"], "mac": last["mac"]}


def go_back(book: Book, dice: random.Random, cipher: Cipher) -> None:
    """The whole database as it was earlier: only what was anchored since tells."""
    end = book.old_heads[0]
    book.lines = [line for line in book.lines if line["position"] <= end["position"]]
    book.heads = [dict(end)]
    if dice.random() < 0.5:
        add_behind(book, dice, cipher)


def add_behind(book: Book, dice: random.Random, cipher: Cipher) -> None:
    last = book.lines[-1]
    book.lines.append(last | {"id": last["id"] + 1, "position": last["position"] + 1, "action": "nothing"})


def without_a_chain(book: Book, dice: random.Random, cipher: Cipher) -> None:
    line = dice.choice(book.lines[1:])
    line |= {"chain": None, "position": None, "mac": None}


def take_values(book: Book, dice: random.Random, cipher: Cipher) -> None:
    line = dice.choice([line for line in book.lines if line["values_enc"]])
    line["values_enc"] = None
    if dice.random() < 0.5:
        line["cleared"] = "0" * 32


def other_values(book: Book, dice: random.Random, cipher: Cipher) -> None:
    """Sealed values of the same record put into another line, which open there."""
    full = [line for line in book.lines if line["values_enc"]]
    one = dice.choice(full)
    same = [line for line in full if line["record_id"] == one["record_id"] and line is not one]
    one["values_enc"] = dice.choice(same)["values_enc"] if same else one["values_enc"][:-4] + "AAA="


def lose_the_end(book: Book, dice: random.Random, cipher: Cipher) -> None:
    book.heads.clear()


def make_anew(book: Book, dice: random.Random, cipher: Cipher) -> None:
    """With the key: a line is changed and every digest after it made again, and the end sealed again."""
    start = dice.randrange(len(book.lines))
    book.lines[start]["action"] = "nothing"
    mac = book.lines[start - 1]["mac"] if start else ""
    for line in book.lines[start:]:
        mac = line["mac"] = audit.link(cipher, line, mac)
    end = book.lines[-1]
    book.heads[0] |= {"mac": mac, "seal": audit.end_seal(cipher, 0, end["position"], mac)}


WAYS: tuple[Callable[[Book, random.Random, Cipher], None], ...] = (
    edit, edit, edit, drop, swap_places, swap_contents, cut, go_back, add_behind, without_a_chain, take_values,
    other_values, lose_the_end, make_anew,
)  # fmt: skip


def tamper(book: Book, cipher: Cipher, seed: int, times: int) -> Counter[str]:
    """Each time on a fresh copy; returns what was not found, by the way it was done."""
    dice, missed = random.Random(seed), Counter[str]()
    for _ in range(times):
        way, mine = dice.choice(WAYS), copy.deepcopy(book)
        way(mine, dice, cipher)
        if not mine.found(cipher):
            missed[way.__name__] += 1
    return missed


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("seed", seeds())
def test_every_tampering_is_found(book: Book, core: Core, seed: int) -> None:
    print("seed", seed)
    assert not copy.deepcopy(book).found(core.cipher)
    assert tamper(book, core.cipher, seed, size(400, 10_000)) == {}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("bug", "slips"), [
    ("ends", "cut"), ("anchors", "make_anew"), ("covered", "edit"), ("cleared", "take_values"), ("back", "go_back"),
])  # fmt: skip
def test_the_suite_goes_red(book: Book, core: Core, monkeypatch: pytest.MonkeyPatch, bug: str, slips: str) -> None:
    """Planted: no look at the ends, no anchors, a field that is not covered, values anybody may take away."""
    if bug == "ends":
        monkeypatch.setattr(audit_check, "_ends", lambda *args: iter(()))
        book.anchors = ()
    elif bug in ("anchors", "back"):
        monkeypatch.setattr(audit_check, "expected", lambda anchors: {})
    elif bug == "covered":
        monkeypatch.setattr(audit, "_COVERED", ("tenant",))
        relink(book, core.cipher)
    else:
        monkeypatch.setattr(audit_check, "_values_wrong", lambda line, cipher: "")
    assert tamper(book, core.cipher, 1, 300)[slips] > 0


def relink(book: Book, cipher: Cipher) -> None:
    mac = ""
    for line in book.lines:
        mac = line["mac"] = audit.link(cipher, line, mac)
    book.heads[0] |= {"mac": mac, "seal": audit.end_seal(cipher, 0, book.lines[-1]["position"], mac)}
    book.anchors = ()


# In the database itself, on both


DONE_IN_SQL: dict[str, Callable[[Row], Any]] = {
    "edit": lambda last: update(LINES).where(LINES.c.id == last["id"] - 3).values(actor_id="nobody"),
    "delete": lambda last: delete(LINES).where(LINES.c.id == last["id"] - 3),
    "cut": lambda last: delete(LINES).where(LINES.c.id == last["id"]),
    "values": lambda last: update(LINES).where(LINES.c.id == last["id"]).values(values_enc=None),
    "end": lambda last: update(HEADS).where(HEADS.c.id == last["chain"]).values(position=HEADS.c.position - 1),
}


@pytest.fixture
def owner(core: Core) -> Iterator[Any]:
    """A connection of whoever has the database itself in his hands."""
    from crm_core.kernel.db import make_engine

    engine = make_engine(core.database.url)
    yield engine
    engine.dispose()


@pytest.mark.parametrize("way", DONE_IN_SQL)
def test_what_is_done_in_the_database_is_found_and_stays_found(house: House, owner: Any, way: str) -> None:
    write_some(house, 6)
    assert house.core.verify_audit().whole
    with owner.connect().execution_options(chexin_write=True) as connection, connection.begin():
        connection.execute(DONE_IN_SQL[way](rows(house.core, LINES)[-1]))
    assert not house.core.verify_audit().whole
    write_some(house, 3)
    assert not house.core.verify_audit().whole, "what is written afterwards does not cover it up"


def test_values_are_erased_and_keys_changed_without_a_break(house: House) -> None:
    from pydantic import SecretStr

    from crm_core.kernel import rotate

    core = house.core
    write_some(house, 4)
    lines = [line for line in rows(core, LINES) if line["values_enc"]]
    assert all(audit.values_of(core.cipher, line) for line in lines)
    with core.database.write() as session:
        assert audit.clear_values(session, core.cipher, [lines[0]["id"]]) == 1
    assert core.verify_audit().whole
    keys = {"secret_key": SecretStr("n" * 40), "old_secret_keys": SecretStr(TEST_KEY)}
    new = Core.open(core.settings.model_copy(update=keys), core.clock)
    try:
        rotate.rotate(new.database, new.cipher, new.now())
        house.core = new
        write_some(house, 2)
        assert new.verify_audit().whole
        again = {line["id"]: audit.values_of(new.cipher, line) for line in rows(new, LINES)}
        assert again[lines[0]["id"]] == {}
        assert again[lines[1]["id"]] == audit.values_of(core.cipher, lines[1])
    finally:
        new.close()


# The anchors themselves


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_anchors_that_are_changed_or_gone_are_found(house: House) -> None:
    core, file = house.core, house.core.anchors.files[0]
    for _ in range(3):
        write_some(house, 2)
        core.anchors.write(core.now(), "hour")
    whole = file.read_text()
    for changed in (whole.replace("hour", "home", 1), "\n".join(whole.splitlines()[1:]) + "\n", "x\n" + whole):
        file.write_text(changed)
        assert not core.verify_audit().whole
    file.write_text(whole + '{"anchor": "cut off by a kil')
    assert core.verify_audit().whole
    write_some(house, 1)
    core.anchors.write(core.now(), "hour")
    assert len(core.anchors.read()[0]) == 4
    file.unlink()
    assert not core.verify_audit().whole


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_anchors_come_by_the_hour_and_by_number_and_only_when_there_is_something(
    house: House, clock: FixedClock
) -> None:
    core = house.core
    write_some(house, 1)
    assert core.anchors.write(core.now(), "hour", always=False)
    assert not core.anchors.write(core.now(), "hour", always=False)
    write_some(house, 1)
    assert not core.anchors.write(core.now(), "hour", always=False)
    clock.move_to(core.now() + anchors.EVERY)
    assert core.anchors.write(core.now(), "hour", always=False)
    assert not core.anchors.write(core.now() + anchors.EVERY, "hour", always=False)
    write_some(house, anchors.EVERY_LINES)
    assert core.anchors.write(core.now(), "hour", always=False)
