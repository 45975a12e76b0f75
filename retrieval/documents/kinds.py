"""Which format a file has: what its name says and what its first bytes say must agree."""

from __future__ import annotations

import io
import zipfile
from pathlib import PurePath

from retrieval.documents.model import Unreadable

SUFFIXES = {
    ".md": "markdown", ".markdown": "markdown", ".txt": "text", ".text": "text", ".html": "html", ".htm": "html",
    ".pdf": "pdf", ".docx": "docx", ".xlsx": "xlsx", ".xlsm": "xlsx", ".csv": "csv", ".tsv": "csv",
}  # fmt: skip
KNOWN = "Markdown, text, HTML, PDF, DOCX, XLSX, CSV"
_OLD_OFFICE = (".doc", ".xls", ".ppt", ".wps", ".et")
_MAGIC = (
    (b"%PDF-", "pdf"), (b"PK\x03\x04", "zip"), (b"PK\x05\x06", "zip"), (b"\xd0\xcf\x11\xe0", "ole"),
    (b"\x89PNG", "image"), (b"\xff\xd8\xff", "image"), (b"GIF8", "image"), (b"BM\x00", "image"), (b"RIFF", "media"),
    (b"MZ", "program"), (b"\x7fELF", "program"), (b"\xca\xfe\xba\xbe", "program"), (b"\x1f\x8b", "archive"),
    (b"7z\xbc\xaf", "archive"), (b"Rar!", "archive"), (b"BZh", "archive"), (b"\xfd7zXZ", "archive"),
    (b"SQLite format 3\x00", "database"),
)  # fmt: skip
_PARTS = {"word/document.xml": "docx", "xl/workbook.xml": "xlsx"}
_WIDE = (b"\xff\xfe", b"\xfe\xff")


def kind_of(name: str, data: bytes) -> str:
    """`markdown`, `text`, `html`, `pdf`, `docx`, `xlsx` or `csv`. Raises Unreadable for anything else."""
    suffix = PurePath(name).suffix.lower()
    said = SUFFIXES.get(suffix, "")
    if suffix in _OLD_OFFICE:
        raise Unreadable("old_office", f"not a Markdown or text file, nor any other that can be learnt: {suffix} is "
                         "an old format; save it as .docx, .xlsx or .pdf", suffix=suffix)  # fmt: skip
    if not said:
        raise Unreadable(
            "kind", f"not a Markdown or text file, nor any other that can be learnt ({KNOWN})", known=KNOWN
        )
    if not data:
        return said
    found = _by_content(data)
    if found == "ole" and said in ("docx", "xlsx"):
        raise Unreadable("locked", "protected by a password, or in an old format")
    if found != ("plain" if said in ("markdown", "text", "html", "csv") else said):
        raise Unreadable("mismatch", f"its content is not what {suffix} says", suffix=suffix)
    return said


def _by_content(data: bytes) -> str:
    head = data[:32].lstrip(b"\xef\xbb\xbf \t\r\n")
    found = next((kind for magic, kind in _MAGIC if head.startswith(magic)), "")
    if found == "zip":
        return _zipped(data)
    # A program may begin with letters only: MZ in a text file is followed by more text.
    if found in ("program", "image") and head[:2] in (b"MZ", b"BM") and b"\0" not in data[:512]:
        found = ""
    if found:
        return found
    return "plain" if data.startswith(_WIDE) or b"\0" not in data or _wide(data) else "binary"


def _zipped(data: bytes) -> str:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, RuntimeError) as error:
        raise Unreadable("broken", "damaged, or not what its name says") from error
    kinds = {kind for part, kind in _PARTS.items() if part in names}
    return kinds.pop() if len(kinds) == 1 else "archive"


def _wide(data: bytes) -> bool:
    """UTF-16 without its mark: every other byte of what is ASCII is NUL, the others are not."""
    return wide_encoding(data) != ""


def wide_encoding(data: bytes) -> str:
    """`utf-16-le` or `utf-16-be` where NULs stand in one half of the places only, else empty."""
    if len(data) % 2:
        return ""
    even, odd = data[:4096:2].count(0), data[1:4096:2].count(0)
    if odd and not even:
        return "utf-16-le"
    return "utf-16-be" if even and not odd else ""
