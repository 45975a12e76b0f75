"""The customer's own names for the ids of an ACES file: the tables of the standard are licensed and not ours."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from crm_core.imports.cells import clean
from crm_core.imports.columns import match, sheet
from crm_core.imports.files import open_table
from crm_core.kernel.errors import Invalid

VEHICLE = "basevehicle"


@dataclass(frozen=True, slots=True)
class VehicleName:
    """What a base vehicle is called."""

    year: int | None
    make: str
    model: str


@dataclass(slots=True)
class AcesNames:
    """Names by table and id; without a file there are none, and ids speak for themselves."""

    vehicles: dict[str, VehicleName] = field(default_factory=dict)
    ids: dict[tuple[str, str, str], str] = field(default_factory=dict)
    others: dict[tuple[str, str], str] = field(default_factory=dict)

    def of(self, table: str, id_: str) -> str:
        """The name of an id in one of the other tables (SubModel, Position, PartType, Brand ...); empty: none."""
        return self.others.get((table.lower(), id_), "")

    def base_vehicle(self, make: str, model: str, year: int) -> str:
        """The base vehicle with this make, model (ids or names) and year; empty when the table knows none."""
        return self.ids.get((make.lower(), model.lower(), str(year)), "")


def read_names(path: Path, mapping: Path | None = None) -> AcesNames:
    """A CSV or XLSX with columns id, year, make, model (base vehicles), or table, id, name (anything else).

    Raises Invalid naming the line that cannot be used.
    """
    names, table = AcesNames(), open_table(path)
    headings = next(table.rows, (0, []))[1]
    positions = match(headings, sheet("aces_names"), mapping).positions
    for line, cells in table.rows:
        row = {name: clean(cells[at]) for at, name in positions.items() if at < len(cells)}
        kind, id_ = row.get("table", "").lower().replace(" ", "") or VEHICLE, row.get("id", "")
        if not id_:
            raise Invalid("file", "error.aces_names", value=path.name, line=line)
        if kind != VEHICLE:
            names.others[kind, id_] = row.get("name") or row.get("model", "")
            continue
        _vehicle(names, id_, row, line, path)
    return names


def _vehicle(names: AcesNames, id_: str, row: dict[str, str], line: int, path: Path) -> None:
    year = row.get("year", "")
    if year and not (year.isascii() and year.isdigit() and len(year) == 4):
        raise Invalid("file", "error.aces_names", value=path.name, line=line)
    named = VehicleName(
        int(year) if year else None, row.get("make", ""), row.get("model", "") or row.get("name", "")
    )
    names.vehicles[id_] = named
    for make, model in ((row.get("make_id", ""), row.get("model_id", "")), (named.make, named.model)):
        if make and model and year:
            names.ids[make.lower(), model.lower(), year] = id_
