"""Files into documents cut by their own structure.

`learn` reads files of one's own disk; `Reader` reads anybody's, in a process with limits.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from retrieval.documents.kinds import KNOWN, SUFFIXES
from retrieval.documents.limits import MAX_BYTES, check_size
from retrieval.documents.model import Chunk, Document, Finding, Unreadable
from retrieval.documents.reading import Given, read
from retrieval.documents.tables import is_table
from retrieval.store import Audience

if TYPE_CHECKING:
    from retrieval.documents.reader import Reader

__all__ = [
    "KNOWN",
    "MAX_BYTES",
    "SUFFIXES",
    "Chunk",
    "Document",
    "Finding",
    "Given",
    "Reader",
    "Unreadable",
    "files_below",
    "is_table",
    "learn",
    "read",
]
_PLAIN = frozenset({".md", ".markdown", ".txt", ".text"})


def learn(path: Path | str, *, today: date | None = None, audience: Audience = "staff") -> list[Document]:
    """Read a file, or every one below a directory that can be learnt, in the order of their names.

    Front matter of Markdown and text may give id, title, audience (staff, customer, public), lang (zh, en),
    unit or dealer, tags, questions, source, valid_from and valid_until; `valid_from_days_ago` counts back from
    `today`. `audience` is for files that name none. All but Markdown and text is read in a process with limits.
    Raises ValueError with the file's name (and the line, where there is one) for what cannot be read.
    """
    root = Path(path)
    base = root if root.is_dir() else root.parent
    given = Given(audience, today=today)
    found = []
    with _reader() as reader:
        for file in files_below(root) if root.is_dir() else [root]:
            name = file.relative_to(base).as_posix()
            try:
                check_size(file.stat().st_size)
                one = read if file.suffix.lower() in _PLAIN else reader.read
                found.append(one(file.read_bytes(), name, given))
            except Unreadable as error:
                raise error.of(str(file)) from error.__cause__
    return found


def files_below(root: Path) -> list[Path]:
    """Files below a directory whose names say that they can be learnt, sorted; links out of it are not followed."""
    inside = root.resolve()
    return sorted(
        file for file in root.rglob("*")
        if file.suffix.lower() in SUFFIXES and file.is_file() and not file.name.startswith(("~$", "."))
        and file.resolve().is_relative_to(inside)
    )  # fmt: skip


def _reader() -> Reader:
    from retrieval.documents.reader import Reader

    return Reader()


def __getattr__(name: str) -> Any:
    if name == "Reader":
        from retrieval.documents.reader import Reader

        return Reader
    raise AttributeError(name)
