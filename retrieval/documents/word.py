"""DOCX: paragraphs, lists and tables in the order of the page."""

from __future__ import annotations

import io
import re
import zipfile
from collections import Counter
from collections.abc import Iterator
from typing import Any

from retrieval.documents.model import Block, Content, Unreadable
from retrieval.documents.tables import cell, trimmed

_HEADING = re.compile(r"(?:heading|标题)\s*(\d)", re.I)
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_WHITE = {"FFFFFF", "FEFEFE", "FDFDFD"}
_TINY = 4  # half points


def read_docx(data: bytes) -> Content:
    """Headings by their styles, lists, tables with captions; hidden runs are left out. Raises Unreadable."""
    from docx import Document as open_docx
    from docx.opc.exceptions import PackageNotFoundError
    from lxml import etree

    try:
        document = open_docx(io.BytesIO(data))
        reader = _Reader()
        blocks = [block for part in document.iter_inner_content() for block in reader.read(part)]
        title = str(document.core_properties.title or "").strip()
    except (PackageNotFoundError, etree.XMLSyntaxError, zipfile.BadZipFile, KeyError, ValueError, AttributeError,
            IndexError, TypeError) as error:  # fmt: skip
        raise Unreadable("broken", "damaged, or not what its name says") from error
    return Content(_captioned(blocks), title, reader.page if reader.paged else 0, dict(reader.hidden))


class _Reader:
    def __init__(self) -> None:
        self.page, self.paged = 1, False
        self.hidden: Counter[str] = Counter()

    def read(self, part: Any) -> Iterator[Block]:
        if part._element.tag == f"{_W}tbl":
            rows = trimmed(self._rows(part._element))
            if rows:
                yield Block("table", rows=rows, page=self._at())
            return
        words = self._words(part._element)
        style = str(getattr(part.style, "name", "") or "")
        if not words.strip():
            return
        if found := _HEADING.match(style):
            yield Block("heading", cell(words), int(found[1]), page=self._at())
        elif style.lower() == "title":
            yield Block("heading", cell(words), 1, page=self._at())
        elif style.lower() in ("caption", "题注"):
            yield Block("text", cell(words), level=-1, page=self._at())
        elif style.lower().startswith("list") or part._element.find(f"{_W}pPr/{_W}numPr") is not None:
            yield Block("item", f"- {words.strip()}", page=self._at())
        else:
            yield Block("text", words.strip(), page=self._at())

    def _at(self) -> int:
        return self.page if self.paged else 0

    def _rows(self, table: Any) -> Iterator[list[str]]:
        """A cell over several rows says its word in each; one over several columns in the first."""
        above: dict[int, str] = {}
        for row in table.iterchildren(f"{_W}tr"):
            cells: list[str] = []
            for one in row.iter(f"{_W}tc"):
                if next(one.iterancestors(f"{_W}tr")) is not row:
                    continue  # of a table within this one
                column = len(cells)
                words = cell(" ".join(self._words(p) for p in one.iter(f"{_W}p")))
                merged = one.find(f"{_W}tcPr/{_W}vMerge")
                if merged is not None and merged.get(f"{_W}val") != "restart":
                    words = words or above.get(column, "")
                above[column] = words
                span = one.find(f"{_W}tcPr/{_W}gridSpan")
                said = span.get(f"{_W}val", "1") if span is not None else "1"
                cells += [words, *[""] * (min(int(said), 100) - 1 if said.isdigit() else 0)]
            yield cells

    def _words(self, paragraph: Any) -> str:
        said: list[str] = []
        for run in paragraph.iter(f"{_W}r"):
            why = _hidden(run)
            text = "".join(self._pieces(run))
            if why and text.strip():
                self.hidden[why] += 1
            elif not why:
                said.append(text)
        return "".join(said)

    def _pieces(self, run: Any) -> Iterator[str]:
        for node in run:
            if node.tag == f"{_W}t":
                yield node.text or ""
            elif node.tag == f"{_W}tab":
                yield "\t"
            elif node.tag == f"{_W}lastRenderedPageBreak":
                self.page, self.paged = self.page + 1, True
            elif node.tag in (f"{_W}br", f"{_W}cr"):
                yield "\n" if node.get(f"{_W}type") != "page" else ""


def _hidden(run: Any) -> str:
    look = run.find(f"{_W}rPr")
    if look is None:
        return ""
    vanish = look.find(f"{_W}vanish")
    if vanish is not None and vanish.get(f"{_W}val", "1") not in ("0", "false"):
        return "hidden"
    size = look.find(f"{_W}sz")
    if size is not None and str(size.get(f"{_W}val", "")).isdigit() and int(size.get(f"{_W}val")) <= _TINY:
        return "tiny"
    colour = look.find(f"{_W}color")
    if colour is None or str(colour.get(f"{_W}val", "")).upper() not in _WHITE:
        return ""
    return "" if _shaded(run) else "same colour"


def _shaded(run: Any) -> bool:
    """Whether something darker than paper is behind the run: white print on it is meant to be read."""
    places = [run.find(f"{_W}rPr/{_W}shd"), run.find(f"{_W}rPr/{_W}highlight")]
    for above in run.iterancestors(f"{_W}p", f"{_W}tc", f"{_W}tbl"):
        places.append(
            next((node for look in above if look.tag.endswith("Pr") for node in look.iter(f"{_W}shd")), None)
        )
    fills = [
        str(node.get(f"{_W}fill", node.get(f"{_W}val", ""))).upper() for node in places if node is not None
    ]
    # A table's style may shade its header where the table itself says nothing.
    styled = any(node.find(f"{_W}tblPr/{_W}tblStyle") is not None for node in run.iterancestors(f"{_W}tbl"))
    return styled or any(fill not in ("", "AUTO", "NONE", "CLEAR", *_WHITE) for fill in fills)


def _captioned(blocks: list[Block]) -> list[Block]:
    """A caption goes to the table it stands beside."""
    kept: list[Block] = []
    for at, block in enumerate(blocks):
        if block.level == -1:
            block.level = 0
            near = [blocks[n] for n in (at + 1, at - 1) if 0 <= n < len(blocks) and blocks[n].kind == "table"]
            bare = next((one for one in near if not one.caption), None)
            if bare is not None:
                bare.caption = block.text
                continue
        kept.append(block)
    return kept
