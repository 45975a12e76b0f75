"""What can be said of a piece by itself: its sentences, and the rows of its tables in words."""

from __future__ import annotations

import re
from collections.abc import Sequence

from retrieval.documents.tables import is_table
from retrieval.text import language, sentences

# `扭矩 (Nm)`: what a column measures, and in what.
_MEASURED = re.compile(r"(.+?)\s{0,8}[(（\[]\s*([^\s()（）\[\]\d][^()（）\[\]]{0,11}?)\s*[)）\]]")
_AMOUNT = re.compile(r"[~≈≥≤<>±]?\s*\d[\d,.]*(?:\s*[-–~至到+±]\s*\d[\d,.]*)?")


def units_of(text: str) -> list[str]:
    """Sentences and table rows. A row is said by its first cell, the others with their heads: `小保养：周期 12 个月`."""
    units: list[str] = []
    head: list[str] = []
    for line in text.split("\n"):
        if not line.lstrip().startswith("|"):
            head = []
            units += sentences(line.strip().lstrip("-*> ").replace("**", "").strip())
            continue
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if not head:
            head = cells
        elif not all(set(cell) <= set("-: ") for cell in cells):
            units.append(_row(head, cells))
    return units if units or not is_table(text) else [" · ".join(head)]


def rows_in_words(text: str) -> str:
    """The rows of a text's tables as they are said; empty without a table."""
    return "\n".join(units_of(text)) if "|" in text else ""


def _row(head: Sequence[str], cells: Sequence[str]) -> str:
    """One line of a table in words."""
    zh = language("".join(cells)) == "zh"
    rest = [_named(name, cell) for name, cell in list(zip(head, cells, strict=False))[1:] if cell]
    said = ("，" if zh else ", ").join(rest)
    return f"{cells[0]}{'：' if zh else ': '}{said}" if cells[0] and said else cells[0] or said


def _named(name: str, cell: str) -> str:
    """A cell with its head; the unit of the head goes to the number: `扭矩 (Nm)`, `120` → `扭矩 120 Nm`."""
    found = _MEASURED.fullmatch(name)
    if found and _AMOUNT.fullmatch(cell):
        return f"{found[1]} {cell}{'' if found[2] > chr(0x2E7F) else ' '}{found[2]}"
    return f"{name} {cell}".strip()
