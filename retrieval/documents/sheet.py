"""Workbooks and CSV files: each table with its caption and header."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time
from typing import Any

from retrieval.documents.limits import MAX_CHARS
from retrieval.documents.model import Block, Content, Unreadable
from retrieval.documents.tables import cell, split_blank, trimmed, with_caption

MAX_COLUMNS = 100
_BLANK_ROWS = 500  # a sheet that goes on without a word for so long has ended
_DEFAULT_NAME = re.compile(r"(?:sheet|工作表|表)\s*\d*", re.I)


def read_csv(text: str) -> Content:
    """Rows apart by commas, semicolons or tabs. Raises Unreadable for a file that is none."""
    sample = text[:8192]
    first = sample.split("\n", 1)[0]
    delimiter = max(",;\t，", key=first.count) if any(mark in first for mark in ",;\t，") else ","
    try:
        rows = [
            [cell(value) for value in row[:MAX_COLUMNS]]
            for row in csv.reader(io.StringIO(text), delimiter=delimiter)
        ]
    except csv.Error as error:
        raise Unreadable("broken", f"damaged: {error}") from error
    return Content(list(_tables(rows)))


def read_xlsx(data: bytes) -> Content:
    """Visible sheets in their order; what a formula came to, not how. Raises Unreadable."""
    from openpyxl import load_workbook

    try:
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        blocks: list[Block] = []
        hidden: Counter[str] = Counter()
        for sheet in book.worksheets:
            if sheet.sheet_state != "visible":
                hidden["hidden sheet"] += 1
                continue
            if not _DEFAULT_NAME.fullmatch(sheet.title.strip()):
                blocks.append(Block("heading", cell(sheet.title), 1))
            blocks += _tables(_rows(sheet, hidden))
    except (KeyError, ValueError, TypeError, AttributeError, IndexError, OSError, SyntaxError) as error:
        if isinstance(error, Unreadable):
            raise
        raise Unreadable("broken", "damaged, or not what its name says") from error
    return Content(blocks, hidden=dict(hidden))


def _rows(sheet: Any, hidden: Counter[str]) -> Iterator[list[str]]:
    sheet.reset_dimensions()  # what a file says of its own size may be wrong, or meant to hurt
    blank = size = 0
    for row in sheet.iter_rows(max_col=MAX_COLUMNS):
        words = [_seen(one, hidden) for one in row]
        size += sum(map(len, words))
        blank = 0 if any(words) else blank + 1
        if size > MAX_CHARS:
            raise Unreadable("too_long", "more text than can be learnt from one file")
        if blank > _BLANK_ROWS:
            return
        yield words


def _seen(one: Any, hidden: Counter[str]) -> str:
    """The words of a cell, unless they are white on white."""
    words = cell(_shown(one.value))
    if words and _white(one):
        hidden["same colour"] += 1
        return ""
    return words


def _white(one: Any) -> bool:
    font = getattr(one, "font", None)
    colour = getattr(getattr(font, "color", None), "rgb", None)
    fill = getattr(one, "fill", None)
    return colour in ("FFFFFFFF", "00FFFFFF") and getattr(fill, "fill_type", None) is None


def _shown(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "✓" if value else "✗"
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ", "minutes")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else f"{value:.10g}"
    return str(value)


def _tables(rows: Iterable[Sequence[str]]) -> Iterator[Block]:
    for part in split_blank(rows):
        caption, table = with_caption(trimmed(part))
        if len(table) == 1:  # a line of words between tables
            yield Block("text", "\n".join(filter(None, [caption, "  ".join(filter(None, table[0]))])))
        elif len(table[0]) == 1:  # a single column is a list of remarks
            yield from (Block("text", row[0]) for row in table if row[0])
        else:
            yield Block("table", rows=table, caption=caption)
