"""Which heading of a file is which of our columns."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from crm_core.kernel.errors import Invalid

_HERE = Path(__file__).parent
_NOISE = re.compile(r"[\s_\-()()\[\]【】.:*:]")


@dataclass(frozen=True, slots=True)
class Column:
    """One of our columns."""

    name: str
    kind: str = "text"
    required: bool = False
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sheet:
    """What an import of one kind knows."""

    kind: str
    key: tuple[str, ...]
    columns: dict[str, Column]
    group: str = ""

    @property
    def by_heading(self) -> dict[str, str]:
        """Normalised heading → our column; our own names come first."""
        known = {heading_key(name): name for name in self.columns}
        for column in self.columns.values():
            for name in column.names:
                known.setdefault(heading_key(name), column.name)
        return known


@dataclass(frozen=True, slots=True)
class Matched:
    """Our column for each position of the file's heading; `ignored` headings are nobody's."""

    positions: dict[int, str]
    ignored: tuple[str, ...] = ()
    extra: dict[str, str] = field(default_factory=dict)


def heading_key(text: str) -> str:
    return _NOISE.sub("", unicodedata.normalize("NFKC", text)).lower()


@cache
def sheets() -> dict[str, Sheet]:
    """Every kind of import."""
    import yaml

    loaded: dict[str, Any] = yaml.safe_load((_HERE / "columns.yaml").read_text(encoding="utf-8"))
    return {
        kind: Sheet(kind, tuple(entry["key"]), {
            name: Column(name, c.get("kind", "text"), c.get("required", False), tuple(map(str, c.get("names", ()))))
            for name, c in entry["columns"].items()
        }, entry.get("group", ""))
        for kind, entry in loaded.items()
    }  # fmt: skip


def sheet(kind: str) -> Sheet:
    """The sheet of a kind. Raises Invalid naming the kinds there are."""
    found = sheets().get(kind)
    if found is None:
        raise Invalid("kind", "error.import_kind", value=kind, known=", ".join(sorted({*sheets(), "aces"} - {"aces_names"})))
    return found


def match(headings: Sequence[str], ours: Sheet, mapping: Path | None = None) -> Matched:
    """Which heading is which column. Raises Invalid when a required column is missing, naming what is known."""
    mapped = read_mapping(mapping, ours) if mapping else {}
    known = ours.by_heading
    positions: dict[int, str] = {}
    ignored = []
    for at, heading in enumerate(headings):
        name = mapped.get(heading_key(heading)) or known.get(heading_key(heading))
        if name is None or name in positions.values():
            ignored.append(heading)
        else:
            positions[at] = name
    missing = [c.name for c in ours.columns.values() if c.required and c.name not in positions.values()]
    if missing or not positions:
        raise Invalid(
            "columns", "error.import_columns", missing=", ".join(missing), unknown=", ".join(ignored),
            known=", ".join(named(column) for column in ours.columns.values()),
        )  # fmt: skip
    return Matched(positions, tuple(name for name in ignored if name))


def named(column: Column) -> str:
    """A column with the first Chinese heading that means it."""
    chinese = next((name for name in column.names if any("\u4e00" <= c <= "\u9fff" for c in name)), "")
    return f"{column.name} ({chinese})" if chinese else column.name


def read_mapping(path: Path, ours: Sheet) -> dict[str, str]:
    """A mapping file: `their heading: our column`, or the same under `columns:`; `ignore:` lists the rest.

    Raises Invalid naming the entry that is wrong.
    """
    import yaml

    try:
        loaded = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        raise Invalid("mapping", "error.import_mapping", value=path.name) from None
    entries = loaded.get("columns", loaded) if isinstance(loaded, dict) else None
    if not isinstance(entries, dict):
        raise Invalid("mapping", "error.import_mapping", value=path.name)
    found = {}
    for heading, name in entries.items():
        if name not in ours.columns:
            known = ", ".join(ours.columns)
            raise Invalid("mapping", "error.import_mapping_column", value=f"{heading}: {name}", known=known)
        found[heading_key(str(heading))] = str(name)
    return found
