"""Suite I: whatever somebody writes stays words: in Telegram, WeCom and the web chat, in sheets, and in the database."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from openpyxl import load_workbook

from bot.channels.telegram.drawing import html
from bot.channels.telegram.drawing import parts as telegram_parts
from bot.channels.wecom.app import CAPABILITIES as WECOM
from bot.channels.wecom.cards import Frame
from bot.channels.wecom.cards import parts as wecom_parts
from bot.ports import Card, Field, Outbound
from bot.reception import degrade
from crm_core.api import Core
from crm_core.customers.messages import AddCustomer, AddNote, CustomerCard, FindCustomers
from crm_core.imports.report import ImportReport, write_reports
from crm_core.kernel.pii import clean_text
from crm_core.privacy.lists import workbook
from tests.support.hostile import rows_elsewhere
from tests.trust.support.sinks import hostile_strings
from tests.trust.support.size import seeds, size
from tests.web.conftest import open_copy

pytestmark = pytest.mark.trust
MANY = size(300, 2_000)
TAGS = {"b", "s"}
# What a messenger makes a link, a mention, a tag or a command of.
LINKS = re.compile(r"\w://|(?<![\w.])[\w-]+\.(?:example|com|cn|org)\b|[@#]\w|(?<![\w/<])/[A-Za-z]", re.A)
_FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def strings() -> list[str]:
    return [one for seed in seeds() for one in hostile_strings(MANY, seed)]


def card_of(words: str) -> Outbound:
    """A card whose every place holds what somebody wrote."""
    field = Field("备注", words, was=words, words=words, emph=True)
    return Outbound(card=Card(kind="lead", title=words, fields=(field, Field(words, words))))


class Tags(HTMLParser):
    """The entities Telegram would see."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.seen: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag if not attrs else f"{tag} {attrs}")

    def handle_data(self, data: str) -> None:
        self.text += data


def drawn(message: Outbound) -> Tags:
    found = Tags()
    for part in telegram_parts(message):
        found.feed(part["html"])
    found.close()
    return found


def test_telegram_sees_no_tag_link_or_mention_of_theirs() -> None:
    for words in strings():
        seen = drawn(card_of(words))
        assert set(seen.seen) <= TAGS, words
        assert LINKS.findall(seen.text) == [], words
        # What was said is still there for whoever reads.
        assert clean_text(seen.text).count(clean_text(words)[:20].strip()) >= 1 or len(words) > 900, words


def test_words_outside_cards_are_escaped_too() -> None:
    for words in strings():
        seen = Tags()
        seen.feed(html(Outbound(text=words)))
        seen.close()
        assert seen.seen == [], words


def test_wecom_sees_no_markup_link_or_mention_of_theirs() -> None:
    frame = Frame("A-1", "task")
    for words in strings():
        for part in wecom_parts(card_of(words), frame, WECOM):
            said = part.get("markdown", {}).get("content", "").replace('<font color="comment">A-1</font>', "")
            inside = said.partition("**\n")[2]
            assert "<" not in said, words
            assert "](" not in said, words
            assert not re.search(r"[`*\[\]]|^#", inside, re.M), words
            assert LINKS.findall(said) == [], words


def test_sheets_hold_text_and_no_formula() -> None:
    rows = [[one, f"x{one}"] for one in strings()]
    book = load_workbook(io.BytesIO(workbook(rows)))
    cells = [cell for row in book.active.iter_rows() for cell in row]
    assert [cell.value for cell in cells if cell.data_type == "f"] == []
    assert [cell.value for cell in cells if str(cell.value or "").startswith(_FORMULAS)] == []


def test_rejected_rows_hold_no_formula(tmp_path: Path) -> None:
    report = ImportReport("customers")
    report.rejected = [(n, "error.unknown", {}, [one]) for n, one in enumerate(strings())]
    write_reports(tmp_path / "a.csv", ["name"], report, None)
    assert report.rejected_path is not None
    with report.rejected_path.open(encoding="utf-8-sig", newline="") as file:
        cells = [cell for row in list(csv.reader(file))[1:] for cell in row]
    assert len(cells) == 3 * len(report.rejected)
    assert [cell for cell in cells if cell.startswith(_FORMULAS)] == []


@pytest.fixture
def small(small_sqlite: Path, tmp_path: Path) -> Iterator[Core]:
    core = open_copy(small_sqlite, tmp_path)
    yield core
    core.close()


def test_the_database_keeps_words_as_words(small: Core) -> None:
    rep = small.actor("rep1")
    before, made = rows_elsewhere(small), 0
    for number, words in enumerate(strings()[: size(120, 2_000)]):
        name = clean_text(words)[:60] or "无名"
        customer = small.execute(AddCustomer(name=f"客{number}{name}", phones=(), unit=rep.unit, owner_id=rep.id),
                                 small.system("starway")).id  # fmt: skip
        small.execute(AddNote(customer_id=customer, text=f"记{words}"), rep)
        shown = small.ask(CustomerCard(customer_id=customer), rep)
        assert shown.id == customer
        small.ask(FindCustomers(words=words[:80] or "x"), rep)
        made += 1
    after = rows_elsewhere(small)
    assert after["customers"] - before["customers"] == made
    assert after["leads"] == before["leads"]


def test_red_without_escapes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.channels.telegram.drawing.escape", lambda text, quote: text)
    with pytest.raises(AssertionError):
        test_telegram_sees_no_tag_link_or_mention_of_theirs()


def test_red_when_addresses_stay_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(degrade, "plain_card", lambda card: card)
    with pytest.raises(AssertionError):
        test_telegram_sees_no_tag_link_or_mention_of_theirs()


def test_red_when_cells_are_written_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crm_core.privacy.lists.harmless", str)
    with pytest.raises(Exception, match=r"assert|cannot be used"):
        test_sheets_hold_text_and_no_formula()
