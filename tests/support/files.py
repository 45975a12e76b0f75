"""Small files of each format, written by code."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterable, Sequence

Run = tuple[float, float, float, str]
"""x, y from the bottom, size, words."""


def pdf(pages: Sequence[Iterable[Run] | str], *, extra: str = "", packed: bool = False) -> bytes:
    """Pages of words in Helvetica, or in a Chinese font without outlines where they are Chinese; a string is a
    page's content as it stands. `extra` goes into each page's content first."""
    fonts = (
        "<</F1 <</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>"
        "/F2 <</Type/Font/Subtype/Type0/BaseFont/STSong-Light/Encoding/UniGB-UCS2-H/DescendantFonts"
        "[<</Type/Font/Subtype/CIDFontType0/BaseFont/STSong-Light/CIDSystemInfo"
        "<</Registry(Adobe)/Ordering(GB1)/Supplement 2>>/DW 1000"
        "/FontDescriptor<</Type/FontDescriptor/FontName/STSong-Light/Flags 4/FontBBox[0 -200 1000 900]"
        "/ItalicAngle 0/Ascent 800/Descent -200/CapHeight 700/StemV 80>>>>]>>>>"
    )
    objects = ["<</Type/Catalog/Pages 2 0 R>>", ""]
    for page in pages:
        content = extra + (page if isinstance(page, str) else "\n".join(map(_run, page)))
        body = content.encode("latin-1")
        body = zlib.compress(body) if packed else body
        how = "/Filter/FlateDecode" if packed else ""
        objects.append(f"<</Length {len(body)}{how}>>\nstream\n{body.decode('latin-1')}\nendstream")
        objects.append(f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents {len(objects)} 0 R"
                       f"/Resources<</Font{fonts}>>>>")  # fmt: skip
    kids = " ".join(f"{at} 0 R" for at in range(4, len(objects) + 1, 2))
    objects[1] = f"<</Type/Pages/Kids[{kids}]/Count {len(pages)}>>"
    return _numbered(objects)


def _run(run: Run) -> str:
    x, y, size, words = run
    if words.isascii():
        said = words.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")
        return f"BT /F1 {size} Tf {x} {y} Td ({said}) Tj ET"
    return f"BT /F2 {size} Tf {x} {y} Td <{words.encode('utf-16-be').hex()}> Tj ET"


def _numbered(objects: Sequence[str]) -> bytes:
    out, places = b"%PDF-1.5\n", []
    for at, body in enumerate(objects, 1):
        places.append(len(out))
        out += f"{at} 0 obj\n{body}\nendobj\n".encode("latin-1")
    table = "".join(f"{place:010d} 00000 n \n" for place in places)
    tail = f"trailer<</Size {len(objects) + 1}/Root 1 0 R>>\nstartxref\n{len(out)}\n%%EOF"
    return out + f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}{tail}".encode("latin-1")


def packed(parts: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A ZIP of these parts."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", method) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return held.getvalue()


def xlsx(sheets: dict[str, Sequence[Sequence[object]]], hidden: Iterable[str] = ()) -> bytes:
    """A workbook with these sheets."""
    from openpyxl import Workbook

    book = Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
        sheet.sheet_state = "hidden" if name in hidden else "visible"
    held = io.BytesIO()
    book.save(held)
    return held.getvalue()


def docx(*parts: str | Sequence[Sequence[str]]) -> bytes:
    """Paragraphs and tables in turn; `# words` is a heading, `- words` an entry of a list, `~ words` is print that
    is hidden."""
    from docx import Document

    document = Document()
    for part in parts:
        if not isinstance(part, str):
            table = document.add_table(len(part), len(part[0]))
            for r, row in enumerate(part):
                for c, words in enumerate(row):
                    table.cell(r, c).text = words
        elif part.startswith("# "):
            document.add_heading(part[2:], 1)
        elif part.startswith("- "):
            document.add_paragraph(part[2:], style="List Bullet")
        elif part.startswith("~ "):
            document.add_paragraph("").add_run(part[2:]).font.hidden = True
        else:
            document.add_paragraph(part)
    held = io.BytesIO()
    document.save(held)
    return held.getvalue()
