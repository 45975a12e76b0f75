"""Files made to hurt: each is refused in words or read within limits, and the next one is read as if nothing was."""

from __future__ import annotations

import io
import random
import struct
import zipfile
import zlib
from collections.abc import Iterator

import pytest

from retrieval.documents import Document, Reader, Unreadable
from retrieval.documents.limits import MAX_BYTES, MAX_CHUNKS, MAX_PAGES, MB
from retrieval.documents.reader import Given
from tests.support.files import docx, packed, pdf, xlsx

GOOD = b"# Tyres\n\nRotate them every 10000 km."
SHEET = "xl/worksheets/sheet1.xml"
CONTENT_TYPES = b'<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>'
Case = tuple[str, bytes]


def with_part(archive: bytes, part: str, content: bytes) -> bytes:
    """The same document with one part replaced."""
    with zipfile.ZipFile(io.BytesIO(archive)) as held:
        parts = {name: held.read(name) for name in held.namelist()}
    return packed(parts | {part: content})


def lying_zip(archive: bytes) -> bytes:
    """The sizes it tells of itself are all zero."""
    data, at = bytearray(archive), 0
    while (at := data.find(b"PK\x01\x02", at)) >= 0:
        data[at + 24 : at + 28] = struct.pack("<I", 0)
        at += 4
    return bytes(data)


def many_words(count: int) -> bytes:
    return pdf(["BT /F1 10 Tf 60 700 Td " + "(a) Tj " * count + "ET"], packed=True)


def bombs() -> Iterator[Case]:
    blank = b" " * (60 * MB)
    yield "bomb.xlsx", with_part(xlsx({"a": [["b", "c"]]}), "xl/sharedStrings.xml", blank)
    yield "bomb.docx", with_part(docx("x"), "word/document.xml", blank)
    yield "ratio.docx", with_part(docx("x"), "word/media/a.png", b"\0" * (5 * MB))
    yield "lying.xlsx", lying_zip(with_part(xlsx({"a": [["b", "c"]]}), "xl/sharedStrings.xml", blank))
    yield "parts.docx", packed({"word/document.xml": b"<a/>", **{f"p{n}": b"x" for n in range(3000)}})
    nested = packed({"a.zip": packed({"b.zip": packed({"c": b"0" * MB})})})
    yield "nested.docx", nested
    yield "nested.xlsx", with_part(xlsx({"a": [["b", "c"]]}), "xl/embedded.zip", nested)
    yield "stream.pdf", pdf([" " * (20 * MB)], packed=True)
    yield "words.pdf", many_words(5_000)


def entities() -> Iterator[Case]:
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "ha" * 10}">' for n in range(10))
    for outer in ("&l9;", "&x;"):
        head = f'<?xml version="1.0"?><!DOCTYPE d [{laughs}<!ENTITY x SYSTEM "file:///etc/passwd">]>'
        word = f'{head}<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body><w:p><w:r><w:t>{outer}</w:t></w:r></w:p></w:body></w:document>'
        sheet = f'{head}<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>{outer}</t></is></c></row></sheetData></worksheet>'  # noqa: E501
        yield "entity.docx", with_part(docx("x"), "word/document.xml", word.encode())
        yield "entity.xlsx", with_part(xlsx({"a": [["b", "c"]]}), SHEET, sheet.encode())
        yield "entity.html", f"{head}<html><body><p>{outer}</p></body></html>".encode()
    yield "alias.md", b"---\na: &a [x,x]\nb: &b [*a,*a]\ntitle: [*b,*b]\n---\ntext"
    yield "tag.md", b"---\ntitle: !!python/object/apply:os.system ['true']\n---\ntext"


def nested() -> Iterator[Case]:
    deep = 60_000
    body = "<w:p>" * deep + "</w:p>" * deep
    yield "deep.docx", with_part(docx("x"), "word/document.xml", f'<w:document xmlns:w="w">{body}</w:document>'.encode())
    yield "deep.xlsx", with_part(xlsx({"a": [["b", "c"]]}), SHEET, b"<a>" * deep + b"</a>" * deep)
    yield "deep.html", b"<div>" * deep + b"words" + b"</div>" * deep
    yield "tables.html", b"<table><tr><td>" * 5000 + b"x"
    yield "deep.md", b"> " * deep + b"words"
    yield "lists.md", b"\n".join(b" " * n + b"- x" for n in range(800))
    yield "brackets.md", b"[" * 200_000
    yield "stars.md", b"**a" * 100_000
    yield "pipes.md", b"|a" * 20_000 + b"\n" + b"|-" * 20_000
    yield "yaml.md", b"---\n" + b"[" * 20_000 + b"\n---\nx"
    yield "css.html", b"<style>" + b"a{b}" * 200_000 + b"</style><p>x</p>"
    yield "comment.html", b"<!--" * 100_000 + b"<p>x</p>"
    yield "span.html", b"<table><tr><td colspan=999999999>a</td><td colspan='-5'>b</td></tr></table>"


def pages() -> Iterator[Case]:
    yield "pages.pdf", pdf([[(60, 700, 10, "x" * 9)]] * (MAX_PAGES + 1))
    whole = pdf([[(60, 700, 10, "Brake pads thinner than 3 mm must be replaced.")]])
    yield "loop.pdf", whole.replace(b"/Kids[4 0 R]", b"/Kids[2 0 R]")
    yield "count.pdf", whole.replace(b"/Count 1", b"/Count 99999999")
    yield "length.pdf", whole.replace(b"/Length ", b"/Length 9999999")
    yield "box.pdf", whole.replace(b"[0 0 595 842]", b"[0 0 1e30 -1e30]")
    yield "startxref.pdf", whole.replace(b"startxref\n", b"startxref\n9")
    yield "js.pdf", whole.replace(b"/Type/Catalog", b"/Type/Catalog/OpenAction<</S/JavaScript/JS(app.alert(1))>>")
    yield "font.pdf", whole.replace(b"/BaseFont/Helvetica", b"/BaseFont/../../etc/passwd")
    yield "sizes.pdf", pdf([[(60, 700, size, "words") for size in (1e9, 1e-9, -12)]])


def polyglots() -> Iterator[Case]:
    whole = pdf([[(60, 700, 10, "Brake pads thinner than 3 mm.")]])
    yield "gif.pdf", b"GIF89a" + whole
    yield "zip.pdf", whole + packed({"word/document.xml": b"<a/>"})
    yield "pdf.docx", whole + docx("x")
    yield "html.pdf", b"<html>" + whole
    yield "script.md", b"<script>alert(1)</script>\n\n# Title\n\n<img src=x onerror=alert(1)>"
    yield "both.docx", packed({"word/document.xml": b"<a/>", "xl/workbook.xml": b"<b/>"})
    yield "slip.docx", packed({"word/document.xml": b"<a/>", "../../../../tmp/x": b"x", "/etc/x": b"x"})
    yield "case.DOCX", whole
    yield "nul.md", b"a\0b"
    yield "nuls.txt", b"\0" * 100_000
    yield "bell.md", b"\x07\x1b[2J" * 1000 + b"words"
    yield "line.md", b"a" * 600_000
    yield "lines.txt", b"a\n" * 200_000
    yield "blank.md", b" \n" * 200_000
    yield "cell.csv", b'"' + b"a" * 2_000_000
    yield "columns.csv", b"," * 500_000
    yield "quotes.csv", b'a,"b\n' * 50_000
    yield "rows.csv", b"a,b\n" * 60_000
    yield "large.txt", b"a" * (MAX_BYTES + 1)
    for name in ("../../etc/passwd.md", "a\0b.md", "a\nb.md", "CON.md", "x" * 3000 + ".md", "\u202egpj.md", "$(id).md"):
        yield name, GOOD


def spoilt() -> Iterator[Case]:
    """Honest files with bytes changed, cut off and repeated."""
    chance = random.Random(7)
    whole = {"a.pdf": pdf([[(60, 700, 10, "Brake pads.")]] * 3, packed=True), "a.docx": docx("# T", "Words.", [["a", "b"]]),
             "a.xlsx": xlsx({"S": [["a", "b"], [1, 2]]})}  # fmt: skip
    for name, content in whole.items():
        for _ in range(10):
            data = bytearray(content)
            for _ in range(chance.randrange(1, 40)):
                data[chance.randrange(8, len(data))] = chance.randrange(256)
            yield name, bytes(data)
        yield name, content[: len(content) // 2]
        yield name, content[:8] + content
        yield name, content[:5]


CASES = [*bombs(), *entities(), *nested(), *pages(), *polyglots(), *spoilt()]


def outcome(reader: Reader, name: str, content: bytes) -> Document | str:
    try:
        return reader.read(content, name, Given())
    except Unreadable as error:
        return error.key


def test_a_hundred_files_made_to_hurt() -> None:
    """None gets further than words or a document within limits, and an honest file between them is always read."""
    assert len(CASES) >= 100
    with Reader() as reader:
        for number, (name, content) in enumerate(CASES):
            found = outcome(reader, name, content)
            if isinstance(found, Document):
                assert len(found.chunks) <= MAX_CHUNKS, name
                assert "root:" not in "".join(chunk.text for chunk in found.chunks), name
                assert "\0" not in found.source + found.title, name
            else:
                assert found not in ("", "ok"), name
            if number % 10 == 0:
                good = outcome(reader, "good.md", GOOD)
                assert isinstance(good, Document), name
                assert good.chunks[0].text == "Rotate them every 10000 km.", name


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("bomb.xlsx", "ratio"), ("bomb.docx", "ratio"), ("ratio.docx", "ratio"), ("lying.xlsx", "ratio"),
        ("parts.docx", "unpacked"),
        ("nested.docx", "mismatch"), ("pages.pdf", "pages"), ("gif.pdf", "mismatch"), ("both.docx", "mismatch"),
        ("nul.md", "mismatch"), ("large.txt", "too_large"), ("alias.md", "front"), ("tag.md", "front"),
    ],
)  # fmt: skip
def test_why_it_was_refused(name: str, key: str) -> None:
    content = next(content for known, content in CASES if known == name)
    with Reader() as reader:
        found = outcome(reader, name, content)
    assert found in (key, "broken") if name == "lying.xlsx" else found == key


def test_honest_but_large_is_unpacked_up_to_its_limit() -> None:
    noise = zlib.compress(random.Random(1).randbytes(64))
    content = b"".join(random.Random(n).randbytes(300_000).hex().encode() for n in range(13))
    document = with_part(docx("Words."), "word/media/a.bin", content)
    assert len(document) < MAX_BYTES
    assert noise
    with Reader() as reader:
        assert isinstance(outcome(reader, "a.docx", document), Document)


def busy_sheet(rows: int) -> bytes:
    cell = "<c t='inlineStr'><is><t>{}</t></is></c>"
    body = "".join(f"<row>{''.join(cell.format(n * 97 % 1009 * c) for c in range(40))}</row>" for n in range(rows))
    sheet = f'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{body}</sheetData></worksheet>'
    return with_part(xlsx({"a": [["b", "c"]]}), SHEET, sheet.encode())


@pytest.mark.slow
def test_many_stretches_of_text_are_ended_too() -> None:
    with Reader() as reader:
        assert outcome(reader, "words.pdf", many_words(200_000)) == "slow"
        assert isinstance(outcome(reader, "good.md", GOOD), Document)


@pytest.mark.slow
def test_what_takes_too_long_is_ended_and_the_next_file_is_read() -> None:
    with Reader() as reader:
        assert outcome(reader, "busy.xlsx", busy_sheet(24_000)) in ("slow", "too_long", "ratio", "unpacked", "memory")
        assert isinstance(outcome(reader, "good.md", GOOD), Document)


def test_the_process_is_ended_when_nobody_waits_any_longer() -> None:
    with Reader(wall=0.0) as reader:
        assert outcome(reader, "good.md", GOOD) == "slow"
    with Reader() as reader:
        assert isinstance(outcome(reader, "good.md", GOOD), Document)
