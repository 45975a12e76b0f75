"""Names that look alike are kept alike: nothing invisible, nothing that turns a line around, one spelling to find them."""

from __future__ import annotations

import random
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest

from crm_core.api import Core
from crm_core.customers import rules
from crm_core.customers.messages import AddCustomer, CustomerCard, FindCustomers
from crm_core.customers.rules import plain_name
from tests.trust.support.size import FIXED_SEED, size
from tests.web.conftest import open_copy

pytestmark = pytest.mark.trust
UNSEEN = ("\u200b", "\u200c", "\u200d", "\u2060", "\ufeff", "\u202a", "\u202e",
          "\u202c", "\u2066", "\u2069", "\u061c", "\xad")
NAMES = ("张伟", "欧阳娜娜", "Daniel Wu", "O'Brien", "王小明", "Zhao Min", "李建国", "Anna-Maria Li")
MANY = size(300, 2_000)


def disguised(name: str, chance: random.Random) -> str:
    """The same name to whoever reads it: with unseen characters, or in wide letters."""
    spelt = "".join(_wide(c) if chance.random() < 0.4 else c for c in name)
    for _ in range(chance.randint(1, 6)):
        at = chance.randrange(len(spelt) + 1)
        spelt = spelt[:at] + chance.choice(UNSEEN) + spelt[at:]
    return spelt


def _wide(char: str) -> str:
    return chr(ord(char) + 0xFEE0) if char.isascii() and char.isalnum() else char


def variants() -> list[tuple[str, str]]:
    chance = random.Random(FIXED_SEED)
    return [(name, disguised(name, chance)) for _ in range(MANY // len(NAMES)) for name in NAMES]


def test_each_disguise_is_kept_as_the_name_itself() -> None:
    for name, spelt in variants():
        assert plain_name(spelt) == name, [hex(ord(c)) for c in spelt]


def test_nothing_unseen_is_left() -> None:
    for _, spelt in variants():
        assert not [c for c in plain_name(spelt) if unicodedata.category(c) in ("Cf", "Cc", "Cs")]


@pytest.fixture
def small(small_sqlite: Path, tmp_path: Path) -> Iterator[Core]:
    core = open_copy(small_sqlite, tmp_path)
    yield core
    core.close()


def test_it_is_found_by_what_people_see(small: Core) -> None:
    rep = small.actor("rep1")
    for name, spelt in variants()[: len(NAMES)]:
        made = small.execute(AddCustomer(name=spelt, phones=(), unit=rep.unit, owner_id=rep.id), small.system("starway"))
        assert small.ask(CustomerCard(customer_id=made.id), rep).name == name
        assert made.id in [line.id for line in small.ask(FindCustomers(words=name), rep)]


def test_red_when_names_are_kept_as_they_come(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "clean_text", lambda text: text)
    with pytest.raises(AssertionError):
        test_each_disguise_is_kept_as_the_name_itself()
