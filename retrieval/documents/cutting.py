"""Blocks into pieces of a readable size: never across a heading, nor through a sentence, an entry or a row."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from retrieval.documents.model import Block
from retrieval.documents.tables import head_lines, row_line
from retrieval.text import clean, sentences

SIZE = 500  # characters; a section shorter than this stays in one piece
LONGEST = 2000  # a sentence longer than this is none: what follows would be read by no model
_CAPTION = (
    80  # a paragraph this short right above a table or a list that is split is said in each of its pieces
)
_LEADS = re.compile(r"[:：]\s*$")
_CLAUSE = re.compile(r"[,，、;；\s]")


@dataclass(slots=True)
class Piece:
    """A piece with the names of the headings above it."""

    section: str
    text: str
    page: int = 0


@dataclass(slots=True)
class _Held:
    parts: list[str] = field(default_factory=list)
    page: int = 0

    @property
    def size(self) -> int:
        return sum(map(len, self.parts)) + len(self.parts)

    def add(self, part: str, page: int) -> None:
        self.page = self.page or page
        self.parts.append(part)


def pieces(blocks: list[Block], title: str) -> Iterator[Piece]:
    """The pieces in their order; a section's name leaves out the document's own title."""
    path: list[tuple[int, str]] = []
    below: list[Block] = []
    for block in [*blocks, Block("heading")]:
        if block.kind != "heading":
            below.append(block)
            continue
        section = " › ".join(name for _, name in path if name != title)
        yield from _packed(below, section)
        below = []
        path = [*[above for above in path if above[0] < block.level], (block.level, clean(block.text))]


def _packed(blocks: list[Block], section: str) -> Iterator[Piece]:
    held = _Held()
    lead = ""
    for block in _captioned(blocks):
        if block.kind == "item":
            block.caption = block.caption or lead
        else:
            lead = (
                block.text
                if block.kind == "text" and len(block.text) <= _CAPTION and _LEADS.search(block.text)
                else ""
            )
        for part in _parts(block):
            if held.parts and held.size + len(part) > SIZE:
                alone = lead and held.parts == [lead]  # what leads to a list goes with its first entry
                if not alone:
                    yield Piece(section, "\n".join(held.parts), held.page)
                    held = _Held()
                    if block.kind == "item" and block.caption:
                        held.add(block.caption, block.page)
            held.add(part, block.page)
            if block.kind == "table":  # what follows a table is no row of it
                yield Piece(section, "\n".join(held.parts), held.page)
                held = _Held()
    if held.parts:
        yield Piece(section, "\n".join(held.parts), held.page)


def _captioned(blocks: list[Block]) -> list[Block]:
    """A short paragraph right above a table is its caption."""
    kept: list[Block] = []
    for block in blocks:
        block.text = _tidy(block.text)
        if (
            block.kind == "table"
            and not block.caption
            and kept
            and kept[-1].kind == "text"
            and len(kept[-1].text) <= _CAPTION
        ):
            block.caption = kept.pop().text
        if block.kind == "table" or block.text:
            kept.append(block)
    return kept


def _tidy(text: str) -> str:
    return "\n".join(line.rstrip() for line in clean(text).split("\n") if line.strip())


def _parts(block: Block) -> list[str]:
    if block.kind == "table":
        return list(_table(block))
    if len(block.text) <= SIZE or (block.kind == "item" and len(block.text) <= LONGEST):
        return [block.text]
    return list(_prose(block.text))


def _prose(text: str) -> Iterator[str]:
    held = ""
    for sentence in (part for whole in sentences(text) for part in _bounded(whole)):
        if held and len(held) + len(sentence) >= SIZE:
            yield held
            held = ""
        held += (" " if held and held[-1].isascii() else "") + sentence
    if held:
        yield held


def _bounded(sentence: str) -> Iterator[str]:
    """What goes on without an end is cut between clauses, or where it must be."""
    while len(sentence) > LONGEST:
        ends = [found.end() for found in _CLAUSE.finditer(sentence[:LONGEST])]
        at = ends[-1] if ends and ends[-1] > LONGEST // 4 else LONGEST
        yield sentence[:at].strip()
        sentence = sentence[at:]
    if sentence.strip():
        yield sentence.strip()


def _table(block: Block) -> Iterator[str]:
    """The table in pieces, each with the caption and the header."""
    header, *rows = [[clean(words) for words in row] for row in block.rows]
    head = [*([clean(block.caption)] if block.caption else []), *head_lines(header)]
    held: list[str] = []
    for row in rows:
        line = row_line(row)
        if held and sum(map(len, [*head, *held, line])) > SIZE:
            yield "\n".join([*head, *held])
            held = []
        held.append(line)
    if held:
        yield "\n".join([*head, *held])
    elif not rows:
        yield "\n".join([*head[:-2], "  ".join(filter(None, header))])
