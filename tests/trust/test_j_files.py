"""Suite J: files made to hurt are refused in words, files of honest people are read, and nothing else stops meanwhile."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from crm_core.api import Core
from crm_core.chat.messages import KeepImage
from crm_core.kernel.errors import Invalid
from retrieval.documents import Document, Reader, limits
from retrieval.documents.limits import MAX_CHUNKS
from tests.retrieval.documents.test_hostile import CASES, outcome
from tests.support.files import docx, pdf, xlsx
from tests.trust.support.size import size
from tests.web.conftest import open_copy

pytestmark = pytest.mark.trust
TOPICS = ("刹车片更换周期", "机油规格", "轮胎换位", "Battery care", "Warranty terms", "Towing")
# As many as fit into seconds: a bomb takes its ten.
HOSTILE = CASES[:: size(6, 1)]
BAD_PICTURES = (b"", b"GIF89a" + bytes(32), b"<svg onload=alert(1)>", b"<html>", b"MZ" + bytes(64), b"\x89PNG", b"%PDF-1.7",
                b"\xff\xd8", b"RIFF0000WAVE", b"PK\x03\x04")  # fmt: skip


def good() -> Iterator[tuple[str, bytes]]:
    """Thirty files as dealers have them, of every kind."""
    for number, topic in enumerate(TOPICS):
        words = f"{topic}: every {number + 1}0000 km."
        yield f"{topic}.md", f"# {topic}\n\n{words}\n\n| a | b |\n|---|---|\n| 1 | 2 |".encode()
        yield f"{topic}.txt", words.encode("gb18030")
        yield f"{topic}.pdf", pdf([[(60, 700, 10, f"Notice {number}: replace every {number + 1}0000 km.")]])
        yield f"{topic}.docx", docx(f"# {topic}", words, [["part", "km"], ["pad", str(number)]])
        yield f"{topic}.xlsx", xlsx({topic[:20]: [["part", "km"], [topic, number]]})


def test_every_hostile_file_is_refused_in_words_or_read_within_limits() -> None:
    assert len(CASES) >= 100
    with Reader() as reader:
        for number, (name, content) in enumerate(HOSTILE):
            found = outcome(reader, name, content)
            if isinstance(found, Document):
                assert len(found.chunks) <= MAX_CHUNKS, (number, name)
                assert "root:" not in "".join(chunk.text for chunk in found.chunks), (number, name)
            else:
                assert found not in ("", "ok"), (number, name)


def test_every_good_file_is_read() -> None:
    files = list(good())
    assert len(files) == 30
    with Reader() as reader:
        unread = {name: found for name, content in files if isinstance(found := outcome(reader, name, content), str)}
    assert unread == {}


@pytest.fixture
def small(small_sqlite: Path, tmp_path: Path) -> Iterator[Core]:
    core = open_copy(small_sqlite, tmp_path)
    yield core
    core.close()


@pytest.mark.parametrize("content", BAD_PICTURES)
def test_what_is_no_picture_is_not_kept(small: Core, content: bytes) -> None:
    with pytest.raises(Invalid):
        small.execute(KeepImage(mime="image/png", content=content), small.actor("rep1"))


def test_a_picture_is_never_drawn_by_us(small: Core) -> None:
    """Two billion pixels in a hundred bytes cost nothing: pictures are kept and passed on as they came."""
    flood = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + (50_000).to_bytes(4, "big") * 2 + b"\x08\x06\x00\x00\x00" + bytes(64)
    kept = small.execute(KeepImage(mime="image/png", content=flood), small.actor("rep1"))
    assert kept.id


def test_red_when_sizes_an_archive_tells_are_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", b" " * (60 * limits.MB))
    with pytest.raises(limits.Unreadable):
        limits.check_zip(content.getvalue())
    monkeypatch.setattr(limits, "_unpacked", lambda archive, part, left: 0)
    limits.check_zip(content.getvalue())
