"""Reading CSV and XLSX files that strangers made. Sizes are checked before anything is unpacked."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from crm_core.kernel.errors import Invalid

MAX_FILE = 10 * 1024 * 1024
MAX_CSV = 200 * 1024 * 1024
MAX_UNPACKED = 50 * 1024 * 1024
MAX_RATIO = 100
MAX_COLUMNS = 200
_DELIMITERS = ",;\t|"
_SHEET = "xl/worksheets/"


@dataclass(frozen=True, slots=True)
class Table:
    """(line, cells) of a file, its heading first, without empty lines; `total` is about how many there are."""

    rows: Iterator[tuple[int, list[str]]]
    total: int


def open_table(path: Path) -> Table:
    """A CSV or XLSX file.

    Raises Invalid when the file is absent, too large, half-written or not what its name says.
    """
    if not path.is_file():
        raise Invalid("file", "error.import_no_file", value=path.name)
    if path.suffix.lower() in (".xlsx", ".xlsm"):
        # All of it at once: a workbook that breaks in the middle must change nothing.
        rows = list(_xlsx(path))
        return Table(iter(rows), len(rows))
    if path.suffix.lower() not in (".csv", ".txt", ".tsv"):
        raise Invalid("file", "error.import_file_type", value=path.name)
    if path.stat().st_size > MAX_CSV:
        raise Invalid("file", "error.import_too_large", value=path.name, limit=MAX_CSV // 2**20)
    text = _decoded(path.read_bytes(), path)
    return Table(_csv(text, path), text.count("\n") + (not text.endswith("\n")))


def _csv(text: str, path: Path) -> Iterator[tuple[int, list[str]]]:
    first = text.lstrip("\r\n").split("\n", 1)[0]
    delimiter = max(_DELIMITERS, key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield reader.line_num, cells
    except csv.Error as error:
        raise Invalid("file", "error.import_broken", value=path.name, line=reader.line_num) from error


def _decoded(raw: bytes, path: Path) -> str:
    """UTF-8 with or without a mark, UTF-16 with one, or GB18030 as Chinese spreadsheets write it."""
    encodings = ("utf-16",) if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig", "gb18030")
    if b"\0" in raw and encodings[0] != "utf-16":
        raise Invalid("file", "error.import_broken", value=path.name, line=1)
    for encoding in encodings:
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Invalid("file", "error.import_encoding", value=path.name)


def _xlsx(path: Path) -> Iterator[tuple[int, list[str]]]:
    _check_archive(path)
    from openpyxl import load_workbook

    try:
        book = load_workbook(path, read_only=True, data_only=True)
        try:
            table = book.worksheets[0]
            table.reset_dimensions()
            for line, cells in enumerate(table.iter_rows(values_only=True, max_col=MAX_COLUMNS), start=1):
                texts = [_cell(value) for value in cells]
                while texts and not texts[-1]:
                    texts.pop()
                if texts:
                    yield line, texts
        finally:
            book.close()
    except Invalid:
        raise
    except Exception as error:
        # The parser meets files of any kind; whatever it stumbles over, the file cannot be read.
        raise Invalid("file", "error.import_broken", value=path.name, line=0) from error


def _check_archive(path: Path) -> None:
    """Refuse what is no whole workbook, and what would unpack to far more than it is."""
    size = path.stat().st_size
    if size > MAX_FILE:
        raise Invalid("file", "error.import_too_large", value=path.name, limit=MAX_FILE // 2**20)
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            if not any(entry.filename.startswith(_SHEET) for entry in entries):
                raise Invalid("file", "error.import_broken", value=path.name, line=0)
            unpacked = sum(entry.file_size for entry in entries)
            bomb = any(e.file_size > MAX_RATIO * max(e.compress_size, 1) for e in entries)
            if unpacked > MAX_UNPACKED or bomb:
                raise Invalid("file", "error.import_too_large", value=path.name, limit=MAX_UNPACKED // 2**20)
            if archive.testzip() is not None:
                raise Invalid("file", "error.import_broken", value=path.name, line=0)
    except (zipfile.BadZipFile, EOFError, OSError, NotImplementedError, RuntimeError) as error:
        raise Invalid("file", "error.import_broken", value=path.name, line=0) from error


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return (
            value.date().isoformat() if not (value.hour or value.minute) else value.isoformat(" ", "minutes")
        )
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def neutral(cell: str) -> str:
    """A cell no spreadsheet takes for a formula, also not one that converts wide forms."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
