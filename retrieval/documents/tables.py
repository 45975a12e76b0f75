"""Tables as the pieces keep them: Markdown rows, the header first."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

_SPACE = re.compile(r"\s+")


def is_table(text: str) -> bool:
    """Whether the text is, or ends in, a Markdown table."""
    lines = text.strip().split("\n")
    return len(lines) > 1 and lines[-1].lstrip().startswith("|")


def cell(value: object) -> str:
    """A cell's words in one line, with nothing that would end the cell."""
    return _SPACE.sub(" ", str(value)).strip().replace("|", "/")


def row_line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def head_lines(header: Sequence[str]) -> list[str]:
    """The header and the line below it."""
    return [row_line(header), f"|{'---|' * len(header)}"]


def trimmed(rows: Iterable[Sequence[str]]) -> list[list[str]]:
    """Rows and columns without a word are gone; every row is as wide as the widest."""
    kept = [list(row) for row in rows if any(row)]
    width = max(map(len, kept), default=0)
    kept = [row + [""] * (width - len(row)) for row in kept]
    used = [at for at in range(width) if any(row[at] for row in kept)]
    return [[row[at] for at in used] for row in kept]


def split_blank(rows: Iterable[Sequence[str]]) -> list[list[list[str]]]:
    """Tables that stand in one sheet below each other, an empty row between them."""
    found: list[list[list[str]]] = [[]]
    for row in rows:
        if any(row):
            found[-1].append(list(row))
        elif found[-1]:
            found.append([])
    return [rows for rows in found if rows]


def with_caption(rows: list[list[str]]) -> tuple[str, list[list[str]]]:
    """The lines of one cell above a table's header are its caption."""
    lines = 0
    while (
        lines < len(rows) - 1
        and sum(map(bool, rows[lines])) == 1
        and any(sum(map(bool, r)) > 1 for r in rows[lines:])
    ):
        lines += 1
    caption = " ".join(next(filter(None, row)) for row in rows[:lines])
    return caption, rows[lines:]
