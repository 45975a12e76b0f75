"""One file's bytes into a document: its format's reader, its front matter, its pieces, what to warn of."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import islice
from pathlib import PurePath
from typing import Any, cast

from retrieval.documents import limits
from retrieval.documents.cutting import pieces
from retrieval.documents.encodings import declared_in, decode
from retrieval.documents.hidden import findings, without_unseen
from retrieval.documents.kinds import kind_of
from retrieval.documents.model import Block, Chunk, Content, Document, Unreadable
from retrieval.store import AUDIENCES, Audience
from retrieval.text import Lang, clean, language

_FENCE = re.compile(r"\A---[ \t]*\n(.*?)\n---[ \t]*(?:\n|\Z)", re.DOTALL)
_NAME = 300  # characters a title, a section and a source are kept with
_HEAD = 64_000
_MANY = 200


@dataclass(frozen=True, slots=True)
class Given:
    """What is known of a file from outside; its own front matter goes before."""

    audience: Audience = "staff"
    unit: str = ""
    today: date | None = None
    valid_from: date | None = None
    valid_until: date | None = None


def read(data: bytes, name: str, given: Given) -> Document:
    """The document of a file called `name`. Raises Unreadable, with the name, for what cannot be learnt."""
    try:
        return _read(data, name, given)
    except Unreadable as error:
        raise error.of(name) from error.__cause__


def _read(data: bytes, name: str, given: Given) -> Document:
    limits.check_size(len(data))
    kind = kind_of(name, data)
    if kind in ("docx", "xlsx"):
        limits.check_zip(data)
    text = decode(data, declared=declared_in(data) if kind == "html" else "") if kind in _TEXTS else ""
    head, text = _split(text) if kind in ("markdown", "text") else ({}, text)
    text, unseen = without_unseen(text)
    content = _content(kind, PurePath(name), text, data)
    for block in content.blocks:
        _without_unseen(block, unseen)
    unseen.update(content.hidden or {})
    return _document(PurePath(name), head, content, unseen, given)


_TEXTS = frozenset({"markdown", "text", "html", "csv"})


def _content(kind: str, name: PurePath, text: str, data: bytes) -> Content:
    match kind:
        case "markdown" | "text":
            from retrieval.documents.markdown import read_markdown

            return read_markdown(text, plain=kind == "text")
        case "html":
            from retrieval.documents.html import read_html

            return read_html(text)
        case "pdf":
            from retrieval.documents.pdf import read_pdf

            return read_pdf(data)
        case "docx":
            from retrieval.documents.word import read_docx

            return read_docx(data)
        case "xlsx":
            from retrieval.documents.sheet import read_xlsx

            return replace(read_xlsx(data), title=name.stem)
        case _:
            from retrieval.documents.sheet import read_csv

            return replace(read_csv(text), title=name.stem)


def _without_unseen(block: Block, unseen: Counter[str]) -> None:
    block.text, found = without_unseen(block.text)
    unseen.update(found)
    block.caption = without_unseen(block.caption)[0]
    if block.rows:
        block.rows = [[without_unseen(words)[0] for words in row] for row in block.rows]


def _document(
    name: PurePath, head: Mapping[str, Any], content: Content, unseen: Mapping[str, int], given: Given
) -> Document:
    where = name.as_posix()
    title = _line(head.get("title") or content.title or _first_heading(content.blocks) or name.stem)
    body = "\n".join(block.text or " ".join(map(" ".join, block.rows[:50])) for block in content.blocks[:500])
    lang = _choice(head, "lang", ("zh", "en")) or language(f"{title}\n{body}")
    warned = findings(dict(unseen), content.blocks)
    chunks = tuple(
        Chunk(piece.section[:_NAME], piece.text, at, _lang_of(piece.text, cast(Lang, lang)), piece.page)
        for at, piece in enumerate(islice(pieces(content.blocks, title), limits.MAX_CHUNKS + 1))
    )
    if len(chunks) > limits.MAX_CHUNKS:
        raise Unreadable("too_long", "more text than can be learnt from one file")
    return Document(
        id=_line(head.get("id") or name.with_suffix("").as_posix()),
        title=title,
        source=_line(head.get("source") or where),
        audience=cast(Audience, _choice(head, "audience", AUDIENCES) or given.audience),
        lang=cast(Lang, lang),
        chunks=chunks,
        unit=_line(head.get("unit") or head.get("dealer") or given.unit),
        tags=_words(head.get("tags")),
        questions=_words(head.get("questions")),
        valid_from=_date(head, "valid_from") or _days_ago(head.get("valid_from_days_ago"), given.today)
        or given.valid_from,
        valid_until=_date(head, "valid_until") or given.valid_until,
        pages=content.pages,
        findings=warned,
    )  # fmt: skip


def _lang_of(text: str, whole: Lang) -> Lang:
    return language(text) if len(text) > 20 else whole


def _split(text: str) -> tuple[Mapping[str, Any], str]:
    import yaml

    match = _FENCE.match(text)
    if match is None:
        return {}, text
    if len(match[1]) > _HEAD or re.search(r"(?:^|[\s\[,{:])[&*]\w", match[1]):
        raise Unreadable("front", "front matter: too long, or with references", line=1)
    try:
        head = yaml.safe_load(match[1]) or {}
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 2 if mark else 1
        raise Unreadable("front", f"front matter: {error}", line=line) from error
    if not isinstance(head, dict):
        raise Unreadable("front", "front matter must be `name: value` lines", line=1)
    return head, text[match.end() :]


def _choice(head: Mapping[str, Any], name: str, known: Iterable[str]) -> str | None:
    value = head.get(name)
    if value is not None and value not in known:
        message = f"{name}: {value!r} is not one of {', '.join(known)}"
        raise Unreadable("value", message, field=name, value=str(value)[:40], known=", ".join(known))
    return value


def _date(head: Mapping[str, Any], name: str) -> date | None:
    value = head.get(name)
    if value is None or (isinstance(value, date) and type(value) is date):
        return value
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError:
        message = f"{name}: {value!r} is not a date such as 2026-01-31"
        raise Unreadable("value", message, field=name, value=str(value)[:40], known="2026-01-31") from None


def _days_ago(days: Any, today: date | None) -> date | None:
    if today is None or not isinstance(days, int) or abs(days) > 100_000:
        return None
    return today - timedelta(days=days)


def _words(value: Any) -> tuple[str, ...]:
    if value is None:
        return ()
    said = value if isinstance(value, list) else [value]
    return tuple(filter(None, (_line(word) for word in said[:_MANY])))


def _line(value: Any) -> str:
    """One line of a bearable length, with nothing in it that is not seen."""
    return " ".join(clean(without_unseen(str(value))[0], _NAME).split())


def _first_heading(blocks: Iterable[Block]) -> str:
    return next((block.text for block in blocks if block.kind == "heading"), "")
