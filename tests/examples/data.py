"""Reads the demo dealership's files as they are, without the importers."""

from __future__ import annotations

import csv
import re
from functools import cache
from pathlib import Path
from typing import Any

import yaml

HOME = Path(__file__).parents[2] / "examples" / "dealership"
TABLES = (
    "staff", "models", "customers", "vehicles", "stock_cars", "parts", "applications", "stock", "leads",
    "contacts", "test_drives", "quotes", "orders", "appointments",
)  # fmt: skip
Row = dict[str, str]


@cache
def rows(table: str) -> tuple[Row, ...]:
    """The rows of a CSV file; a row of another length than the header is an error."""
    with (HOME / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        return tuple(dict(zip(HEADERS[table], line, strict=True)) for line in list(csv.reader(file))[1:])


def _header(table: str) -> list[str]:
    with (HOME / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        return next(csv.reader(file))


HEADERS = {table: _header(table) for table in TABLES}


@cache
def group() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((HOME / "group.yaml").read_text(encoding="utf-8"))
    return loaded


def units(*kinds: str) -> dict[str, dict[str, Any]]:
    """Units by path, all or only of some kinds."""
    return {unit["path"]: unit for unit in group()["units"] if not kinds or unit["kind"] in kinds}


def column(table: str, name: str) -> set[str]:
    """The non-empty values of a column."""
    return {row[name] for row in rows(table)} - {""}


def several(cell: str) -> list[str]:
    """The values of a cell that may hold more than one."""
    return [value.strip() for value in cell.split(";") if value.strip()]


def oe_key(number: str) -> str:
    return re.sub(r"[^A-Z0-9]", "", number.upper())


def notes() -> dict[Path, tuple[dict[str, Any], str]]:
    """Front matter and body of each knowledge note."""
    found = {}
    for path in sorted((HOME / "knowledge").glob("*.md")):
        _, front, body = path.read_text(encoding="utf-8").split("---\n", 2)
        found[path] = (yaml.safe_load(front), body.strip())
    return found
