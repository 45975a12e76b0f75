"""Personal data at rest: nothing readable in the files, values bound to their cells, keys that must fit."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr
from sqlalchemy import select, text

from crm_core.api import Core, check_settings
from crm_core.customers.messages import AddNote, CustomerHistory, FindCustomers, LogContact
from crm_core.customers.tables import ContactPoint, Record
from crm_core.kernel.clock import FixedClock
from crm_core.kernel.errors import ConfigError
from crm_core.kernel.pii import Cipher, clean_text, mask_phone, mask_tail
from crm_core.kernel.settings import Settings
from crm_core.leads.messages import CreateLead, MarkContacted
from tests.conftest import TEST_KEY
from tests.core.deals.house import House

CIPHER = Cipher("a" * 40)
SECRETS = ("13800138011", "13911112222", "1380013801x", "预算三十万", "太太喜欢白色", "下周二再来", "zhang@example.com")


def everything_stored(house: House, tmp_path: Path) -> bytes:
    """The database's files byte by byte; of PostgreSQL every row of every table as text."""
    settings = house.core.settings
    if settings.is_sqlite:
        base = Path(settings.url.removeprefix("sqlite:///"))
        return b"".join(path.read_bytes() for path in base.parent.glob(base.name + "*"))
    with house.core.database.read() as session:
        names = session.execute(text("select tablename from pg_tables where schemaname = 'public'")).scalars().all()
        found = [session.execute(text(f'select row_to_json(t) from "{name}" t')).scalars().all() for name in names]
    return json.dumps(found, ensure_ascii=False, default=str).encode()


def test_no_phone_and_no_note_can_be_read_in_the_files(house: House, tmp_path: Path) -> None:
    house.core.execute(
        CreateLead(name="张伟", phone="13800138011", vehicle="ES6", message="预算三十万", email="zhang@example.com"),
        house.core.intake("starway", "starway."), key="lead-1",
    )  # fmt: skip
    house.core.execute(CreateLead(phone="13911112222", vehicle="ES6"), house.core.intake("starway", "starway."))
    house.job(CreateLead(phone="1380013801x", vehicle="ET5", unit="starway.east.pudong."))
    lead = house.lead(phone="13911112222")
    house.do("rep1", AddNote(customer_id=lead.customer_id, text="太太喜欢白色"))
    house.do("rep1", MarkContacted(lead_id=lead.id, outcome="下周二再来"))
    house.do("rep1", LogContact(customer_id=lead.customer_id, text="13911112222", outcome="13911112222"))
    stored = everything_stored(house, tmp_path)
    assert "张伟".encode() in stored, "names are searched and stay readable"
    assert [secret for secret in SECRETS if secret.encode() in stored] == []


def test_a_sentence_given_as_outcome_is_kept_with_the_text(house: House) -> None:
    lead = house.lead()
    house.do("rep1", MarkContacted(lead_id=lead.id, outcome="下周二再来", text="很客气"))
    told = house.ask("rep1", CustomerHistory(customer_id=lead.customer_id, kinds=("call",)))
    assert [(view.outcome, view.text) for view in told] == [("other", "下周二再来\n很客气")]


def test_a_value_moved_to_another_row_does_not_open(house: House) -> None:
    customer = house.customer()
    for words in ("一", "二"):
        house.do("rep1", AddNote(customer_id=customer, text=words))
    with house.core.database.write() as session:
        first, second = session.execute(select(Record)).scalars()
        first.text_enc, second.text_enc = second.text_enc, first.text_enc
    with pytest.raises(ValueError, match=r"does not belong to records\.text"):
        house.ask("rep1", CustomerHistory(customer_id=customer))


def test_another_key_stops_the_start_and_says_why(core: Core, clock: FixedClock) -> None:
    other = core.settings.model_copy(update={"secret_key": SecretStr("another key, long enough, but another one")})
    with pytest.raises(ConfigError) as error:
        Core.open(other, clock)
    assert error.value.where == "CHEXIN_SECRET_KEY"
    assert "another key" in str(error.value)
    Core.open(core.settings, clock).close()


def test_the_tail_of_a_phone_finds_its_owner(house: House) -> None:
    house.lead(phone="+86 138 0013 8011")
    (point,) = house.rows(ContactPoint)
    assert point.value_index != point.tail_index
    for words in ("8011", "13800138011", "138 0013 8011"):
        assert [line.name for line in house.ask("rep1", FindCustomers(words=words))] == ["李芳"]
    assert house.ask("rep1", FindCustomers(words="8012")) == []


def test_the_kept_key_is_private_and_made_once(tmp_path: Path) -> None:
    settings = Settings(_env_file=None, data_dir=tmp_path / "new")
    key = settings.key()
    assert settings.key() == key
    assert len(key) == 64
    (kept,) = [path for path in (tmp_path / "new").iterdir() if path.read_text().strip() == key]
    assert kept.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("url", "key", "says"),
    [
        ("postgresql://db/x", "", "CHEXIN_SECRET_KEY"),
        ("", "short", "needs 32 or more characters, it has 5"),
        ("postgresql://db/x", "short", "needs 32 or more"),
    ],
)
def test_a_missing_or_short_key_is_a_clear_error(tmp_path: Path, url: str, key: str, says: str) -> None:
    settings = Settings(_env_file=None, data_dir=tmp_path, database_url=url, secret_key=SecretStr(key))
    with pytest.raises(ConfigError, match=says):
        settings.key()
    assert [problem for problem in check_settings(settings) if says in problem]


def test_a_short_old_key_is_told_of(tmp_path: Path) -> None:
    settings = Settings(_env_file=None, data_dir=tmp_path, old_secret_keys=SecretStr(f"{TEST_KEY},short"))
    assert [problem for problem in check_settings(settings) if problem.startswith("CHEXIN_OLD_SECRET_KEYS: needs 32")]


def test_settings_show_neither_key_nor_password(tmp_path: Path) -> None:
    settings = Settings(_env_file=None, data_dir=tmp_path, secret_key=SecretStr(TEST_KEY),
                        database_url="postgresql://chexin:hunter2@db/chexin")  # fmt: skip
    assert "hunter2" not in f"{settings!r} {settings}"
    assert TEST_KEY not in f"{settings!r} {settings}"


@given(st.text(max_size=200))
def test_what_is_sealed_opens_again_and_looks_different_each_time(words: str) -> None:
    once, twice = CIPHER.seal("t.c.1", words), CIPHER.seal("t.c.1", words)
    assert once != twice
    assert CIPHER.open("t.c.1", once) == CIPHER.open("t.c.1", twice) == words
    with pytest.raises(ValueError, match="does not belong"):
        CIPHER.open("t.c.2", once)


def test_every_changed_character_is_noticed() -> None:
    sealed = CIPHER.seal("t.c.1", "13800138011")
    version, key_id, body = sealed.split(":")
    for i, char in enumerate(body[:-4]):
        changed = body[:i] + ("A" if char != "A" else "B") + body[i + 1 :]
        with pytest.raises(ValueError, match="does not belong"):
            CIPHER.open("t.c.1", f"{version}:{key_id}:{changed}")


def test_a_blind_index_depends_on_key_and_purpose() -> None:
    made = {
        CIPHER.index("phone", "13800138011"), CIPHER.index("phone-tail", "13800138011"),
        CIPHER.index("phone", "13800138012"), Cipher("b" * 40).index("phone", "13800138011"),
    }  # fmt: skip
    assert len(made) == 4
    assert all(len(index) == 32 for index in made)
    assert CIPHER.index("phone", "13800138011") in made


@pytest.mark.parametrize(
    ("phone", "shown"),
    [("13812345678", "138****5678"), ("+8613812345678", "+86138****5678"), ("12345", "***45"), ("1", "1"), ("", "")],
)
def test_masked_phones(phone: str, shown: str) -> None:
    assert mask_phone(phone) == shown


def test_masked_tails_and_cleaned_text() -> None:
    assert mask_tail("LSVAB2BR0EN123456", 6) == "***********123456"
    assert clean_text(" 张\u200b伟\u202e\x00\n第二行\t ") == "张伟\n第二行"
