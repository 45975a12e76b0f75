"""From words with places on pages to headings, paragraphs, list entries and tables."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from retrieval.documents.model import Block
from retrieval.documents.tables import cell, trimmed

_GAP = 1.3  # of a line's height: words farther apart are of different cells
_CJK = re.compile(r"[\u3000-\u9fff\uff00-\uffef]")
_ITEM = re.compile(
    r"^(?:[-–•·●○■□▪◆*]\s*\S|\(?\d{1,2}[.、)]\s*\S|\([一二三四五六七八九十\d]{1,3}\)|[①-⑳])"
)
_ENDED = re.compile(r"[。.!?;:]$")
_PROSE = 28  # characters; cells that long side by side are columns of prose
_MARGIN_PAGES = 3
_DIGITS = re.compile(r"\d+")
_PAGE_NUMBER = re.compile(
    r"[-–—\s]{0,40}(?:第|page)?\s{0,20}\d{1,4}\s*(?:页|(?:/|of|共)\s*\d{1,4}\s*页?)?[-–—\s]*", re.I
)


@dataclass(slots=True)
class Word:
    """A stretch of text; `top` and `bottom` count downwards from the top of its page."""

    text: str
    left: float
    top: float
    right: float
    bottom: float

    @property
    def height(self) -> float:
        return self.bottom - self.top


@dataclass(slots=True)
class Line:
    cells: list[Word]

    @property
    def text(self) -> str:
        return " ".join(one.text for one in self.cells).strip()

    @property
    def top(self) -> float:
        return min(one.top for one in self.cells)

    @property
    def bottom(self) -> float:
        return max(one.bottom for one in self.cells)

    @property
    def height(self) -> float:
        return median(one.height for one in self.cells)

    @property
    def right(self) -> float:
        return max(one.right for one in self.cells)


def without_margins(pages: Sequence[Sequence[Word]]) -> list[list[Line]]:
    """Lines of each page without what stands at the head or foot of several, page numbers included."""
    lines = [_lines(words) for words in pages]
    ends = Counter(
        _mark(line)
        for page in lines
        for line in {id(x): x for x in [*page[:2], *page[-2:]]}.values()
        if len(line.text) <= 80
    )
    often = {mark for mark, count in ends.items() if count >= _MARGIN_PAGES and count > len(pages) / 2}

    def kept(at: int, page: list[Line]) -> bool:
        edge = at < 2 or at >= len(page) - 2
        number = at in (0, len(page) - 1) and len(page) > 1 and _PAGE_NUMBER.fullmatch(page[at].text)
        return not (edge and _mark(page[at]) in often) and not number

    return [[line for at, line in enumerate(page) if kept(at, page)] for page in lines]


def _mark(line: Line) -> str:
    return _DIGITS.sub("#", line.text)


def _lines(words: Iterable[Word]) -> list[Line]:
    """Words of one height are a line, from left to right; those close together one cell."""
    rows: list[list[Word]] = []
    for word in sorted(words, key=lambda word: ((word.top + word.bottom) / 2, word.left)):
        middle = (word.top + word.bottom) / 2
        last = rows[-1] if rows else None
        if last is not None and last[0].top <= middle <= last[0].bottom and _alike(last[0], word):
            last.append(word)
        else:
            rows.append([word])
    return [Line(_cells(sorted(row, key=lambda word: word.left))) for row in rows]


def _alike(one: Word, other: Word) -> bool:
    return max(one.height, other.height) < 2.5 * max(min(one.height, other.height), 0.1)


def _cells(row: list[Word]) -> list[Word]:
    cells: list[Word] = []
    for word in row:
        last = cells[-1] if cells else None
        if last is None or word.left - last.right > _GAP * max(last.height, word.height):
            cells.append(Word(word.text.strip(), word.left, word.top, word.right, word.bottom))
            continue
        apart = word.left - last.right > 0.12 * word.height and not (
            _CJK.match(last.text[-1:]) and _CJK.match(word.text)
        )
        spaced = word.text.startswith(" ") or (apart and not last.text.endswith(" "))
        last.text += (" " if spaced else "") + word.text.strip()
        last.right, last.top = max(last.right, word.right), min(last.top, word.top)
        last.bottom = max(last.bottom, word.bottom)
    return [one for one in cells if one.text]


def blocks_of(pages: Sequence[Sequence[Line]]) -> list[Block]:
    """The blocks of all pages, in reading order."""
    sizes = Counter(round(line.height, 1) for page in pages for line in page for _ in line.text)
    body = sizes.most_common(1)[0][0] if sizes else 10.0
    larger = sorted(
        {round(line.height) for page in pages for line in page if _heads(line, body)}, reverse=True
    )
    levels = {size: min(at + 1, 6) for at, size in enumerate(larger)}
    found: list[Block] = []
    for number, page in enumerate(pages, 1):
        found += _page(list(page), number, body, levels)
    return found


def _heads(line: Line, body: float) -> bool:
    return line.height > 1.15 * body and len(line.text) <= 80 and len(line.cells) <= 2


def _page(lines: list[Line], page: int, body: float, levels: dict[int, int]) -> list[Block]:
    found: list[Block] = []
    at = 0
    while at < len(lines):
        rows = _run(lines, at)
        if len(rows) > 1:
            found += _columns(rows, page) if _prose(rows) else [_table(rows, page)]
            at += len(rows)
        elif _heads(lines[at], body):
            found.append(Block("heading", lines[at].text, levels[round(lines[at].height)], page=page))
            at += 1
        else:
            end = _paragraph(lines, at, body)
            said = _joined(lines[at:end])
            found.append(Block("item" if _ITEM.match(said) else "text", said, page=page))
            at = end
    return found


def _run(lines: list[Line], at: int) -> list[Line]:
    """Lines of several cells below each other: a table, with cells that go on in a line of their own."""
    rows: list[Line] = []
    for line in lines[at:]:
        close = not rows or line.top - rows[-1].bottom < 2.2 * line.height
        if not close or not (_fits(rows, line) if len(line.cells) > 1 else _goes_on(rows, line)):
            break
        rows.append(line)
    return rows


def _fits(rows: list[Line], line: Line) -> bool:
    """Some cell begins or ends where one of the rows above does."""
    if not rows:
        return True
    slack = 1.5 * line.height
    return any(
        abs(one.left - other.left) < slack or abs(one.right - other.right) < slack
        for one in line.cells[1:] for row in rows[-2:] for other in row.cells[1:]
    )  # fmt: skip


def _goes_on(rows: list[Line], line: Line) -> bool:
    """A single cell right below one of the row above, but not at the margin: the rest of that cell."""
    if not rows or len(rows[0].cells) < 3:
        return False
    one = line.cells[0]
    below = one.top - rows[-1].bottom < 0.8 * one.height
    return below and any(abs(one.left - other.left) < one.height for other in rows[-1].cells[1:])


def _prose(rows: list[Line]) -> bool:
    """Two columns of running text, not a table."""
    if any(len(row.cells) != 2 for row in rows):
        return False
    return all(median(len(row.cells[side].text) for row in rows) > _PROSE for side in (0, 1))


def _columns(rows: list[Line], page: int) -> list[Block]:
    return [Block("text", _joined([Line([row.cells[side]]) for row in rows]), page=page) for side in (0, 1)]


def _table(rows: list[Line], page: int) -> Block:
    """Columns begin where cells of the fullest rows do; each cell goes to the column it overlaps most."""
    widest = max(rows, key=lambda row: len(row.cells))
    edges = [(one.left, one.right) for one in widest.cells]
    for row in rows:
        if len(row.cells) == len(edges):
            edges = [
                (min(a, one.left), max(b, one.right)) for (a, b), one in zip(edges, row.cells, strict=True)
            ]
    table: list[list[str]] = []
    for row in rows:
        cells = [""] * len(edges)
        for one in row.cells:
            best = max(range(len(edges)), key=lambda n: _overlap(edges[n], one))
            cells[best] = f"{cells[best]} {cell(one.text)}".strip()
        if len(row.cells) == 1 and table and len(edges) > 2:
            at = next(n for n, words in enumerate(cells) if words)
            table[-1][at] = _with(table[-1][at], cells[at])
        else:
            table.append(cells)
    return Block("table", rows=trimmed(table), page=page)


def _overlap(edge: tuple[float, float], one: Word) -> float:
    shared = min(edge[1], one.right) - max(edge[0], one.left)
    return shared if shared > 0 else -abs((edge[0] + edge[1]) / 2 - (one.left + one.right) / 2)


def _paragraph(lines: list[Line], at: int, body: float) -> int:
    """The end of the paragraph that begins at `at`."""
    widest = max(line.right for line in lines)
    end = at + 1
    while end < len(lines):
        line, before = lines[end], lines[end - 1]
        short = before.right < 0.85 * widest and bool(_ENDED.search(before.text))
        if (
            line.top - before.bottom > 0.9 * body or short or _ITEM.match(line.text) or _heads(line, body)
            or abs(line.height - before.height) > 0.3 * body or len(_run(lines, end)) > 1
        ):  # fmt: skip
            break
        end += 1
    return end


def _joined(lines: Sequence[Line]) -> str:
    said = ""
    for line in lines:
        said = _with(said, line.text)
    return said


def _with(said: str, more: str) -> str:
    """Lines of one paragraph: no space between Chinese, none after a word cut in two."""
    if not said:
        return more
    if said.endswith("-") and said[-2:-1].isalpha() and more[:1].islower():
        return said[:-1] + more
    return said + ("" if _CJK.match(said[-1]) or _CJK.match(more[:1]) else " ") + more
