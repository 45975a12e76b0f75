"""Documents, their pieces, and what a reader of a format hands over to be cut."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, NamedTuple

from retrieval.store import Audience, ChunkRow
from retrieval.text import Lang

Kind = Literal["heading", "text", "item", "table"]


@dataclass(slots=True)
class Block:
    """One thing a document consists of.

    A `heading` has a level from 1, a `table` rows of cells, the first of them its header; `text` is a paragraph,
    `item` an entry of a list, with its mark. `caption` belongs to a table or to the first item of a list.
    A page of 0 is not known.
    """

    kind: Kind
    text: str = ""
    level: int = 0
    rows: Sequence[Sequence[str]] = ()
    caption: str = ""
    page: int = 0


@dataclass(slots=True)
class Content:
    """A document as its format's reader found it; `hidden` names what people could not have seen, and how often."""

    blocks: list[Block]
    title: str = ""
    pages: int = 0
    hidden: dict[str, int] | None = None


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of a document: the headings above it, its text and its place."""

    section: str
    text: str
    position: int
    lang: Lang
    page: int = 0

    @property
    def hash(self) -> str:
        """sha256 of the section and the text, as hexadecimal digits."""
        return hashlib.sha256(f"{self.section}\n{self.text}".encode()).hexdigest()


class Finding(NamedTuple):
    """What a reviewer should know: `hidden` text that was left out, or an `instruction` addressed to a model."""

    kind: Literal["hidden", "instruction"]
    detail: str
    times: int = 1


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
    pages: int = 0
    findings: tuple[Finding, ...] = ()

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
                page=chunk.page,
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

    def plain(self) -> dict[str, Any]:
        """JSON data; `Document.of` is the inverse."""
        data = {name: getattr(self, name) for name in self.__dataclass_fields__}
        for name in ("valid_from", "valid_until"):
            data[name] = data[name].isoformat() if data[name] else None
        data["chunks"] = [[c.section, c.text, c.position, c.lang, c.page] for c in self.chunks]
        return data

    @classmethod
    def of(cls, data: dict[str, Any]) -> Document:
        """A document from its plain form. Raises TypeError or ValueError for anything else."""
        dates = {
            name: date.fromisoformat(data[name]) if data[name] else None
            for name in ("valid_from", "valid_until")
        }
        rest: dict[str, Any] = {name: tuple(data[name]) for name in ("tags", "questions")}
        rest["chunks"] = tuple(Chunk(*chunk) for chunk in data["chunks"])
        rest["findings"] = tuple(Finding(*found) for found in data["findings"])
        return cls(**(data | dates | rest))


class Unreadable(ValueError):
    """A file that was not learnt: why, as a key people's texts have, and in English with the file's name."""

    def __init__(self, key: str, message: str, name: str = "", **params: Any) -> None:
        place = ":".join(filter(None, [name, str(params.get("line", "")) if name else ""]))
        super().__init__(f"{place}: {message}" if place else message)
        self.key = key
        self.message = message
        self.params = params

    def of(self, name: str) -> Unreadable:
        """The same about a file of this name."""
        return Unreadable(self.key, self.message, name, **self.params)
