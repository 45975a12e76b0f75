"""Markdown and plain text into documents cut by their own structure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, cast

from retrieval.store import AUDIENCES, Audience, ChunkRow
from retrieval.text import Lang, clean, language, windows

SUFFIXES = frozenset({".md", ".markdown", ".txt"})
MAX_BYTES = 10 * 1024 * 1024
_CHUNK = 500  # characters; a section shorter than this stays in one piece
_CAPTION = 80  # a paragraph this short right above a table is its caption
_HEADING = re.compile(r"^(#{1,6})\s+(.+?)\s*#*$")
_FENCE = re.compile(r"\A---\s*\n(.*?)\n---\s*(?:\n|\Z)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of a document: the headings above it, its text and its place."""

    section: str
    text: str
    position: int
    lang: Lang

    @property
    def hash(self) -> str:
        """sha256 of the section and the text, as hexadecimal digits."""
        return hashlib.sha256(f"{self.section}\n{self.text}".encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Document:
    """A learnt document with its provenance and pieces."""

    id: str
    title: str
    source: str
    audience: Audience
    lang: Lang
    chunks: tuple[Chunk, ...]
    unit: str = ""
    tags: tuple[str, ...] = ()
    questions: tuple[str, ...] = ()
    valid_from: date | None = None
    valid_until: date | None = None

    def rows(self, tenant: str) -> list[ChunkRow]:
        """The pieces as a store keeps them; example questions belong to the first."""
        return [
            ChunkRow(
                id=f"{self.id}#{chunk.position}",
                tenant=tenant,
                document=self.id,
                text=chunk.text,
                title=self.title,
                section=chunk.section,
                position=chunk.position,
                lang=chunk.lang,
                audience=self.audience,
                unit=self.unit,
                source=self.source,
                tags=self.tags,
                questions=self.questions if chunk.position == 0 else (),
                valid_from=self.valid_from,
                valid_until=self.valid_until,
            )
            for chunk in self.chunks
        ]


def learn(path: Path | str, *, today: date | None = None, audience: Audience = "staff") -> list[Document]:
    """Read a Markdown or text file, or every one below a directory, in the order of their names.

    Front matter may give id, title, audience (staff, customer, public), lang (zh, en), unit or dealer,
    tags, questions, source, valid_from and valid_until; `valid_from_days_ago` counts back from `today`.
    `audience` is for files that name none.
    Raises ValueError with the file's name (and the line, where there is one) for what cannot be read.
    """
    root = Path(path)
    if root.is_dir():
        files = sorted(file for file in root.rglob("*") if file.suffix.lower() in SUFFIXES and file.is_file())
    elif root.suffix.lower() in SUFFIXES:
        files = [root]
    else:
        raise ValueError(f"{root}: not a Markdown or text file ({', '.join(sorted(SUFFIXES))})")
    base = root if root.is_dir() else root.parent
    return [_document(file, file.relative_to(base), today, audience) for file in files]


def _document(file: Path, name: Path, today: date | None, audience: Audience) -> Document:
    head, body = _split(file, _read(file))
    title = str(head.get("title") or "") or _first_heading(body) or name.stem
    lang = _choice(file, head, "lang", ("zh", "en")) or language(f"{title}\n{body}")
    chunks = tuple(
        Chunk(section, text, position, language(text) if len(text) > 20 else cast(Lang, lang))
        for position, (section, text) in enumerate(_chunks(body, title))
    )
    return Document(
        id=str(head.get("id") or name.with_suffix("").as_posix()),
        title=title,
        source=str(head.get("source") or name.as_posix()),
        audience=cast(Audience, _choice(file, head, "audience", AUDIENCES) or audience),
        lang=cast(Lang, lang),
        chunks=chunks,
        unit=str(head.get("unit") or head.get("dealer") or ""),
        tags=_words(head.get("tags")),
        questions=_words(head.get("questions")),
        valid_from=_date(file, head, "valid_from") or _days_ago(head.get("valid_from_days_ago"), today),
        valid_until=_date(file, head, "valid_until"),
    )


def _read(file: Path) -> str:
    if file.stat().st_size > MAX_BYTES:
        raise ValueError(f"{file}: larger than {MAX_BYTES // 1024 // 1024} MB")
    data = file.read_bytes()
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding).replace("\r\n", "\n")
        except UnicodeDecodeError:
            continue
    raise ValueError(f"{file}: neither UTF-8 nor GB 18030 text")


def _split(file: Path, text: str) -> tuple[Mapping[str, Any], str]:
    import yaml

    match = _FENCE.match(text)
    if match is None:
        return {}, text
    try:
        head = yaml.safe_load(match[1]) or {}
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise ValueError(f"{file}:{mark.line + 2 if mark else 1}: front matter: {error}") from error
    if not isinstance(head, dict):
        raise ValueError(f"{file}:1: front matter must be `name: value` lines")
    return head, text[match.end() :]


def _choice(file: Path, head: Mapping[str, Any], name: str, known: Iterable[str]) -> str | None:
    value = head.get(name)
    if value is not None and value not in known:
        raise ValueError(f"{file}: {name}: {value!r} is not one of {', '.join(known)}")
    return value


def _date(file: Path, head: Mapping[str, Any], name: str) -> date | None:
    value = head.get(name)
    if value is None or (isinstance(value, date) and type(value) is date):
        return value
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError:
        raise ValueError(f"{file}: {name}: {value!r} is not a date such as 2026-01-31") from None


def _days_ago(days: Any, today: date | None) -> date | None:
    return today - timedelta(days=int(days)) if today is not None and days is not None else None


def _words(value: Any) -> tuple[str, ...]:
    if value is None:
        return ()
    return tuple(str(word) for word in (value if isinstance(value, list) else [value]))


def _first_heading(body: str) -> str:
    return next((match[2] for match in map(_HEADING.match, body.splitlines()) if match), "")


def _chunks(body: str, title: str) -> Iterator[tuple[str, str]]:
    """(section, text) pieces; a piece never spans two headings."""
    for section, blocks in _sections(body, title):
        held = ""
        for block in (part for whole in blocks for part in _fitting(whole)):
            if held and len(held) + len(block) > _CHUNK:
                yield section, held
                held = ""
            held = f"{held}\n{block}".strip()
        if held:
            yield section, held


def _sections(body: str, title: str) -> Iterator[tuple[str, list[str]]]:
    path: list[tuple[int, str]] = []
    lines: list[str] = []
    for line in [*clean(body).split("\n"), "# "]:
        match = _HEADING.match(line)
        if match is None and line != "# ":
            lines.append(line)
            continue
        if blocks := _blocks(lines):
            yield " › ".join(name for _, name in path if name != title), blocks
        lines = []
        if match:
            level = len(match[1])
            path = [*[above for above in path if above[0] < level], (level, match[2])]


def _blocks(lines: list[str]) -> list[str]:
    """Paragraphs and tables; a table keeps the caption right above it."""
    blocks: list[str] = []
    for paragraph in re.split(r"\n\s*\n", "\n".join(lines)):
        text = paragraph.strip("\n").rstrip()
        if not text.strip():
            continue
        if is_table(text) and blocks and len(blocks[-1]) <= _CAPTION and not is_table(blocks[-1]):
            text = f"{blocks.pop()}\n{text}"
        blocks.append(text)
    return blocks


def is_table(text: str) -> bool:
    """Whether the text is, or ends in, a Markdown table."""
    lines = text.strip().split("\n")
    return len(lines) > 1 and lines[-1].lstrip().startswith("|")


def _fitting(block: str) -> list[str]:
    """A block in pieces of the chunk size; each piece of a table repeats its caption and header."""
    if len(block) <= _CHUNK:
        return [block]
    if not is_table(block):
        return windows(block, _CHUNK)
    lines = block.split("\n")
    first = next(at for at, line in enumerate(lines) if line.lstrip().startswith("|"))
    head, rows = lines[: first + 2], lines[first + 2 :]
    pieces: list[list[str]] = [[]]
    for row in rows:
        if pieces[-1] and sum(map(len, [*head, *pieces[-1], row])) > _CHUNK:
            pieces.append([])
        pieces[-1].append(row)
    return ["\n".join([*head, *piece]) for piece in pieces]
