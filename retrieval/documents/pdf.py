"""PDF: the text of each page with its place, put together to lines, tables and paragraphs."""

from __future__ import annotations

import ctypes
import re
from collections import Counter
from typing import Any
from unicodedata import normalize

from retrieval.documents.layout import Word, blocks_of, without_margins
from retrieval.documents.limits import MAX_CHARS, check_pages
from retrieval.documents.model import Block, Content, Unreadable

_LEAST = 8  # characters; a document of pictures may still hold a page number
_INVISIBLE = (3, 7)  # render modes: neither filled nor stroked
_LIGHT = 250
_MAX_AREAS = 2000
_BREAKS = re.compile(r"[\r\n]+")
_HYPHEN = re.compile("[\ufffe\x02]")  # what PDFium makes of one at a line's end


def read_pdf(data: bytes) -> Content:
    """Headings by their size, paragraphs, lists and tables, each with its page. Raises Unreadable."""
    import pypdfium2 as pdfium

    try:
        document = pdfium.PdfDocument(data)
        check_pages(len(document))
        hidden: Counter[str] = Counter()
        pages, size = [], 0
        for at in range(len(document)):
            words = _words(document[at], hidden)
            size += sum(len(word.text) for word in words)
            if size > MAX_CHARS:
                raise Unreadable("too_long", "more text than can be learnt from one file")
            pages.append(words)
        count = len(document)
        document.close()
    except pdfium.PdfiumError as error:
        if "password" in str(error).lower():
            raise Unreadable("locked", "protected by a password") from error
        raise Unreadable("broken", "damaged, or not what its name says") from error
    if size < _LEAST:
        raise Unreadable("scanned", "holds pictures of pages, not text: have its text recognised (OCR) first")
    return Content(_joined(blocks_of(without_margins(pages))), pages=count, hidden=dict(hidden))


def _words(page: Any, hidden: Counter[str]) -> list[Word]:
    """Stretches of text with where they stand, without those nobody sees."""
    text = page.get_textpage()
    height = page.get_height()
    areas: list[tuple[float, float, float, float]] | None = None
    found = []
    for at in range(text.count_rects()):
        left, bottom, right, top = text.get_rect(at)
        said = normalize("NFKC", _HYPHEN.sub("-", _BREAKS.sub(" ", text.get_text_bounded(left, bottom, right, top))))
        if not said.strip():
            continue
        if why := _unseen(text, left, bottom, right, top):
            areas = _areas(page) if areas is None else areas
            if not any(
                a <= left + 1 and b <= bottom + 1 and c >= right - 1 and d >= top - 1 for a, b, c, d in areas
            ):
                hidden[why] += 1
                continue
        found.append(Word(said, left, height - top, right, height - bottom))
    return found


def _unseen(text: Any, left: float, bottom: float, right: float, top: float) -> str:
    """Why a stretch of text would not be seen on white paper, empty when it would."""
    import pypdfium2.raw as raw

    if top - bottom < 1.5:
        return "tiny"
    index = text.get_index(min(left + 1, (left + right) / 2), (bottom + top) / 2, 3, (top - bottom) / 2)
    if index is None or index < 0:
        return ""
    part = raw.FPDFText_GetTextObject(text, index)
    if part and raw.FPDFTextObj_GetTextRenderMode(part) in _INVISIBLE:
        return "hidden"
    colour = [ctypes.c_uint() for _ in range(4)]
    if not raw.FPDFText_GetFillColor(text, index, *colour):
        return ""
    red, green, blue, opacity = (one.value for one in colour)
    return "same colour" if min(red, green, blue) >= _LIGHT or opacity < 10 else ""


def _areas(page: Any) -> list[tuple[float, float, float, float]]:
    """Where something darker than paper is: white print on it, or a scan's recognised text, is meant to be read."""
    import pypdfium2.raw as raw

    found = []
    for part in page.get_objects(max_depth=3):
        if part.type == raw.FPDF_PAGEOBJ_IMAGE or (part.type == raw.FPDF_PAGEOBJ_PATH and _dark(part)):
            found.append(part.get_bounds())
        if len(found) >= _MAX_AREAS:
            break
    return found


def _dark(part: Any) -> bool:
    import pypdfium2.raw as raw

    mode, stroke = ctypes.c_int(), ctypes.c_int()
    if not raw.FPDFPath_GetDrawMode(part, mode, stroke) or not mode.value:
        return False
    colour = [ctypes.c_uint() for _ in range(4)]
    if not raw.FPDFPageObj_GetFillColor(part, *colour):
        return False
    return min(one.value for one in colour[:3]) < _LIGHT and colour[3].value > 10


def _joined(blocks: list[Block]) -> list[Block]:
    """A table that goes on over the page is one table; a header repeated there is said once."""
    kept: list[Block] = []
    for block in blocks:
        before = kept[-1] if kept else None
        if (
            before is not None and before.kind == block.kind == "table" and before.page != block.page
            and not block.caption and before.rows and block.rows and len(before.rows[0]) == len(block.rows[0])
        ):  # fmt: skip
            again = list(block.rows[0]) == list(before.rows[0])
            before.rows = [*before.rows, *block.rows[again:]]
        else:
            kept.append(block)
    return kept
